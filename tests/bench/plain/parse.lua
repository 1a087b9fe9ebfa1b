-- A scanner, a recursive parser and an evaluator of arithmetic, over many generated texts.
local function scan(src)
	local tokens, at = {}, 1
	while true do
		at = src:find("%S", at)
		if not at then break end
		local c = src:sub(at, at)
		if c:find("%d") then
			local number = src:match("^%d+", at)
			tokens[#tokens + 1] = { kind = "number", value = tonumber(number) }
			at = at + #number
		elseif c:find("%a") then
			local name = src:match("^%a%w*", at)
			tokens[#tokens + 1] = { kind = "name", value = name }
			at = at + #name
		else
			tokens[#tokens + 1] = { kind = c }
			at = at + 1
		end
	end
	tokens[#tokens + 1] = { kind = "end" }
	return tokens
end

local binary = { ["+"] = 1, ["-"] = 1, ["*"] = 2, ["%"] = 2, ["^"] = 3 }
local function parse(tokens)
	local at = 1
	local expression
	local function primary()
		local t = tokens[at]
		at = at + 1
		if t.kind == "number" then return { op = "number", value = t.value } end
		if t.kind == "name" then return { op = "name", value = t.value } end
		if t.kind == "-" then return { op = "neg", primary() } end
		if t.kind ~= "(" then error("unexpected " .. t.kind) end
		local e = expression(1)
		if tokens[at].kind ~= ")" then error("')' expected") end
		at = at + 1
		return e
	end
	function expression(limit)
		local left = primary()
		while true do
			local op = tokens[at].kind
			local level = binary[op]
			if not level or level < limit then return left end
			at = at + 1
			left = { op = op, left, expression(level + 1) }
		end
	end
	local e = expression(1)
	if tokens[at].kind ~= "end" then error("trailing text") end
	return e
end

local function run(e, env)
	local op = e.op
	if op == "number" then return e.value end
	if op == "name" then return env[e.value] or 0 end
	local a = run(e[1], env)
	if op == "neg" then return -a end
	local b = run(e[2], env)
	if op == "+" then return a + b end
	if op == "-" then return a - b end
	if op == "*" then return a * b % 10007 end
	if op == "%" then return b ~= 0 and a % b or 0 end
	return (a * a + b) % 10007
end

local n, sum = tonumber(arg and arg[1]) or 7500, 0
for i = 1, n do
	local src = ("(x + %d) * y - -%d %% (z1 ^ 3 + %d * (x - y)) + ((%d - x) * 2 ^ y) %% 77 - q * (1 + (2 + (3 + x)))"):format(
		i, i * 7, i % 13, i % 101)
	local e = parse(scan(src))
	for k = 1, 5 do sum = (sum + run(e, { x = k, y = i % 9, z1 = k * i % 5 })) % 1000003 end
end
print(sum)
