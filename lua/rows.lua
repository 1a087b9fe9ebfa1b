-- Lists in lists and in fields of their elements: rows of a pool (pools.lua).
--
-- The elements of all rows of a pool stand in one list, `data`: those of a row are `count` after the place `start`, and
-- there is room for `room`. A row that outgrows its room moves to the end, where it gets twice as much, so that
-- appending costs the same at any length; the last row grows where it is. What is done is written as staged forms are:
-- the bodies of loops and branches are functions, whose variables the trace sees.
--
-- To the functions on lists (lists.lua) a row is what they know of a table: { pool =, row = its number }.
local _, core = ...
local S, _ENV = core.S, core.env
local P, LIST = S.P, S.LIST
local setmetatable, ipairs = setmetatable, ipairs

local Row = { __index = function(info, key)
	local pool = info.pool
	if key == "elems" then return pool.data and pool.data.elems or false end
	if key == "codes" then return pool.codes end
end }

-- The elements are of that kind.
function S.hold_elements(pool, elem, codes)
	pool.elem, pool.codes, pool.data = elem, codes, S.column_of(pool.name .. " of " .. elem)
end

function S.new_rows(name, elem, codes)
	local pool = { name = name, called = "lists", rows = {}, objects = {} }
	for _, field in ipairs { "start", "count", "room" } do pool[field] = S.column_of(name .. " " .. field) end
	if elem then S.hold_elements(pool, elem, codes) end
	return pool
end

function S.row(pool, number)
	return setmetatable({ pool = pool, row = number, data = {}, made = true, age = 0 }, Row)
end

-- What is known of the row that an object is; nil of another one.
function S.row_of(v)
	local pool = S.pool_of(v)
	return pool and pool.rows and S.row(pool, S.object_number(v)) or nil
end

-- What is known of a table, or of the row that stands for one.
function S.list_info(v)
	return S.T.info[v] or S.class(v) == "object" and S.row_of(v) or nil
end

local function get(column, key) return core.list("get", S.list_of(column), key) end
local function put(column, change, ...) S.put(column, LIST, core.list(change, S.list_of(column), ...)) end
local function size(column) return core.list("len", S.list_of(column)) end

local function start(info) return get(info.pool.start, info.row) end
local function count(info) return get(info.pool.count, info.row) end
local function set(info, field, x) put(info.pool[field], "set", info.row, x) end

S.row_length = count

-- Where no row has got an element yet no path gets here.
function S.row_at(info, key)
	if not info.elems then return nil end
	return get(info.pool.data, start(info) + key)
end

local change = {}

function change.set(info, key, x)
	local data = info.pool.data
	S.fill_columns { { data, info.codes and 0 or x } }
	put(data, "set", start(info) + key, x)
end

function change.push(info, x)
	local data, n = info.pool.data, count(info)
	S.fill_columns { { data, info.codes and 0 or x } }
	local function push(v) put(data, "push", v) end
	P.if_(core.lt(n, get(info.pool.room, info.row)), function() change.set(info, n + 1, x) end, function()
		P.if_(core.equal(start(info) + n, size(data)), function() push(x) end, function()
			local from, to = start(info), size(data)
			P.for_(1, n, 1, function(i) push(get(data, from + i)) end)
			P.for_(n, 2 * n, 1, function() push(x) end)
			set(info, "start", to)
			set(info, "room", n)
		end)
		set(info, "room", size(data) - start(info))
	end)
	set(info, "count", n + 1)
end

-- An empty row stays.
function change.pop(info)
	local n = count(info)
	P.if_(core.lt(0, n), function() set(info, "count", n - 1) end)
end

function change.remove(info, at)
	if not info.elems then return end
	local data, from, n = info.pool.data, start(info), count(info)
	P.for_(from + at, from + n - 1, 1, function(i) put(data, "set", i, get(data, i + 1)) end)
	set(info, "count", n - 1)
end

function change.insert(info, at, x)
	local data, n = info.pool.data, count(info)
	change.push(info, x)
	local from = start(info)
	P.for_(from + n, from + at, -1, function(i) put(data, "set", i + 1, get(data, i)) end)
	put(data, "set", from + at, x)
end

function S.change_row(info, name, ...) change[name](info, ...) end

-- A table of the trace, one with these values or a list, as a new row: its number.
function S.new_row(pool, info, values)
	local columns = { { pool.start, 0 }, { pool.count, 0 }, { pool.room, 0 } }
	local data, n = pool.data, values and #values or S.list_length(info)
	if n ~= 0 then columns[4] = { data, values and values[1] or pool.codes and 0 or get(info, 1) } end
	S.fill_columns(columns)
	put(pool.start, "push", data and data.elems ~= nil and size(data) or 0)
	put(pool.count, "push", n)
	put(pool.room, "push", n)
	if values then
		for _, x in ipairs(values) do put(data, "push", x) end
	else
		P.for_(1, n, 1, function(i) put(data, "push", get(info, i)) end)
	end
	return size(pool.start)
end
