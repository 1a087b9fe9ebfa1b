-- Lists: tables that grow as arrays in staged loops.
--
-- The elements 1..n of such a table are one value of the graph, which appending, assigning and removing make the next
-- one of; it is a field (LIST) of the table, so that regions undo it, joins join it, loops carry it. A table becomes a
-- list where a loop of the graph appends to it, or assigns at a key that only the run knows: at the outermost loop that
-- it is older than. Its elements are of one type: that of the first, integers, floats, booleans, tensors of one dtype
-- and shape, or what the graph has numbers for (codes): texts (the numbers of strings of the run) and tables of one
-- kind (pools.lua).
local ms, core = ...
local S, _ENV = core.S, core.env
local class, kind, spec, same = S.class, core.kind, core.spec, core.same
local type, next, rawget, rawequal, ipairs, select = type, next, rawget, rawequal, ipairs, select
local LIST, NIL, put, get = S.LIST, S.NIL, S.put, S.get

local MOST_BEFORE = 4096 -- elements that a table has when it becomes a list

-- What no list can do is done with plain numbers, if the run is decided by such; else without lists, if that goes.
function S.refuse_list(what)
	S.make_plain(S.T.conditions)
	S.make_plain(S.open_conditions())
	S.unsupported(what)
end

-- appending: the list may be that of what the call appends to a table from outside, of which nothing else is known.
local function list_of(info, appending)
	if info.row then return info.elems end
	if info.tail and not appending then S.need_elements(info) end
	if S.is_stale(info) then S.unsupported("a walk over a table that becomes an element of a list on the way") end
	if info.id and #S.T.functions > 0 then S.refuse_list("a list of tables in a function that calls itself") end
	local v = S.settle(info.elems)
	if kind(v) == "list" then return v end
	S.refuse_list("a table that grows in a staged loop on some paths only")
end

local function length(info)
	if info.row then return S.row_length(info) end
	local list = list_of(info, true)
	local n = core.list("len", list)
	if info.tail then n = info.length + n end
	info.measured = { list = list, n = n, region = S.T.region }
	return n
end
S.list_length, S.list_of = length, list_of

local function both(a, b) return core.logic("and", a, b) end

local function on(c, yes, no)
	if c == true then return yes() end
	if c == false then return no() end
	return S.value_if(c, yes, no)
end

-- Elements ------------------------------------------------------------------------------------------

-- What stands in lists as an integer: { name =, number = function of a value, value = function of a number }.
local texts = {
	name = "text",
	number = function(v) return S.text_number(S.one_text(v, function(x) return x end)) end,
	value = function(x) return S.text_of { { S.STRING, x } } end,
}

-- The kind of the list that could hold v: the name of codes, or what core.spec says; nil: no list can. And the codes.
-- want: codes that it is to have, if it can.
local function element_kind(v, want)
	v = S.settle(v)
	local c = class(v)
	if c == "choice" then
		local yes, no = rawget(v, S.YES), rawget(v, S.NO)
		if yes == nil then return element_kind(no, want) end
		if no == nil then return element_kind(yes, want) end
		local one, codes = element_kind(yes, want)
		local other, of = element_kind(no, codes)
		if codes and other == one then return one, codes end
		S.unify(codes, of)
		return nil
	end
	if c == "text" or c == "string" then return texts.name, texts end
	local pool = c == "table" and S.pool_for(v, want) or c == "object" and S.pool_of(v)
	if pool then return pool.name, pool end
	if c == "number" or c == "boolean" or c == "int" or c == "float" or c == "bool" or c == "traced" then
		return spec(v)
	end
end

S.element_kind = element_kind

local words = { int = "integers", float = "floats", bool = "booleans", text = "texts" }
local function elements_called(name, codes)
	return words[name] or codes and codes.called or "tensors " .. name
end

local one = { int = "an integer", float = "a float", bool = "a boolean", text = "a text" }
local function one_called(v)
	local name, codes = element_kind(v)
	if not name then return S.said_type(v) == "table" and "a table" or "a value of another type" end
	return one[name] or codes and "a table of another kind" or "a tensor " .. name
end

-- Which tensors a list holds, as far as it matters to those who keep it, or write to them. What was put into a list, or
-- comes out of one, is `listed`; a list is mixed when a tensor of it may be one met elsewhere.
local function note_tensor(info, h)
	local T = S.T
	local root, r = core.root(h), T.region
	while r and not r.loop do r = r.parent end
	local fresh = not S.slot_of(h) and not T.outer[root] and not T.joined[h] and not T.listed[root]
		and not (r and core.known_before(root, r.first))
	if not fresh then info.mixed, T.mixed = true, true end
	T.listed[root] = T.listed[root] or "put"
end

-- v as the graph holds it in the list; list: its value, when it is not that of now.
local function element(info, v, list)
	if info.row then S.know_elements(info.pool, v) end
	local codes = info.codes
	if info.row and not info.pool.elem then
		S.refuse_list(("a list of %s that gets %s"):format("elements of one type", one_called(v)))
	end
	local want = codes and codes.name or info.row and info.pool.elem or core.list_elem(list or list_of(info))
	local name, of = element_kind(v, codes)
	if name ~= want or class(v) == "choice" and not codes then
		S.refuse_element(("a list of %s that gets %s"):format(elements_called(want, codes), one_called(v)), of, codes)
	end
	if codes then return codes.number(v) end
	if class(v) ~= "traced" then return v end
	note_tensor(info.row and info.pool.data or info, v)
	return S.frozen(v)
end

S.list_element = element

local function value_at(info, key)
	local x
	if info.row then x = S.row_at(info, key) else x = core.list("get", list_of(info), key) end
	if x == nil then return nil end
	if info.codes then return info.codes.value(x) end
	if kind(x) == "traced" then S.T.listed[x] = "any" end -- of those that were put there
	return x
end

-- Reads and writes ----------------------------------------------------------------------------------

-- Has the table integer keys below 1?
local function other_keys(info)
	for k, v in next, info.data do
		if math.type(k) == "integer" and v ~= NIL then return true end
	end
	return false
end

-- t[key] for an integer, from 1 on when it is plain.
function S.list_get(info, key)
	if S.is_symbolic(key) and other_keys(info) then
		S.need(key, "a key of a list that has elements before the first, too")
	end
	return on(both(core.le(1, key), core.le(key, length(info))), function() return value_at(info, key) end,
		function() return nil end)
end

-- The same of an element that is there.
S.list_at = value_at

-- The run starts again with a graph without lists.
local function refuse_hole()
	S.refuse_path("a write to a list that leaves a hole can't be staged; append to it, or assign to the elements it has")
end

-- name: "push", "set", "pop", "insert", "remove", whose operands follow.
local function change(info, name, ...)
	if info.row then return S.change_row(info, name, ...) end
	S.check_shared(info, "a write into a table")
	put(info, LIST, core.list(name, list_of(info, name == "push"), ...))
end

local function take_out(info, key)
	local n = length(info)
	local function pop() change(info, "pop") end
	if same(key, n) then return pop() end
	S.P.if_(core.equal(key, n), pop, function()
		S.P.if_(both(core.le(1, key), core.lt(key, n)), refuse_hole, function() end)
	end)
end

-- Is the key known to be the one after the last?
local function is_end(info, key)
	local known = not info.row and info.measured -- not of an attempt that was undone
	return known and rawequal(known.list, list_of(info, true)) and S.is_open(known.region) and S.is_successor(key, known.n)
		or S.is_successor(key, length(info))
end

-- t[key] = v likewise.
function S.list_put(info, key, v)
	v = S.settle(v)
	if class(v) == "choice" then return S.choose(v, function(x) S.list_put(info, key, x) end) end
	S.readable(v)
	if S.is_symbolic(key) and other_keys(info) then
		S.need(key, "a key of a list that has elements before the first, too")
	end
	if v == nil then return take_out(info, key) end
	if is_end(info, key) then return S.list_push(info, v) end
	local n = length(info)
	local x = element(info, v)
	if info.row then -- whose elements are none that could be set behind the last
		return S.P.if_(core.equal(key, n + 1), function() change(info, "push", x) end, function()
			S.P.if_(both(core.le(1, key), core.le(key, n)), function() change(info, "set", key, x) end, refuse_hole)
		end)
	end
	S.P.if_(both(core.le(1, key), core.le(key, n + 1)), function() change(info, "set", key, x) end, refuse_hole)
end

-- table.insert(t, at, v) and table.remove(t, at), whose positions were checked to be integers.
function S.list_insert(info, at, v)
	v = S.settle(v)
	if class(v) == "choice" then
		return S.choose(v, function(x)
			if x == nil then refuse_hole() end
			S.list_insert(info, at, x)
		end)
	end
	if v == nil then S.refuse_list("'table.insert' of nil into a list") end
	local x = element(info, v)
	S.P.if_(both(core.le(1, at), core.le(at, length(info) + 1)), function() change(info, "insert", at, x) end,
		function() S.bad_argument(2, "position out of bounds") end)
end

function S.list_remove(info, at)
	local n = length(info)
	return on(both(core.le(1, at), core.le(at, n)), function()
		local v = value_at(info, at)
		change(info, "remove", at)
		return v
	end, function()
		-- an empty list has a place 0, and every list one after the last
		local bounds = core.logic("or", core.equal(at, n + 1), both(core.equal(at, 0), core.equal(n, 0)))
		return on(bounds, function()
			if other_keys(info) then S.refuse_list("'table.remove' from a list that has other keys, too") end
			return nil
		end, function() S.bad_argument(1, "position out of bounds") end)
	end)
end

-- The key after `key` and its value: nil at the end.
function S.list_next(info, key)
	S.only_elements(info)
	local function invalid() error("invalid key to 'next'", 0) end
	if key ~= nil and not S.is_integer(key) then invalid() end
	if key ~= nil then S.P.if_(both(core.le(1, key), core.le(key, length(info))), function() end, invalid) end
	local i = key == nil and 1 or key + 1
	local v = S.list_get(info, i)
	if v == nil then return nil end
	return S.choose(v, function(x)
		if x ~= nil then return i, x end
		return nil
	end)
end

-- The order of other keys, and of elements between them, hangs on the layout.
function S.only_elements(info)
	local k, v = next(info.data)
	while v == NIL do k, v = next(info.data, k) end
	if k ~= nil or not info.made then
		S.refuse_list("a walk over a list that grew in a staged loop and has other keys, too")
	end
end

-- Becoming a list -------------------------------------------------------------------------------------

-- The length and the elements of a table without holes; nil of another one.
local function array(info)
	if not info.made then
		S.keys_guard(info)
		S.walked(info)
	end
	local n = S.settle(S.known_length(info))
	local symbolic = kind(n) == "int"
	if math.type(n) ~= "integer" and not symbolic then return nil end
	local last = n
	if symbolic then
		last = 0
		for k, v in next, info.data do
			if math.type(k) == "integer" and v ~= NIL and k > last then last = k end
		end
	end
	if last > MOST_BEFORE then return nil end
	local values = {}
	for k = 1, last do
		values[k] = get(info, k)
		if values[k] == nil then return nil end
	end
	return n, values
end

-- Makes a list of the table: one like the list `like`, or else one that can hold what it holds, and the values that
-- follow. False when there is no such list.
function S.become_list(info, like, codes, ...)
	if S.T.no_lists or info.shared then return false end
	local n, values
	if info.tail then n, values = S.appended(info) else n, values = array(info) end
	if not n then return false end
	local name, example = like and (codes and codes.name or core.list_elem(like)), like
	local function fits(v)
		local k, of = element_kind(v, codes)
		if name and k ~= name then S.unify(codes, of) end
		if not k or name and k ~= name then return false end
		name, codes = k, of
		if example == nil then example = of and 0 or S.without_nil(S.settle(v)) end
		return true
	end
	local held = #values
	for i = 1, select("#", ...) do values[#values + 1] = select(i, ...) end
	for _, v in ipairs(values) do
		if not fits(v) then return false end
	end
	for i = #values, held + 1, -1 do values[i] = nil end
	if example == nil then return false end
	local list = core.list_new(example)
	if list == nil then return false end
	S.T.lists = true
	local mixed = S.T.mixed
	info.codes, info.mixed = codes, nil
	for k, v in ipairs(values) do
		local before = list
		local function push() return core.list("push", before, element(info, S.without_nil(S.settle(v)), before)) end
		list = math.type(n) == "integer" and push() or on(core.le(k, n), push, function() return before end)
	end
	for k = 1, #values do put(info, info.tail and info.tail[k] or k, nil, true, true) end
	put(info, LIST, list)
	-- inside of a region that the table is older than this was an attempt: it becomes a list before that
	if S.T.region and info.age <= S.T.region.start then info.mixed, S.T.mixed = nil, mixed end
	return true
end

-- Is the table older than a staged loop that is being traced?
function S.in_older_loop(info)
	local r = S.T.region
	while r and info.age <= r.start do
		if r.loop then return true end
		r = r.parent
	end
	return false
end

-- In a staged loop a table that an element is put into at a key that only the run knows becomes a list, when it can.
-- One of a few elements that does not grow stays what it is.
local MOST_FIELDS = 8
function S.grow(info, key, v)
	if S.T.no_lists or v == nil or class(v) == "poison" or not S.in_older_loop(info) then return false end
	local n = S.settle(info.tail and info.len or S.known_length(info))
	local grows = n == 0 or kind(n) == "int" or n and S.is_successor(key, n)
	if not grows and not (math.type(n) == "integer" and n > MOST_FIELDS and words[element_kind(v)]) then return false end
	return S.become_list(info, nil, nil, v)
end

-- f(info) for each table that v, a value of c, may be which was made in the loop and has a length that only the run
-- knows.
local function each_growing(c, v, f)
	if class(v) == "choice" then
		each_growing(c, rawget(v, S.YES), f)
		each_growing(c, rawget(v, S.NO), f)
	elseif class(v) == "table" then
		local info = S.T.info[v]
		if info.made and info.age > c.start and info.elems == nil and kind(info.len) == "int" then f(info) end
	end
end

-- A loop carries tables made in it by what they hold (records.lua): of those of symbolic lengths it is a list.
function S.may_become_list(c, v)
	local any = false
	each_growing(c, v, function() any = true end)
	return any and not S.T.no_lists
end

function S.make_lists(c, v) each_growing(c, v, function(info) S.become_list(info) end) end

-- Is it a place of what a list holds, or its length?
function S.is_of_list(loc)
	local key = loc.key
	return math.type(key) == "integer" and key > 0 or rawequal(key, S.LEN) or rawequal(key, LIST)
end

-- What is carried as the list of a table is not carried as its elements.
function S.drop_elements(carried, index)
	for i = #carried, 1, -1 do
		local loc = carried[i].loc
		if loc.info and loc.info.elems ~= nil and S.is_of_list(loc) and not rawequal(loc.key, LIST) then
			index[S.loc_key(loc)] = nil
			table.remove(carried, i)
		end
	end
end

-- Notes that a place of the table, which has v from now on, is carried from this round on. False when there have been
-- new ones in too many rounds; before that the table is tried as a list.
local MOST_GROWTH, TRIED_AS_FIELDS = 6, 2
function S.note_growth(growth, info, round, v)
	local grown = growth[info] or { round = 0, rounds = 0 }
	growth[info] = grown
	if grown.round ~= round then grown.round, grown.rounds = round, grown.rounds + 1 end
	if grown.rounds > TRIED_AS_FIELDS then grown.new = v end
	return grown.rounds <= MOST_GROWTH
end

-- Adds what v may be, nil aside.
local function add_alternatives(list, v)
	v = S.settle(v)
	if class(v) == "choice" then
		add_alternatives(list, rawget(v, S.YES))
		add_alternatives(list, rawget(v, S.NO))
	elseif v ~= nil then
		list[#list + 1] = v
	end
end

-- The tables that have grown for so long, each with what it may hold; to be asked while there are the values that the
-- round found.
function S.find_grown(carried, growth)
	local found = {}
	for _, c in ipairs(carried) do
		local info = c.loc.info
		local grown = info and info.elems == nil and growth[info]
		if grown and grown.new ~= nil then
			grown.new = nil
			local elements = {}
			for _, other in ipairs(carried) do
				if rawequal(other.loc.info, info) and math.type(other.loc.key) == "integer" then
					add_alternatives(elements, other.new)
				end
			end
			found[#found + 1] = { info = info, elements = elements }
		end
	end
	return found
end

-- They become lists: true when there are any.
function S.begin_grown(found)
	local any = false
	for _, grown in ipairs(found) do
		local info = grown.info
		if not S.is_stale(info) and info.elems == nil then
			any = S.become_list(info, nil, nil, table.unpack(grown.elements)) or any
		end
	end
	return any
end

-- The lists that were made in closed regions of tables from before them: { info =, like =, codes = } each, and the
-- tables from before them that became elements there (pools.lua): { info =, record = }.
function S.lists_begun(...)
	local begun = {}
	for i = 1, select("#", ...) do
		local r = select(i, ...)
		for _, x in ipairs(r.changes) do
			if rawequal(x.loc.key, LIST) and x.old == nil then
				begun[#begun + 1] = { info = x.loc.info, like = x.new, codes = x.loc.info.codes }
			end
		end
		for _, x in ipairs(r.pooled_first or {}) do
			begun[#begun + 1] = { info = S.T.info[x[1]], record = x[1], pool = x[2] }
		end
	end
	return begun[1] and begun
end

-- (A table may become a list and an element: a list first.)
function S.begin_lists(begun)
	for _, x in ipairs(begun) do
		if not x.record and not S.is_stale(x.info) and x.info.elems == nil and not S.become_list(x.info, x.like, x.codes) then
			S.refuse_list("a table that grows in a loop whose number of trips only the run knows")
		end
	end
	for _, x in ipairs(begun) do
		if x.record then S.pool_first(x.record, x.pool) end
	end
end

-- The list of a table of the library's own: a new last element, and another one at a place that there is.
function S.list_push(info, v) change(info, "push", element(info, v, info.tail and list_of(info, true))) end
function S.list_store(info, key, v) change(info, "set", key, element(info, v)) end

-- Kept lists ------------------------------------------------------------------------------------------

-- A list is given back or kept outside, where it is seen which tensors are one.
function S.keep_list(info)
	local T, list = S.T, list_of(info, true)
	if info.codes or words[core.list_elem(list)] then return list end
	if info.mixed or T.kept_listed then
		S.refuse_list("a list of tensors that is kept, and of whose elements one may be a tensor met elsewhere, too")
	end
	T.keeps_tensors = true
	return list
end

-- So is a tensor: of what comes out of a list it must be known that it is no other object that is kept.
function S.check_listed(h)
	local T = S.T
	local root = core.root(h)
	local listed = T.listed[root]
	if not listed then return end
	if T.keeps_tensors then
		S.refuse_list("a tensor that may be an element of a list, and is kept like the list")
	end
	if listed ~= "put" and T.mixed then
		S.refuse_list("a tensor of a list that is kept, and may be one met elsewhere, too")
	end
	local kept = T.kept_listed or {}
	T.kept_listed = kept
	if kept.other and not rawequal(kept.root, root) and (listed ~= "put" or kept.any) then
		S.refuse_list("a tensor of a list that is kept, and may be another one that is kept, too")
	end
	kept.any = kept.any or listed ~= "put"
	kept.root, kept.other = root, true
end

-- The elements of a real table, behind the border if that is given, become those of the list; value_of(x): what an
-- integer of it stands for.
function S.set_elements(t, list, value_of, border)
	local n = #list
	border = border or 0
	for i = 1, n do
		local v = list[i]
		if value_of then v = value_of(v) end
		rawset(t, border + i, v)
	end
	n = border + n + 1
	while rawget(t, n) ~= nil do
		rawset(t, n, nil)
		n = n + 1
	end
end

local plain_types = { int = 0, float = 0.0, bool = false }
local dtypes = { bool = true, f32 = true, f64 = true, i64 = true }

-- ms.list([dtype[, shape]]) -> an empty table. In a staged function it is a list of elements of that type from the
-- start: "int", "float" or "bool" of Lua values; of tensors a dtype and a shape, a table of lengths.
local function check_type(dtype, shape)
	if dtype ~= nil and not dtypes[dtype] and (shape or plain_types[dtype] == nil) then
		error(("%slist: no such type of elements: %s"):format(S.place(), tostring(dtype)), 0)
	end
	if shape ~= nil and type(shape) ~= "table" then
		error(("%slist: the shape must be a table of lengths, got %s"):format(S.place(), type(shape)), 0)
	end
	for i, n in ipairs(shape or {}) do
		if math.type(n) ~= "integer" or n < 0 then
			error(("%slist: length %d of the shape is no integer from 0 on"):format(S.place(), i), 0)
		end
	end
end

function ms.list(dtype, shape)
	check_type(dtype, shape)
	return {}
end

S.counterpart[ms.list] = function(dtype, shape)
	if S.T.info[shape] then shape = S.plain_table(shape) end
	for _, n in ipairs(type(shape) == "table" and shape or {}) do
		if S.is_symbolic(n) then S.need(n, "a length of the shape of 'ms.list'") end
	end
	check_type(dtype, shape)
	local p = S.made {}
	if dtype ~= nil and not S.T.no_lists then
		local info = S.T.info[p]
		local like = plain_types[dtype]
		if shape or like == nil then like = ms.zeros(shape or {}, dtype) end
		info.elems = core.list_new(like)
		if info.elems == nil then error(S.place() .. "list: the shape has too many dims", 0) end
	end
	return p
end
