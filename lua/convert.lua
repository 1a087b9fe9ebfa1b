-- ms.overload: functions in their staged form, tied to the dispatch library of overload.lua, and what calls mean there.
--
-- A Lua function is entered in that form too, made at its first call; functions made in overloaded code are made so.
-- Functions of C and of this library are called as they are, but those of the standard library that call back, write
-- tables or raise do it as overloaded code does.
local ms, core = ...
local S, _ENV = core.S, core.env
local U = core.overload
local place, kind, getupvalue, rawmeta = S.place, core.kind, core.getupvalue, debug.getmetatable
local type, select, error, pack, rawget, rawset = type, select, error, table.pack, rawget, rawset
local setmetatable = setmetatable
local weak, current, note_field, metamethod, refuse, type_name = U.weak, U.current, U.note_field, U.metamethod,
	U.refuse, U.type_name

-- f as a C function: its tail call keeps the caller's frame, which positions of errors need.
local frames = weak()
local function keep_frame(f)
	local g = core.closure(f)
	frames[g] = true
	return g
end

-- Functions ---------------------------------------------------------------------------------------------------

local forms = weak()     -- chunk -> ordinal -> form: the staged form of a function, as text and loaded
local converted = weak() -- function -> the closure over its variables that goes through O; of such a closure, itself
local library_form -- below: what a form calls that depends on the form

local function form_of(chunk, ordinal)
	local list = forms[chunk]
	if not list then
		list = {}
		forms[chunk] = list
	end
	local form = list[ordinal]
	if form then return form end
	local ok, text, _, sites = pcall(core.staged_text, chunk, ordinal, true)
	if not ok then error(text, 0) end
	local maker, message = core.load(text, core.funcinfo(chunk, ordinal).name)
	if not maker then error(place() .. "overload: the staged form does not load: " .. message, 0) end
	form = { chunk = chunk, sites = sites, maker = maker }
	form.O = library_form(form)
	U.forms[form.O] = true
	list[ordinal] = form
	return form
end

-- The closure of a form over the variables of f, which are tied by name.
local function instantiate(form, f)
	local g = form.maker(form.O)
	local from = S.upvalue_numbers(f)
	local i = 1
	while true do
		local name, v = getupvalue(g, i)
		if not name then break end
		if v ~= form.O then
			if not from[name] then
				error(("%soverload: internal: the function has no variable '%s'"):format(place(), name), 0)
			end
			core.upvaluejoin(g, i, f, from[name])
		end
		i = i + 1
	end
	converted[g] = g
	return g
end

local function convert(f)
	local g = converted[f]
	if g then return g end
	local chunk, ordinal = core.find(f)
	if not chunk then error(("%soverload: %s"):format(place(), ordinal or "the function has no eager form"), 0) end
	g = instantiate(form_of(chunk, ordinal), f)
	converted[f] = g
	return g
end

function S.overloaded(f) return converted[f] == f end

-- ms.overload(f) -> f with its control flow overloaded: conditions, loops, comparisons and `and or not` in it, and in
-- the Lua functions it calls, ask the events of values that have them. On other values it does what f does.
function ms.overload(f)
	local real = S.stage_target(f) or f
	if type(real) ~= "function" then error(("%soverload: function expected, got %s"):format(place(), type(f)), 0) end
	return convert(real)
end

-- Library functions that are more than themselves here.
local counterpart, wraps = {}, weak()
local in_place = {}
for name, f in pairs(core.tensor_methods) do
	if name:sub(-1) == "_" and name:sub(1, 2) ~= "__" then in_place[f] = name end
end

-- Functions that are called as they are: those of C and of the prelude.
local native = weak()
local function is_native(f)
	local known = native[f]
	if known == nil then
		local info = debug.getinfo(f, "S")
		known = info.what == "C" or info.source:sub(1, 11) == "=[moonstage"
		native[f] = known
	end
	return known
end

-- What calling f means: a function, or nil when f can't be called.
local callable
function callable(f)
	local t = type(f)
	if t == "function" then
		local g = counterpart[f] or converted[f]
		if not g then
			if is_native(f) then
				if current() then
					if in_place[f] then refuse("the in-place operation '" .. in_place[f] .. "'") end
					if wraps[f] then refuse("resuming a coroutine") end
				end
				return f
			end
			g = convert(f)
		end
		if converted[f] then U.note_function(g) end
		return g
	elseif t == "table" then
		local target = S.stage_target(f)
		if target then return callable(target) end
	end
	local mt = rawmeta(f)
	local h = type(mt) == "table" and rawget(mt, "__call") or nil
	if h == nil then return nil end
	if t == "userdata" then return f end
	if not callable(h) then return nil end
	return function(...) return callable(h)(f, ...) end -- found at each call, so that regions note its variables
end

local function name_of_field(what, key)
	local t = what:match("'(.*)'")
	if not t then return tostring(key) end
	if type(key) == "string" and key:find("^[%a_][%w_]*$") then return t .. "." .. key end
	return ("%s[%s]"):format(t, tostring(key))
end

-- An assignment inside a region, with what the script's own __newindex makes of it.
local function assign(t, key, v, what)
	local h = rawget(t, key) == nil and metamethod(t, nil, "__newindex")
	if h then
		if type(h) == "function" then return callable(h)(t, key, v) end
		if type(h) == "table" then return assign(h, key, v, what) end
		h[key] = v
		return
	end
	if key == nil then error(place() .. "table index is nil", 0) end
	if key ~= key then error(place() .. "table index is NaN", 0) end
	note_field(t, key, name_of_field(what, key))
	rawset(t, key, v)
end

local function site_error(form, site, verb, v)
	local what = form.sites[site] and form.sites[site].what or ""
	if what ~= "" then what = " (" .. what .. ")" end
	error(("%sattempt to %s a %s value%s"):format(place(), verb, type_name(v), what), 0)
end

local library_call -- below: a call of the standard library

function library_form(form)
	return setmetatable({
		call = function(site, f)
			local g = callable(f)
			-- what can't be called fails after the arguments have been evaluated, as in Lua
			if not g then return keep_frame(function() site_error(form, site, "call", f) end) end
			return library_call(form.sites[site], f, g)
		end,
		bind = function(site, o, name)
			local t = type(o)
			if t == "nil" or t == "boolean" or t == "number" or t == "function" then
				error(("%sattempt to index a %s value"):format(place(), t), 0)
			end
			local m = o[name]
			local g = callable(m)
			if not g then return keep_frame(function() site_error(form, site, "call", m) end) end
			g = library_call(form.sites[site], m, g)
			if is_native(g) then return keep_frame(function(...) return g(o, ...) end) end
			return function(...) return g(o, ...) end
		end,
		fn = function(ordinal, f)
			local ok, nested = pcall(form_of, form.chunk, ordinal)
			local g
			if ok then g = instantiate(nested, f) else g = function() error(nested, 0) end end
			U.made_function(g)
			return g
		end,
		tab = function(t)
			U.made_table(t)
			return t
		end,
		-- The table of an assignment, as it is outside of regions.
		w = function(site, t)
			local what = site > 0 and form.sites[site].what or ""
			if type(t) == "table" then
				if not current() then return t end
				return setmetatable({}, { __newindex = function(_, key, v) assign(t, key, v, what) end })
			elseif type(t) == "userdata" then
				if kind(t) and current() then refuse("an assignment to elements of a tensor") end
				return t
			end
			return setmetatable({}, { __newindex = function() site_error(form, site, "index", t) end })
		end,
	}, { __index = U.O })
end

-- The standard library -------------------------------------------------------------------------------------------

-- The position of the level-th function on the stack; bodies of the staged form are parts of their function.
local function position(level)
	if level <= 0 then return "" end
	local at, found, inner = 2, 0, nil
	while true do
		local info = debug.getinfo(at, "Slf")
		if not info then return "" end
		if info.source:sub(1, 11) ~= "=[moonstage" and not frames[info.func] then
			inner = inner or info
			local body = false
			if info.what ~= "C" and not converted[info.func] then
				local i = 1
				repeat
					local name, v = getupvalue(info.func, i)
					body = body or U.forms[v] or false
					i = i + 1
				until not name
			end
			if not body then
				found = found + 1
				if found == level then
					if inner.currentline <= 0 then return "" end
					return ("%s:%d: "):format(inner.short_src, inner.currentline)
				end
				inner = nil
			end
		end
		at = at + 1
	end
end

local function raise(e, level)
	if type(e) == "string" then e = position(level) .. e end
	error(e, 0)
end

counterpart[error] = function(e, level) raise(e, math.tointeger(level or 1) or 1) end

counterpart[pcall] = function(f, ...) return pcall(callable(f) or f, ...) end
counterpart[xpcall] = function(f, ...) return xpcall(callable(f) or f, ...) end
counterpart[string.gsub] = function(...)
	local s, pattern, by = ...
	if type(by) == "function" then return string.gsub(s, pattern, callable(by), select(4, ...)) end
	return S.call_c(string.gsub, ...)
end

counterpart[rawset] = function(...)
	local t, key = ...
	if type(t) == "table" and key ~= nil and key == key then note_field(t, key, name_of_field("", key)) end
	return rawset(...)
end
counterpart[setmetatable] = function(...)
	local t = ...
	if type(t) == "table" then note_field(t, U.META, "metatable") end
	return setmetatable(...)
end
counterpart[table.pack] = function(...)
	local t = pack(...)
	U.made_table(t)
	return t
end

local function note_elements(t, from, to)
	for i = from, to do note_field(t, i, ("[%d]"):format(i)) end
end

counterpart[table.insert] = function(...)
	local t, at = ...
	if current() and type(t) == "table" then
		note_elements(t, select("#", ...) > 2 and math.tointeger(at) or #t + 1, #t + 1)
	end
	return table.insert(...)
end
counterpart[table.remove] = function(...)
	local t, at = ...
	if current() and type(t) == "table" then note_elements(t, math.tointeger(at) or #t, #t + 1) end
	return table.remove(...)
end
counterpart[table.move] = function(...)
	local t, from, to, at, other = ...
	local n = math.tointeger(from) and math.tointeger(to) and math.tointeger(at)
	if current() and n then note_elements(other or t, at, at + (to - from)) end
	return table.move(...)
end
counterpart[table.sort] = function(...)
	local t, f = ...
	if current() and type(t) == "table" then note_elements(t, 1, #t) end
	if type(f) == "function" then return table.sort(t, callable(f)) end
	return S.call_c(table.sort, ...)
end

-- Functions of C without callbacks: their errors are worded as Lua words them for the script's own call.
local worded = {}
local yields = { [pcall] = true, [xpcall] = true, [coroutine.create] = true, [coroutine.wrap] = true,
	[coroutine.resume] = true, [coroutine.yield] = true } -- a frame of C around these would hinder coroutines
for _, library in ipairs { string, table, math, utf8 } do
	for _, f in pairs(library) do
		if type(f) == "function" and f ~= string.gsub and f ~= table.sort then worded[f] = true end
	end
end
for _, f in ipairs {
	tonumber, select, setmetatable, getmetatable, rawget, rawlen, rawequal, ipairs, type, io.write, io.read,
} do
	worded[f] = true
end

local function worded_call(site, g)
	return keep_frame(function(...)
		S.site, S.given = site, select("#", ...)
		return S.call_c(g, ...)
	end)
end

function library_call(site, f, g)
	if worded[f] then return worded_call(site, g) end
	if not counterpart[f] or yields[f] then return g end
	return keep_frame(function(...)
		S.site, S.given = site, select("#", ...)
		return g(...)
	end)
end

counterpart[coroutine.create] = function(f) return coroutine.create(callable(f)) end
counterpart[coroutine.wrap] = function(f)
	local g = coroutine.wrap(callable(f))
	wraps[g] = true
	return g
end
for _, name in ipairs { "resume", "yield" } do
	local f = coroutine[name]
	counterpart[f] = function(...)
		if current() then refuse("coroutine." .. name) end
		return f(...)
	end
end

U.callable, U.counterpart, U.raise = callable, counterpart, raise

local function call_here(f, ...)
	local results = pack(f(...)) -- no tail call: errors of f name this line
	return table.unpack(results, 1, results.n)
end

-- The error of a function of C names who called it: that is the for.
local function repositioned(ok, ...)
	if ok then return ... end
	local e = ...
	if type(e) == "string" then e = e:gsub("^%[moonstage%]/%w+:%d+: ", place) end
	error(e, 0)
end

-- How a for calls the iterator f; and whether f may keep state that can't be undone, as functions of C do other than
-- next and that of ipairs.
local iterator_site, ipairs_step = { what = "for iterator 'for iterator'" }, ipairs {}
function U.iterator(f)
	if f == next or f == ipairs_step then return worded_call(iterator_site, f), false end
	local g = callable(f)
	if type(f) ~= "function" or not is_native(g) then return g, type(f) == "userdata" end
	return function(...) return repositioned(pcall(call_here, g, ...)) end, true
end

S.counterpart[ms.overload] = function() S.unsupported("a call of ms.overload inside a staged function") end
