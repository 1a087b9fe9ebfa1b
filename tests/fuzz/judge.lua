-- What the outputs of one program in all modes say: judge(result) -> verdict, detail, compared, refusal, names.
-- Verdicts: "agreed", "refused" (no call was left to compare), "invalid" (the program does not even load), or what is
-- wrong: "crash", "hang", "leak", "O0 differs", "O2 differs", "auto differs", "mark left", "stock differs".

-- What staging says when it stops, which a staged run may do where the eager run goes on.
local refusals = { "can't stage", "can't be read here", "can't be kept after this", "must be known while staging",
	"can't be staged", ", its limit (", "the trace has grown past", "steps that were thrown away",
	"staging does not settle" }
-- Words that users must never see.
local internals = { "internal:", "[moonstage]", "__P", "proxy", "shadow", "bad upvalue", "is no value of the graph",
	"an operand is not defined before" }

-- Without what may differ: addresses, and the lines of divisions by zero, which Lua itself gets wrong.
local twelve = ("%x"):rep(12) -- more digits in a row than a number in the outputs has; texts may be raised and turned
local function fixed(s)
	if s:find(": 0x", 1, true) then s = s:gsub("(%a+:) 0x%x+", "%1 ADDRESS") end
	if s:find("0X", 1, true) then s = s:gsub("0X" .. twelve, "ADDRESS") end
	if s:find("x0 :", 1, true) then s = s:gsub(twelve .. "x0 :", "ADDRESS") end
	if s:find("attempt to perform 'n", 1, true) then s = s:gsub("fuzz.lua:%d+: (attempt to perform 'n)", "%1") end
	if s:find("attempt to divide", 1, true) then s = s:gsub("fuzz.lua:%d+: (attempt to divide)", "%1") end
	return s
end

-- The calls of an output: {before, call, result, after} each a text; and what is not part of one.
local function parse(output)
	local calls, rest, part, now = {}, {}, nil, nil
	for line in fixed(output):gmatch "([^\n]*)\n" do
		if line:sub(1, 1) == "!" then
			rest[#rest + 1] = "failed" -- outside of a call: hosts word and show that in their own ways
			break
		elseif line == "#before" then
			now = { before = "", call = "", result = "", after = "" }
			calls[#calls + 1] = now
			part = "before"
		elseif line == "#end" then
			now = nil
		elseif now and (line == "#call" or line == "#result" or line == "#after") then
			part = line:sub(2)
		elseif now then
			now[part] = now[part] .. line .. "\n"
		else
			rest[#rest + 1] = #calls .. line
		end
	end
	return calls, table.concat(rest, "\n")
end

-- Without the names of operands: "attempt to index a nil value (local 'x')".
local function nameless(s) return (s:gsub(" %(%a+ '[^'\n]*'%)", "")) end

local function refusal(result)
	if result:sub(1, 5) ~= "false" then return end
	for _, words in ipairs(refusals) do
		if result:find(words, 1, true) then
			return (result:gsub('^false "', ""):gsub('"?\n.*', ""):gsub("; .*", ""):gsub("^%S+:%d+: ", "")
				:gsub("'[%w_.]*'", "'NAME'"):gsub("%d+", "N"):sub(1, 110))
		end
	end
end

-- After how many calls something between two of them is refused first, and why; nil: nothing is.
local function refused_between(rest)
	for line in rest:gmatch "[^\n]+" do
		local at, message = line:match "^(%d+).-\t(false\t.*)"
		local why = at and refusal(message)
		if why then return math.tointeger(at), (why:gsub("^false\t%S+:%w+: ", "")) end
	end
end

-- A report without what functions gave that it called, which may count their calls.
local function uncalled(report) return (report:gsub("\nkept\t[^\n]*", "")) end

-- Compares a staged output with the eager one: a verdict and its detail, or nil, nil, the number of calls compared, the
-- refusal that ended it, and messages that differ in nothing but the names of operands.
local function compare(eager, staged, mode)
	if eager == staged then return nil, nil, select(2, eager:gsub("\n#end\n", "")) end
	local want, rest = parse(eager)
	local got, got_rest = parse(staged)
	local names
	local last, why_last
	if mode ~= "auto" then last, why_last = refused_between(got_rest) end
	if last and refused_between(rest) then last = nil end
	for i, w in ipairs(want) do
		if last and i > last then return nil, nil, last, why_last, names end
		local g = got[i]
		if not g then
			return mode .. " differs", ("call %d is missing; the output ends with:\n%s"):format(i, staged:sub(-300))
		end
		local why = mode ~= "auto" and refusal(g.result) -- there nothing is refused
		if why and not refusal(w.result) then
			if g.call ~= "" or uncalled(g.after) ~= uncalled(g.before) then
				return "mark left", ("call %d, refused in %s: %s\nprinted:\n%sbefore:\n%safter:\n%s")
					:format(i, mode, why, g.call, g.before, g.after)
			end
			return nil, nil, i - 1, why, names
		end
		if w.result:find("stack overflow", 1, true) and g.result:find("stack overflow", 1, true) then
			return nil, nil, i - 1
		end
		for _, part in ipairs { "before", "call", "result", "after" } do
			if w[part] ~= g[part] and nameless(w[part]) == nameless(g[part]) then
				names = names or "eager: " .. w[part] .. mode .. ": " .. g[part]
			elseif w[part] ~= g[part] then
				return mode .. " differs", ("call %d, %s\neager:\n%s%s:\n%s"):format(i, part, w[part], mode, g[part])
			end
		end
	end
	if last then return nil, nil, #want, why_last, names end
	if nameless(rest) ~= nameless(got_rest) then
		return mode .. " differs", ("between calls\neager:\n%s\n%s:\n%s"):format(rest, mode, got_rest)
	end
	return nil, nil, #want, nil, names
end

return function(result)
	if result.bad then
		if result.bad:find "eager" and result.bad:find "hang" then return "invalid", result.bad end
		return result.bad:match "^%a+", result.bad
	end
	if result.eager:sub(1, 1) == "!" and not result.eager:find "#before" then return "invalid", result.eager end
	for _, mode in ipairs { "O0", "O2", "auto" } do
		for _, words in ipairs(internals) do
			if result[mode]:find(words, 1, true) then
				local at = result[mode]:find(words, 1, true)
				return "leak", mode .. ": " .. result[mode]:sub(math.max(1, at - 150), at + 150)
			end
		end
	end
	if result.stock then
		local verdict, detail = compare(result.stock, result.eager, "eager")
		if verdict then return "stock differs", detail end
	end
	local fewest, why, names
	for _, mode in ipairs { "O0", "O2", "auto" } do
		local verdict, detail, compared, refused, named = compare(result.eager, result[mode], mode)
		if verdict then return verdict, detail end
		if not fewest or compared < fewest then fewest = compared end
		why, names = why or refused, names or named
	end
	return fewest > 0 and "agreed" or "refused", nil, fewest, why, names
end
