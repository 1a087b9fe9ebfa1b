-- While a function is staged: what its variables, tables and outside values are.
--
-- A trace (S.T) runs the staged forms of functions once, with handles in place of numbers and
-- tensors. Nothing real is written: the upvalues of outside functions are replaced by shadow
-- cells, every table is a proxy (an empty table whose metatable forwards here) over an
-- overlay. A region (branch, loop body) records what it changes and is undone at its end; the
-- joins of control.lua then set what holds after it.
--
-- A location is a cell (an upvalue, found by its id) or a field {info, key}. Ages come from one
-- clock: what is younger than a region is neither joined nor carried by it.
local ms, core = ...

-- The prelude keeps its own view of the library, whatever scripts do to their globals.
core.env = {}
for k, v in pairs(_G) do core.env[k] = v end
for _, name in ipairs { "string", "table", "math", "io", "os", "debug", "coroutine", "utf8" } do
	core.env[name] = {}
	for k, v in pairs(_G[name]) do core.env[name][k] = v end
end
-- The stock function: scripts get one that hides upvalues, which takes long.
core.env.debug.getinfo = select(2, core.getupvalue(debug.getinfo, 3)) or debug.getinfo
local _ENV = core.env
local type, rawget, rawequal, next = type, rawget, rawequal, next
local getupvalue, setupvalue, upvalueid, rawmeta = core.getupvalue, core.setupvalue, core.upvalueid, debug.getmetatable
local pcall, error, setmetatable, same, kind = pcall, error, setmetatable, core.same, core.kind
local mathtype, select = math.type, select

local S = { ms = ms }    -- shared by the files of the prelude
local P = { RET = {}, BRK = {}, CONT = {}, GOTO = {} }
core.S, S.P = S, P

local NIL = {}           -- stands for nil in overlays and snapshots
local Signal, Text, Poison, Choice, Object = {}, {}, {}, {}, {}
S.NIL, S.Text, S.Choice, S.Object = NIL, Text, Choice, Object
-- The raw keys of these objects, which no script has.
local COND, YES, NO, NAME, WHY, PLACE, CAUSE = {}, {}, {}, {}, {}, {}, {}
S.COND, S.YES, S.NO, S.CAUSE, S.COUNT, S.MOST = COND, YES, NO, CAUSE, {}, {}
local TAG, VALUES = {}, {}
S.TAG, S.VALUES = TAG, VALUES
S.is_event = {}
S.STRING, S.OBJECT = {}, {} -- kinds of pieces of texts (text.lua)
S.BOTTOM = setmetatable({}, { __name = "bottom" }) -- the value of a path that never gets there
S.DEAD = setmetatable({ kind = "dead" }, Signal)   -- control does not come back: a raise node was made

for _, meta in ipairs { Text, Poison, Choice, Object } do core.own(meta) end

-- Errors ----------------------------------------------------------------------------------

function S.is_signal(e) return type(e) == "table" and rawmeta(e) == Signal end

function S.signal(fields) error(setmetatable(fields, Signal), 0) end

local function place()
	local file, line = core.where()
	if line == 0 then return "" end
	return file .. ":" .. line .. ": "
end
S.place = place

local function after_line(line, frame, ok, ...)
	core.line(line, frame)
	if ok then return ... end
	error((...), 0)
end

-- f(...), for which the user's innermost function is at that line.
function S.on_line(line, f, ...)
	local before, frame = core.line(line)
	return after_line(before, frame, pcall(f, ...))
end
P.at = S.on_line

-- Staging stops: the staged function cannot catch this. `at`: the place, when it is not where the trace is. (loops: the
-- rolled loops to be unrolled for it.)
function S.stop(message, at)
	local why = message
	message = (at or place()) .. message
	S.signal { kind = "stop", message = message .. core.excerpt(message), stack = S.stack(), why = why,
		large = S.T and S.T.large, loops = S.open_rolled() }
end

-- THE one function for what staging cannot do (yet).
function S.unsupported(what, at) S.stop("can't stage " .. what .. S.advice(what), at) end

-- What never holds, by the argument at the place of the call.
function S.internal(what) S.stop("internal: " .. what) end

function S.need(value, what)
	local refreshed = S.T.refreshed[value]
	if refreshed then S.signal { kind = "restart", stable = refreshed } end
	S.make_plain({ value }, what .. " must be known")
	S.stop(what .. " must be known while staging, but depends on values that are known only when the graph runs; "
		.. "compute it outside of the staged function and pass it in")
end

Signal.__tostring = function(e) return e.message or e.kind end

-- A value that is `yes` where the condition is true and else `no`. name: of a variable that holds it; why: what the two
-- are, in words; at: where they met.
function S.choice(cond, yes, no, name, why, at)
	return setmetatable({ [COND] = cond, [YES] = yes, [NO] = no, [NAME] = name, [WHY] = why, [PLACE] = at or place() },
		Choice)
end

-- Notes of a choice that a symbolic integer is the number of the value it is.
function S.tagged(choice, tag, values, n)
	values.n = n
	rawset(choice, TAG, tag)
	rawset(choice, VALUES, values)
	return choice
end

-- One of other alternatives, named like v.
function S.choice_like(v, cond, yes, no)
	return S.choice(cond, yes, no, rawget(v, NAME), rawget(v, WHY), rawget(v, PLACE))
end

-- " (variable 'v': it is nil on one path and an integer on the other)": what a choice is.
function S.kinds_of(choice)
	local name = rawget(choice, NAME)
	local named = name and name ~= "?" and ("variable '%s': "):format(name) or ""
	return (" (%s%s)"):format(named, rawget(choice, WHY))
end

-- A value that paths disagree on in a way the graph cannot hold. Harmless until read.
-- `cause`: the values that decide which path is taken.
function S.poison(name, why, cause)
	return setmetatable({ [NAME] = name or "?", [WHY] = why, [PLACE] = place(), [CAUSE] = cause }, Poison)
end

-- The name of its variable, what it is, and where, of a poison.
function S.about(p) return rawget(p, NAME), rawget(p, WHY), rawget(p, PLACE) end


local function read_poison(a, b)
	local p = rawmeta(a) == Poison and a or b
	S.meet_poison(p)
	local name, why, at = S.about(p)
	S.make_plain({ p }, ("variable '%s' is read after a trip has made it"):format(name))
	S.stop(("variable '%s' can't be read here: at %s%s; give it one kind of value on every path"):format(name, at, why))
end
local operators = { "add", "sub", "mul", "div", "mod", "pow", "unm", "idiv", "band", "bor", "bxor", "shl", "shr",
	"bnot", "concat", "len", "lt", "le", "index", "newindex", "call" }
for _, event in ipairs(operators) do Poison["__" .. event] = read_poison end
S.read_poison, S.operators = read_poison, operators

-- The type of a plain value; "int" "float" "bool" "list" of a symbolic one; "traced" "eager" of a tensor; "table" of a
-- proxy; "text" "choice" "object" "poison" "bottom" of the library's own values, "raw" of any other table.
local function class(v)
	local t = type(v)
	if t == "userdata" then
		return kind(v) or t
	elseif t == "table" then
		if S.T.info[v] then return "table" end
		local mt = rawmeta(v)
		if mt == Text then return "text" end
		if mt == Choice then return "choice" end
		if mt == Object then return "object" end
		if mt == Poison then return "poison" end
		return v == S.BOTTOM and "bottom" or "raw"
	end
	return t
end
S.class = class

local symbolic = { int = true, float = true, bool = true, traced = true, list = true }
function S.is_symbolic(v) return type(v) == "userdata" and symbolic[kind(v)] or false end
function S.is_text(v) return type(v) == "table" and rawmeta(v) == Text end

-- A choice without its alternative nil, where that is known not to be.
function S.without_nil(v)
	if type(v) ~= "table" or rawmeta(v) ~= Choice then return v end
	local yes, no = S.without_nil(rawget(v, YES)), S.without_nil(rawget(v, NO))
	if yes == nil then return no end
	if no == nil then return yes end
	return S.choice_like(v, rawget(v, COND), yes, no)
end

-- Is nil among the alternatives of a choice?
local function may_be_nil(v)
	if type(v) ~= "table" or rawmeta(v) ~= Choice then return false end
	v = S.settle(v)
	if type(v) ~= "table" or rawmeta(v) ~= Choice then return v == nil end
	local cond, known = rawget(v, COND), S.T.known
	local n = #known + 1
	for _, side in ipairs { YES, NO } do -- where the alternative hangs on the condition once more, it is known there
		local x = rawget(v, side)
		known[n] = cond ~= nil and S.fact(cond, side == YES) or nil
		local may = x == nil or may_be_nil(x)
		known[n] = nil
		if may then return true end
	end
	return false
end
S.may_be_nil = may_be_nil

-- May it be nil on some path, not only those that lead here?
local function is_optional(v) return type(v) == "table" and rawmeta(v) == Choice end

-- Outside values: guards and inputs -------------------------------------------------------

local function add_guard(T, source, base, key, check, expect)
	local slot = #T.guards + 1
	T.guards[slot] = { source, base, key, check, expect, source ~= "arg" and source ~= "upvalue" and core.site() }
	return slot
end

S.add_guard = add_guard

local function new_input(T, v, slot, lengths)
	local h = core.input(v, lengths)
	if h == nil then S.signal { kind = "restart", inputs = 8 * T.ninputs } end
	T.inputs[#T.inputs + 1] = slot
	return h
end

S.new_input = new_input

-- An input for all of the storage in which the tensor of an earlier slot lies: its handle and slot.
function S.whole_input(whole, base)
	local T = S.T
	local slot = add_guard(T, "whole", base, nil, "tensor", whole)
	return new_input(T, whole, slot), slot
end

local function new_info(T, info)
	local proxy = setmetatable({}, S.proxy_meta)
	info.proxy, info.age = proxy, info.age or T.clock
	T.info[proxy] = info
	return proxy
end

-- The traced value of an outside value read at a place; the read is recorded as a guard. name: of an upvalue; info:
-- of the table whose field it is.
local function outside(v, source, base, key, name, info)
	local T = S.T
	local t = type(v)
	if v == nil then
		add_guard(T, source, base, key, "nil")
	elseif t == "number" then
		local slot = #T.guards + 1
		local id = S.read_id(T, source, base, key)
		if S.assumed(id) then
			T.guards[add_guard(T, source, base, key, "raw", v)].number = id
			T.guards[slot].assumed = true
			return v
		end
		local input = T.marks[id]
		if input == nil and T.values then input = not T.values[id] end
		if input == nil then input = source == "arg" or info and info.walked or S.number_varies(v, id) end
		if input then
			local h = new_input(T, v, slot)
			add_guard(T, source, base, key, mathtype(v) == "integer" and "int" or "float")
			T.input_id[#T.inputs] = id
			if source ~= "arg" then T.learned[#T.learned + 1] = id end -- by value it may stage where this does not
			return h
		end
		local length = input == false and S.unknown_number(v, id)
		if length then
			T.guards[add_guard(T, source, base, key, "int")].lengths = { length }
			return S.length_value(length, v)
		end
		T.guards[add_guard(T, source, base, key, "raw", v)].number = id
		T.guards[slot].assumed = input == false and S.assumes_length(v)
	elseif t == "table" then
		local known = S.outer_object(v, source, base, key)
		if known then return known end
		known = T.proxy[v]
		if known then
			add_guard(T, source, base, key, "same", T.info[known].slot)
			return known
		end
		local slot = add_guard(T, source, base, key, "table")
		known = new_info(T, { real = v, data = {}, slot = slot, age = 0 })
		T.proxy[v] = known
		S.set_events(T.info[known])
		return known
	elseif t == "userdata" and kind(v) == "eager" then
		local known = T.handle[v]
		if known then
			add_guard(T, source, base, key, "same", T.slot_of[v])
			return known
		end
		local lengths = S.unknown_lengths(v, source, base, key)
		local h = new_input(T, v, #T.guards + 1, lengths)
		T.slot_of[v] = add_guard(T, source, base, key, "tensor", v)
		T.guards[#T.guards].lengths, T.guards[#T.guards].assumed = lengths, S.assumes_length(v)
		T.handle[v], T.tensor_of[h] = h, v
		S.note_outer(h, v, T.slot_of[v])
		return h
	elseif t == "function" and T.slot_of[v] then
		add_guard(T, source, base, key, "same", T.slot_of[v])
	elseif t == "function" and core.find(v) then
		T.slot_of[v] = add_guard(T, source, base, key, "function", v)
		T.text_guards = true
	else
		local slot = add_guard(T, source, base, key, "raw", v)
		if t == "thread" then T.slot_of[v] = T.slot_of[v] or slot end
		if t == "userdata" and core.payload(v) then
			S.unsupported("a value that overloads control flow ('" .. (name or S.read_name(T.guards, slot)) .. "')")
		end
	end
	return v
end
S.outside = outside

-- A slot for a value that is the same at every call.
local function constant_slot(v) return add_guard(S.T, "const", 0, v, "any") end

-- The slot of an outside function, table (by its proxy) or tensor (by its handle), nil for what the trace made.
local function slot_of(v)
	local T = S.T
	if T.info[v] then return T.info[v].slot end
	return T.slot_of[T.tensor_of[v] or v]
end
S.slot_of = slot_of

-- From here on the trace depends on which object an outside value is, not only on what is read from it.
function S.pin(v)
	local T = S.T
	local slot = slot_of(v)
	if slot then add_guard(T, "slot", slot, nil, "raw", T.info[v] and T.info[v].real or T.tensor_of[v] or v) end
end

-- An outside table or tensor that no path leads to.
function S.constant(v)
	local T = S.T
	if type(v) == "table" and T.proxy[v] then return T.proxy[v] end
	if T.handle[v] then return T.handle[v] end
	local slot = constant_slot(v)
	if type(v) == "table" then
		local p = new_info(T, { real = v, data = {}, slot = slot, age = 0 })
		T.proxy[v] = p
		S.set_events(T.info[p])
		return p
	end
	local h = new_input(T, v, slot)
	T.handle[v], T.slot_of[v], T.tensor_of[h] = h, slot, v
	S.note_outer(h, v, slot)
	return h
end

-- Cells -------------------------------------------------------------------------------------

local function cell_get(cell) return select(2, getupvalue(cell.f, cell.i)) end
local function cell_set(cell, v) setupvalue(cell.f, cell.i, v) end

-- First sight of a cell inside the open regions: what it holds now it held at their start.
local function snapshot(T, cell, v)
	local r = T.region
	while r and cell.age <= r.start and r.snap[cell] == nil do
		r.snap[cell] = v == nil and NIL or v
		r.cells[#r.cells + 1] = cell
		r = r.parent
	end
end

local function cells_of(T, f)
	local list = {}
	local i = 1
	while true do
		local name, v = getupvalue(f, i)
		if not name then break end
		if not T.forms_P[v] then
			local id = upvalueid(f, i)
			local cell = T.cells[id]
			if not cell then
				cell = { f = f, i = i, name = name, age = T.clock }
				T.cells[id], T.cell_list[#T.cell_list + 1] = cell, cell
			end
			list[#list + 1] = cell
		end
		i = i + 1
	end
	T.cells_of[f] = list
	return list
end

-- Notes the upvalues of a closure that is about to run or has just been made.
function S.note(f)
	local T = S.T
	local list = T.cells_of[f] or cells_of(T, f)
	local r = T.region
	if r and not r.noted[f] then
		r.noted[f] = true
		local start, snap = r.start, r.snap
		for i = 1, #list do
			local cell = list[i]
			if cell.age <= start and snap[cell] == nil then snapshot(T, cell, cell_get(cell)) end
		end
	end
	return f
end

-- Notes all variables: those of functions that run on in a region that was opened under them.
function S.note_all()
	local T = S.T
	for _, cell in ipairs(T.cell_list) do snapshot(T, cell, cell_get(cell)) end
end

-- A read of something outside for the first time. After a host call that may write there it comes too late: the trace
-- starts again, and reads it before that call too (host.lua).
local function first_read(T, what, real, key)
	if T.hosted then S.note_late(what, real, key) end
end

-- The shadow of upvalue i of an outside function: its own cell, filled from outside.
local function shadow(T, f, i)
	local id = upvalueid(f, i)
	local cell = T.shadow[id]
	local base = T.slot_of[f]
	if not base then
		base = constant_slot(f)
		T.slot_of[f] = base
	end
	if cell then
		if cell.slot ~= base then T.shared_cells[#T.shared_cells + 1] = { base, i, cell } end
		return cell
	end
	first_read(T, "cell", f, i)
	local name, v = getupvalue(f, i)
	local value = outside(v, "upvalue", base, i, name)
	T.guards[#T.guards].name = name
	local holder = function() return value end
	cell = { f = holder, i = 1, name = name, age = 0, real = f, real_i = i, slot = base }
	T.shadow[id] = cell
	T.cells[upvalueid(holder, 1)], T.cell_list[#T.cell_list + 1] = cell, cell
	T.shadows[#T.shadows + 1] = cell
	T.flushed[cell] = value == nil and NIL or value
	return cell
end
S.shadow = shadow

-- Tables --------------------------------------------------------------------------------------

-- The real key of an outside table, and the slot it is read from when it is an object that may be another one in
-- another call; nil for what the trace made, which no outside table has as a key.
local function key_outside(T, key)
	local c = class(key)
	if c == "table" then return T.info[key].real, T.info[key].slot end
	if c == "traced" then return T.tensor_of[key], T.slot_of[T.tensor_of[key] or key] end
	if c == "function" then return not T.made[key] and key or nil, T.slot_of[key] end
	return key
end

-- Keys that stand for a table's metatable, for its length, and for the list of its elements from 1 on when it has one
-- (lists.lua); never among the fields of `data`, whose layout is eager's.
local META = setmetatable({}, { __tostring = function() return "its metatable" end })
local LEN = setmetatable({}, { __tostring = function() return "its length" end })
local LIST = setmetatable({}, { __tostring = function() return "its elements" end })
S.META, S.LEN, S.LIST = META, LEN, LIST

local function held(info, key)
	if rawequal(key, META) then return info.meta end
	if rawequal(key, LEN) then return info.len end
	if rawequal(key, LIST) then return info.elems end
	return info.data[key]
end

-- Is it the key of an element that a list has, or could have?
local function in_list(info, key)
	return info.elems ~= nil and mathtype(key) == "integer" and key > 0
end

-- A plain key as tables have it: an integer where it can be one.
function S.table_key(key) return mathtype(key) == "float" and math.tointeger(key) or key end

-- The value of a field, metatables apart.
local get
function get(info, key)
	local c = class(key)
	if c == "raw" and S.is_tail(key) then return S.tail_element(info, key) end
	if (info.tail or info.stored) and S.is_number(key) then S.need_elements(info) end
	if c == "int" then return S.get_at(info, key) end
	if c == "float" then return S.get_at_float(info, key) end
	if symbolic[c] and c ~= "traced" then S.need(key, "a table key") end
	if c == "poison" then read_poison(key) end
	if c == "text" then
		S.make_plain { key }
		S.unsupported("a text made of symbolic values as a table key")
	end
	if c == "object" then S.unsupported("an object as a table key") end
	if c == "choice" then return S.choose(key, function(k) return get(info, k) end) end
	if c == "traced" then S.check_key(key) end
	if c == "table" then
		S.check_shared(S.T.info[key], "as a table key, a table")
		S.T.info[key].stays = true
	end
	if key ~= key then return nil end -- NaN is no key
	if rawequal(key, LIST) then return info.elems end
	if info.elems ~= nil then
		key = S.table_key(key)
		if in_list(info, key) then return S.list_get(info, key) end
	end
	local v = held(info, key)
	if info.made then return v end
	if v == nil then
		local k, slot = key_outside(S.T, key)
		if k == nil then return nil end
		first_read(S.T, "field", info.real, k)
		v = outside(rawget(info.real, k), slot and "keyed" or "field", info.slot, slot or k, nil, info)
		info.data[key] = v == nil and NIL or v
	elseif v == NIL then
		return nil
	end
	return v
end
S.get = get

local function raw_put(info, key, v)
	if v == nil and not info.made then v = NIL end
	if rawequal(key, META) then info.meta = v
	elseif rawequal(key, LEN) then info.len = v
	elseif rawequal(key, LIST) then info.elems = v ~= NIL and v or nil
	else
		local old = info.data[key]
		info.data[key] = v
		if S.is_event[key] then S.event_changed(info) end
		if not info.made and v ~= NIL and (old == nil or old == NIL)
			and rawget(info.real, (key_outside(S.T, key))) == nil then
			info.keys, info.grown = nil, (info.grown or 0) + 1 -- a walk would miss it
		end
	end
end

-- The field's write is due to be emitted.
local function dirty(T, info, key)
	local keys = T.dirty[info]
	if not keys then
		keys = {}
		T.dirty[info] = keys
	end
	if not keys[key] then
		keys[key] = true
		T.dirty_list[#T.dirty_list + 1] = { info, key }
	end
end

-- Are the positive integer keys exactly 1..n, whatever path is taken? Else the border that Lua finds hangs on the
-- layout.
local function one_border(info, n)
	local found = 0
	for k, v in next, info.data do
		if mathtype(k) == "integer" and k > 0 and v ~= NIL then
			if k > n or may_be_nil(v) then return false end
			found = found + 1
		end
	end
	for k in next, info.real or {} do
		if mathtype(k) == "integer" and k > 0 and info.data[k] == nil then
			if k > n then return false end
			found = found + 1
		end
	end
	return found == n
end

-- What # gives for an outside table before the call; an input when it was another one in call after call.
local function real_border(info)
	local T = S.T
	if not info.length then
		first_read(T, "length", info.real)
		local n, id = rawlen(info.real), S.read_id(T, "border", info.slot)
		if T.marks[id] then
			info.length, info.length_id, info.border = new_input(T, n, #T.guards + 1), id, #T.guards + 1
			add_guard(T, "border", info.slot, nil, "int")
			T.input_id[#T.inputs], T.learned[#T.learned + 1] = id, id
		else
			info.length = n
			T.guards[add_guard(T, "slot", info.slot, nil, "length", n)].border = id
		end
	end
	return info.length
end

-- Are the positive integer keys of a real table 1 .. n?
function S.is_sequence(t, n)
	local found = 0
	for k in next, t do
		if mathtype(k) == "integer" and k > 0 then
			if k > n then return false end
			found = found + 1
		end
	end
	return found == n
end

-- The length by the fields alone, or false when it hangs on the layout or on the path.
local function plain_length(info)
	if info.made then
		local n = #info.data
		return one_border(info, n) and n
	end
	local n = real_border(info)
	if S.is_symbolic(n) then return S.begin_tail(info) end
	while get(info, n + 1) ~= nil do n = n + 1 end
	while n > 0 and get(info, n) == nil do n = n - 1 end
	if not one_border(info, n) then return false end
	if not info.sequence then
		if not S.is_sequence(info.real, info.length) then return false end
		info.sequence = true
		add_guard(S.T, "slot", info.slot, nil, "sequence", info.length)
	end
	return n
end

-- The length when it hangs neither on the layout nor, but for a symbolic number, on the path; else false.
function S.known_length(info)
	if info.elems ~= nil then return S.list_length(info) end
	S.need_elements(info)
	if info.len ~= nil then return info.len end
	return plain_length(info)
end

-- From the first write in a region on, a table's length is a field of its own (LEN), which joins like the others.
local function track_length(info)
	if info.len ~= nil or info.elems ~= nil then return end
	raw_put(info, LEN, plain_length(info))
end
S.track_length = track_length

-- What a write of v to `key` makes of a tracked length: false when it hangs on the path.
local put
local function update_length(info, key, v)
	local len = info.len
	if not len then return end
	if S.is_symbolic(v) or (v ~= nil and not may_be_nil(v)) then
		if S.is_successor(key, len) then
			put(info, LEN, len + 1, true)
		elseif type(len) == "number" and type(key) == "number" and key > len then
			put(info, LEN, false, true)
		elseif type(len) ~= "number" and type(key) == "number" and (get(info, key) == nil or may_be_nil(get(info, key))) then
			put(info, LEN, false, true)
		end
	elseif v == nil and same(key, len) then
		if len ~= 0 then put(info, LEN, len - 1, true) end -- the length of no list is less
	elseif class(v) == "choice" and get(info, key) == nil and S.is_successor(key, len) then
		put(info, LEN, S.value_if(P.ne(v, nil), function() return len + 1 end, function() return len end), true)
	elseif v ~= nil or get(info, key) ~= nil then
		put(info, LEN, false, true)
	end
end

-- Sets a field and logs what it was in the open regions; `quiet`: the write was emitted already; `counted`: the
-- length was seen to.
function put(info, key, v, quiet, counted)
	local T = S.T
	local r = T.region
	local c = type(key) == "userdata" and kind(key)
	if c == "traced" then S.check_key(key) elseif symbolic[c] then S.need(key, "a table key") end
	if info.shared and not quiet then S.check_shared(info, "a write into a table") end
	if type(key) == "number" then S.need_elements(info) end
	if in_list(info, key) then return S.list_put(info, key, v) end
	if r and mathtype(key) == "integer" and key > 0 and not quiet and may_be_nil(v) and S.grow(info, key, v) then
		return S.list_put(info, key, v)
	end
	if mathtype(key) == "integer" and not quiet then
		if info.optional or is_optional(v) then info.optional = "written" end
		if r and info.age <= r.start then track_length(info) end
		if info.len and not counted then update_length(info, key, v) end
		info.changed = true
	end
	if r and info.age <= r.start then
		local old = get(info, key)
		while r and info.age <= r.start do
			local log = r.log[info]
			if not log then
				log = {}
				r.log[info] = log
			end
			if log[key] ~= nil then break end
			log[key] = true
			r.fields[#r.fields + 1] = { info = info, key = key, old = old }
			r = r.parent
		end
	elseif not info.made and held(info, key) == nil then
		get(info, key) -- the read makes the key's absence a guard
	end
	raw_put(info, key, v)
	if (not info.made or info.escaped) and not quiet then dirty(T, info, key) end
end
S.put = put

-- What a location outside holds is written once more, though it is what was written last.
function S.write_again(loc)
	if loc.f then S.T.flushed[loc] = nil
	elseif not loc.info.storage and (not loc.info.made or loc.info.escaped) then dirty(S.T, loc.info, loc.key)
	end
end

-- The numbers of an outside table that is indexed by symbolic keys are inputs, not guards.
function S.walked(info) info.walked = true end

-- A field of an outside table that is written before it is read: what it held does not matter, only that it was there.
function S.overwrite(info, key, v)
	if info.made or info.data[key] ~= nil or class(key) == "poison" or symbolic[class(key)] and class(key) ~= "traced" then
		return false
	end
	if mathtype(key) == "integer" then
		if info.len ~= nil then return false end
		info.changed = true
	end
	local T = S.T
	local k, slot = key_outside(T, key)
	if k == nil or rawget(info.real, k) == nil then return false end
	add_guard(T, slot and "keyed" or "field", info.slot, slot or k, "present")
	raw_put(info, key, v)
	dirty(T, info, key)
	return true
end

-- Makes a table of the trace; `data` is the real table behind it (values are traced values).
function S.made(data)
	local optional
	for k, v in next, data do
		if is_optional(v) and mathtype(k) == "integer" then optional = "made" end
	end
	return new_info(S.T, { made = true, data = data, optional = optional })
end

function P.tab(data)
	for k in next, data do
		local c = type(k) ~= "number" and type(k) ~= "string" and class(k)
		if c == "poison" then read_poison(k) end
		if c == "choice" or c == "text" then S.make_plain { k } end
		if c == "object" then S.unsupported("an object as a table key") end
		if c == "choice" then S.unsupported("a table key that has several types" .. S.kinds_of(k)) end
		if c == "text" then S.unsupported("a text made of symbolic values as a table key") end
		if c == "traced" then S.check_key(k)
		elseif symbolic[c] then S.need(k, "a table key")
		elseif c == "table" then S.T.info[k].stays = true end
	end
	local last = data[#data]
	if S.is_counted(last) then read_poison(last) end
	local p = S.made(data)
	S.T.info[p].list = last ~= nil
	if next(data) == nil then S.T.info[p].site = place() end
	return p
end

-- A table a library function returned: its tables become tables of the trace too.
function S.adopt(t)
	local copy = {}
	for k, v in next, t do
		if type(v) == "table" and not S.T.info[v] and rawmeta(v) == nil then v = S.adopt(v) end
		copy[k] = v
	end
	return S.made(copy)
end

-- The metatable of a table as its info, or nil.
local function meta(info)
	local m = info.meta
	if m == nil and not info.made then
		first_read(S.T, "meta", info.real)
		m = outside(rawmeta(info.real), "meta", info.slot)
		info.meta = m == nil and NIL or m
	end
	if m == NIL then return nil end
	m = S.settle(m)
	local known = m and S.T.info[m]
	if m and not known then return nil, S.readable(m) end
	return known
end
S.meta = meta

-- The handler of an event. It, or the metatable, may be another one, or none, on another path: then nil and the choice
-- that it hangs on, and what is done is to be done on each path (S.fork).
local function handler(info, event)
	local m, fork = meta(info)
	if not m then return nil, fork end
	local h = get(m, event)
	if type(h) ~= "table" or rawmeta(h) ~= Choice then return h end
	h = S.settle(h)
	if class(h) == "choice" then return nil, h end
	return h
end
S.handler = handler

-- f(...) on each path of a choice.
function S.fork(choice, f, ...)
	local args = table.pack(...)
	return S.choose(choice, function() return f(table.unpack(args, 1, args.n)) end)
end

-- The length of a table made in the trace, of which elements may be nil on some paths; false when it hangs on more than
-- the last one.
local function optional_length(info)
	local n, found = #info.data, 0
	local last = info.data[n]
	-- a table is made as large as if all its elements were there
	if info.optional == "made" and not may_be_nil(last) then return n end
	for k, v in next, info.data do
		if mathtype(k) == "integer" and k > 0 then
			if k > n or k < n and may_be_nil(v) then return false end
			found = found + 1
		end
	end
	if found < n or not may_be_nil(last) then return found == n and n end
	return (S.choose(last, function(x) return x == nil and n - 1 or n end))
end

local function real_length(info)
	if info.elems ~= nil then return S.list_length(info) end
	if info.stored then S.need_elements(info) end
	local len = S.settle(info.len)
	if len == false then len = plain_length(info) end
	if len == nil then
		if info.made and not info.disturbed and not info.optional then return #info.data end
		if info.made and not info.disturbed then
			len = optional_length(info)
		elseif info.made or info.changed then
			len = plain_length(info)
		else
			len = real_border(info)
		end
	end
	if type(len) == "number" or S.is_symbolic(len) then return len end
	S.unsupported("the length of a table with holes, or whose elements are nil on some paths")
end
S.raw_length = real_length

-- The keys of an outside table become a guard.
function S.keys_guard(info)
	S.need_elements(info)
	if info.guarded_keys then return end
	info.guarded_keys = true
	first_read(S.T, "keys", info.real)
	local raw = {}
	for k in next, info.real do raw[#raw + 1] = k end
	add_guard(S.T, "slot", info.slot, nil, "keys", raw)
end

-- next over an outside table. The order of keys that are not all texts, which have none, hangs on the layout: new ones
-- among them are refused, but for those of a list.
local function keys_of(info)
	if info.keys then return info.keys end
	local list, position = {}, {}
	for k in next, info.real do
		local t = type(k)
		list[#list + 1] = (t == "table" or t == "function" or kind(k) == "eager") and outside(k, "weak", 0, k) or k
	end
	S.keys_guard(info)
	local is_list, new, texts = true, false, {}
	for i, k in ipairs(list) do
		is_list = is_list and k == i
		texts = type(k) == "string" and texts
	end
	for k, v in next, info.data do
		if v ~= NIL and rawget(info.real, (key_outside(S.T, k))) == nil then
			new = true
			is_list = is_list and mathtype(k) == "integer" and k > 0
			texts = type(k) == "string" and texts
			if texts then texts[#texts + 1] = k end
		end
	end
	if new and texts then
		table.sort(texts)
		table.move(texts, 1, #texts, #list + 1, list)
	elseif new then
		if not is_list then S.unsupported("a walk over a table from outside that got new keys") end
		for i = #list + 1, math.maxinteger do
			if get(info, i) == nil then break end
			list[i] = i
		end
		if not one_border(info, #list) then S.unsupported("a walk over a table from outside that got new keys") end
	end
	for i, k in ipairs(list) do position[k] = i end
	local keys = { list = list, position = position, grown = info.grown }
	if not new then info.keys = keys end
	return keys
end

-- The key after `key` and its value, which may be a choice with nil among its alternatives; a made table's own order.
-- walk: the keys that the walk began with, which is the third result.
function S.raw_next(p, key, walk)
	local info = S.T.info[p]
	if not info then S.unsupported("a walk over a table that becomes an element of a list on the way") end
	if info.elems ~= nil then S.refuse_list("a walk over a list that grew in a staged loop, other than by a 'for'") end
	if info.made then
		if info.no_order then
			S.unsupported("a walk over a table from a staged loop with keys of numbers that are no list")
		end
		local ok, k, v = pcall(next, info.data, key)
		if not ok then error("invalid key to 'next'", 0) end
		return k, v
	end
	local keys = walk or key ~= nil and info.walk and info.walk.position[key] and info.walk or keys_of(info)
	if keys.grown ~= info.grown then S.unsupported("a walk over a table that gets new keys on the way") end
	info.walk = keys
	local i = 0
	if key ~= nil then
		i = not (mathtype(key) == "float" and math.tointeger(key)) and keys.position[key] -- to which `next` is blind
		if not i then error("invalid key to 'next'", 0) end
	end
	while true do
		i = i + 1
		local k = keys.list[i]
		if k == nil then return nil end
		local v = get(info, k)
		if v ~= nil then return k, v, keys end
	end
end

-- The key and value after `key`, as the script's own call of next gives them; one nil at the end.
function S.next(p, key)
	local info = S.list_info(p)
	if info and info.elems ~= nil then return S.list_next(info, key) end
	local c = class(key)
	if c == "int" or c == "float" or c == "bool" or c == "text" then S.need(key, "the key that 'next' is given") end
	local k, v = S.raw_next(p, key)
	if k == nil then return nil end
	if not may_be_nil(v) then return k, v end
	return S.choose(v, function(x)
		if x ~= nil then return k, x end
		return S.next(p, k)
	end)
end

-- A plain Lua table with the contents of a proxy, for a library function.
function S.plain_table(p, depth)
	local out = {}
	if (depth or 0) > 100 then S.unsupported("a table nested this deeply as an argument") end
	local function add(k, v)
		if class(v) == "table" then v = S.plain_table(v, (depth or 0) + 1) end
		if class(v) == "poison" then read_poison(v) end
		if class(v) == "object" then S.unsupported("an object in a table that a library function takes") end
		if class(v) == "choice" then
			S.unsupported("a value of several types in a table that a library function takes" .. S.kinds_of(v))
		end
		out[k] = v
	end
	if S.T.info[p].elems ~= nil then
		S.each_in_list(S.T.info[p], add)
	else
		local k, v = S.raw_next(p)
		while k ~= nil do
			add(k, v)
			k, v = S.raw_next(p, k)
		end
	end
	local name = rawget(rawmeta(p), "__name") -- as the function calls it in messages
	return name and setmetatable(out, { __name = name }) or out
end

-- What writes.lua and regions.lua use.
S.cells = { get = cell_get, set = cell_set, snapshot = snapshot, held = held, raw_put = raw_put }
