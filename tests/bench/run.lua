-- Runs each measurement and its yardstick in turn, at least 15 times, and prints a table of the
-- medians and of the median of the paired ratios.
--   lua5.4 tests/bench/run.lua [BUILD [WORD]]    WORD: only metrics whose name contains it
local BUILD, WORD = arg[1] or "build", arg[2] or ""
local PAIRS = tonumber(os.getenv("PAIRS") or 15)
local M = BUILD .. "/moonstage"
local C = BUILD .. "/bench/"

local function readable(path)
	local f = io.open(path)
	if f then f:close() end
	return f and path
end
local TEXT = readable("/usr/share/common-licenses/GPL-3") or "README.md"

-- The number a command prints on standard output.
local function measure(command)
	local p = assert(io.popen(command .. " 2>" .. BUILD .. "/bench.err"))
	local out = p:read("a")
	local good = p:close()
	local v = tonumber(out:match("%S+"))
	if good and v then return v end
	local f = io.open(BUILD .. "/bench.err")
	error(command .. " gave no number:\n" .. out .. (f and f:read("a") or ""), 0)
end

-- The seconds of the processor a command takes.
local function seconds(command) return measure(C .. "cputime " .. command) end

local function median(t)
	table.sort(t)
	local n = #t
	return n % 2 == 1 and t[n // 2 + 1] or (t[n // 2] + t[n // 2 + 1]) / 2
end

-- Runs both sides in turn; sides are functions that return a number.
local function pairs_of(ours, yardstick)
	local a, b, r = {}, {}, {}
	for i = 1, PAIRS do
		if i % 2 == 1 then
			a[i] = ours()
			b[i] = yardstick()
		else
			b[i] = yardstick()
			a[i] = ours()
		end
		r[i] = a[i] / b[i]
	end
	return median(a), median(b), median(r)
end

local function both(ours, yardstick)
	return pairs_of(function() return measure(ours) end, function() return measure(yardstick) end)
end

print(("%-44s %12s %12s %8s  %s"):format("metric", "ours", "yardstick", "ratio", "bar"))
local missed = 0
local function row(name, unit, bar, good, run)
	if not name:find(WORD, 1, true) then return end
	local ok, a, b, r = pcall(run)
	if not ok then
		missed = missed + 1
		print(("%-44s %s"):format(name, (a:gsub("\n.*", ""))))
		return
	end
	local met = good(a, b, r)
	if not met then missed = missed + 1 end
	local cell = function(v) return v and ("%.4g %s"):format(v, unit) or "" end
	print(("%-44s %12s %12s %8s  %s"):format(name, cell(a), cell(b), r and ("%.3f"):format(r) or "",
		bar == "-" and "" or bar .. (met and ": met" or ": MISSED")))
	io.stdout:flush()
end

row("eager add, 16 elements", "ns", "at most 250 ns", function(a) return a <= 250 end, function()
	return both(M .. " tests/bench/small_add.lua", C .. "small_add")
end)

local stock = "LUA_PATH='tests/stub/?.lua;;' lua5.4 "
row("staged sum over a tree of 1,000 tables against Lua, a node", "ns", "at most 3", function(_, _, r) return r <= 3 end, function()
	return both(M .. " --staged tests/bench/treesum.lua", stock .. "tests/bench/treesum.lua")
end)
row("staged collatz against Lua, a round", "ns", "below 1", function(_, _, r) return r < 1 end, function()
	return both(M .. " --staged tests/bench/collatz.lua", stock .. "tests/bench/collatz.lua")
end)

row("staged fib(25) against Lua", "ms", "below 1", function(_, _, r) return r < 1 end, function()
	return both(M .. " --staged tests/bench/fib.lua", stock .. "tests/bench/fib.lua")
end)
row("append to a list in a staged loop", "ns", "at most 20 ns", function(a) return a <= 20 end, function()
	return both(M .. " --staged tests/bench/append.lua", stock .. "tests/bench/append.lua")
end)
row("append, read and assign, each once", "ns", "-", function() return true end, function()
	return both(M .. " --staged tests/bench/append.lua sum", stock .. "tests/bench/append.lua sum")
end)

for _, batch in ipairs { 1, 4, 32 } do
	local args = (" %s %d"):format(TEXT, batch)
	local name = (", batch %d"):format(batch)
	local bar = batch == 4 and "at most 1.5" or "-"
	row("staged charlm step against C" .. name, "us", bar, function(_, _, r) return batch ~= 4 or r <= 1.5 end, function()
		return both(M .. " --staged tests/bench/charlm.lua" .. args, C .. "charlm" .. args)
	end)
	row("staged charlm step against eager" .. name, "us", "below 1", function(_, _, r) return r < 1 end, function()
		return both(M .. " --staged tests/bench/charlm.lua" .. args, M .. " --eager tests/bench/charlm.lua" .. args)
	end)
end

row("call that reads ten tensors against its graph", "ns", "at most 1000 ns more", function(a, b) return a - b <= 1000 end,
	function()
		local graph = BUILD .. "/bench/call.graph"
		assert(os.execute(M .. " --staged tests/bench/call.lua graph >" .. graph))
		return both(M .. " --staged tests/bench/call.lua", C .. "graph " .. graph)
	end)

row("known trips of a loop over layers against any", "ns", "below 1", function(_, _, r) return r < 1 end, function()
	local special = M .. " --staged tests/bench/special.lua layers"
	return both(special, special .. " general")
end)
row("known trips of a loop over one cell against any", "ns", "at most 1.1", function(_, _, r) return r <= 1.1 end, function()
	local special = M .. " --staged tests/bench/special.lua cell"
	return both(special, special .. " general")
end)

row("unmarked step, --staged=auto against eager", "ns", "below 1", function(_, _, r) return r < 1 end, function()
	return both(M .. " --staged=auto tests/bench/unmarked.lua", M .. " --eager tests/bench/unmarked.lua")
end)

row("tracing, a node", "ns", "at most 2000 ns", function(a) return a <= 2000 end, function()
	local t = {}
	for i = 1, PAIRS do t[i] = measure(M .. " --staged tests/bench/trace.lua") end
	return median(t)
end)

row("tracing a plain loop, 10,000 trips against 10", "us", "at most 1.2", function(_, _, r) return r <= 1.2 end, function()
	return both(M .. " --staged tests/bench/rolled.lua 10000", M .. " --staged tests/bench/rolled.lua 10")
end)
row("graph of a plain loop, 10,000 trips against 10", "nodes", "1", function(_, _, r) return r == 1 end, function()
	return both(M .. " --staged tests/bench/rolled.lua 10000 nodes", M .. " --staged tests/bench/rolled.lua 10 nodes")
end)

for _, part in ipairs { { "parse", "parse ", 40 }, { "parse and rewrite", "", 25 } } do
	row("front end, " .. part[1], "MB/s", ("at least %d MB/s"):format(part[3]), function(a) return a >= part[3] end, function()
		local t = {}
		for i = 1, PAIRS do t[i] = measure(C .. "front " .. part[2] .. "lua/*.lua examples/*.lua tests/bench/plain/*.lua") end
		return median(t)
	end)
end

-- Plain programs: all of a round before the next, so that each pair is close in time.
local programs = { "fib", "nbody", "trees", "fannkuch", "sieve", "queens", "methods", "closures", "strings", "sort",
	"parse", "spectral", "mandelbrot", "lists" }
for _, with in ipairs { "", " -l moonstage" } do
	local title = "plain Lua" .. (with ~= "" and ", module loaded" or "")
	local logs, count = 0, 0
	for _, p in ipairs(programs) do
		row(title .. ": " .. p, "s", "at most 1.5", function(_, _, r) return r <= 1.5 end, function()
			local file = "tests/bench/plain/" .. p .. ".lua"
			local a, b, r = pairs_of(function() return seconds(M .. with .. " " .. file) end,
				function() return seconds("lua5.4 " .. file) end)
			logs = logs + math.log(r)
			count = count + 1
			return a, b, r
		end)
	end
	row(title .. ": geometric mean", "", "at most 1.1", function(_, _, r) return r <= 1.1 end, function()
		if count < #programs then error(("%d of %d programs ran"):format(count, #programs), 0) end
		return nil, nil, math.exp(logs / count)
	end)
end
print(missed == 0 and "every bar is met" or missed .. " missed")
