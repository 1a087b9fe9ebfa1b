-- Writes to the outside while a function is staged: what escapes, how a run makes it of what the trace knows, when the
-- writes are emitted.
local _, core = ...
local S, _ENV = core.S, core.env
local next, same, mathtype, debug = next, core.same, math.type, debug
local class, NIL, META, may_be_nil, held, cell_get = S.class, S.NIL, S.META, S.may_be_nil, S.cells.held, S.cells.get

local function location(T, key, fields)
	local number = T.location[key]
	if not number then
		number = #T.locations + 1
		T.locations[number] = fields
		T.location[key] = number
	end
	return number
end

-- "variable 'v'" or "field 't.x'": what a write of that number sets.
function S.location_name(T, number)
	local fields = T.locations[number]
	if fields.cell then return "variable '" .. fields.cell.name .. "'" end
	return "field '" .. S.loc_name(fields):gsub("^%?%.", "") .. "'"
end

-- Refuses a value that would outlive the staged call, at the place that made it when that is known.
function S.refuse_kept(v, what)
	local co, at = S.T.coroutines[v] or S.T.generators[v], S.T.ended
	if co then
		at = co.place
	elseif S.T.made[v] then
		local info = debug.getinfo(v, "S")
		at = ("%s:%d: "):format(info.short_src, info.linedefined)
	end
	S.unsupported(what .. " (" .. S.T.keeping .. ")", at)
end

function S.refuse_poison(p)
	S.meet_poison(p)
	S.make_plain { p }
	local name, why, at = S.about(p)
	S.stop(("variable '%s' can't be kept after this (%s): %s; give it one kind of value on every path"):format(name,
		S.T.keeping, why), at)
end

local template, emit_write

function emit_write(T, number, v)
	local c = class(v)
	T.keeping = S.location_name(T, number)
	local info = T.locations[number].key == S.LIST and T.locations[number].info
	if info then
		S.check_pool(info.codes)
		v = S.keep_list(info)
	end
	if c == "poison" then S.refuse_poison(v) end
	if c == "choice" then return S.choose(v, function(x) emit_write(T, number, x) end) end
	if S.write_held(T, number, v) then return end
	if c == "text" or c == "object" then return S.write_in_lua(number, v) end
	if S.is_symbolic(v) and (c ~= "traced" or S.written_by_value(T.locations[number], v))
		or c == "number" or c == "boolean" then
		core.write(number, v)
	else
		local t = template(v) -- may emit writes and constants of its own
		T.constants[#T.constants + 1] = t
		core.write(number, nil, #T.constants)
	end
end

local function field_location(T, info, key)
	if class(key) == "traced" then -- asked for in every branch and round, which may have to write its elements
		local given = S.tensor_template(key)
		T.tensor_keys[key] = T.tensor_keys[key] or given
	end
	T.field_location[info] = T.field_location[info] or {}
	local fields = T.field_location[info]
	if not fields[key] then
		fields[key] = {}
	end
	return location(T, fields[key], { info = info, key = key })
end

-- The `#` of a table with holes depends on how Lua laid it out, and the tables that a run makes are laid out anew.
-- (Keys that are numbers of something, in a table that was empty and has no first element, are no list.)
local function refuse_holes(info)
	local data, count, most, open = info.data, 0, 0, nil
	for k, v in next, data do
		if mathtype(k) == "integer" and k > 0 then
			count = count + 1
			if k > most then most = k end
			if not info.len and may_be_nil(v) and (not open or k < open) then open = k end
		end
	end
	if most > count and (data[1] ~= nil or info.list) or open and open < most then
		S.refuse_kept(info.proxy, "a table with holes that is kept")
	end
end
S.refuse_holes = refuse_holes

-- A table of the trace becomes reachable from outside: from now on its fields are written like those of outside tables.
local function escape(info)
	local T = S.T
	if info.held then S.unsupported("a table made inside a staged loop and kept outside of it, here") end
	local r = T.region
	while r do
		if info.escaped == r then return end
		if r.loop and info.age > r.start then
			S.make_plain(S.open_conditions())
			S.refuse_kept(info.proxy, "a table made inside a staged loop and kept outside of it")
		end
		r = r.parent
	end
	if info.escaped == "top" then return end
	refuse_holes(info)
	S.keep_shared(info)
	T.escapes[#T.escapes + 1] = { info, info.escaped }
	info.escaped, info.gone = T.region or "top", nil
	if info.target then info.staged = template(info.target) end
	if info.meta then emit_write(T, field_location(T, info, META), info.meta) end
	for k, v in next, info.data do emit_write(T, field_location(T, info, k), v) end
	if info.elems ~= nil then emit_write(T, field_location(T, info, S.LIST), info.elems) end
end

-- How a value that no graph holds is given back after a run: {"plain", v}, {"slot", n}, {"object", info}, or as
-- S.tensor_template says.
function template(v)
	local c = class(v)
	if c == "table" then
		local info = S.T.info[v]
		if info.made then
			escape(info)
			return { "object", info }
		end
		return { "slot", info.slot }
	elseif c == "object" then
		S.refuse_kept(v, "an object that is kept here")
	elseif S.slot_of(v) then
		return { "slot", S.slot_of(v) }
	elseif c == "traced" then
		return S.tensor_template(v)
	elseif S.T.coroutines[v] or S.T.generators[v] and S.T.generators[v].thread then
		S.refuse_kept(v, "a coroutine made in the staged call and kept after it")
	elseif S.T.generators[v] then
		S.refuse_kept(v, "an iterator of a library function that is kept")
	elseif c == "function" and S.T.made[v] then
		return S.function_template(v)
	elseif c == "function" and S.native[v] then
		local original = S.original[v]
		if not original then S.refuse_kept(v, "an iterator of a library function that is kept") end
		return { "plain", original }
	elseif c == "raw" then
		S.internal("a table of the library's own is kept")
	end
	return { "plain", v }
end
S.escape_table = escape
S.template, S.emit_write, S.field_location = template, emit_write, field_location

-- Emits the write of what a variable outside holds.
function S.write_cell(T, cell)
	local v = cell_get(cell)
	T.flushed[cell] = v == nil and NIL or v
	emit_write(T, location(T, cell, { cell = cell }), v)
end

-- Emits the writes that are due: before anything that may raise, and at both ends of every region.
function S.flush()
	local T = S.T
	if T.flushing then return end
	T.flushing = true
	for _, list in ipairs { T.shadows, T.variables } do
		for _, cell in ipairs(list) do
			local v = cell_get(cell)
			local due = cell.real or cell.escaped and not cell.gone
			if due and not same(v == nil and NIL or v, T.flushed[cell]) then S.write_cell(T, cell) end
		end
	end
	local i = 1
	while i <= #T.dirty_list do
		local info, key = T.dirty_list[i][1], T.dirty_list[i][2]
		T.dirty[info][key] = nil
		local v = held(info, key)
		if v == NIL then v = nil end
		emit_write(T, field_location(T, info, key), v)
		i = i + 1
	end
	if i > 1 then T.dirty_list = {} end
	T.flushing = false
end
