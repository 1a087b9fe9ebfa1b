-- Pools: the tables that are elements of lists.
--
-- A table made in the staged call that is put into a list (lists.lua) becomes an object (objects.lua): its number in a
-- pool, by which lists hold it. What the tables of a pool hold is in lists too, one for each of their keys, so that a
-- write through one of the names of a table is seen through all of them; two are one when their numbers are. A pool
-- has the tables of the same keys and kinds of values. Its lists are older than all that is traced, and joined and
-- carried like other lists.
local ms, core = ...
local S, _ENV = core.S, core.env
local class, kind = S.class, core.kind
local next, type, ipairs, rawequal, mathtype, rawmeta = next, type, ipairs, rawequal, math.type, debug.getmetatable
local LIST = S.LIST

local MOST_KEYS = 32
local MOST_NESTED = 8

-- What the tables of a pool look like ------------------------------------------------------------------

-- Keys as lists of them begin with integers, from 1 on.
local function before(a, b)
	if mathtype(a) ~= mathtype(b) then return mathtype(a) ~= nil end
	return a < b
end

-- The keys of a table, in an order of their own; nil when it can't be in a pool.
local function keys_of(info)
	local keys = {}
	for key, v in next, info.data do
		local t = type(key)
		if t ~= "string" and mathtype(key) ~= "integer" or #keys == MOST_KEYS or S.may_be_nil(v) then return nil end
		keys[#keys + 1] = key
	end
	table.sort(keys, before)
	for i, key in ipairs(keys) do
		if mathtype(key) == "integer" and key ~= i then return nil end
	end
	return keys
end

-- Columns: tables of the library's own with a list, from before all that is traced. What they hold comes up in the
-- trace, which then starts again and begins with them.

local function new_column(id)
	local column = S.T.info[S.made {}]
	column.age, column.id = 0, id
	return column
end

function S.column_of(id)
	local columns = S.T.columns
	columns[id] = columns[id] or new_column(id)
	return columns[id]
end

local plain = { int = 0, float = 0.0, bool = false }

function S.begin_columns(T)
	T.columns = {}
	local known, ids = T.object.columns or {}, {}
	for id in next, known do ids[#ids + 1] = id end
	table.sort(ids)
	for _, id in ipairs(ids) do
		local spec = known[id]
		local dtype, dims = spec:match "^(%w+)%[(.*)%]$"
		local like = plain[spec]
		if dtype then
			local shape = {}
			for n in dims:gmatch "%d+" do shape[#shape + 1] = math.tointeger(n) end
			like = ms.zeros(shape, dtype)
		end
		S.column_of(id).elems = core.list_new(like)
	end
end

-- The columns, a list of { column, value that its elements are like }, get empty lists, if they have none yet.
function S.fill_columns(list)
	local T, known = S.T, S.T.object.columns or {}
	local new = false
	for _, x in ipairs(list) do
		local column, like = x[1], x[2]
		if column.elems == nil and T.region then
			known[column.id], new = core.spec(like), true
		elseif column.elems == nil then
			S.put(column, LIST, core.list_new(like))
		end
	end
	if new then
		T.object.columns = known
		S.signal { kind = "restart" }
	end
end

-- The pool of that id; make(name) makes it.
local function pool_of(id, make)
	local pools, same = S.T.pools, S.T.object.same_pools or {}
	while same[id] do id = same[id] end
	local pool = pools[id]
	if not pool then
		pool = make("{" .. id .. "}")
		pool.id = id
		function pool.number(v) return (S.choose(v, function(x) return S.pooled(x, pool) end)) end
		function pool.value(x) return S.object_of(x, pool) end
		pools[id] = pool
	end
	return pool
end

-- For elements of that kind, of an empty table not known yet.
local function pool_of_rows(info, elem, codes, want)
	if want and want.rows and (want.elem == nil or elem == nil or want.elem == elem) then return want end
	return pool_of(elem and "list of " .. elem or "list made at " .. info.site, function(name)
		local pool = S.new_rows(name, elem, codes)
		pool.site = elem == nil
		return pool
	end)
end

-- Of a table with these keys.
local function pool_of_records(info, keys, want)
	want = want and want.keys and #want.keys == #keys and want
	local kinds, codes, words, fits = {}, {}, {}, want
	for i, key in ipairs(keys) do
		fits = fits and rawequal(want.keys[i], key)
		local name, of = S.element_kind(info.data[key], fits and want.codes[key])
		if not name or not of and name:find "?" then return nil end
		fits = fits and name == want.kinds[key]
		kinds[key], codes[key] = name, of
		words[i] = ("%s %q = %s"):format(mathtype(key) or "", key, name)
	end
	if kinds[1] then S.T.tuples = true end
	if fits then return want end
	return pool_of(table.concat(words, ", "), function(name)
		local columns = {}
		for i, key in ipairs(keys) do columns[key] = S.column_of(("%s %d"):format(name, i)) end
		return { name = name, called = "tables", keys = keys, kinds = kinds, codes = codes, columns = columns, objects = {} }
	end)
end

-- The kind of the elements of a table that has no other keys, when they have one.
local function kind_of_all(info, codes)
	local name, n = nil, 0
	for key in next, info.data do
		n = n + 1
		if mathtype(key) ~= "integer" then return nil end
	end
	for i = 1, n do
		if info.data[i] == nil then return nil end
		local k, of = S.element_kind(info.data[i], codes)
		if not k or name and k ~= name then return nil end
		name, codes = k, of
	end
	return name, codes
end

-- The pool for a table made in the trace; nil when there is none.
local function find(info, want)
	if not info.made or info.stays or info.escaped or info.shared or info.held or info.storage or info.target
		or info.meta then
		return nil
	end
	if info.elems ~= nil then
		if next(info.data) ~= nil then return nil end
		local elem = info.codes and info.codes.name or core.list_elem(S.list_of(info))
		return pool_of_rows(info, elem, info.codes, want)
	end
	local codes_wanted = want and want.rows and want.codes
	if kind(info.len) == "int" then -- as many elements as only the run knows
		local elem, codes = kind_of_all(info, codes_wanted)
		return elem and pool_of_rows(info, elem, codes, want)
	end
	if info.len == false or class(info.len) == "choice" then return nil end
	if next(info.data) == nil then return info.site and pool_of_rows(info, nil, nil, want) end
	if S.T.object.arrays or want and want.rows or #info.data > MOST_KEYS then
		local elem, codes = kind_of_all(info, codes_wanted)
		if elem then return pool_of_rows(info, elem, codes, want) end
	end
	local keys = keys_of(info)
	if not keys then return nil end
	return pool_of_records(info, keys, want)
end

-- want: the pool that it is to be, if it can.
function S.pool_for(v, want)
	local T = S.T
	local depth = T.pool_depth or 0
	if depth == MOST_NESTED or #T.functions > 0 or T.no_lists then return nil end
	T.pool_depth = depth + 1
	local pool = find(T.info[v], want)
	T.pool_depth = depth
	return pool
end

-- Tables with elements of one kind are records with integers as keys, as long as that does: else the trace starts again
-- and they are rows.
function S.try_rows()
	local T = S.T
	if T.tuples and not T.object.arrays then
		T.object.arrays = true
		S.signal { kind = "restart" }
	end
end

-- May the pools be one, as far as it is not known of what the rows of one are? Then they are noted to be.
local function make_one(a, b)
	if a == b then return true end
	local same = S.T.object.same_pools or {}
	if a.rows and b.rows then
		if a.elem and b.elem and a.elem ~= b.elem and not (a.codes and b.codes and make_one(a.codes, b.codes)) then
			return false
		end
		if not a.site then a, b = b, a end
		if not a.site then return a.elem ~= b.elem end
		S.T.object.same_pools = same
		same[a.id] = b.id
		return true
	end
	if not (a.keys and b.keys) or #a.keys ~= #b.keys then return false end
	for i, key in ipairs(a.keys) do
		if not rawequal(key, b.keys[i]) then return false end
		local x, y = a.codes[key], b.codes[key]
		if a.kinds[key] ~= b.kinds[key] and not (x and y and make_one(x, y)) then return false end
	end
	return true
end

-- Starts the trace again when that makes values of one kind of those of two codes, of which one may be nil.
function S.unify(a, b)
	if a and b and a.objects and b.objects and a ~= b and make_one(a, b) then S.signal { kind = "restart" } end
	if a ~= b then S.try_rows() end
end

function S.refuse_element(what, a, b)
	S.unify(a, b)
	S.try_rows()
	S.refuse_list(what)
end

-- The first element that a row of the pool gets says which kind they are of.
function S.know_elements(pool, v)
	if pool.elem ~= nil then return end
	local elem, codes = S.element_kind(v)
	if elem and (codes or not elem:find "?") then S.hold_elements(pool, elem, codes) end
end

-- Tables that become elements ----------------------------------------------------------------------------

-- The number of a table in the pool, which it becomes an element of.
function S.pooled(v, want)
	if class(v) == "object" then return S.object_number(v) end
	local T = S.T
	local info, pool = T.info[v], S.pool_for(v, want)
	local number
	if pool.rows then
		if kind(info.len) == "int" and info.elems == nil and not S.become_list(info, nil, pool.codes) then
			S.refuse_list("a table that grows in a staged loop on some paths only")
		end
		if info.elems == nil then
			local row, values = S.row(pool, 0), {}
			for i = 1, #info.data do values[i] = S.list_element(row, S.settle(info.data[i])) end
			number = S.new_row(pool, info, values)
		else
			S.know_elements(pool, S.list_at(info, 1))
			number = S.new_row(pool, info)
			pool.data.mixed = pool.data.mixed or info.mixed
		end
	else
		local columns = {}
		for i, key in ipairs(pool.keys) do
			local column = pool.columns[key]
			column.codes = pool.codes[key]
			columns[i] = { column, column.codes and 0 or S.settle(info.data[key]) }
		end
		S.fill_columns(columns)
		for _, key in ipairs(pool.keys) do
			local column, x = pool.columns[key], S.settle(info.data[key])
			number = number or S.list_length(column) + 1
			S.list_push(column, x)
		end
	end
	T.lists = true
	T.pooled[#T.pooled + 1] = { v, info, rawmeta(v), pool }
	T.info[v] = nil
	S.become_object(v, number, pool)
	return number
end

-- Is this what was known of a table that has become an element?
function S.is_stale(info) return info.proxy ~= nil and not S.T.info[info.proxy] end

-- At the end of a region: those from before it that became elements in it are tables again, and are to become elements
-- before it.
function S.leave_pools(r)
	local list = S.T.pooled
	for i = #list, r.pooled + 1, -1 do
		local p, info, meta = list[i][1], list[i][2], list[i][3]
		if info.age <= r.start then
			S.become_table(p, meta)
			S.T.info[p] = info
			r.pooled_first = r.pooled_first or {}
			table.insert(r.pooled_first, 1, { p, list[i][4] })
		end
		list[i] = nil
	end
end

function S.pool_first(p, pool)
	if class(p) == "object" then return end -- within another one
	if not S.pool_for(p, pool) then S.refuse_list("a table that grows in a staged loop on some paths only") end
	S.pooled(p, pool)
end

-- Is it such a table? It has no metatable.
function S.is_element(v) return class(v) == "object" and S.pool_of(v) ~= nil end

-- Fields ---------------------------------------------------------------------------------------------------

function S.pool_read(o, key)
	local pool, c = S.pool_of(o), class(key)
	key = S.table_key(key)
	if pool.rows then
		if c == "int" or mathtype(key) == "integer" then return S.list_get(S.row_of(o), key) end
		if c == "float" then S.need(key, "a key of a list") end
		return nil
	end
	if c == "int" then S.try_rows() end
	if S.is_symbolic(key) and c ~= "traced" then S.need(key, "a key of a table that is an element of a list") end
	local column = pool.columns[key]
	if column then return S.list_at(column, S.object_number(o)) end
end

function S.pool_write(o, key, v)
	local pool = S.pool_of(o)
	key = S.table_key(key)
	if pool.rows and (class(key) == "int" or mathtype(key) == "integer" and key > 0) then
		return S.list_put(S.row_of(o), key, v)
	end
	if S.is_symbolic(key) then
		S.try_rows()
		S.need(key, "a key of a table that is an element of a list")
	end
	local column = pool.columns and pool.columns[key]
	if not column then
		if v == nil then return end
		S.refuse_element("a new field of a table that is an element of a list")
	end
	if v == nil then S.refuse_element("nil as a field of a table that is an element of a list") end
	local name, codes = S.element_kind(v, pool.codes[key])
	if name ~= pool.kinds[key] then
		S.refuse_element("a value of another type as a field of a table that is an element of a list", codes, pool.codes[key])
	end
	S.list_store(column, S.object_number(o), v)
end

function S.pool_length(o)
	local pool, n = S.pool_of(o), 0
	if pool.rows then return S.list_length(S.row_of(o)) end
	while pool.columns[n + 1] do n = n + 1 end
	return n
end

-- Given back -------------------------------------------------------------------------------------------------

-- What is kept outside by other ways than results.
function S.check_pool(codes)
	if codes and codes.objects then S.refuse_list("a list of tables, or an element of one, that is kept here") end
end

-- How a run makes values of numbers: "text", or the template of a pool.
function S.codes_template(codes, outs, seen)
	if not codes then return nil end
	return codes.objects and S.pool_template(codes, outs, seen) or "text"
end

-- { list of { key, number of the output with all values, codes } }; of rows { start =, count =, data =, codes = }
function S.pool_template(pool, outs, seen)
	local t = seen[pool]
	if t then return t end
	t = {}
	seen[pool] = t
	local function out(column)
		if not column or column.elems == nil then return nil end
		outs[#outs + 1] = S.keep_list(column)
		return #outs
	end
	if pool.rows then
		t.start, t.count, t.data = out(pool.start), out(pool.count), out(pool.data)
		t.codes = t.data and S.codes_template(pool.codes, outs, seen)
		return t
	end
	for i, key in ipairs(pool.keys) do
		t[i] = { key, out(pool.columns[key]), S.codes_template(pool.codes[key], outs, seen) }
	end
	return t
end

-- The table of that number, for the first time.
local function fill(object, t, number, run)
	if t.start then
		local from, value_of = run.outs[t.start][number], S.value_of_code(t.codes, run)
		for i = 1, run.outs[t.count][number] do
			local v = run.outs[t.data][from + i]
			if value_of then v = value_of(v) end
			rawset(object, i, v)
		end
	end
	for _, field in ipairs(t) do
		local v, value_of = run.outs[field[2]][number], S.value_of_code(field[3], run)
		if value_of then v = value_of(v) end
		rawset(object, field[1], v)
	end
end

-- The function that gives what an integer stands for in a run; nil when they stand for themselves.
function S.value_of_code(t, run)
	if not t then return nil end
	if t == "text" then
		return function(x) return run.strings[x] end
	end
	local made = run.objects[t]
	if not made then
		made = {}
		run.objects[t] = made
	end
	return function(number)
		local object = made[number]
		if not object then
			object = {}
			made[number] = object
			fill(object, t, number, run)
		end
		return object
	end
end
