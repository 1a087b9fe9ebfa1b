-- Tables and functions made in a staged loop that its variables hold from one trip to the next.
--
-- A trip can't hand on the object itself; it hands on what its fields hold (a function's are its variables that were
-- made in the loop), and the next trip, as what follows the loop, makes an object of that. The script can't tell the
-- two apart as long as nothing else holds the object. Of a table that two places hold, it is not known later that they
-- hold the same: it is `shared` from then on, and may be read, but not written, compared with another such table or
-- kept together with one. Functions and variables of functions have one place only.
--
-- As what a location holds (loops.lua) such objects are an alternative { fields = list of { key =, c = }, at = field by
-- key, of = what is common to its objects }, in which the c of a field has alternatives of its own.
local _, core = ...
local S, _ENV = core.S, core.env
local COND, YES, NO = S.COND, S.YES, S.NO
local class, same, BOTTOM, META, LEN, LIST = S.class, core.same, S.BOTTOM, S.META, S.LEN, S.LIST
local next, type, rawget, rawequal, ipairs = next, type, rawget, rawequal, ipairs
local mathtype, upvalueid, unpack = math.type, core.upvalueid, table.unpack

local record = {}
S.record = record

local HELD = {} -- as a key: the number of a table that is kept outside (held.lua)
local MOST_DEPTH, MOST_FIELDS, MOST_GROWTH = 8, 256, 6

-- Tables ------------------------------------------------------------------------------------------

local tables = {}

-- The same key in every trip.
local function steady(key, start)
	local what = class(key)
	if what == "table" then return S.T.info[key].age <= start end
	if what == "function" then return not S.T.made[key] or (S.T.made[key][3] or 0) <= start end
	return what == "string" or what == "number" or what == "boolean"
end

-- What is common to the objects of an alternative, of which v may be one for c; nil: no loop can carry v.
function tables.of(c, v)
	local info = S.T.info[v]
	if not info.made or info.storage or info.escaped and not info.held or info.target then return nil end
	if rawequal(c.loc.key, META) then return nil end
	-- (one that the loop handed on may have come with such a length)
	local unsure = S.is_symbolic(info.len) and not info.carried or class(info.len) == "choice"
	if info.elems == nil and unsure then return nil end
	local meta, count = info.meta, 0
	if meta and (not S.T.info[meta] or S.T.info[meta].age > c.start) then return nil end
	for key in next, info.data do
		count = count + 1
		if count > MOST_FIELDS or not steady(key, c.start) then return nil end
	end
	return { tables, meta or false, info.held ~= nil, core.spec(info.elems) or false, info.codes or false }
end

function tables.value(v, key)
	local info = S.T.info[v]
	if rawequal(key, LEN) then return S.known_length(info) end
	if rawequal(key, HELD) then return info.held end
	return S.get(info, key)
end

function tables.admit(c, alt, v)
	local info = S.T.info[v]
	alt.list, alt.site = alt.list or info.list, alt.site or info.site
	if info.held then record.add(c, alt, HELD) end
	if info.elems ~= nil then record.add(c, alt, LIST) end
	alt.mixed = alt.mixed or info.mixed
	for key in next, info.data do
		record.add(c, alt, key)
		alt.numbered = alt.numbered or mathtype(key) == "integer" and key > 0
	end
	if alt.numbered and not alt.at[LEN] then
		local n = S.known_length(info)
		if alt.length == nil and not S.is_symbolic(n) then alt.length = n end
		if alt.length ~= n then record.add(c, alt, LEN) end
	end
end

function tables.build(alt, values)
	local list, n, sparse = {}, 0, 0
	while alt.at[n + 1] do n = n + 1 end
	local function in_list(key) return mathtype(key) == "integer" and key >= 1 and key <= n end
	for i, field in ipairs(alt.fields) do
		if in_list(field.key) then list[field.key] = values[i] end
	end
	local data, length, uncertain, held, elems = { table.unpack(list, 1, n) }, alt.length, false, nil, nil
	for i, field in ipairs(alt.fields) do
		local key, v = field.key, values[i]
		if rawequal(key, LEN) then
			length, uncertain = v, true
		elseif rawequal(key, HELD) then
			held = v
		elseif rawequal(key, LIST) then
			elems = v
		else
			data[key] = v
			if type(key) ~= "string" and not in_list(key) then sparse = sparse + 1 end
			uncertain = uncertain or mathtype(key) == "integer" and (v == nil or S.may_be_nil(v))
		end
	end
	local p = S.made(data)
	local info = S.T.info[p]
	info.meta, info.disturbed, info.shared = alt.of[2] or nil, true, alt.shared
	info.list, info.no_order, info.held, info.escaped = alt.list, sparse > 1, held, held and "held"
	info.site = alt.site
	if class(length) == "choice" or class(length) == "poison" then length = false end
	if uncertain then info.len = length end
	info.carried = alt.at[LEN] ~= nil
	info.elems, info.codes, info.mixed = elems, alt.of[5] or nil, alt.mixed
	S.set_events(info)
	return p
end

-- Functions ---------------------------------------------------------------------------------------

local functions = {}

-- The cells of a function by the names of its variables.
local function cells_of(f)
	local T = S.T
	local made, numbers, cells = T.made[f], {}, {}
	core.remake(made[1], made[2], numbers)
	local from = S.upvalue_numbers(f)
	for name in next, numbers do
		if not from[name] then S.internal("a function carried by a loop lacks a variable '" .. name .. "'") end
		cells[name] = T.cells[upvalueid(f, from[name])]
	end
	return cells
end

-- The chunk, the ordinal, and the variables from before the loop.
function functions.of(c, v)
	local made = S.T.made[v]
	if made.gradient or rawequal(c.loc.key, META) then return nil end
	local of, names = { functions, made[1], made[2] }, {}
	local cells = cells_of(v)
	for name in next, cells do names[#names + 1] = name end
	table.sort(names)
	for _, name in ipairs(names) do
		local cell = cells[name]
		of[#of + 1], of[#of + 2] = name, cell.age <= c.start and cell
	end
	return of
end

function functions.value(v, key)
	local value = S.cells.get(cells_of(v)[key])
	if not rawequal(value, v) then return value end
end

function functions.admit(c, alt, v)
	for name, cell in next, cells_of(v) do
		if cell.age > c.start then
			record.add(c, alt, name)
			local own = rawequal(S.cells.get(cell), v) -- a function that calls itself
			if alt.at[name].own == nil then alt.at[name].own = own end
			if alt.at[name].own ~= own then return false end
		end
	end
end

function functions.build(alt, values)
	local numbers = {}
	local of = alt.of
	local f = core.remake(of[2], of[3], numbers)
	for i = 4, #of, 2 do
		local cell = of[i + 1]
		if cell then core.upvaluejoin(f, numbers[of[i]], cell.f, cell.i) end
	end
	for i, field in ipairs(alt.fields) do
		local v = values[i]
		if field.own then v = f end
		core.upvaluejoin(f, numbers[field.key], function() return v end, 1)
	end
	S.T.made[f] = { of[2], of[3], S.T.clock }
	return S.note(f)
end

-- Both --------------------------------------------------------------------------------------------

-- Was v made in the loop whose location c is?
function record.is(c, v)
	local what = class(v)
	if what == "table" then return S.T.info[v].age > c.start end
	return what == "function" and S.T.made[v] ~= nil and (S.T.made[v][3] or 0) > c.start
end

local function of(c, v)
	return class(v) == "table" and tables.of(c, v) or class(v) == "function" and functions.of(c, v)
end

local function alike(a, b)
	for i = 1, math.max(#a, #b) do
		if not rawequal(a[i], b[i]) then return false end
	end
	return true
end

-- The number of the alternative of c that v is, and what it has in common with others.
function record.find(c, v)
	local common = of(c, v)
	for k, alt in ipairs(common and c.alts or {}) do
		if alt.fields and alike(alt.of, common) then return k, common end
	end
	return nil, common
end

function record.add(c, alt, key)
	if alt.at[key] then return end
	local name = (rawequal(key, LEN) or rawequal(key, HELD)) and "?" or S.field_name(S.loc_name(c.loc), key)
	if alt.of[1] == functions then name = key end
	local field = { key = key, c = {
		loc = { virtual = true, name = name }, old = BOTTOM, alts = {}, changes = 0, start = c.start,
		depth = (c.depth or 0) + 1, first = c.first, left = S.note_left(nil, 0), twins = {}, met = {},
	} }
	alt.at[key] = field
	alt.fields[#alt.fields + 1] = field
	c.changes = c.changes + 1
end

-- Makes v possible for c, or gives false. admit: that of any value; loop: as a cause.
function record.admit(c, v, admit, loop, most)
	if (c.depth or 0) >= MOST_DEPTH then return false end
	local k, common = record.find(c, v)
	if not common or not k and #c.alts >= most then return false end
	local alt = c.alts[k]
	if not alt then
		alt = { fields = {}, at = {}, of = common, rounds = 0 }
		c.alts[#c.alts + 1] = alt
		c.changes = c.changes + 1
	end
	local before = c.changes
	if common[1].admit(c, alt, v) == false then return false end
	if c.changes > before then
		alt.rounds = alt.rounds + 1
		if alt.rounds > MOST_GROWTH then
			S.make_plain { loop }
			S.unsupported(loop.grows or "a table that grows in a loop whose number of trips only the run knows", loop.place)
		end
	end
	for _, field in ipairs(alt.fields) do
		local sub = field.c
		local value, changes = common[1].value(v, field.key), sub.changes
		if not sub.poison and not admit(sub, value, c.start, loop) then
			sub.poison = class(value) == "poison" and value
				or S.poison(sub.loc.name, S.flow.why_not(sub.last, value), { loop })
			sub.changes = sub.changes + 1
		end
		sub.last = value
		c.changes = c.changes + sub.changes - changes
	end
	return true
end

-- An object of the alternative; value_of(c) gives what a field holds.
function record.build(alt, value_of)
	local values = {}
	for i, field in ipairs(alt.fields) do values[i] = value_of(field.c) end
	return alt.of[1].build(alt, values)
end

-- What a field holds of the object that v is where it is alternative k of c; BOTTOM where it never is.
function record.project(c, v, k, field)
	if class(v) == "choice" then
		local yes = record.project(c, rawget(v, YES), k, field)
		local no = record.project(c, rawget(v, NO), k, field)
		if rawequal(yes, BOTTOM) or same(yes, no) then return no end
		if rawequal(no, BOTTOM) then return yes end
		return S.choice(rawget(v, COND), yes, no, field.c.loc.name, S.flow.why_not(yes, no))
	end
	if S.carried.alternative(c, v) ~= k then return BOTTOM end
	return c.alts[k].of[1].value(v, field.key)
end

-- f(c, v) for each field of the objects that v may be, a value of c.
local function each_field(c, v, f)
	for k, alt in ipairs(c.alts) do
		for _, field in ipairs(alt.fields or {}) do f(field.c, record.project(c, v, k, field)) end
	end
end

-- Notes of what a round leaves in c what is to be known of its tensors later. join(a, b): with what was noted before.
function record.note(c, v, first, join)
	local left = S.note_left(v, first)
	c.left = join and join(c.left, left) or left
	each_field(c, v, function(sub, x) record.note(sub, x, first, join) end)
end

-- All of the list and their fields.
function record.all(list, out)
	out = out or {}
	for _, c in ipairs(list) do
		out[#out + 1] = c
		for _, alt in ipairs(c.alts) do
			for _, field in ipairs(alt.fields or {}) do record.all({ field.c }, out) end
		end
	end
	return out
end

-- The tables that those of the list hold are given to a call of a recursive function, whose caller has them, too: they
-- are shared by its form.
function record.share(list, form)
	for _, c in ipairs(list) do
		for _, alt in ipairs(c.alts) do
			if alt.fields then alt.shared = alt.shared or form end
			for _, field in ipairs(alt.fields or {}) do record.share({ field.c }, form) end
		end
	end
end

-- Is there a run that takes both paths? A path is a list of conditions, each with the side that is taken.
local function compatible(a, b)
	for i = 1, #a, 2 do
		for k = 1, #b, 2 do
			if a[i + 1] ~= b[k + 1] and same(a[i], b[k]) then return false end
		end
	end
	return true
end

-- Looks at the value v of c at the end of a trip: what is spoilt in it can't be carried, nor functions that other
-- places hold, too; such a table is shared. places: who holds an object or cell, and on which paths. True when that is
-- news.
function record.look(c, v, places, path)
	if c.poison then return false end
	local spoilt, news = S.spoilt(v), false
	if spoilt then
		c.poison, c.changes = spoilt, c.changes + 1
		return true
	end
	local function share(alt, by)
		if not alt.shared then alt.shared, c.changes, news = by or true, c.changes + 1, true end
	end
	local function spoil(holder, x)
		if holder.poison then return end
		holder.poison = S.poison(S.loc_name(holder.loc), S.flow.why_not(x, x))
		holder.changes, news = holder.changes + 1, true
	end
	-- Notes that the holder has the object; f(other) for the others that have it at the same time.
	local function held_by(holder, object, way, f)
		local list = places[object] or {}
		places[object] = list
		for _, place in ipairs(list) do
			if place[1] ~= holder and compatible(place[2], way) then f(place[1]) end
		end
		list[#list + 1] = { holder, way }
	end
	local function visit(x, way)
		if class(x) == "choice" then
			local cond, n = rawget(x, COND), #way
			for _, side in ipairs { YES, NO } do
				local further = { unpack(way, 1, n) }
				further[n + 1], further[n + 2] = cond, side
				visit(rawget(x, side), further)
			end
			return
		end
		local k = record.is(c, x) and record.find(c, x)
		local alt = k and c.alts[k]
		if not alt then return end
		if class(x) == "table" then
			if S.T.info[x].shared then share(alt, S.T.info[x].shared) end
			held_by(alt, x, way, function(other)
				share(alt)
				share(other)
			end)
		else
			local objects = { x }
			for _, cell in next, cells_of(x) do
				if cell.age > c.start then objects[#objects + 1] = cell end
			end
			for _, object in ipairs(objects) do
				held_by(c, object, way, function(other)
					spoil(c, x)
					spoil(other, x)
				end)
			end
		end
		for _, field in ipairs(alt.fields) do
			local found = record.look(field.c, alt.of[1].value(x, field.key), places, way)
			news = news or found
		end
	end
	visit(v, path or {})
	return news
end

-- Shared tables ---------------------------------------------------------------------------------

local function refuse(what, info)
	if info.shared ~= true then
		S.try_plain(info.shared)
		S.unsupported(what .. " that a call of a recursive function is given, or leaves in a variable")
	end
	S.unsupported(what .. " that a staged loop holds in several places")
end

-- A table is written, or is a key: it must be known which one it is.
function S.check_shared(info, what)
	if info.shared then refuse(what, info) end
end

-- Are the two tables one? nil: no more than they seem to be.
function S.compare_shared(a, b)
	local ia, ib = S.T.info[a], S.T.info[b]
	if not (ia and ib and ia.shared and ib.shared and ia ~= ib) then return nil end
	if not (ia.held and ib.held) then refuse("a comparison of tables", ia) end
	return core.equal(ia.held, ib.held)
end

-- A table is given back or kept.
function S.keep_shared(info)
	local T = S.T
	if not info.shared or info.held then return end
	T.shared_kept = T.shared_kept or info
	if T.shared_kept ~= info then refuse("results or kept values that may be one table,", info) end
end
