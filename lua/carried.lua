-- What a loop of the graph carries: the graph form of what a location holds from trip to trip.
--
-- A carried location holds one of a list of alternatives: graph values of one type each, constants, or objects made in
-- the loop (records.lua). With more than one, its graph form is a tag, the number of the alternative, and a payload for
-- each type; during a trip it is a choice over the tag.
local _, core = ...
local S, _ENV = core.S, core.env
local COND, YES, NO = S.COND, S.YES, S.NO
local TAG, VALUES = S.TAG, S.VALUES
local same, kind, spec, class = core.same, core.kind, core.spec, S.class
local rawget, rawset, rawequal, next, type = rawget, rawset, rawequal, next, type
local BOTTOM, why_not, record = S.BOTTOM, S.flow.why_not, S.record

local MOST_ALTERNATIVES = 8
local MOST_STRINGS = 5 -- with more, the location holds a text

-- The type of the graph value that holds v, if one does. Of a text that is the number of a string of the run, of an
-- object that of a table.
local function spec_of(c, v)
	local what = class(v)
	if what == "traced" and not (c.loc.info and c.loc.info.storage) and S.told_apart(v, c.first) then return nil end
	if what == "object" then return S.object_kind(v) end
	return what == "text" and what or spec(v)
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

-- How many of the alternatives are strings.
local function strings_of(c)
	local n = 0
	for _, alt in ipairs(c.alts) do
		if not alt.spec and type(alt.const) == "string" then n = n + 1 end
	end
	return n
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
	local type_of = spec_of(c, v)
	if what == "string" and strings_of(c) == MOST_STRINGS then what, type_of = "text", "text" end
	if #c.alts == MOST_ALTERNATIVES and what ~= "text" then return false end
	if what == "text" then
		for k = #c.alts, 1, -1 do
			if type(c.alts[k].const) == "string" then table.remove(c.alts, k) end
		end
		c.texts = true
	end
	c.alts[#c.alts + 1] = {
		spec = type_of, const = not type_of and v or nil, like = (what == "text" or what == "object") and 0 or type_of and v,
		object = what == "object" and v,
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
		if not c.of_lists and S.may_become_list(c, c.new) then
			c.of_lists, c.changes = true, c.changes + 1
			return true
		end
		c.poison = class(c.new) == "poison" and c.new
			or S.poison(S.loc_name(c.loc), why_not(c.old == BOTTOM and c.new or c.old, c.new), { loop, c.old })
		c.changes = c.changes + 1
		return true
	end
	return c.changes > changes or c.texts ~= texts
end

-- Is the payload of that alternative, in every trip, that of a variable before c?
local function is_twin(c, alt)
	for _, twin in ipairs(c.twins) do
		if not twin.loc.carried and twin.other.payload[alt.spec] then return true end
	end
	return false
end

-- Values that are like those of the graph form of c, in its order.
local function likes_of(c, likes)
	likes = likes or {}
	if c.poison then return likes end
	if #c.alts > 1 then likes[#likes + 1] = 0 end
	for _, alt in ipairs(c.alts) do
		if alt.spec and not is_twin(c, alt) then likes[#likes + 1] = alt.like end
		for _, field in ipairs(alt.fields or {}) do likes_of(field.c, likes) end
	end
	return likes
end

-- The payload of c of a type: its own one, or that of a variable before c, if they are one. Whether they are is known
-- when all that the loop carries has its value: complete() gives the choices their conditions.
local function with_twins(c, own, type_of)
	local payload = own
	for i = #c.twins, 1, -1 do
		local twin = c.twins[i]
		local others = twin.other.payload[type_of]
		if others and twin.loc.carried then
			payload = S.choice(nil, others, payload, "?", "one of two tensors")
			c.pending[#c.pending + 1] = { payload, twin.loc }
		elseif others then
			payload = others
		end
	end
	return payload
end

local function complete(c)
	for _, p in ipairs(c.pending or {}) do rawset(p[1], COND, p[2].value) end
end

-- The value of c for graph values in the order of its graph form; next_value() gives them.
local assemble
function assemble(c, next_value)
	S.forget_handles(c.handles)
	c.handles, c.payload, c.pending = {}, {}, {}
	if c.poison then return c.poison end
	local tag = #c.alts > 1 and next_value()
	local value
	local values = {}
	for k, alt in ipairs(c.alts) do
		if alt.spec == "text" then
			values[k] = S.text_of { { S.STRING, next_value() } }
		elseif alt.object then
			values[k] = S.object_like(alt.object, next_value())
		elseif alt.spec then
			local own = not is_twin(c, alt) and next_value()
			if not own or kind(own) == "traced" then
				c.handles[#c.handles + 1] = own or nil
				own = with_twins(c, own, alt.spec)
				c.payload[alt.spec] = own
			end
			values[k] = own
		elseif alt.fields then
			values[k] = record.build(alt, function(field) return assemble(field, next_value) end)
		else
			values[k] = alt.const
		end
	end
	value = values[#c.alts]
	for k = #c.alts - 1, 1, -1 do
		local name, why = S.loc_name(c.loc), why_not(values[k], value)
		value = S.choice(core.equal(tag, k), values[k], value, name, why)
	end
	return tag and S.tagged(value, tag, values, #c.alts) or value
end

-- The tag that tells what v is, when it is one that was made with the alternatives of c.
local function own_tag(c, v)
	local tag, values = rawget(v, TAG), rawget(v, VALUES)
	if not tag or values.n ~= #c.alts then return nil end
	for k = 1, values.n do
		if alternative(c, values[k]) ~= k then return nil end
	end
	return tag
end

-- The number of the alternative that v is, plain or symbolic.
local function tag_of(c, v)
	if class(v) ~= "choice" then return alternative(c, v) or 1 end
	local tag = own_tag(c, v)
	if tag then return tag end
	local yes, no = tag_of(c, rawget(v, YES)), tag_of(c, rawget(v, NO))
	if same(yes, no) then return yes end
	return S.value_if(rawget(v, COND), function() return yes end, function() return no end)
end

-- The payload of v for alternative k, or nil when v never is that one.
local function payload_of(c, v, k)
	if class(v) ~= "choice" then
		if alternative(c, v) ~= k then return nil end
		local alt = c.alts[k]
		return alt.spec == "text" and S.text_number(v) or alt.object and S.object_number(v) or v
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
		if alt.spec and not is_twin(c, alt) then
			local x = payload_of(c, v, k)
			if x == nil then x = core.undef(alt.like) end
			list[#list + 1] = x
		end
	end
end

-- Twins: two variables whose tensors, of those that the loop does not tell apart, may be one. A boolean that the loop
-- carries says whether they are; as long as it is true in every trip they have one payload.

-- The tensors made in the loop that v may be, as a choice among them; nil when it is none.
local function payloads(c, v)
	if class(v) ~= "choice" then return class(v) == "traced" and spec_of(c, v) and v or nil end
	local yes, no = payloads(c, rawget(v, YES)), payloads(c, rawget(v, NO))
	if yes == nil then return no end
	if no == nil or rawequal(yes, no) then return yes end
	return S.choice(rawget(v, COND), yes, no, "?", "one of two tensors")
end

-- Are v and w, such tensors, one? unsure() is called when that can't be told.
local function are_one(v, w, unsure)
	v, w = S.settle(v), S.settle(w)
	for i, x in ipairs { v, w } do
		if class(x) == "choice" then
			local function with(side)
				local y = rawget(x, side)
				return function() return are_one(i == 1 and y or v, i == 2 and y or w, unsure) end
			end
			return S.value_if(rawget(x, COND), with(YES), with(NO))
		end
	end
	if not S.can_tell(v, w) then unsure() end
	return rawequal(S.identity(v), S.identity(w))
end

-- Whether the twins' tensors are one, for what they hold now (of a variable that holds none it does not matter);
-- nil when that can't be told.
local function compare(c, twin, v, w)
	v, w = payloads(c, v), payloads(twin.other, w)
	if v == nil then return true end
	if w == nil then return false end
	local sure = true
	local one = are_one(v, w, function() sure = false end)
	if sure then return one end
end

-- Finds twins of c among what is carried before it; true when there are new ones.
local function find_twins(c, carried)
	if c.poison or next(c.payload) == nil or payloads(c, c.old) then return false end
	local found = false
	for _, other in ipairs(carried) do
		if rawequal(other, c) then break end
		if not c.met[other] and not other.poison and next(other.payload) ~= nil and not payloads(other, other.old) then
			for _, root in ipairs(other.left.roots) do
				if c.left.near[root] and not c.met[other] then
					found, c.met[other] = true, true
					c.twins[#c.twins + 1] = { other = other, loc = { virtual = true, name = "?", value = true } }
				end
			end
		end
	end
	return found
end

-- What is known of a location that is carried. first, start: the handles and the clock before what carries it.
local function new(loc, old, first, start)
	return { loc = loc, old = old, first = first, start = start, alts = {}, changes = 0, twins = {}, met = {} }
end

S.carried = {
	new = new,
	widen = widen, assemble = assemble, complete = complete, take_apart = take_apart, likes_of = likes_of,
	compare = compare, find_twins = find_twins, alternative = alternative,
}
