-- A character-level recurrent language model trained on real text.
--
--   moonstage [--staged] examples/charlm.lua [--text FILE] [--steps N] [--batch N] [--hidden N] [--rate X]
--
-- The whole training step (forward over 32 characters, gradient, update) is one staged function: its
-- graph returns the new parameters. Losses and a sample go to stdout, characters per second to stderr.
-- args: --steps 20 --sample 20
local ms = require "moonstage"

local LENGTH = 32

local options = { text = nil, steps = 3000, batch = 4, hidden = 64, rate = 0.5, sample = 200 }
do
	local i = 1
	while arg[i] do
		local name = arg[i]:match("^%-%-(%a+)$")
		if not name or options[name] == nil and name ~= "text" then
			error("charlm: unknown argument '" .. arg[i] .. "'", 0)
		end
		local value = arg[i + 1]
		if value == nil then error("charlm: " .. arg[i] .. " needs a value", 0) end
		if name ~= "text" then
			value = tonumber(value)
			if not value then error("charlm: " .. arg[i] .. " needs a number", 0) end
		end
		options[name] = value
		i = i + 2
	end
end

local function read_text()
	local names = options.text and { options.text }
		or { "/usr/share/common-licenses/GPL-3", (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../README.md" }
	for _, name in ipairs(names) do
		local file = io.open(name, "rb")
		if file then
			local text = file:read("a")
			file:close()
			return text, name
		end
	end
	error("charlm: can't read " .. table.concat(names, " or "), 0)
end

local text, source = read_text()
if #text < LENGTH + 2 then error("charlm: " .. source .. " is too short", 0) end

-- The alphabet in byte order, the text as class labels, and the entropy of single characters in nats.
local counts = {}
for i = 1, #text do
	local c = text:byte(i)
	counts[c] = (counts[c] or 0) + 1
end
local alphabet, label, entropy = {}, {}, 0
for c = 0, 255 do
	if counts[c] then
		alphabet[#alphabet + 1] = string.char(c)
		label[c] = #alphabet
		local p = counts[c] / #text
		entropy = entropy - p * math.log(p)
	end
end
local labels = {}
for i = 1, #text do
	labels[i] = label[text:byte(i)]
end
local data = ms.tensor(labels)

local V, H, B = #alphabet, options.hidden, options.batch

local params = {
	embed = ms.randn(V, H) * 0.1, -- one row a character: its contribution to the hidden state
	recur = ms.randn(H, H) * (0.5 / math.sqrt(H)),
	bias = ms.zeros(H),
	out = ms.randn(H, V) * (1 / math.sqrt(H)),
	out_bias = ms.zeros(V),
}

local function cell(p, h, c)
	return (p.embed[c] + h:matmul(p.recur) + p.bias):tanh()
end

-- Mean cross-entropy of predicting `targets` ([LENGTH*B]) from `inputs` ([LENGTH, B]).
local function loss(p, inputs, targets)
	local h = ms.zeros(B, H)
	local states = {}
	for t = 1, LENGTH do
		h = cell(p, h, inputs[t])
		states[t] = h
	end
	local logits = ms.cat(states, 1):matmul(p.out) + p.out_bias
	return ms.cross_entropy(logits, targets)
end

local gradient = ms.value_and_grad(loss)

local train = ms.stage(function(p, inputs, targets, rate)
	local value, g = gradient(p, inputs, targets)
	local new = {}
	for name, x in ms.pairs(p) do
		new[name] = x - rate * g[name]:clamp(-0.2, 0.2)
	end
	return new, value
end)

local predict = ms.stage(function(p, h, c)
	h = cell(p, h, c)
	return h, (h:matmul(p.out) + p.out_bias):softmax(2)
end)

-- B streams of text side by side; a batch is the next LENGTH characters of each.
local stride = (#text - 1) // B
local function batch(step)
	local inputs, targets = {}, {}
	for b = 1, B do
		local at = (b - 1) * stride + (step * LENGTH) % (stride - LENGTH)
		inputs[b] = data:narrow(1, at + 1, LENGTH)
		targets[b] = data:narrow(1, at + 2, LENGTH)
	end
	return ms.stack(inputs, 2), ms.stack(targets, 2):reshape(LENGTH * B)
end

local started = os.clock()
local recent
for step = 1, options.steps do
	local inputs, targets = batch(step - 1)
	local value
	-- the rate falls to a tenth over the run
	local rate = options.rate * (1 - 0.9 * (step - 1) / options.steps)
	params, value = train(params, inputs, targets, rate)
	if step == 1 then recent = value else recent = recent * 0.99 + value * 0.01 end
	if step % math.max(1, options.steps // 10) == 0 then
		print(("step %d loss %.4f"):format(step, recent))
	end
end
local seconds = os.clock() - started

print(("final loss %.9g, unigram entropy %.9g, ratio %.4f"):format(recent, entropy, recent / entropy))

local h = ms.zeros(1, H)
local c = label[text:byte(1)]
local out = {}
for i = 1, options.sample do
	local p
	h, p = predict(params, h, ms.tensor { c })
	c = ms.multinomial(p, 1):item()
	out[i] = alphabet[c]
end
print(table.concat(out))

io.stderr:write(("%.0f characters/s\n"):format(options.steps * LENGTH * B / seconds))
