-- What a loop of the graph carries: the graph form of what a location holds from trip to trip.
--
-- A carried location holds one of a list of alternatives: graph values of one type each, constants, or objects made in
-- the loop (records.lua). With more than one, its graph form is a tag, the number of the alternative, and a payload for
-- each type; during a trip it is a choice over the tag.
local _, core = ...
local S, _ENV = core.S, core.env
local COND, YES, NO = S.COND, S.YES, S.NO
local same, kind, spec, class = core.same, core.kind, core.spec, S.class
local setmetatable, rawget, rawequal, type = setmetatable, rawget, rawequal, type
local BOTTOM, why_not, record = S.BOTTOM, S.flow.why_not, S.record

local MOST_ALTERNATIVES = 8

-- The type of the graph value that holds v, if one does. Of a text that is the number of a string of the run, of an
-- object that of a table.
local function spec_of(c, v)
	local what = class(v)
	if what == "traced" and not (c.loc.info and c.loc.info.storage) and S.told_apart(v, c.first) then return nil end
	return (what == "text" or what == "object") and what or spec(v)
end

-- The alternative of c that v is, if it is one; v is no choice. Where texts are possible a plain string is one of them.
local function alternative(c, v)
	if record.is(c, v) then return (record.find(c, v)) end
	local type_of = c.texts and type(v) == "string" and "text" or spec_of(c, v)
	for k, alt in ipairs(c.alts) do
		if type_of and alt.spec == type_of or not type_of and not alt.spec and not alt.fields and rawequal(alt.const, v) then
			return k
		end
	end
end

-- Makes v possible for c; false when no loop can carry it.
local function admit(c, v, start, loop)
	local what = class(v)
	if what == "bottom" then return true end
	if what == "choice" then return admit(c, rawget(v, YES), start, loop) and admit(c, rawget(v, NO), start, loop) end
	if what == "poison" or what == "raw" then return false end
	if record.is(c, v) then return record.admit(c, v, admit, loop, MOST_ALTERNATIVES) end
	if what == "thread" and S.T.coroutines[v] and S.T.coroutines[v].age > start then return false end
	if alternative(c, v) then return true end
	if #c.alts == MOST_ALTERNATIVES then return false end
	local type_of = spec_of(c, v)
	if what == "text" then
		for k = #c.alts, 1, -1 do
			if type(c.alts[k].const) == "string" then table.remove(c.alts, k) end
		end
		c.texts = true
	end
	c.alts[#c.alts + 1] = {
		spec = type_of, const = not type_of and v or nil, like = (what == "text" or what == "object") and 0 or type_of and v,
	}
	c.changes = c.changes + 1
	return true
end

-- True when the new value is news for c and the loop must be traced again. What no loop can carry becomes poison.
local function widen(c, start, loop)
	local known, texts, changes = #c.alts, c.texts, c.changes
	if c.poison or known > 0 and rawequal(c.new, c.value) and class(c.new) ~= "choice" and not record.is(c, c.new) then
		return false
	end
	if known == 0 and c.old ~= BOTTOM and not admit(c, c.old, start, loop) or not admit(c, c.new, start, loop) then
		c.poison = class(c.new) == "poison" and c.new
			or S.poison(S.loc_name(c.loc), why_not(c.old == BOTTOM and c.new or c.old, c.new), { loop, c.old })
		c.changes = c.changes + 1
		return true
	end
	return c.changes > changes or c.texts ~= texts
end

-- Is the alternative the tensor of the variable that c shares it with?
local function shared(c, alt) return c.shares and c.shares.made[alt.spec] ~= nil end

-- Values that are like those of the graph form of c, in its order.
local function likes_of(c, likes)
	likes = likes or {}
	if c.poison then return likes end
	if #c.alts > 1 then likes[#likes + 1] = 0 end
	for _, alt in ipairs(c.alts) do
		if alt.spec and not shared(c, alt) then likes[#likes + 1] = alt.like end
		for _, field in ipairs(alt.fields or {}) do likes_of(field.c, likes) end
	end
	return likes
end

-- The value of c for graph values in the order of its graph form; next_value() gives them.
local assemble
function assemble(c, next_value)
	S.forget_handles(c.handles)
	c.handles, c.made = {}, {}
	if c.poison then return c.poison end
	local tag = #c.alts > 1 and next_value()
	local value
	local values = {}
	for k, alt in ipairs(c.alts) do
		if alt.spec == "text" then values[k] = S.text_of { { S.STRING, next_value() } }
		elseif alt.spec == "object" then values[k] = S.object_of(next_value())
		elseif alt.spec and shared(c, alt) then
			values[k] = c.shares.made[alt.spec]
			c.made[alt.spec] = values[k]
		elseif alt.spec then values[k] = next_value()
		elseif alt.fields then values[k] = record.build(alt, function(field) return assemble(field, next_value) end)
		else values[k] = alt.const
		end
		if kind(values[k]) == "traced" and alt.spec and not shared(c, alt) then
			c.handles[#c.handles + 1], c.made[alt.spec] = values[k], values[k]
		end
	end
	value = values[#c.alts]
	for k = #c.alts - 1, 1, -1 do
		local name, why = S.loc_name(c.loc), why_not(values[k], value)
		value = S.choice(core.equal(tag, k), values[k], value, name, why)
	end
	return value
end

-- The number of the alternative that v is, plain or symbolic.
local function tag_of(c, v)
	if class(v) ~= "choice" then return alternative(c, v) or 1 end
	local yes, no = tag_of(c, rawget(v, YES)), tag_of(c, rawget(v, NO))
	if same(yes, no) then return yes end
	return S.value_if(rawget(v, COND), function() return yes end, function() return no end)
end

-- The payload of v for alternative k, or nil when v never is that one.
local function payload_of(c, v, k)
	if class(v) ~= "choice" then
		if alternative(c, v) ~= k then return nil end
		local what = c.alts[k].spec
		return what == "text" and S.text_number(v) or what == "object" and S.object_number(v) or v
	end
	local yes, no = payload_of(c, rawget(v, YES), k), payload_of(c, rawget(v, NO), k)
	if yes == nil then return no end
	if no == nil or same(yes, no) then return yes end
	return S.value_if(rawget(v, COND), function() return S.frozen(yes) end, function() return S.frozen(no) end)
end

-- Does c admit all that v may be?
local fits
function fits(c, v)
	if class(v) == "choice" then return fits(c, rawget(v, YES)) and fits(c, rawget(v, NO)) end
	return rawequal(v, BOTTOM) or alternative(c, v) ~= nil
end

-- Appends the graph form of v, a value of c. (In a round that brings news it may be incomplete; nothing of it is kept.)
local function take_apart(c, v, list)
	if c.poison then return end
	c.misfit = c.misfit or not fits(c, v)
	if #c.alts > 1 then list[#list + 1] = tag_of(c, v) end
	for k, alt in ipairs(c.alts) do
		for _, field in ipairs(alt.fields or {}) do
			take_apart(field.c, record.project(c, v, k, field, alternative), list)
		end
		if alt.spec and not shared(c, alt) then
			local x = payload_of(c, v, k)
			if x == nil then x = core.undef(alt.like) end
			list[#list + 1] = x
		end
	end
end

-- Variables that every trip leaves with one tensor: of those that loops tell apart it is one payload for all of them.
-- It is tried where they may be one. True when c shares that of another one from now on.
local function share(c, carried)
	if c.shares ~= nil or c.poison or c.loc.info and c.loc.info.storage then return false end
	for _, other in ipairs(carried) do
		if rawequal(other, c) then return false end
		if not other.poison and not other.shares and not (other.loc.info and other.loc.info.storage) then
			for _, root in ipairs(other.left.roots) do
				if c.left.near[root] then
					c.shares = other
					return true
				end
			end
		end
	end
end

-- The payload of v for alternative k on whatever path; nil when there is none, false when paths differ in it.
local function sole_payload(c, v, k)
	if class(v) ~= "choice" then return payload_of(c, v, k) end
	local yes, no = sole_payload(c, rawget(v, YES), k), sole_payload(c, rawget(v, NO), k)
	if yes == nil then return no end
	return (no == nil or rawequal(yes, no)) and yes
end

-- Is what v holds as alternative k of c the payload of w, a value of the variable that c shares it with?
local function same_payload(c, v, k, other, w, k2)
	local x, y = sole_payload(c, v, k), sole_payload(other, w, k2)
	if x == nil or y then return x == nil or rawequal(x, y) end
	if y == nil then return false end
	local yes, no = rawget(w, YES), rawget(w, NO)
	if sole_payload(other, yes, k2) == nil then return same_payload(c, v, k, other, no, k2) end
	if sole_payload(other, no, k2) == nil then return same_payload(c, v, k, other, yes, k2) end
	return class(v) == "choice" and same(rawget(v, COND), rawget(w, COND))
		and same_payload(c, rawget(v, YES), k, other, yes, k2) and same_payload(c, rawget(v, NO), k, other, no, k2)
end

-- Is it so still, for what the two variables hold now?
local function shares_still(c, v, w)
	for k, alt in ipairs(c.alts) do
		if alt.spec and shared(c, alt) then
			local other = c.shares
			if not same_payload(c, v, k, other, w, alternative(other, c.made[alt.spec])) then return false end
		end
	end
	return true
end

S.carried = {
	widen = widen, assemble = assemble, take_apart = take_apart, likes_of = likes_of, share = share,
	shares_still = shares_still, alternative = alternative,
}
