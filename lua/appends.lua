-- t[#t + 1] = v and t[#t] = nil where t is one of several tables: the key, one number for all of them, is that of each
-- table's own end.
local _, core = ...
local S, _ENV = core.S, core.env
local COND, YES, NO = S.COND, S.YES, S.NO
local class, kind, same, rawequal, rawget = S.class, core.kind, core.same, rawequal, rawget

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

-- Notes that the number is the length of the choice.
local length = S.Choice.__len
function S.Choice.__len(a)
	local n = length(a)
	local list = S.T.choice_lengths
	if kind(n) == "int" then
		table.insert(list, 1, { n, a, S.T.region })
		list[MOST_NOTED + 1] = nil
	end
	return n
end

-- How far behind the end of a the key lies (1 or 0), when it is known.
local function from_end(a, key)
	for _, noted in ipairs(kind(key) == "int" and S.T.choice_lengths or {}) do
		if visible(noted[3]) and alike(noted[2], a) then
			if core.is_next(key, noted[1]) then return 1 end
			if same(key, noted[1]) then return 0 end
		end
	end
end

-- The key as one of the tables has it.
function S.key_of_alternative(a, key)
	local behind = from_end(a, key)
	return function(x)
		if not behind or class(x) ~= "table" or S.meta(S.T.info[x]) then return key end
		return S.raw_length(S.T.info[x]) + behind
	end
end
