-- Lengths of tensors that change from call to call: at the third length of one dim a trace takes it as unknown, so that
-- its graph serves them all. What can't be done with an unknown length goes through one door, S.exact: the trace
-- starts again with the lengths as they are.
local _, core = ...
local S, _ENV = core.S, core.env
local ipairs, pack, pcall, select = ipairs, table.pack, pcall, select

local VARIES = 3 -- different lengths from which on a dim is unknown
local MOST = 256 -- unknown lengths in one graph
local GIVE_UP = 4 -- traces that needed their lengths from which on none is unknown any more

-- The numbers of the unknown lengths, by dim, of a tensor read at a place; nil when all are known. Lengths that are
-- equal now are taken as equal in every call. A length of 0 or 1 is known always: it broadcasts, or there is nothing. So
-- are all in a pcall, or where a variable is to be closed: there no run may fail.
function S.unknown_lengths(v, source, base, key)
	local T = S.T
	local object = T.object
	if not (object and object.lengths) or object.exact >= GIVE_UP then return nil end
	local shape, unknown = pack(core.lengths(v)), nil
	local id = ("%s/%d"):format(S.read_id(T, source, base, key), shape.n)
	local met = object.lengths[id] or {}
	object.lengths[id] = met
	for d, n in ipairs(shape) do
		local seen = met[d] or { count = 0 }
		met[d] = seen
		if not seen[n] and seen.count < VARIES then seen[n], seen.count = true, seen.count + 1 end
		if seen.count == VARIES and n > 1 and not T.exact and not T.pcall and #T.pending == 0 then
			if not T.lengths[n] and T.nlengths < MOST then
				T.nlengths = T.nlengths + 1
				T.lengths[n] = T.nlengths
			end
			unknown = unknown or {}
			unknown[d] = T.lengths[n]
		end
	end
	return unknown
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
