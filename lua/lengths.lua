-- Lengths of tensors that change from call to call: at the third length of one dim a trace takes it as unknown, so that
-- its graph serves them all; and so it does with a number that shapes are made of. What can't be done with an unknown
-- length goes through one door, S.exact: the trace starts again with the lengths as they are.
local _, core = ...
local S, _ENV = core.S, core.env
local ipairs, next, pack, pcall, select, mathtype = ipairs, next, table.pack, pcall, select, math.type

local VARIES = 3 -- different lengths from which on a dim is unknown
local MOST = 256 -- unknown lengths in one graph
local MOST_NUMBERS = 32 -- of them numbers; each starts the trace again
local GIVE_UP = 4 -- traces that needed their lengths from which on none is unknown any more

-- May lengths be unknown here? Not in a pcall, or where a variable is to be closed: there no run may fail.
local function wanted(T)
	local object = T.object
	return object and object.lengths and object.exact < GIVE_UP and not T.exact and not T.pcall and #T.pending == 0
end

-- Notes a length met at a place (a table of its own); whether it is one of several by now.
local function varies(met, d, n)
	local seen = met[d] or { count = 0 }
	met[d] = seen
	if not seen[n] and seen.count < VARIES then seen[n], seen.count = true, seen.count + 1 end
	return seen.count == VARIES
end

local function at_place(object, id)
	object.lengths[id] = object.lengths[id] or {}
	return object.lengths[id]
end

-- The number of an unknown length that is n now; nil when there is none. Lengths that are equal now are taken as equal
-- in every call. A length of 0 or 1 is known always: it broadcasts, or there is nothing.
local function number_of(T, n)
	if n < 2 or T.known_lengths and T.known_lengths[n] then return nil end
	if not T.lengths[n] and T.nlengths < MOST then
		T.nlengths = T.nlengths + 1
		T.lengths[n] = T.nlengths
	end
	return T.lengths[n]
end

-- Is a length of the tensor, or the number as one, taken as it is in a special graph?
function S.assumes_length(v)
	local known = S.T.known_lengths
	for _, n in ipairs(known and (mathtype(v) and { v } or { core.lengths(v) }) or {}) do
		if known[n] then return true end
	end
	return nil
end

-- The numbers of the unknown lengths, by dim, of a tensor read at a place; nil when all are known.
function S.unknown_lengths(v, source, base, key)
	local T = S.T
	if not T.object or not T.object.lengths then return nil end
	local shape, unknown = pack(core.lengths(v)), nil
	local met = at_place(T.object, ("%s/%d"):format(S.read_id(T, source, base, key), shape.n))
	for d, n in ipairs(shape) do
		if varies(met, d, n) and wanted(T) then
			unknown = unknown or {}
			unknown[d] = number_of(T, n)
		end
	end
	return unknown
end

-- Notes a number that is read by its value; whether it is another one time and again.
function S.number_varies(v, id)
	local object = S.T.object
	return v == v and object and object.lengths and varies(at_place(object, id), 1, v)
end

-- The number of the unknown length that an integer is whose value was needed in other traces, by the place it is read
-- at: as a length of a shape it need not be known. nil: it is to be known.
function S.unknown_number(v, id)
	local T = S.T
	if mathtype(v) ~= "integer" or not S.number_varies(v, id) or T.object.by_value or not wanted(T) then return nil end
	if not T.lengths[v] and T.nlengths >= MOST_NUMBERS then return nil end
	T.number_lengths = true
	return number_of(T, v)
end

-- That number as a value. It is what a variable or field holds before the call, so it is made where all of the graph
-- sees it: at the start of the trace, which starts again when such a number is met.
function S.length_value(number, n)
	local T = S.T
	if not T.length_values[number] then S.signal { kind = "restart", length = n } end
	T.lengths_met[number] = true
	return T.length_values[number]
end

-- At the start of a trace: the numbers that the traces before met.
function S.begin_lengths(T, list)
	for _, n in ipairs(wanted(T) and list or {}) do
		local number = number_of(T, n)
		T.length_values[number] = number and core.length(number, n)
	end
end

-- Have all of them been met again? Else no call would know them.
function S.lengths_unmet(T)
	for number in next, T.length_values do
		if not T.lengths_met[number] then return "other numbers are lengths in each attempt" end
	end
end

-- The number of the unknown length that the length of a list is, n in the last run that got to that place. It may be
-- that of a tensor.
function S.unknown_size(n, id)
	local T = S.T
	local other = S.number_varies(n, id)
	if not wanted(T) or not other and not T.lengths[n] then return nil end
	return number_of(T, n)
end

-- Has the trace unknown lengths?
function S.has_lengths() return S.T.nlengths and S.T.nlengths > 0 end

-- The door: `why` is for ms.explain.
function S.exact(why) S.signal { kind = "restart", exact = why } end

-- An error that a trace met may speak of lengths, or be one of some lengths only: the signal in its place.
function S.exact_error(e)
	if S.is_signal(e) or not S.has_lengths() then return e end
	return (select(2, pcall(S.exact, "the error that it raises")))
end
