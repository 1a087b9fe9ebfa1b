-- ms.value, ms.payload and the state of branches: control flow overloaded by metatables, so that a library written in
-- Lua stages to a target of its own. README, "A target of your own", is the manual.
--
-- ms.overload(f) (convert.lua) is f in its staged form, tied to the dispatch library O, which does what Lua does
-- unless it meets a value whose metatable has the construct's event (dispatch.lua). There is no trace, graph or
-- mode here: variables and tables are the real ones.
local ms, core = ...
local S, _ENV = core.S, core.env
local place, kind = S.place, core.kind
local getupvalue, setupvalue, upvalueid, rawmeta = core.getupvalue, core.setupvalue, core.upvalueid, debug.getmetatable
local type, select, error, pack, unpack, rawget, rawset, rawequal = type, select, error, table.pack, table.unpack,
	rawget, rawset, rawequal
local setmetatable = setmetatable

local O = {}
local U = { O = O } -- shared by the three files
core.overload = U

-- The events that make the values of a metatable conditions.
local CONDITION = { "__truth", "__if", "__while", "__and", "__or", "__not" }

local function weak() return setmetatable({}, { __mode = "k" }) end

-- The arguments behind `...` of a function, packed once: a variable of the form's, not of the user's.
local packed = weak()
function O.pack(...)
	local t = pack(...)
	packed[t] = true
	return t
end
function O.unpack(t) return unpack(t, 1, t.n) end

-- Values ----------------------------------------------------------------------------------------

local less, lesseq = core.order_event("__less"), core.order_event("__lesseq")

-- ms.value(metatable, payload) -> a userdata with that metatable that holds payload. All of Lua's events work on it,
-- and those of overloaded control flow. A metatable with __less (__lesseq) that has no __lt (__le) gets one.
function ms.value(metatable, payload)
	if type(metatable) ~= "table" then
		error(("%svalue: the metatable must be a table, got %s"):format(place(), type(metatable)), 0)
	end
	if rawget(metatable, "__less") ~= nil and rawget(metatable, "__lt") == nil then rawset(metatable, "__lt", less) end
	if rawget(metatable, "__lesseq") ~= nil and rawget(metatable, "__le") == nil then rawset(metatable, "__le", lesseq) end
	return core.value(metatable, payload)
end

-- ms.payload(v) -> what a value was made with.
function ms.payload(v)
	local found, payload = core.payload(v)
	if not found then error(("%spayload: a value made by ms.value expected, got %s"):format(place(), type(v)), 0) end
	return payload
end

-- The handler of an event, or nil.
local function event(v, name)
	local mt = type(v) == "userdata" and rawmeta(v)
	local handler = mt and rawget(mt, name) or nil
	if handler ~= nil and type(handler) ~= "function" then
		error(("%sthe event %s of a metatable must be a function, got %s"):format(place(), name, type(handler)), 0)
	end
	return handler
end

local function is_condition(v)
	for _, name in ipairs(CONDITION) do
		if event(v, name) then return true end
	end
	return false
end

-- Errors ------------------------------------------------------------------------------------------

-- The user's name of the variable that holds v where the running construct stands, as "'name' " or "".
local function name_of(v)
	local level = 2
	local info = debug.getinfo(level, "Sf")
	while info and (info.what == "C" or info.source:sub(1, 11) == "=[moonstage") do
		level = level + 1
		info = debug.getinfo(level, "Sf")
	end
	if not info then return "" end
	local found
	local i = 1
	while true do
		local name, x = debug.getlocal(level, i)
		if not name then break end
		if rawequal(x, v) and name:find("^[%a_]") then found = name end
		i = i + 1
	end
	i = 1
	while not found do
		local name, x = getupvalue(info.func, i)
		if not name then break end
		if rawequal(x, v) then found = name end
		i = i + 1
	end
	return found and ("'%s' "):format(found) or ""
end

local function type_name(v)
	local mt = rawmeta(v)
	local name = type(mt) == "table" and rawget(mt, "__name")
	return type(name) == "string" and name or kind(v) and "tensor" or type(v)
end

local function missing(v, what, name)
	error(("%s%s(a %s) %s, but its metatable has no %s"):format(place(), name_of(v), type_name(v), what, name), 0)
end

local function refuse(what) error(place() .. what .. " in a branch of an overloaded condition can't be undone", 0) end

local function metamethod(a, b, name)
	local mt = rawmeta(a)
	local h = type(mt) == "table" and rawget(mt, name) or nil
	if h ~= nil then return h end
	mt = rawmeta(b)
	return type(mt) == "table" and rawget(mt, name) or nil
end

-- State --------------------------------------------------------------------------------------------

-- A region is what a handler may run and undo: its state is a list of variables (function and upvalue number) and
-- fields (table and key) with what they held at the region's start. It begins with the upvalues of the bodies; those of
-- functions that are called and fields that are assigned inside join it when that first happens, which is before they
-- change. What was made inside the region, by the clock, is no part of it.
local active, clock = nil, 0
local made, born = weak(), weak() -- closure, table -> clock when it was made in overloaded code
local forms_O = weak()            -- the dispatch libraries of all forms, which are upvalues too
local META = {}                   -- the key under which a table's metatable is a field

-- The region of the branch that is being run. That of a coroutine which failed is over.
local function current()
	while active and coroutine.status(active.thread) == "dead" do active = active.below end
	return active
end

local function add(region, location)
	local n = #region.list + 1
	region.list[n], region.names[n] = location, location.name
end

local function add_function(region, f)
	if region.functions[f] then return end
	region.functions[f] = true -- keeps f, so that upvalue ids stay what they are
	local i = 1
	while true do
		local name, v = getupvalue(f, i)
		if not name then return end
		local id = upvalueid(f, i)
		local hidden = forms_O[v] or packed[v] or name == "_ENV" or name == "" -- the form's own; a function of C
		if not region.cells[id] and not hidden then
			region.cells[id] = true
			add(region, { f = f, i = i, name = name, first = v })
		end
		i = i + 1
	end
end

-- A function is about to run: every open region it is older than has its variables from now on.
local function note_function(f)
	local region, age = current(), made[f] or 0
	while region and age <= region.start do
		add_function(region, f)
		region = region.parent
	end
end

local function note_field(t, key, name)
	local region, age = current(), born[t] or 0
	while region and age <= region.start do
		local keys = region.fields[t]
		if not keys then
			keys = {}
			region.fields[t] = keys
		end
		if not keys[key] then
			keys[key] = true
			local first
			if key == META then first = rawmeta(t) else first = rawget(t, key) end
			add(region, { t = t, key = key, name = name, first = first })
		end
		region = region.parent
	end
end

local function read(location)
	if location.f then return (select(2, getupvalue(location.f, location.i))) end
	if location.key == META then return rawmeta(location.t) end
	return rawget(location.t, location.key)
end

local function write(location, v)
	if location.f then
		setupvalue(location.f, location.i, v)
	elseif location.key == META then
		debug.setmetatable(location.t, v)
	else
		rawset(location.t, location.key, v)
	end
end

-- What handlers get: state.names, state.get() -> values, state.set(...), state.join(a, b, f), state.where.
local function new_state(region, where)
	local list = region.list
	local state = { names = region.names, where = where }
	function state.get()
		local values = {}
		for i, location in ipairs(list) do values[i] = read(location) end
		return unpack(values, 1, #list)
	end
	function state.set(...)
		local n = select("#", ...)
		if n > #list then
			error(("%sstate.set: %d values given, the state has %d variables"):format(place(), n, #list), 0)
		end
		local values = { ... }
		for i, location in ipairs(list) do
			if i <= n then write(location, values[i]) else write(location, location.first) end
		end
	end
	-- a, b: table.pack(state.get()) of two moments; a variable that came up later held then what it held first
	function state.join(a, b, f)
		for i, location in ipairs(list) do
			local x, y = location.first, location.first
			if i <= a.n then x = a[i] end
			if i <= b.n then y = b[i] end
			if not rawequal(x, y) then x = f(x, y, location.name) end
			write(location, x)
		end
	end
	return state
end

-- A region for the functions in `uses`, and its state.
local function open_region(uses, where)
	local region = { parent = current(), start = clock, list = {}, names = {}, cells = {}, fields = {}, functions = {} }
	clock = clock + 1
	for _, f in ipairs(uses) do add_function(region, f) end
	return region, new_state(region, where)
end

local leaving = { __close = function(saved) active = saved.region end }

-- f as a handler may run it: inside the region.
local function inside(region, f)
	return function(...)
		local _ <close> = setmetatable({ region = active }, leaving)
		region.thread, region.below = coroutine.running(), active
		active = region
		return f(...)
	end
end

U.weak, U.event, U.is_condition, U.metamethod = weak, event, is_condition, metamethod
U.type_name, U.missing, U.refuse = type_name, missing, refuse
U.current, U.note_function, U.note_field, U.META, U.forms = current, note_function, note_field, META, forms_O
U.open_region, U.inside = open_region, inside

-- A function, a table that overloaded code makes.
function U.made_function(f) made[f] = clock end
function U.made_table(t)
	if active then born[t] = clock end
end

for _, name in ipairs { "value", "payload" } do
	S.counterpart[ms[name]] = function() S.unsupported("a call of ms." .. name .. " inside a staged function") end
end
