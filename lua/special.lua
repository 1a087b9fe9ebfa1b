-- Special graphs: where the numbers of a call have decided conditions in the same way for long, a graph is made in
-- which they are plain, so that branches, and the trips of loops, are known. Guards check them at the start of a call;
-- the first that does not hold brings the graph before to the front, and no special graph is made again.
local _, core = ...
local S, _ENV = core.S, core.env
local ipairs, select, setmetatable = ipairs, select, setmetatable

local BUDGET = 5000 -- trips of plain loops and calls of functions while a special graph is traced

-- Marks the guards of the arguments that are numbers and decide conditions of the trace: core.call watches them.
function S.watch_numbers(T)
	local enough = core.option "same"
	if enough == 0 or T.budget or T.object.special == false then return end
	local deciding = S.paths_of(T.conditions)
	for n, slot in ipairs(T.inputs) do
		local read = T.guards[math.abs(slot)]
		if read[1] == "arg" and deciding[T.input_id[n] or 0] then read.watched, read.number = enough, T.input_id[n] end
	end
end

-- A trace for a special graph has taken a step.
function S.spend()
	local T = S.T
	T.budget = T.budget - 1
	if T.budget < 0 then S.stop "a graph for numbers that have been the same takes too long" end
end

-- The graph of number i is no use any more.
local function drop(object, i)
	local known = core.entry_table(object[i])
	if #object.dropped < object.graphs then
		table.insert(object.dropped, { ("%s; it served %s"):format(known.why[1], S.calls_served(object[i])) })
	end
	table.remove(object, i)
	object.special = false
end

function S.drop_special(object)
	for i = #object, 1, -1 do
		if core.entry_table(object[i]).special then drop(object, i) end
	end
end

-- "3 calls"
function S.calls_served(entry)
	local n = core.served(entry)
	return n == 1 and "1 call" or n .. " calls"
end

local function make(object, ...)
	local known = core.entry_table(object[1])
	local marks, names = setmetatable({}, { __index = object.marks }), {}
	for slot, read in ipairs(known.reads) do
		if read.watched then
			marks[read.number] = false
			names[#names + 1] = ("%s is %s"):format(S.read_name(known.reads, slot), S.describe((select(read[2], ...))))
		end
	end
	-- (what this trace learns is not for the others)
	local own = setmetatable({ marks = marks, unroll = setmetatable({}, { __index = object.unroll }), recursive = {},
		guessed = {}, deciding = {}, budget = BUDGET }, { __index = object })
	local entry, exact = S.trace(own, select("#", ...), { ... })
	if not entry then
		object.special = false
		return
	end
	core.served(entry, true)
	object.count = object.count + 1
	local made = core.entry_table(entry)
	made.why, made.number, made.exact, made.special =
		{ table.concat(names, " and ") .. " in call after call" }, object.count, exact, true
	table.insert(object, 1, entry)
	S.dump(object, entry, object.f)
end

core.hooks {
	-- retired: the special graph, now the second, does not fit this call
	same = function(object, retired, ...)
		if retired then
			drop(object, 2)
		elseif object.special ~= false and #object < object.graphs then
			make(object, ...)
		end
	end,
}
