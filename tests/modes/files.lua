-- Files in a staged function: writes and reads happen when the graph runs, in program order, also where io.output() is not
-- the standard output; the environment, dates, the collector.
-- stock
local ms = require "moonstage"
local function show(...) print(select("#", ...), ...) end

local name = os.tmpname()
local file, standard = assert(io.open(name, "w")), io.output()
local writes = ms.stage(function(n)
	print("to the standard output", n)
	local f = io.write("written ", n, " ", n / 2, "\n")
	file:write("direct ", n, "\n"):write(n, "\n")
	return f == file, f == standard, file:flush()
end)
show(writes(1))
io.output(file)
show(writes(2))
io.output(standard)
show(writes(3))
show(pcall(ms.stage(function(n) file:write(n, {}) end), 1))
show(pcall(ms.stage(function(n) return file:seek("set", n) end), 0))
file:close()
show(pcall(ms.stage(function(n) file:write(n) end), 1))
for line in io.lines(name) do print(line) end

file = assert(io.open(name, "w"))
file:write("first line\n12 0x10 2.5\nrest\nof the file")
file:close()
io.input(name)
local reads = ms.stage(function(x)
	local line = io.read()
	local a, b, c = io.read("n"), io.read("n"), io.read("n")
	local sum = a + b + c + x
	return line, a, b, c, sum, io.read(3), io.read("a"), io.read("l"), io.read("n")
end)
show(reads(1))
local input = assert(io.open(name))
local counts = ms.stage(function(x)
	local n = 0
	local line = input:read("L")
	while line ~= nil do
		n = n + #line * x
		line = input:read("L")
	end
	return n
end)
show(counts(2))
input:close()
show(ms.stage(function(n) return os.remove(name), n end)(1))

local system = ms.stage(function(n)
	local date = os.date("!%Y-%m-%d", n)
	return os.getenv("NO_SUCH_VARIABLE_" .. n), date, date .. "!", date == "1970-01-01", os.getenv("HOME") ~= n,
		collectgarbage("count") > 0, collectgarbage()
end)
show(system(0))
show(system(86400 * 3))
