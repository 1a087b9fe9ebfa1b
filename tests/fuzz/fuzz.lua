-- The differential fuzzer: random programs must do the same eagerly, staged at -O0 and -O2, with every function tried as
-- a graph (--staged=auto:0), and in stock Lua.
--   driver tests/fuzz/fuzz.lua [SEED=1] [FROM=1] [COUNT=n] [SECONDS=n] [PARALLEL=1] [OUT=folder] [SHRINK=0] [SHOW=1]
--     [NAMES=1] [SIZE=1] [WITHOUT=features]
-- Runs programs FROM, FROM + 1, ... of the seed, COUNT of them or for SECONDS, in PARALLEL processes side by side. A
-- program that disagrees is made smaller and stored in OUT. SHOW prints programs and their outputs, NAMES the messages
-- that differ in the name of an operand; SIZE makes programs longer. Exit code 1 when a program disagreed, or when a
-- construct never came in a long run.
local Tree = dofile "tests/fuzz/tree.lua"
local G = dofile "tests/fuzz/grammar.lua"
local make = dofile "tests/fuzz/program.lua"
local judge = dofile "tests/fuzz/judge.lua"
local shrink = dofile "tests/fuzz/shrink.lua"

local options = { SEED = "1", FROM = "1", OUT = "tests/fuzz/found", SHRINK = "1" }
for i = 1, #arg do
	local name, value = arg[i]:match "^(%u+)=(.*)$"
	if not name then error("not an option: " .. arg[i], 0) end
	if value ~= "" then options[name] = value end
end
local seed, from = math.tointeger(options.SEED) or 1, math.tointeger(options.FROM) or 1
local seconds, count = tonumber(options.SECONDS), math.tointeger(options.COUNT)
if not seconds and not count then seconds = 60 end

local BATCH, LIMIT, SLOW = 50, 15, 1000 -- programs in one child process; seconds a mode may take; ms that are many
local size = math.tointeger(options.SIZE) or 1
local jobs = math.tointeger(options.PARALLEL) or 1
local without = {}
for name in (options.WITHOUT or ""):gmatch "[^,]+" do without[#without + 1] = name end
local started = os.time()
local verdicts, constructs, compared_constructs, refusals, kept = {}, {}, {}, {}, {}
local programs, calls, named, slow, slowest = 0, 0, 0, 0, { ms = 0 }

local function add(counts, key, n) counts[key] = (counts[key] or 0) + (n or 1) end

local function sorted(counts)
	local list = {}
	for k, n in pairs(counts) do list[#list + 1] = { k, n } end
	table.sort(list, function(a, b) return a[2] > b[2] or a[2] == b[2] and a[1] < b[1] end)
	return list
end

local function run_one(program, stock, limit)
	return finish(start({ { text = Tree.text(program), stock = stock } }, limit))[1]
end

local function store(program, number, verdict, detail)
	os.execute("mkdir -p '" .. options.OUT .. "'")
	local path = ("%s/s%d_%d.lua"):format(options.OUT, seed, number)
	local f = assert(io.open(path, "w"))
	f:write("-- ", verdict, "\n-- ", (detail or ""):gsub("\n$", ""):gsub("\n", "\n-- "), "\n", Tree.text(program))
	f:close()
	return path
end

local function report(program, number, stock, verdict, detail)
	print(("program %d: %s"):format(number, verdict))
	local left = Tree.text(program)
	if options.SHRINK == "1" then
		-- in the parts, a name may become anything: the same kind of verdict is asked for
		local limit = verdict == "hang" and 2 or LIMIT
		local function look(p)
			local now, what = judge(run_one(p, stock, limit))
			return now .. (what or ""):match "^[^\n%d]*%d*[^\n]?%s?%a*"
		end
		local again = look(program)
		if again:sub(1, #verdict) == verdict then
			shrink(program, function(p)
				return look(p):gsub("%d+", "") == again:gsub("%d+", "")
			end, verdict == "hang" and 30 or 3000)
			local _, now = judge(run_one(program, stock, 5))
			detail = now or detail
		else
			detail = "(only after the programs before it: alone it says " .. again .. ")\n" .. (detail or "")
		end
	end
	local path = store(program, number, verdict, detail)
	print((detail or ""):sub(1, 600))
	print(("  %d bytes of %d, stored in %s"):format(#Tree.text(program), #left, path))
	io.stdout:flush()
end

-- A batch: the programs of these numbers, on their way in a process of their own.
local function begin(numbers)
	local batch = { numbers = numbers, trees = {}, list = {} }
	for i, number in ipairs(numbers) do
		local program, stock = make(seed, number, without, size)
		batch.trees[i] = program
		batch.list[i] = { text = Tree.text(program), stock = stock }
	end
	batch.job = start(batch.list, LIMIT)
	return batch
end

local function note(number, tree, item, result)
	local verdict, detail, compared, why, names = judge(result)
	programs = programs + 1
	add(verdicts, verdict)
	Tree.count(tree, constructs)
	if verdict == "agreed" then Tree.count(tree, compared_constructs) end
	if why then add(refusals, why) end
	if names then
		named = named + 1
		if options.NAMES then print(("program %d: names\n%s"):format(number, names)) end
	end
	calls = calls + (compared or 0)
	if (result.longest or 0) >= SLOW then slow = slow + 1 end
	if (result.longest or 0) > slowest.ms then
		slowest = { ms = result.longest, mode = result.longest_mode, number = number }
	end
	if options.SHOW then
		print(item.text)
		for _, mode in ipairs { "eager", "O0", "O2", "auto", "stock" } do print("---- " .. mode, result[mode]) end
		print("----", verdict, detail)
	end
	if verdict == "agreed" or verdict == "refused" then return end
	if verdict == "invalid" then
		print(("program %d is invalid: %s"):format(number, (detail or ""):sub(1, 300)))
	elseif #kept < 20 then
		kept[#kept + 1] = number
		report(tree, number, item.stock, verdict, detail)
	end
end

local number, queue = from, {}
local function more() return (not count or number < from + count) and (not seconds or os.time() - started < seconds) end
repeat
	while #queue < jobs and more() do
		local numbers = {}
		for _ = 1, math.min(BATCH, count and from + count - number or BATCH) do
			numbers[#numbers + 1] = number
			number = number + 1
		end
		queue[#queue + 1] = begin(numbers)
	end
	local first = table.remove(queue, 1)
	if first then
		local results = finish(first.job)
		for i, n in ipairs(first.numbers) do note(n, first.trees[i], first.list[i], results[i]) end
	end
until #queue == 0 and not more()

-- ---- The report ----

local bad = 0
print(("seed %d, programs %d to %d, %d calls compared in every mode, %d seconds"):format(seed, from, number - 1, calls,
	os.time() - started))
for _, v in ipairs(sorted(verdicts)) do
	print(("%8d %s"):format(v[2], v[1]))
	if v[1] ~= "agreed" and v[1] ~= "refused" then bad = bad + v[2] end
end
print(("%8d programs whose messages differ in nothing but the name of an operand"):format(named))
print(("%8d programs took more than %d ms of the processor in a mode"):format(slow, SLOW) .. (slowest.number
	and (", the slowest, program %d, %d ms in %s"):format(slowest.number, slowest.ms, slowest.mode) or ""))
local rest = 0
for _, v in ipairs(sorted(refusals)) do rest = rest + v[2] end
print(("%8d ended by a refusal:"):format(rest))
for _, v in ipairs(sorted(refusals)) do print(("%12d %s"):format(v[2], v[1])) end
print "programs with a construct, and of them agreed:"
local missing = {}
for type, list in pairs(G.makers) do
	for _, m in ipairs(list) do
		if not constructs[m.kind] and m.kind ~= "generic for" then missing[m.kind .. " (" .. type .. ")"] = 1 end
	end
end
local line = {}
for _, v in ipairs(sorted(constructs)) do
	line[#line + 1] = ("%-30s %7d %7d"):format(v[1], v[2], compared_constructs[v[1]] or 0)
	if #line == 2 then
		print(table.concat(line, "   "))
		line = {}
	end
end
if line[1] then print(line[1]) end
for _, v in ipairs(sorted(missing)) do
	print("never made: " .. v[1])
	if programs >= 2000 then bad = bad + 1 end
end
if bad > 0 then error("the modes disagree", 0) end
