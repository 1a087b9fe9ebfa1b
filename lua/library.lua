-- Calls while staging: what is called, and the counterparts of Lua's library.
--
-- A Lua function with known text is entered in its staged form, its upvalues tied to cells. Tensor
-- functions emit nodes themselves. Library functions are pure and run on plain values, or have a
-- counterpart here; anything else is a staging error: nothing with an effect runs during a trace.
local ms, core = ...
local S, _ENV = core.S, core.env
local P, Text = S.P, S.Text
local kind, class, truth = core.kind, S.class, core.truth
local type, select, pack, unpack, error, rawequal = type, select, table.pack, table.unpack, error, rawequal
local getmetatable_raw = debug.getmetatable
local getupvalue, upvalueid = core.getupvalue, core.upvalueid

local counterpart = {} -- of a library function, by the function itself
local tensor_functions, pure = {}, {}
local native = setmetatable({}, { __mode = "k" }) -- functions made by the prelude that traces may call
S.counterpart, S.native = counterpart, native

function S.type_name(v)
	local c = class(v)
	if c == "int" or c == "float" then return "number" end
	if c == "bool" then return "boolean" end
	if c == "text" then return "string" end
	if c == "traced" or c == "eager" then return "tensor" end
	return type(v)
end

-- Staged forms -------------------------------------------------------------------------------

local forms = setmetatable({}, { __mode = "k" }) -- chunk -> ordinal -> form

local function site_error(form, site, f)
	local what = form.sites[site] and form.sites[site].what or ""
	if what ~= "" then what = " (" .. what .. ")" end
	error(("%sattempt to call a %s value%s"):format(S.place(), S.type_name(f), what), 0)
end

local made_closures = setmetatable({}, { __mode = "k" })
local function closure_of(g)
	local c = made_closures[g]
	if not c then
		c = core.closure(g)
		made_closures[g] = c
	end
	return c
end

-- The functions a form calls that depend on the form itself.
local function form_library(form)
	return setmetatable({
		call = function(site, f)
			local g = S.callable(f)
			-- what can't be called fails after the arguments have been evaluated, as in Lua
			if not g then return core.closure(function() site_error(form, site, f) end) end
			return S.T.form_of[g] and g or closure_of(g)
		end,
		bind = function(site, o, name)
			local g, m = S.method(o, name)
			if not g then return core.closure(function() site_error(form, site, m) end) end
			if S.T.form_of[g] then return function(...) return g(o, ...) end end
			return core.closure(function(...) return g(o, ...) end)
		end,
		fn = function(ordinal, f)
			S.T.made[f] = { form.chunk, ordinal, S.T.clock }
			return S.note(f)
		end,
	}, { __index = P })
end

local function form_of(chunk, ordinal)
	local list = forms[chunk]
	if not list then
		list = {}
		forms[chunk] = list
	end
	local form = list[ordinal]
	if form then return form end
	local info = core.funcinfo(chunk, ordinal)
	local ok, text, name, sites = pcall(core.staged_text, chunk, ordinal)
	if not ok then S.signal { kind = "stop", message = text } end
	local maker, message = core.load(text, info.name)
	if not maker then
		S.signal { kind = "stop", message = ("%s: the staged form does not load: %s"):format(S.place(), message) }
	end
	form = { chunk = chunk, ordinal = ordinal, info = info, text = text, name = name, sites = sites, maker = maker }
	form.P = form_library(form)
	list[ordinal] = form
	return form
end
S.form_of = form_of

local function check_recursion(T, form)
	local depth = T.entered[form]
	if depth and depth < T.depth then
		local level = 3
		while true do
			local info = debug.getinfo(level, "f")
			if not info then break end
			if T.form_of[info.func] == form then
				S.unsupported("a recursive call under a condition that is known only when the graph runs")
			end
			level = level + 1
		end
	end
	if not depth or depth > T.depth then T.entered[form] = T.depth end
end

-- The staged form of a Lua function, its upvalues tied to shadow cells, or to the trace's own cells.
local function enter(f)
	local T = S.T
	local staged = T.staged[f]
	if not staged then
		local chunk, ordinal
		local made = T.made[f]
		if made then
			chunk, ordinal = made[1], made[2]
		else
			chunk, ordinal = core.find(f)
			if not chunk then S.unsupported("a call of a function whose text is not known (" .. tostring(ordinal) .. ")") end
		end
		local form = form_of(chunk, ordinal)
		T.forms_P[form.P] = true
		staged = form.maker(form.P)
		T.form_of[staged] = form
		local from = {}
		local i = 1
		while true do
			local name = getupvalue(f, i)
			if not name then break end
			from[name] = i
			i = i + 1
		end
		i = 1
		while true do
			local name, v = getupvalue(staged, i)
			if not name then break end
			if v ~= form.P then
				T.upvalue_names[name] = true
				local k = from[name]
				if not k then S.unsupported("a function whose variable '" .. name .. "' can't be found") end
				if made or T.cells[upvalueid(f, k)] then
					core.upvaluejoin(staged, i, f, k)
				else
					local cell = S.shadow(T, f, k)
					core.upvaluejoin(staged, i, cell.f, cell.i)
				end
			end
			i = i + 1
		end
		T.staged[f] = staged
	end
	check_recursion(T, T.form_of[staged])
	return S.note(staged)
end
S.enter = enter

-- Library functions ------------------------------------------------------------------------------

local function plain_arguments(...)
	local n = select("#", ...)
	local args = { ... }
	for i = 1, n do
		local c = type(args[i]) == "table" and class(args[i])
		if c == "table" then
			args[i] = S.plain_table(args[i])
		elseif c == "text" then
			S.unsupported("a text made of symbolic values as an argument of a library function")
		elseif c == "poison" then
			S.read_poison(args[i])
		end
	end
	return unpack(args, 1, n)
end

local function adopt_results(...)
	for i = 1, select("#", ...) do
		local v = select(i, ...)
		if type(v) == "table" and not S.T.info[v] then
			local out = pack(...)
			for k = i, out.n do
				if type(out[k]) == "table" and not S.T.info[out[k]] then out[k] = S.adopt(out[k]) end
			end
			return unpack(out, 1, out.n)
		end
	end
	return ...
end

local wrapped = setmetatable({}, { __mode = "k" })
local function tensor_function(f)
	local w = wrapped[f]
	if not w then
		w = S.spread(function(...) return adopt_results(f(plain_arguments(...))) end)
		wrapped[f] = w
	end
	return w
end

local function pure_function(f, name)
	local w = wrapped[f]
	if not w then
		w = S.spread(function(...)
			for i = 1, select("#", ...) do
				local v = select(i, ...)
				if S.is_symbolic(v) then S.need(v, "argument " .. i .. " of '" .. name .. "'") end
				if type(v) == "function" then S.unsupported("a function as an argument of '" .. name .. "'") end
			end
			local out = pack(adopt_results(f(plain_arguments(...))))
			for i = 1, out.n do
				if type(out[i]) == "function" then native[out[i]] = true end
			end
			return unpack(out, 1, out.n)
		end)
		wrapped[f] = w
	end
	return w
end

local spread = setmetatable({}, { __mode = "k" })
local function spreading(g)
	local w = spread[g]
	if not w then
		w = S.spread(g)
		spread[g] = w
	end
	return w
end
-- Functions that pass values on without looking at them: a choice stays one.
local stores = {}
for _, f in ipairs { select, rawset, table.insert, table.pack, setmetatable } do stores[f] = true end

-- What calling f means while tracing: a function to be called with traced values, or nil when f can't be called.
function S.callable(f)
	local t = type(f)
	if t == "function" then
		local g = counterpart[f]
		if g then return stores[f] and g or spreading(g) end
		if native[f] or S.T.form_of[f] then return f end
		if tensor_functions[f] then return tensor_function(f) end
		if pure[f] then return pure_function(f, pure[f]) end
		if debug.getinfo(f, "S").what == "C" then
			S.unsupported("a call of a C function that has no staged counterpart" .. (S.library_name(f) or ""))
		end
		return enter(f)
	elseif kind(f) == "traced" then
		return getmetatable_raw(f).__call -- says what to write instead
	elseif t == "table" then
		local c = class(f)
		if c == "poison" then S.read_poison(f) end
		if c == "choice" then
			return function(...)
				local args = pack(...)
				return S.choose(f, function(g)
					local h = S.callable(g)
					if not h then error(("%sattempt to call a %s value"):format(S.place(), S.type_name(g)), 0) end
					return h(unpack(args, 1, args.n))
				end)
			end
		end
		if c ~= "table" then return nil end
		local info = S.T.info[f]
		local inner = info.real and (S.stage_target and S.stage_target(info.real))
		if inner then return S.callable(inner) end
		local h = S.handler(info, "__call")
		if h == nil then return nil end
		local g = S.callable(h)
		return g and function(...) return g(f, ...) end
	end
end

local library_names = {}
for _, lib in ipairs { "_G", "string", "table", "math", "io", "os", "coroutine", "debug", "utf8", "package" } do
	for k, v in pairs(lib == "_G" and _ENV or _ENV[lib] or {}) do
		if type(v) == "function" then library_names[v] = lib == "_G" and k or lib .. "." .. k end
	end
end
function S.library_name(f) return library_names[f] and " ('" .. library_names[f] .. "')" end

-- o:name as a callable, or nil and the value that can't be called.
function S.method(o, name)
	local t = type(o)
	local m
	if t == "string" then
		m = S.constant(string)[name]
	elseif t == "table" and class(o) == "choice" then
		return function(self, ...)
			local args = pack(...)
			return S.choose(o, function(x)
				local g = S.method(x, name)
				if not g then error(("%sattempt to call a nil value (method '%s')"):format(S.place(), name), 0) end
				return g(x, unpack(args, 1, args.n))
			end)
		end
	elseif t == "table" and class(o) == "text" then
		m = S.constant(string)[name]
	elseif t == "userdata" and kind(o) ~= "traced" and S.is_symbolic(o) then
		error(("%sattempt to index a %s value"):format(S.place(), S.type_name(o)), 0)
	elseif t == "nil" or t == "boolean" or t == "number" or t == "function" then
		error(("%sattempt to index a %s value"):format(S.place(), t), 0)
	else
		m = o[name]
	end
	if m == nil then return nil, m end
	return S.callable(m), m
end

-- Which library functions are pure (they run on plain values) and which are the tensor library's.
local function register_tensor_functions(t)
	for _, f in pairs(t) do
		if type(f) == "function" and debug.getinfo(f, "S").what == "C" then tensor_functions[f] = true end
	end
end
register_tensor_functions(ms)
register_tensor_functions(core.tensor_methods)

for _, name in ipairs { "byte", "char", "find", "format", "gmatch", "len", "lower", "match", "rep", "reverse", "sub", "upper",
	"pack", "unpack", "packsize", "gsub" } do
	pure[string[name]] = "string." .. name
end
for name, f in pairs(utf8) do
	if type(f) == "function" then pure[f] = "utf8." .. name end
end
for name, f in pairs(math) do
	if type(f) == "function" and name ~= "random" and name ~= "randomseed" then pure[f] = "math." .. name end
end
pure[tonumber] = "tonumber"

-- Text: a list of strings and symbolic values, printed when the graph runs ------------------------------

local function text(pieces) return setmetatable(pieces, Text) end

local function append(out, v)
	local c = class(v)
	if c == "text" then
		for i = 1, rawlen(v) do out[#out + 1] = rawget(v, i) end
	else
		out[#out + 1] = S.is_symbolic(v) and v or tostring(v)
	end
end

Text.__name = "string"
Text.__concat = function(a, b)
	for _, v in ipairs { a, b } do
		local t = S.type_name(v)
		if t ~= "string" and t ~= "number" and class(v) ~= "traced" then
			error(("%sattempt to concatenate a %s value"):format(S.place(), t), 0)
		end
	end
	local out = {}
	append(out, a)
	append(out, b)
	return text(out)
end
core.number_meta.__concat = Text.__concat
core.boolean_meta.__concat = nil
Text.__index = function() S.unsupported("a method of a text made of symbolic values") end
Text.__len = function() S.unsupported("the length of a text made of symbolic values") end
S.concat = Text.__concat

-- What tostring makes of a value: a string, or a text.
local function tostring_value(v)
	local c = class(v)
	if c == "text" then return v end
	if c == "poison" then S.read_poison(v) end
	if S.is_symbolic(v) then return text { v } end
	if c == "table" then
		local info = S.T.info[v]
		local h = S.handler(info, "__tostring")
		if h ~= nil then
			local s = S.callable(h)(v)
			if S.type_name(s) ~= "string" then error("'__tostring' must return a string", 0) end
			return s
		end
		if S.handler(info, "__name") ~= nil then S.unsupported("the text of a table with a '__name'") end
		if info.made then S.unsupported("the text of a table made in the staged call (its address is not known yet)") end
		return tostring(info.real)
	end
	if c == "function" and S.T.made[v] then
		S.unsupported("the text of a function made in the staged call (its address is not known yet)")
	end
	return tostring(v)
end
counterpart[tostring] = tostring_value

local function print_pieces(pieces)
	local out, run = {}, {}
	local function close()
		if #run > 0 then
			out[#out + 1] = table.concat(run)
			run = {}
		end
	end
	for _, piece in ipairs(pieces) do
		if type(piece) == "string" then
			run[#run + 1] = piece
		else
			close()
			out[#out + 1] = piece
		end
	end
	close()
	core.print(out)
end

counterpart[print] = function(...)
	local out = {}
	for i = 1, select("#", ...) do
		if i > 1 then out[#out + 1] = "\t" end
		append(out, tostring_value((select(i, ...))))
	end
	out[#out + 1] = "\n"
	print_pieces(out)
end

local function write(...)
	local out = {}
	for i = 1, select("#", ...) do
		local v = select(i, ...)
		local t = S.type_name(v)
		if class(v) == "float" then
			out[#out + 1] = { "%.14g", v }
		elseif type(v) == "number" then
			out[#out + 1] = math.type(v) == "integer" and tostring(v) or ("%.14g"):format(v)
		elseif t == "string" or t == "number" then
			append(out, v)
		else
			error(("%sbad argument #%d to 'write' (string expected, got %s)"):format(S.place(), i, t == "nil" and "nil" or t), 0)
		end
	end
	print_pieces(out)
end
counterpart[io.write] = function(...)
	if io.output() ~= io.stdout then S.unsupported("'io.write' while io.output() is not the standard output") end
	write(...)
	return S.constant_userdata(io.stdout)
end
function S.constant_userdata(u) return u end

local spec_pattern = "%%[-+ #0]*%d*%.?%d*([%a%%])"
counterpart[string.format] = function(format, ...)
	local symbolic = false
	for i = 1, select("#", ...) do
		local v = select(i, ...)
		if S.is_symbolic(v) or S.is_text(v) then symbolic = true end
	end
	if not symbolic then return pure_function(string.format, "string.format")(format, ...) end
	if type(format) ~= "string" then S.unsupported("'string.format' with a format known only when the graph runs") end
	local out, at, n = {}, 1, 0
	local args = pack(...)
	while true do
		local from, to, letter = format:find(spec_pattern, at)
		if not from then break end
		out[#out + 1] = format:sub(at, from - 1)
		local one = format:sub(from, to)
		if letter == "%" then
			out[#out + 1] = "%"
		else
			n = n + 1
			local v = args[n]
			if n > args.n then error(("%sbad argument #%d to 'format' (no value)"):format(S.place(), n + 1), 0) end
			if not S.is_symbolic(v) and not S.is_text(v) then
				out[#out + 1] = string.format(one, plain_arguments(v))
			elseif one == "%s" then
				append(out, v)
			elseif letter == "s" or letter == "q" or S.is_text(v) then
				S.unsupported("'" .. one .. "' of a symbolic value in 'string.format'")
			else
				local k = kind(v)
				if k == "traced" then
					v = v:item()
					k = kind(v)
				end
				if k == "bool" then
					error(("%sbad argument #%d to 'format' (number expected, got boolean)"):format(S.place(), n + 1), 0)
				end
				if letter:find("[di]") or letter:find("[uoxXc]") then
					if letter ~= "d" and letter ~= "i" then S.unsupported("'" .. one .. "' of a symbolic value in 'string.format'") end
					if k == "float" then v = core.emit("ftoi", v) end
				elseif k == "int" then
					v = core.emit("itof", v)
				end
				out[#out + 1] = { one, v }
			end
		end
		at = to + 1
	end
	out[#out + 1] = format:sub(at)
	return text(out)
end

-- Errors ---------------------------------------------------------------------------------------------

-- The position of the level-th function of the user's, bodies of the dispatch library not counted.
local function position(level)
	if level == 0 then return "" end
	local T = S.T
	local at, found, region = 3, 0, nil
	while true do
		local info = debug.getinfo(at, "Slf")
		if not info then return "" end
		if info.what ~= "C" and info.source:sub(1, 11) ~= "=[moonstage" then
			region = region or info
			if T.form_of[info.func] or not S.in_form(info) then
				found = found + 1
				if found == level then return ("%s:%d: "):format(region.short_src, region.currentline) end
				region = nil
			end
		end
		at = at + 1
	end
end

-- Is this frame a body function inside a staged form (its owner is further up)?
function S.in_form(info)
	local i = 1
	while true do
		local name, v = getupvalue(info.func, i)
		if not name then return false end
		if type(v) == "table" and S.T.forms_P[v] then return true end
		i = i + 1
	end
end

local function raise(v, level)
	S.flush()
	local c = class(v)
	if c == "string" or c == "number" then
		core.raise_text { c == "string" and position(level) .. v or tostring(v) }
	elseif c == "text" then
		local out = { position(level) }
		append(out, v)
		core.raise_text(out)
	elseif S.is_symbolic(v) then
		S.unsupported("an error value known only when the graph runs")
	elseif c == "poison" then
		S.read_poison(v)
	else
		S.raise_value(v)
	end
	error(S.DEAD, 0)
end

counterpart[error] = function(v, level)
	if S.is_symbolic(level) then S.need(level, "the level of 'error'") end
	return raise(v, level or 1)
end

counterpart[assert] = function(...)
	if select("#", ...) == 0 then error(S.place() .. "bad argument #1 to 'assert' (value expected)", 0) end
	local v, message = ...
	local with_message = select("#", ...) > 1
	local c = S.condition(v)
	if c == true then return ... end
	local function fail()
		if not with_message then return raise("assertion failed!", 1) end
		return raise(message, 1)
	end
	if c == false then return fail() end
	P.if_(c, function() end, fail)
	if kind(v) == "bool" then return true, select(2, ...) end
	return ...
end

for _, f in ipairs { pcall, xpcall, load, loadfile, dofile, require, collectgarbage, coroutine.wrap, coroutine.create,
	coroutine.resume, coroutine.yield, math.random, math.randomseed } do
	counterpart[f] = function() S.unsupported("a call of" .. (S.library_name(f) or " this function") .. " inside a staged function") end
end

-- Tables ----------------------------------------------------------------------------------------------

local function argument(v, n, name, want)
	local t = S.type_name(S.readable(v))
	if t ~= want then
		error(("%sbad argument #%d to '%s' (%s expected, got %s)"):format(S.place(), n, name, want, t == "nil" and "no value" or t), 0)
	end
	return S.T.info[v]
end

counterpart[type] = function(...)
	if select("#", ...) == 0 then error(S.place() .. "bad argument #1 to 'type' (value expected)", 0) end
	local v = S.readable((...))
	return (class(v) == "traced" or class(v) == "eager") and "userdata" or S.type_name(v)
end
counterpart[select] = function(n, ...)
	if S.is_symbolic(n) then S.need(n, "argument 1 of 'select'") end
	return select(n, ...)
end
counterpart[rawequal] = function(a, b)
	if S.is_symbolic(a) and kind(a) ~= "traced" or S.is_symbolic(b) and kind(b) ~= "traced" then return core.equal(a, b) end
	return rawequal(a, b)
end
counterpart[rawget] = function(t, k) return S.get(argument(t, 1, "rawget", "table"), k) end
counterpart[rawset] = function(t, k, v)
	local info = argument(t, 1, "rawset", "table")
	if k == nil then error(S.place() .. "table index is nil", 0) end
	S.get(info, k)
	S.put(info, k, v)
	return t
end
counterpart[rawlen] = function(v)
	if type(v) == "string" then return #v end
	return S.raw_length(argument(v, 1, "rawlen", "table"))
end
counterpart[next] = function(t, k)
	argument(t, 1, "next", "table")
	return S.next(t, k)
end
counterpart[pairs] = function(t)
	local info = argument(t, 1, "for iterator", "table")
	local h = S.handler(info, "__pairs")
	if h ~= nil then
		local a, b, c = S.callable(h)(t)
		return a, b, c
	end
	return next, t, nil
end

local function ipairs_step(t, i)
	i = i + 1
	local v = t[i]
	if v ~= nil then return i, v end
end
local function rows_step(x, i)
	i = i + 1
	if i <= #x then return i, x[i] end
end
native[ipairs_step], native[rows_step] = true, true
counterpart[ipairs] = function(t)
	if kind(t) == "traced" then return rows_step, t, 0 end
	argument(t, 1, "ipairs", "table")
	return ipairs_step, t, 0
end

-- ms.pairs(t): like pairs, in the order of the keys: numbers, then strings.
local function key_order(a, b)
	local ta, tb = type(a), type(b)
	if ta == tb and (ta == "number" or ta == "string") then return a < b end
	if ta == "number" or tb == "number" then return ta == "number" end
	if ta == "string" or tb == "string" then return ta == "string" end
	return false
end

local function sorted_iterator(t, each)
	local keys = {}
	each(function(k) keys[#keys + 1] = k end)
	table.sort(keys, key_order)
	local i = 0
	local function step()
		i = i + 1
		local k = keys[i]
		if k ~= nil then return k, t[k] end
	end
	native[step] = true
	return step, t, nil
end

function ms.pairs(t)
	if type(t) ~= "table" then error(S.place() .. "ms.pairs: table expected, got " .. type(t), 0) end
	return sorted_iterator(t, function(add)
		for k in next, t do add(k) end
	end)
end
counterpart[ms.pairs] = function(t)
	argument(t, 1, "ms.pairs", "table")
	return sorted_iterator(t, function(add)
		local k = S.next(t)
		while k ~= nil do
			add(k)
			k = S.next(t, k)
		end
	end)
end

counterpart[setmetatable] = function(t, m)
	local info = argument(t, 1, "setmetatable", "table")
	if m ~= nil then argument(m, 2, "setmetatable", "table") end
	if S.handler(info, "__metatable") ~= nil then error(S.place() .. "cannot change a protected metatable", 0) end
	if not info.made then S.unsupported("a change of the metatable of a table from outside") end
	if m ~= nil and S.get(S.T.info[m], "__gc") ~= nil then S.unsupported("a metatable with '__gc'") end
	S.put(info, S.META, m)
	S.set_events(info)
	return t
end
counterpart[getmetatable] = function(v)
	local c = class(v)
	if c == "table" then
		local protected = S.handler(S.T.info[v], "__metatable")
		if protected ~= nil then return protected end
		local m = S.meta(S.T.info[v])
		return m and m.proxy
	elseif c == "string" or c == "text" then
		return S.constant(getmetatable(""))
	end
	S.unsupported("'getmetatable' of this value")
end

counterpart[table.insert] = function(t, ...)
	local info = argument(t, 1, "insert", "table")
	local n = #t
	if select("#", ...) == 1 then
		t[n + 1] = (...)
		return
	end
	if select("#", ...) ~= 2 then error(S.place() .. "wrong number of arguments to 'insert'", 0) end
	local at, v = ...
	if S.is_symbolic(at) then S.need(at, "the position of 'table.insert'") end
	if math.type(at) ~= "integer" or at < 1 or at > n + 1 then
		error(S.place() .. "bad argument #2 to 'insert' (position out of bounds)", 0)
	end
	for i = n, at, -1 do t[i + 1] = S.get(info, i) end
	t[at] = v
end
counterpart[table.remove] = function(t, at)
	argument(t, 1, "remove", "table")
	local n = #t
	if S.is_symbolic(at) then S.need(at, "the position of 'table.remove'") end
	if at == nil then at = n
	elseif n + 1 ~= at and (math.type(at) ~= "integer" or n == 0 and at ~= 0 or n > 0 and (at < 1 or at > n + 1)) then
		error(S.place() .. "bad argument #2 to 'remove' (position out of bounds)", 0)
	end
	local v = t[at]
	for i = at, n - 1 do t[i] = t[i + 1] end
	if n > 0 or t[at] ~= nil then t[math.max(at, n == at and n or at < n and n or at)] = nil end
	return v
end
counterpart[table.unpack] = function(t, i, j)
	argument(t, 1, "unpack", "table")
	for k, v in ipairs { i or 1, j or 1 } do
		if S.is_symbolic(v) then S.need(v, "argument " .. k + 1 .. " of 'table.unpack'") end
	end
	local out = {}
	i, j = i or 1, j or #t
	for k = i, j do out[k - i + 1] = t[k] end
	return unpack(out, 1, j - i + 1)
end
counterpart[table.pack] = function(...) return S.made(pack(...)) end
counterpart[table.concat] = function(t, separator, i, j)
	argument(t, 1, "concat", "table")
	local out = {}
	for k = i or 1, j or #t do
		local v = t[k]
		local n = S.type_name(v)
		if n ~= "string" and n ~= "number" then
			error(("%sinvalid value (at index %d) in table for 'concat'"):format(S.place(), k), 0)
		end
		if #out > 0 and separator then append(out, separator) end
		append(out, v)
	end
	for _, piece in ipairs(out) do
		if type(piece) ~= "string" then return text(out) end
	end
	return table.concat(out)
end

-- Numbers ------------------------------------------------------------------------------------------------

local function number_argument(v, n, name)
	if kind(v) == "traced" and ms.numel(v) == 1 then v = v:item() end
	local t = S.type_name(S.readable(v))
	if t ~= "number" then
		error(("%sbad argument #%d to '%s' (number expected, got %s)"):format(S.place(), n, name, v == nil and "no value" or t), 0)
	end
	return v
end

local function any_symbolic(...)
	for i = 1, select("#", ...) do
		if S.is_symbolic((select(i, ...))) then return true end
	end
	return false
end

-- Gives math[name] a counterpart: plain arguments take the library's own function, symbolic ones f.
local function on_symbolic(name, f)
	local original = math[name]
	if not original then return end
	counterpart[original] = function(...)
		if not any_symbolic(...) then return pure_function(original, "math." .. name)(...) end
		return f(...)
	end
end

for name, op in pairs { sqrt = "fsqrt", exp = "fexp", sin = "fsin", cos = "fcos", tan = "ftan", asin = "fasin", acos = "facos" } do
	on_symbolic(name, function(x) return core.emit(op, number_argument(x, 1, name)) end)
end
on_symbolic("atan", function(y, x) return core.emit("fatan2", number_argument(y, 1, "atan"), x == nil and 1.0 or number_argument(x, 2, "atan")) end)
on_symbolic("log", function(x, base)
	x = number_argument(x, 1, "log")
	if base == nil then return core.emit("flog", x) end
	base = number_argument(base, 2, "log")
	if S.is_symbolic(base) then return core.emit("fdiv", core.emit("flog", x), core.emit("flog", base)) end
	if base == 2 then return core.emit("flog2", x) end
	if base == 10 then return core.emit("flog10", x) end
	return core.emit("fdiv", core.emit("flog", x), math.log(base))
end)
on_symbolic("abs", function(x)
	x = number_argument(x, 1, "abs")
	return core.emit(kind(x) == "int" and "iabs" or "fabs", x)
end)
local function rounded(op, name)
	return function(x)
		x = number_argument(x, 1, name)
		if kind(x) == "int" then return x end
		local r = core.emit(op, x)
		-- Lua gives an integer when it fits and the float else: two types on two paths
		P.if_(core.emit("ffits", r), function() end, function()
			raise("math." .. name .. ": the result is no 64-bit integer, which can't be staged", 1)
		end)
		return core.emit("ftoi", r)
	end
end
on_symbolic("floor", rounded("ffloor", "floor"))
on_symbolic("ceil", rounded("fceil", "ceil"))
on_symbolic("fmod", function(a, b)
	a, b = number_argument(a, 1, "fmod"), number_argument(b, 2, "fmod")
	if S.is_integer(a) and S.is_integer(b) then return core.emit("icmod", a, b) end
	return core.emit("fcmod", a, b)
end)
on_symbolic("ult", function(a, b)
	a, b = number_argument(a, 1, "ult"), number_argument(b, 2, "ult")
	return core.emit("iult", S.is_integer(a) and a or core.emit("ftoi", a), S.is_integer(b) and b or core.emit("ftoi", b))
end)
on_symbolic("tointeger", function(x)
	if S.is_integer(x) then return x end
	S.unsupported("'math.tointeger' of a float known only when the graph runs")
end)
on_symbolic("type", function(x)
	local k = kind(x)
	return k == "int" and "integer" or k == "float" and "float" or nil
end)
on_symbolic("modf", function() S.unsupported("'math.modf' of a number known only when the graph runs") end)

function S.is_integer(v) return math.type(v) == "integer" or kind(v) == "int" end

local function extreme(name, better)
	on_symbolic(name, function(...)
		local best = number_argument((...), 1, name)
		for i = 2, select("#", ...) do
			local x, old = number_argument((select(i, ...)), i, name), best
			local c = better(x, old)
			if type(c) == "boolean" then
				if c then best = x end
			else
				best = S.value_if(c, function() return x end, function() return old end)
			end
		end
		return best
	end)
end
extreme("max", function(x, best) return core.lt(best, x) end)
extreme("min", function(x, best) return core.lt(x, best) end)

counterpart[tonumber] = function(v, ...)
	if S.is_symbolic(v) then
		if kind(v) == "traced" then v = v:item() end
		if kind(v) == "bool" then return nil end
		return v
	end
	return pure_function(tonumber, "tonumber")(v, ...)
end
