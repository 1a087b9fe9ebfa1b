-- Pools: the tables that are elements of lists.
--
-- A table made in the staged call that is put into a list (lists.lua) becomes an object (objects.lua): its number in a
-- pool, by which lists hold it. What the tables of a pool hold is in lists too, one for each of their keys, so that a
-- write through one of the names of a table is seen through all of them; two are one when their numbers are. A pool
-- has the tables of the same keys and kinds of values. Its lists are older than all that is traced, and joined and
-- carried like other lists.
local _, core = ...
local S, _ENV = core.S, core.env
local class, kind, same = S.class, core.kind, core.same
local next, type, ipairs, rawequal, mathtype, rawmeta = next, type, ipairs, rawequal, math.type, debug.getmetatable
local LIST, NIL = S.LIST, S.NIL

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
	return keys[1] ~= nil and keys
end

local depth = 0

-- The pool for a table made in the trace; nil when there is none.
local function find(info)
	if not info.made or info.stays or info.escaped or info.shared or info.held or info.storage or info.target or info.elems ~= nil
		or info.meta or info.len == false or S.is_symbolic(info.len) or class(info.len) == "choice" then
		return nil
	end
	local keys, T = keys_of(info), S.T
	if not keys then return nil end
	local words, kinds = {}, {}
	for i, key in ipairs(keys) do
		local name = S.element_kind(info.data[key])
		if not name or name:find "?" then return nil end
		kinds[key] = name
		words[i] = ("%s %q = %s"):format(mathtype(key) or "", key, name)
	end
	local id = table.concat(words, ", ")
	local pool = T.pools[id]
	if not pool then
		T.pools[#T.pools + 1] = id
		pool = { name = "table " .. #T.pools, called = "tables", keys = keys, kinds = kinds, columns = {}, objects = {} }
		for _, key in ipairs(keys) do
			local column = T.info[S.made {}]
			column.age = 0
			pool.columns[key] = column
		end
		function pool.number(v) return (S.choose(v, S.pooled)) end
		function pool.value(x) return S.object_of(x, pool) end
		T.pools[id] = pool
	end
	return pool
end

function S.pool_for(v)
	if depth == MOST_NESTED or #S.T.functions > 0 or S.T.no_lists then return nil end
	depth = depth + 1
	local pool = find(S.T.info[v])
	depth = depth - 1
	return pool
end

-- Tables that become elements ----------------------------------------------------------------------------

-- The number of a table in its pool, which it becomes an element of.
function S.pooled(v)
	if class(v) == "object" then return S.object_number(v) end
	local T = S.T
	local info, pool = T.info[v], S.pool_for(v)
	local number
	for _, key in ipairs(pool.keys) do
		local column, x = pool.columns[key], S.settle(info.data[key])
		if column.elems == nil then
			local _, codes = S.element_kind(x)
			column.codes = codes
			S.put(column, LIST, core.list_new(codes and 0 or x))
		end
		number = number or S.list_length(column) + 1
		S.list_push(column, x)
	end
	T.lists = true
	T.pooled[#T.pooled + 1] = { v, info, rawmeta(v) }
	T.info[v] = nil
	S.become_object(v, number, pool)
	return number
end

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
			table.insert(r.pooled_first, 1, p)
		end
		list[i] = nil
	end
end

function S.pool_first(p)
	if class(p) == "object" then return end -- within another one
	if not S.pool_for(p) then S.refuse_list("a table that grows in a staged loop on some paths only") end
	S.pooled(p)
end

-- Fields ---------------------------------------------------------------------------------------------------

function S.pool_read(pool, number, key)
	if S.is_symbolic(key) and class(key) ~= "traced" then S.need(key, "a key of a table that is an element of a list") end
	local column = pool.columns[S.table_key(key)]
	if column then return S.list_at(column, number) end
end

function S.pool_write(pool, number, key, v)
	local column = pool.columns[key]
	if not column then
		if v == nil then return end
		S.refuse_list("a new field of a table that is an element of a list")
	end
	if v == nil then S.refuse_list("nil as a field of a table that is an element of a list") end
	if S.element_kind(v) ~= pool.kinds[key] then
		S.refuse_list("a value of another type as a field of a table that is an element of a list")
	end
	S.list_store(column, number, v)
end

function S.pool_length(pool)
	local n = 0
	while pool.columns[n + 1] do n = n + 1 end
	return n
end

-- Given back -------------------------------------------------------------------------------------------------

-- What is kept outside by other ways than results.
function S.check_pool(codes)
	if codes and codes.columns then S.refuse_list("a list of tables, or an element of one, that is kept here") end
end

-- How a run makes values of numbers: "text", or the template of a pool.
function S.codes_template(codes, outs, seen)
	if not codes then return nil end
	return codes.columns and S.pool_template(codes, outs, seen) or "text"
end

-- { list of { key, number of the output with all values, codes } }
function S.pool_template(pool, outs, seen)
	local t = seen[pool]
	if t then return t end
	t = {}
	seen[pool] = t
	for i, key in ipairs(pool.keys) do
		local column = pool.columns[key]
		outs[#outs + 1] = S.keep_list(column)
		t[i] = { key, #outs, S.codes_template(column.codes, outs, seen) }
	end
	return t
end

-- The function that gives what an integer stands for in a run; nil when they stand for themselves.
function S.value_of_code(t, run)
	if t == nil then return nil end
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
		if object then return object end
		object = {}
		made[number] = object
		for _, field in ipairs(t) do
			local v, value_of = run.outs[field[2]][number], S.value_of_code(field[3], run)
			if value_of then v = value_of(v) end
			rawset(object, field[1], v)
		end
		return object
	end
end
