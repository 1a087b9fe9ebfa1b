-- t[#t + 1] = v and t[#t] = nil where t is one of several tables: the key, one number for all of them, is that of each
-- table's own end.
local _, core = ...
local S, _ENV = core.S, core.env
local COND, YES, NO = S.COND, S.YES, S.NO
local class, kind, same, rawequal, rawget, type = S.class, core.kind, core.same, rawequal, rawget, type

local MOST_NOTED = 8

-- Are these choices of the same tables?
local function alike(a, b)
	if class(a) ~= "choice" or class(b) ~= "choice" then return rawequal(a, b) end
	return rawequal(a, b) or same(rawget(a, COND), rawget(b, COND)) and alike(rawget(a, YES), rawget(b, YES))
		and alike(rawget(a, NO), rawget(b, NO))
end

local function visible(region)
	local r = S.T.region
	while r and r ~= region do r = r.parent end
	return r == region
end

-- Notes that the number is the length of the choice, and those of the tables that it may be.
local length = S.Choice.__len
function S.Choice.__len(a)
	local T = S.T
	local around, ends = T.ends, {}
	T.ends = ends
	local n = length(a)
	T.ends = around
	local list = T.choice_lengths
	if kind(n) == "int" then
		table.insert(list, 1, { n, a, T.region, ends })
		list[MOST_NOTED + 1] = nil
	end
	return n
end

-- n is the length of x, which the choice may be. (A table that it is in several cases may have several lengths.)
function S.note_end(x, n)
	local ends = S.T.ends
	local info = ends and S.T.info[x]
	if not info or S.meta(info) then return end
	ends[x] = ends[x] == nil and { n = n, elems = info.elems, len = info.len }
end

-- How far behind the end that a had then the key lies (1 or 0), when it is known, and the ends of its tables.
local function from_end(a, key)
	for _, noted in ipairs(kind(key) == "int" and S.T.choice_lengths or {}) do
		if visible(noted[3]) and alike(noted[2], a) then
			if core.is_next(key, noted[1]) then return 1, noted[4] end
			if same(key, noted[1]) then return 0, noted[4] end
		end
	end
end

-- The key as one of the tables has it.
function S.key_of_alternative(a, key)
	local behind, ends = from_end(a, key)
	return function(x)
		local last = behind and ends[x]
		if not last then return key end
		if type(last.n) == "number" then return last.n + behind end
		local info = S.T.info[x]
		if not rawequal(info.elems, last.elems) or not rawequal(info.len, last.len) then return key end
		return S.raw_length(info) + behind
	end
end
