-- Special graphs: what has been the same in call after call and decides conditions, numbers and the lengths of tensors,
-- is plain in a graph of its own, so that branches, and the trips of loops, are known. Guards check it at the start of
-- a call; when one does not hold, the special graph is dropped before it did anything, the call goes to the graph
-- before, and what failed is not assumed again.
local _, core = ...
local S, _ENV = core.S, core.env
local ipairs, next, select, setmetatable = ipairs, next, select, setmetatable

local BUDGET = 5000 -- trips of plain loops and calls of functions while a special graph is traced
local MOST_WATCHED = 16 -- more numbers that decide conditions are data
local MOST_FAILED = 4 -- special graphs of one function
local LARGER = 4 -- times the nodes of the graph before, and SOME: a special graph of more gains nothing
local SOME = 1000
local UNROLLED = 32 -- trips of a loop from which on it is rolled, if that is not too much

-- What is watched -------------------------------------------------------------------------------------------

-- The dims of a tensor, or the number, read so, whose lengths are in the set, as bits.
local function dims_among(read, lengths)
	local dims = 0
	for d = 1, 8 do
		if lengths[(read.lengths or {})[d] or 0] then dims = dims | 1 << d - 1 end
	end
	return dims
end

-- Marks the guards of what decides conditions of the trace: core.call watches it.
function S.watch(T)
	local enough, object = core.option "same", T.object
	if enough == 0 or T.budget or object.special == false then return end
	local found, count = {}, 0
	local numbers, lengths = S.deciding(T.conditions)
	for n, slot in ipairs(T.inputs) do
		local id = T.input_id[n]
		if id and numbers[id] and not object.untrue[id] then
			count = count + 1
			found[count] = T.guards[slot]
			found[count].number = id
		end
	end
	for i = 1, count <= MOST_WATCHED and count or 0 do found[i].watched = enough end
	if object.lengths_vary or not next(lengths) then return end
	for _, read in ipairs(T.guards) do
		local dims = dims_among(read, lengths)
		if dims > 0 then read.watched, read.dims = enough, dims end
	end
end

-- Is the number read at that place taken as it is in a special graph?
function S.assumed(id)
	local assumed = S.T.assumed
	return assumed and assumed[id]
end

-- Special graphs ----------------------------------------------------------------------------------------------

-- A trace for a special graph has taken a step.
function S.spend()
	local T = S.T
	T.budget = T.budget - 1
	if T.budget < 0 or core.size() > T.object.most_nodes then
		S.stop "a graph for what has been the same takes too long"
	end
end

-- "3 calls"
function S.calls_served(entry)
	local n = core.served(entry)
	return n == 1 and "1 call" or n .. " calls"
end

-- The graph of number i is no use any more. how: what became of it.
local function drop(object, i, how)
	local known = core.entry_table(object[i])
	if #object.dropped < object.graphs then
		local why = ("%s; it served %s%s"):format(known.why[1], S.calls_served(object[i]), how)
		table.insert(object.dropped, { why })
	end
	table.remove(object, i)
end

-- There are no more special graphs.
local function give_up(object)
	object.special = false
	for _, entry in ipairs(object) do core.unwatch(entry) end
end

-- Makes room.
function S.drop_special(object)
	for i = #object, 1, -1 do
		if core.entry_table(object[i]).special then
			drop(object, i, "")
			give_up(object)
		end
	end
end

-- What an entry read at a place, a number of that id or tensors of lengths, is not watched any more.
local function unwatch(entry, id)
	for n, read in ipairs(core.entry_table(entry).reads) do
		if read.watched and (id and read.number == id or not id and read.lengths) then core.unwatch(entry, n) end
	end
end

local function count_failure(object)
	object.failures = (object.failures or 0) + 1
	if object.failures == MOST_FAILED then give_up(object) end
end

-- What special graphs were made for was not so in a call: they go, and that is not assumed again.
local function drop_missed(object)
	for i = #object, 1, -1 do
		local slot = core.missed(object[i])
		if slot then
			local reads = core.entry_table(object[i]).reads
			local id = reads[slot][4] == "raw" and reads[slot].number
			drop(object, i, (", then its check of %s failed, which is not assumed again"):format(S.read_name(reads, slot)))
			if id then object.untrue[id] = true else object.lengths_vary = true end
			for _, entry in ipairs(object) do unwatch(entry, id) end
			count_failure(object)
		end
	end
end

-- The special graph made of one that serves call after call does not: whether there was one.
local function drop_useless(object, general)
	for i, entry in ipairs(object) do
		if core.entry_table(entry).special == general.number then
			drop(object, i, ", too few")
			count_failure(object)
			return true
		end
	end
	return false
end

-- A special graph that met what it was not made for goes, and there are no more: whether one did, and another is in
-- front that fits.
function S.drop_unfit_special(object, ...)
	if not object.met or not core.entry_table(object[1]).special then return false end
	object.met = nil
	drop(object, 1, ", then it met what can't be staged so")
	give_up(object)
	for i, entry in ipairs(object) do
		if core.match(entry, ...) then
			table.insert(object, 1, table.remove(object, i))
			return true
		end
	end
	return false
end

-- What a special graph assumes, in words; nil: nothing.
local function assumptions(entry)
	local reads, list = core.entry_table(entry).reads, {}
	for n, read in ipairs(reads) do
		if read.assumed then
			list[#list + 1] = ("%s is %s"):format(S.read_name(reads, n), S.describe_guard(entry, reads, n))
		end
	end
	return list[1] and table.concat(list, " and ")
end

local function make(object, ...)
	local known = core.entry_table(object[1])
	if drop_useless(object, known) then return end
	local slots, lengths = core.steady(object[1])
	local assumed, values = {}, {} -- numbers that are taken as they are, in this graph and in the one before
	for _, slot in ipairs(slots) do
		local id = known.reads[slot].number
		if id then assumed[id] = true end
	end
	for _, read in ipairs(known.reads) do
		if read[4] == "raw" and read.number then values[read.number] = true end
	end
	local most = LARGER * core.graph_size(known.plan) + SOME
	local entry, exact
	for _, roll in ipairs { UNROLLED, core.option "roll" } do
		-- (what this trace learns is not for the others)
		local own = setmetatable({ marks = setmetatable({}, { __index = object.marks }), assumed = assumed,
			values = values, known_lengths = lengths, unroll = setmetatable({}, { __index = object.unroll }), recursive = {},
			guessed = {}, deciding = {}, budget = BUDGET, most_nodes = most, roll = roll, may_be_exact = known.exact },
			{ __index = object })
		entry, exact = S.trace(own, select("#", ...), { ... })
		if entry then break end
	end
	local why = entry and assumptions(entry)
	if not why then return give_up(object) end
	core.served(entry, true)
	object.count = object.count + 1
	local made = core.entry_table(entry)
	made.why, made.number, made.exact, made.special = { why .. " in call after call" }, object.count, exact, known.number
	table.insert(object, 1, entry)
	S.dump(object, entry, object.f)
end

core.hooks {
	-- missed: an assumption of a special graph does not hold in this call
	same = function(object, missed, ...)
		if missed then
			drop_missed(object)
		elseif object.special ~= false and #object < object.graphs then
			make(object, ...)
		end
	end,
}
