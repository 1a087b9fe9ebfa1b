-- Calls while staging: what is called.
--
-- A Lua function with known text is entered in its staged form, its upvalues tied to cells. Tensor
-- functions emit nodes themselves. Library functions are pure and run on plain values, or have a
-- counterpart (text.lua, tables.lua, numbers.lua); anything else is a staging error: nothing with an
-- effect runs during a trace.
local ms, core = ...
local S, _ENV = core.S, core.env
local YES, NO, MOST = S.YES, S.NO, S.MOST
local P, flow = S.P, S.flow
local kind, class = core.kind, S.class
local type, select, pack, unpack, error, pcall = type, select, table.pack, table.unpack, error, pcall
local getmetatable_raw = debug.getmetatable
local getupvalue, upvalueid = core.getupvalue, core.upvalueid

local counterpart = {} -- of a library function, by the function itself
local tensor_functions, pure = {}, {}
local native = setmetatable({}, { __mode = "k" }) -- functions made by the prelude that traces may call
S.counterpart, S.native = counterpart, native
S.original = {} -- of a function made by the prelude, the one of Lua's that it stands for

function S.type_name(v)
	local c = class(v)
	if c == "int" or c == "float" then return "number" end
	if c == "bool" then return "boolean" end
	if c == "text" then return "string" end
	if c == "traced" or c == "eager" then return "tensor" end
	return type(v)
end

-- The same as messages say it: what a metatable calls its table.
function S.said_type(v)
	local info = class(v) == "table" and S.T.info[v]
	local name = info and rawget(getmetatable_raw(v), "__name")
	if info and not name and class(info.meta) == "choice" then name = S.handler(info, "__name") end -- known on this path
	return type(name) == "string" and name or S.type_name(v)
end

-- Staged forms -------------------------------------------------------------------------------

local forms = setmetatable({}, { __mode = "k" }) -- chunk -> ordinal -> form

local function site_error(form, site, f)
	local what = form.sites[site] and form.sites[site].what or ""
	if what ~= "" then what = " (" .. what .. ")" end
	local h = f
	while h ~= nil and class(h) == "table" do -- what a chain of __call ends with
		f = h
		h = S.handler(S.T.info[f], "__call")
	end
	error(("%sattempt to call a %s value%s"):format(S.place(), S.said_type(h == nil and f or h), what), 0)
end

-- f(...), whose arguments may be of a number that only the run knows: once for each number.
local function each_count(f, ...)
	local n = select("#", ...)
	local last = n > 0 and select(n, ...)
	if type(last) ~= "table" or not S.is_counted(last) then return f(...) end
	local args = pack(...)
	local most, count = S.count_values(args, n)
	local function from(k)
		if k == most then return f(unpack(args, 1, k)) end
		return flow.values_of(flow.staged_if(core.equal(count, k), function() return P.RET, f(unpack(args, 1, k)) end,
			function() return P.RET, from(k + 1) end))
	end
	return from(n - 1 - rawget(last, MOST))
end

-- A call of a function that stands for one of C: S.site names it in messages, as the script calls it.
local function library_call(form, site, g, o)
	local function called(...)
		S.site = form.sites[site]
		S.given = select("#", ...)
		return g(...)
	end
	return core.closure(function(...)
		if o == nil then return each_count(called, ...) end
		return each_count(called, o, ...)
	end, true)
end

-- What Lua says of a bad argument of a library function called as the site says.
local function bad_argument(site, n, message)
	local name = site.what:match("'(.*)'") or "?"
	if site.what:find("^method") then
		n = n - 1
		if n == 0 then return ("calling '%s' on bad self (%s)"):format(name, message) end
	end
	return ("bad argument #%d to '%s' (%s)"):format(n, name, message)
end

-- Raises what Lua raises for a bad argument of the library function called last.
function S.bad_argument(n, message, want)
	if want then message = ("%s expected, got %s"):format(want, n > S.given and "no value" or message) end
	error(S.place() .. bad_argument(S.site or { what = "" }, n, message), 0)
end

-- The error e of a function of C as one of the script's call.
function S.library_message(e, site, place)
	if type(e) ~= "string" or S.is_signal(e) then return e end
	e = e:gsub("^%[moonstage%]/%w+:%d+: ", "")
	local n, message = e:match("^bad argument #(%d+) to '.-' %((.*)%)$")
	if n then e = bad_argument(site, math.tointeger(n), message) end
	-- an operator's error has no position in a C function
	if e:find("^attempt to ") and not e:find("^attempt to use a closed file") then return e end
	if e:sub(1, #place) == place then return e end -- this library's functions find the position themselves
	return place .. e
end

-- f(...) for a function of C.
local function checked(ok, ...)
	if ok then return ... end
	error(S.library_message((...), S.site or { what = "" }, S.place()), 0)
end
function S.call_c(f, ...) return checked(pcall(f, ...)) end

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

-- The usual method call: of a traced tensor, of which the name is a tensor function met before.
local general = {} -- of a tensor function, what takes tables too
local tensor_method = core.tensor_method(general, adopt_results)

-- g as it is called in tail position where the staged form can't: a frame of this function of C says so.
local function tail_call(g)
	if debug.getinfo(g, "S").what == "C" then return g end -- which Lua calls without leaving the caller
	local f = core.closure(g, true)
	S.T.tail_calls[f], S.T.called[g] = true, nil -- nor has what is called a name
	return f
end

-- The functions a form calls that depend on the form itself.
local function form_library(form)
	local library
	library = {
		tcall = function(site, f) return tail_call(library.call(site, f)) end,
		tbind = function(site, o, name) return tail_call(library.bind(site, o, name)) end,
		call = function(site, f)
			local direct = S.tensor_call(f)
			if direct then return direct end
			local g = S.callable(f, form.sites[site] and form.sites[site].what)
			-- what can't be called fails after the arguments have been evaluated, as in Lua
			if not g then return core.closure(function() site_error(form, site, f) end) end
			if not S.T.form_of[g] then return library_call(form, site, g) end
			S.T.called[g] = form.sites[site].called
			return g
		end,
		bind = function(site, o, name)
			local direct = tensor_method(o, name) or kind(o) == "traced" and S.tensor_call(o[name], o)
			if direct then return direct end
			local g, m = S.method(o, name)
			if not g then return core.closure(function() site_error(form, site, m) end) end
			if S.T.form_of[g] then
				S.T.called[g] = form.sites[site].called
				return function(...) return g(o, ...) end
			end
			return library_call(form, site, g, o)
		end,
		fn = function(ordinal, f)
			S.T.made[f] = { form.chunk, ordinal, S.T.clock }
			return S.note(f)
		end,
	}
	return setmetatable(library, { __index = P })
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
		S.signal { kind = "stop", message = (message:gsub("^(.-:%d+: )(.*)$", "%1this function can't be staged: "
			.. "its staged form would cross a limit of Lua (%2); move a part of it to a function of its own")) }
	end
	for _, site in ipairs(sites) do -- as tracebacks name what is called
		site.called = site.what ~= "" and site.what:gsub("^global", "function") or nil
	end
	form = { chunk = chunk, ordinal = ordinal, info = info, text = text, name = name, sites = sites, maker = maker }
	form.P = form_library(form)
	list[ordinal] = form
	return form
end
S.form_of = form_of


-- The numbers of a function's upvalues by their names: at one place of a text a name is one variable.
function S.upvalue_numbers(f)
	local numbers = {}
	local i = 1
	while true do
		local name = getupvalue(f, i)
		if not name then return numbers end
		numbers[name] = i
		i = i + 1
	end
end

-- The staged form of a Lua function, its upvalues tied to shadow cells, or to the trace's own cells.
local function enter(f)
	local T = S.T
	if T.budget then S.spend() end
	if core.entered(S.level_limit) then
		S.stop(("the trace has grown past %d calls in one another"):format(S.level_limit))
	end
	T.base = T.base or core.depth() - 2 -- the frames below the first function of the trace and who enters it
	local staged = T.staged[f]
	if not staged then
		local chunk, ordinal
		local made = T.made[f]
		if made then
			chunk, ordinal = made[1], made[2]
		else
			chunk, ordinal = core.find(f)
			if not chunk and S.overloaded(f) then S.unsupported("a call of a function that ms.overload made") end
			if not chunk and not ordinal then
				S.unsupported("a call of a function so close to Lua's limits that it has no eager form")
			end
			if not chunk then S.unsupported("a call of this function: " .. ordinal) end
		end
		local form = form_of(chunk, ordinal)
		T.forms_P[form.P] = true
		staged = form.maker(form.P)
		T.form_of[staged] = form
		local from = S.upvalue_numbers(f)
		local i = 1
		while true do
			local name, v = getupvalue(staged, i)
			if not name then break end
			if v ~= form.P then
				T.upvalue_names[name] = true
				local k = from[name]
				if not k then S.internal("the staged form has a variable '" .. name .. "', the function has not") end
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
	local form = T.form_of[staged]
	return S.enter_again(staged, form)
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
			S.make_plain { args[i] }
			S.unsupported("a text made of symbolic values as an argument of a library function")
		elseif c == "object" then
			S.unsupported("an object as an argument of a library function")
		elseif c == "poison" then
			S.read_poison(args[i])
		end
	end
	return unpack(args, 1, n)
end

local wrapped = setmetatable({}, { __mode = "k" })
local function tensor_function(f)
	local w = wrapped[f]
	if not w then
		w = S.spread(function(...)
			local whole = S.whole_list[f]
			local v = whole and whole(...)
			if v ~= nil then return v end
			return adopt_results(f(plain_arguments(...)))
		end)
		wrapped[f] = w
	end
	return w
end

-- A call of a tensor function f (with o first) as a function of C, or nil: without tables among the arguments, which
-- is the usual case, it goes to f at once.
local direct = setmetatable({}, { __mode = "k" })
function S.tensor_call(f, o)
	if not tensor_functions[f] or counterpart[f] then return nil end
	if o ~= nil then
		general[f] = tensor_function(f)
		return core.tensor_call(general[f], f, adopt_results, o)
	end
	local g = direct[f]
	if not g then
		g = core.tensor_call(tensor_function(f), f, adopt_results)
		direct[f] = g
	end
	return g
end

local function pure_function(f, name)
	local w = wrapped[f]
	if not w then
		w = S.spread(function(...)
			for i = 1, select("#", ...) do
				if S.is_text((select(i, ...))) then return S.text_call(f, ...) end
			end
			for i = 1, select("#", ...) do
				local v = select(i, ...)
				if S.is_symbolic(v) then
					local _, signal = pcall(S.need, v, "argument " .. i .. " of '" .. name .. "'")
					if signal.kind == "stop" and S.types_for_text(f, ...) then return S.text_call(f, ...) end
					error(signal, 0)
				end
			end
			local out = pack(adopt_results(S.call_c(f, plain_arguments(...))))
			for i = 1, out.n do
				local g = out[i]
				if type(g) == "function" then out[i] = S.stateful(function(...) return S.call_c(g, ...) end) end
			end
			return unpack(out, 1, out.n)
		end)
		wrapped[f] = w
	end
	return w
end

S.plain_arguments, S.pure_function = plain_arguments, pure_function

-- string.gsub with a function or a table: Lua's own, which calls the staged form or reads the table of the trace.
counterpart[string.gsub] = function(s, pattern, with, ...)
	local c = class(with)
	if c ~= "function" and c ~= "table" then return pure_function(string.gsub, "string.gsub")(s, pattern, with, ...) end
	local g = c == "function" and S.callable(with)
	local function replace(...)
		local v
		if g then v = g(...) else v = with[(...)] end
		if S.is_symbolic(v) then S.need(v, "what 'string.gsub' puts into a string") end
		return (plain_arguments(v))
	end
	for i, v in pairs { s, pattern, [4] = (...) } do
		if S.is_symbolic(v) then S.need(v, "argument " .. i .. " of 'string.gsub'") end
	end
	s, pattern = plain_arguments(s, pattern)
	return S.call_c(string.gsub, s, pattern, replace, ...)
end

-- Operators as C functions: `return a and b` is a tail call of them, which must keep the user's frame.
local operators = {}
for _, name in ipairs { "and_", "or_", "not_", "eq", "ne", "tab", "at" } do
	P[name] = core.closure(P[name], true)
	operators[P[name]] = true
end

-- Is this function of C a call of a library function that the script sees?
function S.stands_for_library(f)
	local _, inner = getupvalue(f, 1)
	return type(inner) == "function" and not operators[f]
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
for _, f in ipairs { select, rawset, table.insert, table.pack, setmetatable, pcall, xpcall } do stores[f] = true end
S.stores = stores

-- What stands for library functions. Those of C call back without being able to yield; some can.
local yields = { [pairs] = true, [pcall] = true, [xpcall] = true, [error] = true, [assert] = true, [select] = true }
local standing = setmetatable({}, { __mode = "k" })
local function standing_for(f, g)
	local w = standing[f]
	if w then return w end
	w = stores[f] and g or spreading(g)
	if not yields[f] and not S.library_names[f] then w = S.atomic(w, "ours")
	elseif not yields[f] and not S.library_names[f]:find("^coroutine") then w = S.atomic(w, "library") end
	standing[f] = w
	return w
end

local function cannot_call(f, what)
	local name = what and what ~= "" and " (" .. what .. ")" or ""
	error(("%sattempt to call a %s value%s"):format(S.place(), S.said_type(f), name), 0)
end

-- What calling f means while tracing: a function to be called with traced values, or nil when f can't be called.
-- what: as Lua calls it in messages.
function S.callable(f, what)
	local t = type(f)
	if t == "function" then
		if S.T.staged[f] then return enter(f) end
		local g = counterpart[f]
		if g then return standing_for(f, g) end
		if native[f] or S.T.form_of[f] then return f end
		if tensor_functions[f] then return tensor_function(f) end
		if pure[f] then return pure_function(f, pure[f]) end
		if debug.getinfo(f, "S").what == "C" then
			S.refuse_wrapped(f)
			local name = S.library_name(f)
			S.unsupported("a call of a C function that has no staged counterpart" .. (name and " (" .. name .. ")" or ""))
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
					if not h then cannot_call(g, what) end
					return h(unpack(args, 1, args.n))
				end)
			end
		end
		S.bare_object(f)
		if c ~= "table" then return nil end
		local info = S.T.info[f]
		local inner = info.target or info.real and (S.stage_target and S.stage_target(info.real))
		if inner then
			S.pin(f)
			return S.callable(inner)
		end
		local h, fork = S.handler(info, "__call")
		if fork then
			return function(...)
				return S.fork(fork, function(...)
					local g = S.callable(f, what)
					if not g then cannot_call(f, what) end
					return g(...)
				end, ...)
			end
		end
		if h == nil then return nil end
		local g = S.callable(h)
		if not g then return nil end
		local function called(...) return g(f, ...) end
		S.T.form_of[called] = S.T.form_of[g] -- no function of the library's
		return called
	end
end

local library_names = {}
S.library_names = library_names
for _, lib in ipairs { "_G", "string", "table", "math", "io", "os", "coroutine", "debug", "utf8", "package" } do
	for k, v in pairs(lib == "_G" and _ENV or _ENV[lib] or {}) do
		if type(v) == "function" then library_names[v] = lib == "_G" and k or lib .. "." .. k end
	end
end
function S.library_name(f) return library_names[f] and "'" .. library_names[f] .. "'" end

-- The field of a string: of what its metatable says, which scripts may change.
local function string_method(name)
	local h = S.get(S.T.info[S.constant(getmetatable_raw(""))], "__index")
	if type(h) == "function" then S.unsupported("a method of a string whose metatable has another '__index'") end
	return h[name]
end

-- Can it, whatever alternative it is, be indexed?
local function indexable(v)
	if type(v) == "table" and class(v) == "choice" then
		return indexable(rawget(v, YES)) and indexable(rawget(v, NO))
	end
	local t = type(v)
	return t == "string" or t == "table" or t == "userdata" and (kind(v) == "traced" or not S.is_symbolic(v))
end

-- o:name as a callable, or nil and the value that can't be called.
function S.method(o, name)
	local t = type(o)
	local m
	if t == "string" then
		m = string_method(name)
	elseif t == "table" and class(o) == "choice" then
		if not indexable(o) then -- that fails before the arguments are looked at
			S.choose(o, function(x) if not indexable(x) then S.method(x, name) end end)
		end
		local found = S.choose(o, function(x) return select(2, S.method(x, name)) end) -- before the arguments
		return function(_, ...)
			local args = pack(...)
			return S.choose(o, function(x)
				local f = S.settle(found)
				local g = f ~= nil and S.callable(f, ("method '%s'"):format(name))
				if not g then cannot_call(f, ("method '%s'"):format(name)) end
				return g(x, unpack(args, 1, args.n))
			end)
		end
	elseif t == "table" and class(o) == "text" then
		m = string_method(name)
	elseif t == "userdata" and kind(o) ~= "traced" and S.is_symbolic(o) then
		error(("%sattempt to index a %s value%s"):format(S.place(), S.type_name(o), S.operand_name("index", 1, o, name)), 0)
	elseif t == "nil" or t == "boolean" or t == "number" or t == "function" then
		error(("%sattempt to index a %s value%s"):format(S.place(), t, S.operand_name("index", 1, o, name)), 0)
	else
		m = o[name]
	end
	if m == nil then return nil, m end
	return S.callable(m, ("method '%s'"):format(name)), m
end

-- Which library functions are pure (they run on plain values) and which are the tensor library's.
local function register_tensor_functions(t)
	for _, f in pairs(t) do
		if type(f) == "function" and debug.getinfo(f, "S").what == "C" then tensor_functions[f] = true end
	end
end
register_tensor_functions(ms)
register_tensor_functions(core.tensor_methods)

for _, name in ipairs { "byte", "char", "find", "format", "gmatch", "len", "lower", "match", "rep", "reverse", "sub",
	"upper", "pack", "unpack", "packsize", "gsub" } do
	pure[string[name]] = "string." .. name
end
for name, f in pairs(utf8) do
	if type(f) == "function" then pure[f] = "utf8." .. name end
end
for name, f in pairs(math) do
	if type(f) == "function" and name ~= "random" and name ~= "randomseed" then pure[f] = "math." .. name end
end
pure[tonumber] = "tonumber"

-- load: the text is compiled while tracing; its function is one of the trace's own, with _ENV in a cell.
counterpart[load] = function(text, name, mode, ...)
	local source = text
	if class(text) == "function" then
		local g = S.callable(text)
		function source()
			local piece = g()
			if S.is_symbolic(piece) then S.need(piece, "the text that 'load' compiles") end
			return (plain_arguments(piece))
		end
	elseif S.is_symbolic(text) then
		S.need(text, "the text that 'load' compiles")
	else
		source = plain_arguments(text)
	end
	local f, message = S.call_c(load, source, plain_arguments(name, mode))
	if S.is_signal(message) then error(message, 0) end -- from the function that gives the pieces
	if not f then return f, message end
	local chunk, ordinal = core.find(f)
	if not chunk then S.unsupported("a call of 'load' with a binary chunk inside a staged function") end
	local env
	if select("#", ...) > 0 then env = (...) else env = S.constant(_G) end
	core.setupvalue(f, 1, env)
	S.T.made[f] = { chunk, ordinal, S.T.clock }
	return S.note(f)
end
