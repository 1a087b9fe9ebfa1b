-- Beam search: the most probable sequences of tokens under a table of transitions, some hypotheses at a time, until the
-- best of them has ended.
local ms = require "moonstage"

local END = 1
local names = { "end", "the", "cat", "sat" }

-- h, with one token more; a hypothesis that has ended goes on as it is, with END alone.
local function extend(h, token, logp)
	if h.token == END then return { score = token == END and h.score or -math.huge, token = END, text = h.text } end
	return { score = h.score + logp[{ h.token, token }]:item(), token = token, text = h.text .. " " .. names[token] }
end

-- logp: log probabilities [token, next]; gives the best text, its score, and how many steps were made.
local search = ms.stage(function(logp, first, width, most)
	local beam = { { score = 0.0, token = first, text = names[first] } }
	for k = 2, width do beam[k] = { score = -math.huge, token = first, text = "" } end
	local steps = 0
	while steps < most and beam[1].token ~= END do
		local all = {}
		for _, h in ipairs(beam) do
			for token = 1, #names do all[#all + 1] = extend(h, token, logp) end
		end
		table.sort(all, function(a, b) return a.score > b.score end)
		for k = 1, width do beam[k] = all[k] end
		steps = steps + 1
	end
	return beam[1].text, beam[1].score, steps
end)

local logp = ms.tensor {
	{ 1.0, 0.0, 0.0, 0.0 },
	{ 0.05, 0.05, 0.6, 0.3 },
	{ 0.2, 0.1, 0.1, 0.6 },
	{ 0.7, 0.2, 0.05, 0.05 },
}:log()
print(search(logp, 2, 3, 10))
print(search(logp, 2, 3, 2))
print(search(logp, 3, 2, 10))
local scores = ms.tensor { { 9.0, 0, 0, 0 }, { 0.0, 1, 3, 2 }, { 0.5, 4, 0, 1 }, { 1.0, 1.5, 2, 0 } }
print(search(ms.softmax(scores, 2):log(), 2, 3, 8))

-- expect: the cat sat end	-1.3783261179924	3
-- expect: the cat sat	-1.0216511487961	2
-- expect: cat sat end	-0.86750054359436	2
-- expect: the cat the cat the cat the cat the	-2.1358131170273	8
