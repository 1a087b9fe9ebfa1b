-- Host calls: functions that a staged function has called for real while its graph runs, in program order.
--
-- ms.host declares any function for this, with the types of its results. Library functions with effects or answers of
-- their own (random numbers, clocks) are known, with theirs.
local ms, core = ...
local S, _ENV = core.S, core.env
local COND, YES, NO = S.COND, S.YES, S.NO
local P, counterpart, class, kind = S.P, S.counterpart, S.class, core.kind
local type, select, pack, unpack, error, pcall = type, select, table.pack, table.unpack, error, pcall
local mathtype, invoke = math.type, core.invoke

-- Types of results ---------------------------------------------------------------------------------------

-- A type is { text, base, optional, dtype, dims }; base: "int" "float" "bool" "number" "string" "tensor".
local scalar = { int = true, float = true, bool = true, number = true, string = true }
local dtypes = { f32 = true, f64 = true, i64 = true, bool = true }

local function parse_type(text)
	if type(text) ~= "string" then return nil end
	local name, optional = text:match("^(.-)(%??)$")
	local t = { text = text, base = name, optional = optional == "?" }
	if scalar[name] then return t end
	local dtype, dims = name:match("^(%w+)%[(.*)%]$")
	if not dtypes[dtype] or dims ~= "" and (dims .. "x"):gsub("%d+x", "") ~= "" then return nil end
	t.base, t.dtype, t.dims = "tensor", dtype, {}
	for n in dims:gmatch("%d+") do t.dims[#t.dims + 1] = math.tointeger(n) end
	return t
end

local function tensor_text(v) return ("%s[%s]"):format(v.dtype, table.concat(v.shape, "x")) end

local function fits(t, v)
	if v == nil then return t.optional end
	if t.base == "int" then return mathtype(v) == "integer" end
	if t.base == "float" then return mathtype(v) == "float" end
	if t.base == "bool" then return type(v) == "boolean" end
	if t.base == "number" or t.base == "string" then return type(v) == t.base end
	return kind(v) == "eager" and tensor_text(v) == ("%s[%s]"):format(t.dtype, table.concat(t.dims, "x"))
end

local function describe(v)
	if mathtype(v) then return (mathtype(v) == "integer" and "the integer " or "the float ") .. tostring(v) end
	if kind(v) == "eager" then return tensor_text(v) end
	return v == nil and "nil" or "a " .. type(v)
end

-- The results that were declared; tensors are the caller's own.
local function declared(types, place, ...)
	local out = {}
	for i, t in ipairs(types) do
		local v = (select(i, ...))
		if not fits(t, v) then
			error(("%sms.host: result %d is %s, not '%s' as declared"):format(place, i, describe(v), t.text), 0)
		end
		out[i] = t.base == "tensor" and v ~= nil and core.copy(v) or v
	end
	return out
end

-- The graph types that hold a value of a type: a flag that it is not nil, a flag that a number is an integer, the
-- payload.
local function graph_types(t, out)
	if t.optional then out[#out + 1] = "bool" end
	if t.base == "number" then
		out[#out + 1], out[#out + 2], out[#out + 3] = "bool", "int", "float"
	elseif t.base == "tensor" then
		out[#out + 1] = { t.dtype, unpack(t.dims) }
	else
		out[#out + 1] = (t.base == "string" or t.base == "object") and "int" or t.base
	end
end

-- The number by which a graph knows a string of its run.
local function string_number(run, s)
	local n = run.string_number[s]
	if not n then
		n = #run.strings + 1
		run.strings[n], run.string_number[s] = s, n
	end
	return n
end

local nothing = { int = 0, float = 0.0, bool = false, number = 0, string = "" }

-- A value as values of its graph types.
local function take_apart(t, v, out, run)
	if t.optional then out[#out + 1] = v ~= nil end
	if v == nil then v = nothing[t.base] end
	if t.base == "number" then
		local int = mathtype(v) == "integer"
		out[#out + 1], out[#out + 2], out[#out + 3] = int, int and v or 0, int and 0.0 or v
	elseif t.base == "string" then
		out[#out + 1] = string_number(run, v)
	elseif t.base == "object" then
		run.held = run.held or {}
		run.held[#run.held + 1] = v
		out[#out + 1] = #run.held
	else
		if v == nil then v = ms.zeros(t.dims, { dtype = t.dtype }) end
		out[#out + 1] = v
	end
end

local function choice(cond, yes, no)
	return S.choice(cond, yes, no, "?", S.flow.why_not(yes, no))
end

-- The value that symbolic values of its graph types stand for.
local function assemble(t, next_value)
	local present = t.optional and next_value()
	local v = next_value()
	if t.base == "number" then
		local int = next_value()
		v = choice(v, int, next_value())
	elseif t.base == "string" then
		v = S.text_of { { S.STRING, v } }
	end
	if t.optional then return choice(present, v, nil) end
	return v
end

-- Calls ------------------------------------------------------------------------------------------------

-- An argument of a host call as what a run makes it of; values of the graph go into `operands`.
local function argument(v, operands)
	local c = class(v)
	if c == "poison" then S.read_poison(v) end
	if c == "table" and S.T.info[v].held then
		operands[#operands + 1] = S.T.info[v].held
		return { "held", #operands }
	end
	if S.is_symbolic(v) or c == "eager" then
		operands[#operands + 1] = v
		return { "in", #operands }
	elseif c == "text" then
		return { "text", S.text_parts(v, operands) }
	elseif c == "object" then
		S.check_pool(S.pool_of(v))
		operands[#operands + 1] = S.object_number(v)
		return { "node", #operands }
	end
	return c == "raw" and v.template or S.template(v)
end

-- What a function may change -------------------------------------------------------------------------------

-- A function of the script's may write variables, fields and metatables that the trace has read. So such a call gives,
-- behind its results, the numbers and booleans in all of them anew; anything else there must be what it was, or the run
-- stops. What is read for the first time after such a call would have to be watched by it: the trace starts again and
-- reads it before (T.early). A number whose value the trace turns out to need must stay what it was as well (T.stable).

local function id_of(what, real, key) return ("%s %p %s %s"):format(what, real, type(key), tostring(key)) end

function S.note_late(what, real, key)
	local T = S.T
	for _, read in ipairs(T.early) do
		if read.what == what and rawequal(read.real, real) and rawequal(read.key, key) then
			S.internal("a host call does not watch what is read after it")
		end
	end
	T.late[#T.late + 1] = { what = what, real = real, key = key }
end

local function read_early(T)
	for _, read in ipairs(T.early) do
		local what, key = read.what, read.key
		local info = type(read.real) == "table" and T.info[S.constant(read.real)]
		if what == "output" then S.guard_output()
		elseif what == "cell" then S.shadow(T, read.real, key)
		elseif what == "field" then S.get(info, T.proxy[key] or T.handle[key] or key)
		elseif what == "meta" then S.meta(info)
		elseif what == "length" then S.raw_length(info)
		else S.next(info.proxy)
		end
	end
end

-- The graph type of a value of the trace that is a number or boolean.
local function graph_type(v)
	local c = class(v)
	if c == "number" then return mathtype(v) == "integer" and "int" or "float" end
	if c == "boolean" then return "bool" end
	return (c == "int" or c == "float" or c == "bool") and c or nil
end

-- The list of what a call made here has to look at: { loc =, id =, name =, type = of what is read anew }.
local function watch_list(T)
	local list, infos = {}, {}
	local function add(watch, id, v)
		watch.id = id
		if id and not T.stable[id] then watch.type = graph_type(v) end
		list[#list + 1] = watch
	end
	for _, cell in ipairs(T.shadows) do
		local _, v = core.getupvalue(cell.f, cell.i)
		add({ loc = cell, cell = cell, name = cell.name },
			("cell %s"):format(tostring(core.upvalueid(cell.real, cell.real_i))), v)
	end
	for i, cell in ipairs(T.variables) do
		local _, v = core.getupvalue(cell.f, cell.i)
		if cell.escaped and not cell.gone then add({ loc = cell, cell = cell, name = cell.name }, "kept " .. i, v) end
	end
	if T.output then add { output = true, name = "io.output()" } end
	for _, info in next, T.info do
		if not info.storage and (not info.made or info.escaped and not info.gone) then infos[#infos + 1] = info end
	end
	table.sort(infos, function(a, b) return (a.slot or a.age + 1e9) < (b.slot or b.age + 1e9) end)
	for _, info in ipairs(infos) do
		if info.tail then S.need_elements(info) end
		if info.elems ~= nil then S.refuse_list("a call of the host's while a list that grew in a staged loop is kept") end
		for key, v in next, info.data do
			local loc = { info = info, key = key }
			if v == S.NIL then v = nil end
			local object = T.info[key] or S.slot_of(key)
			add({ loc = loc, info = info, key = key, key_from = object and S.template(key), name = S.loc_name(loc) },
				id_of("field", info.real or info, info.real and key), v)
		end
		if info.meta then
			local v = info.meta
			if v == S.NIL then v = nil end
			add({ loc = { info = info, key = S.META }, info = info, meta = true,
				name = S.loc_name { info = info, key = "metatable" } }, nil, v)
		end
		if info.guarded_keys or info.made then add({ info = info, keys = true, name = "keys" }) end
		if info.length then add({ info = info, length = true, name = "length" }) end
	end
	return list
end

-- What a watched place holds while a graph runs.
local function look(watch, run)
	if watch.output then return io.output() end
	if watch.cell then return (select(2, core.getupvalue(S.place_of_cell(watch.cell, run)))) end
	local info = watch.info
	local t = info.made and S.build({ "object", info }, run) or run.slots[info.slot]
	if watch.meta then return debug.getmetatable(t) end
	if watch.length then return rawlen(t) end
	if not watch.keys then return rawget(t, watch.key_from and S.build(watch.key_from, run) or watch.key) end
	local keys = {}
	for k in next, t do keys[#keys + 1] = k end
	return keys
end

local function unchanged(watch, old, new)
	if not watch.keys then return core.same(old, new) end
	for i = 1, math.max(#old, #new) do
		if not core.same(old[i], new[i]) then return false end
	end
	return true
end

local fits_type = { int = "integer", float = "float" }

local function look_all(list, run)
	local values = {}
	for i, watch in ipairs(list) do values[i] = look(watch, run) end
	return values
end

-- Appends what is read anew to `out`.
local function look_again(call, run, before, out)
	for i, watch in ipairs(call.watch) do
		local old, new = before[i], look(watch, run)
		local good
		if watch.type == "bool" then good = type(new) == "boolean"
		elseif watch.type then good = mathtype(new) == fits_type[watch.type]
		else good = unchanged(watch, old, new)
		end
		if not good then
			local what = (watch.keys or watch.length) and ("the %s of a table"):format(watch.name)
				or ("'%s', from %s to %s"):format(watch.name, S.describe(old), S.describe(new))
			error(("%scan't stage this host call: it changed %s; the staged function, or its caller, depends on that")
				:format(call.place, what), 0)
		end
		if watch.type then out[#out + 1] = new end
	end
end

-- Emits a call: run(seen, ...) is to be called with what was watched and the arguments when the graph gets there, and
-- returns a list of results of the types. writes: it may write to what the script can reach.
local function emit(run, types, writes, ...)
	local T = S.T
	S.flush()
	if writes then read_early(T) end
	if writes and T.holds then
		S.unsupported("a host call where tables made inside a staged loop are kept outside of it")
	end
	T.keeping = "an argument of a call that the run makes"
	local operands, specs = {}, {}
	local call = { run = run, types = types, place = S.place(), n = select("#", ...) }
	for i = 1, call.n do call[i] = argument((select(i, ...)), operands) end
	T.hosts[#T.hosts + 1] = call
	for _, t in ipairs(types) do graph_types(t, specs) end
	if writes then
		S.escape_again()
		call.watch = watch_list(T)
		T.hosted = true
		for _, watch in ipairs(call.watch) do specs[#specs + 1] = watch.type end
	end
	local results, n = core.host(#T.hosts, operands, specs), 0
	local function next_value()
		n = n + 1
		return results[n]
	end
	local out = {}
	for i, t in ipairs(types) do out[i] = assemble(t, next_value) end
	for _, watch in ipairs(call.watch or {}) do
		if watch.type then
			local v = next_value()
			S.loc_set(watch.loc, v)
			T.refreshed[v] = watch.id
		end
		watch.loc = nil
	end
	return call, unpack(out, 1, #types)
end

S.emit_call = emit

local ok_type, error_type = parse_type "bool", parse_type "string?"

-- The same for a call that may fail: inside of a pcall, with a text, it raises that on its path.
local function emit_failing(run, types, writes, ...)
	if not S.caught() then return emit(run, types, writes, ...) end
	local out = pack(emit(function(...)
		local done, results = pcall(run, ...)
		if done then return { true, nil, unpack(results, 1, #types) } end
		if type(results) ~= "string" or results:find("can't stage", 1, true) then error(results, 0) end
		return { false, results }
	end, { ok_type, error_type, unpack(types) }, writes, ...))
	P.if_(out[2], function() end, function() S.raise(S.without_nil(out[3]), 0) end)
	return out[1], unpack(out, 4, out.n)
end

-- A call that is neither pure (it does nothing but what a run can undo) nor late (it only writes to the outside, at the
-- end of the run) lasts: the run can't start again after it.
local function lasting_calls(T)
	local lasting = {}
	for i, call in ipairs(T.hosts) do
		if not call.pure and not call.late then lasting[i] = true end
	end
	return lasting
end
S.lasting_calls = lasting_calls

-- Writes that become real at the end of a run, or before a call that lasts: the last one to each location.
local function log(run, writes)
	run.log = run.log or { n = 0, at = {} }
	for i = 1, #writes, 3 do
		run.log.n = run.log.n + 1
		run.log.at[writes[i]] = { run.log.n, writes[i], writes[i + 1], writes[i + 2] }
	end
end

function S.apply_log(run)
	if not run.log then return end
	local list, writes = {}, {}
	for _, write in next, run.log.at do list[#list + 1] = write end
	table.sort(list, function(a, b) return a[1] < b[1] end)
	for _, write in ipairs(list) do
		for i = 2, 4 do writes[#writes + 1] = write[i] end
	end
	run.log = nil
	S.apply(writes, run)
end

-- What a running graph calls: makes the writes before the call real, and calls.
function S.host_call(run, number, writes, ...)
	local call, operands, args = run.entry.hosts[number], { ... }, {}
	if call.late then
		if writes then log(run, writes) end
	elseif not call.pure then
		core.touch()
		S.apply_log(run)
		if writes then S.apply(writes, run) end
	end
	run.strings, run.string_number = run.strings or {}, run.string_number or {}
	for i = 1, call.n do
		local what = call[i]
		if what[1] == "in" then args[i] = operands[what[2]]
		elseif what[1] == "held" then args[i] = run.held[operands[what[2]]]
		elseif what[1] == "text" then args[i] = S.text_from(what[2], operands, run)
		elseif what[1] == "node" then args[i] = run.nodes[operands[what[2]]]
		else args[i] = S.build(what, run)
		end
	end
	local before = call.watch and look_all(call.watch, run)
	local results, out = call.run(call.of_run and run or before, unpack(args, 1, call.n)), {}
	if call.late then log(run, { call.late, false, args[1] }) end
	for i, t in ipairs(call.types) do take_apart(t, results[i], out, run) end
	if before then look_again(call, run, before, out) end
	return unpack(out)
end

-- Library functions --------------------------------------------------------------------------------------

-- Has a library function called for real; texts: the types of its results. pure: it does nothing but what a run can
-- undo.
local function call_library(f, texts, pure, ...)
	local site = S.site or { what = "" }
	local place = site.direct and "" or S.place()
	local types = {}
	for i, text in ipairs(texts) do types[i] = parse_type(text) end
	local results = pack(emit_failing(function(_, ...)
		local out = pack(pcall(f, ...))
		if not out[1] then error(S.library_message(out[2], site, place), 0) end
		for i, t in ipairs(types) do
			if not fits(t, out[i + 1]) then
				error(("%scan't stage this call of %s: it gave %s, not '%s'")
					:format(place, site.what, describe(out[i + 1]), t.text), 0)
			end
		end
		return { unpack(out, 2, out.n) }
	end, types, false, ...))
	results[1].pure = pure or nil
	return unpack(results, 2, results.n)
end

S.call_library = call_library

-- (What tables hold is written before calls that last.)
local function has_table(...)
	for i = 1, select("#", ...) do
		if class((select(i, ...))) == "table" then return true end
	end
	return false
end

-- types_of(...): the types of a function's results for these arguments, as texts; nil: it can't be staged.
local function known(f, types_of, pure)
	counterpart[f] = function(...)
		local texts = types_of(...)
		if not texts then S.unsupported("a call of " .. S.library_name(f) .. " with these arguments") end
		return call_library(f, texts, pure and not has_table(...), ...)
	end
end

local function always(...)
	local types = { ... }
	return function() return types end
end

local held = core.random_is_held()
known(math.random, function(...) return { select("#", ...) == 0 and "float" or "int" } end, held)
-- the seeds are results since Lua 5.4.4
known(math.randomseed, core.option("release") >= 50404 and always("int", "int") or always(), held)
known(ms.manual_seed, always(), true)
known(os.clock, always "float", true)
known(os.time, always "int", true)
known(os.difftime, always "float", true)
known(os.getenv, always "string?", true)
known(os.tmpname, always "string")
known(os.remove, always "bool") -- a failure gives more results: it is none of those staged
known(os.rename, always "bool")
known(os.date, function(format)
	return (format == nil or type(format) == "string" and not format:find("^!?%*t")) and { "string" }
end, true)
known(os.exit, function(_, close) return not close and {} end)
local collector = { collect = "int", count = "float", step = "bool", isrunning = "bool", stop = "int", restart = "int" }
known(collectgarbage, function(what) return { collector[what or "collect"] } end)

-- Files ---------------------------------------------------------------------------------------------------

local function read_type(format, more)
	if more ~= nil then return nil end
	if type(format) == "string" then format = format:gsub("^%*", ""):sub(1, 1) end
	return { format == "n" and "number?" or format == "a" and "string" or "string?" }
end
known(io.read, read_type)
known(io.flush, always "bool")
local flush = counterpart[io.flush]
counterpart[io.flush] = function()
	local file = S.guard_output()
	if file ~= io.stdout then return flush() end
	emit(function()
		core.flush_output()
		return {}
	end, {}, false).pure = true
	return true
end

-- f(...) for io.write and file:write; gives the file.
function S.write_file(f, file, ...)
	local site, place = S.site or { what = "" }, S.place()
	emit_failing(function(_, ...)
		local ok, done, why = pcall(f, ...)
		if not ok then error(S.library_message(done, site, place), 0) end
		if not done then error(("%scan't stage a write that fails: %s"):format(place, why), 0) end
		return {}
	end, {}, false, ...)
	return file
end

local file = debug.getmetatable(io.stdout).__index
known(file.read, function(_, ...) return read_type(...) end)
known(file.flush, always "bool")
known(file.seek, always "int")
counterpart[file.write] = function(f, ...) return S.write_file(file.write, f, f, ...) end

-- Has the run call f(run, ...), which gives nothing and does nothing that the run does not undo when it starts again.
function S.call_in_run(f, ...)
	local call = emit(function(run, ...)
		f(run, ...)
		return {}
	end, {}, false, ...)
	call.of_run, call.pure = true, true
end

-- Texts that only a run knows ---------------------------------------------------------------------------

-- Keeps a text or an object in a location of the outside.
function S.write_in_lua(number, v)
	emit(function() return {} end, {}, false, v).late = number
end

-- The number of a text, or plain string, among the strings of the run.
local int_type = { parse_type "int" }
function S.text_number(v)
	local piece = type(v) == "table" and #S.pieces(v) == 1 and S.pieces(v)[1]
	if type(piece) == "table" and piece[1] == S.STRING then return piece[2] end
	local call, number = emit(function(_, s) return { s } end, int_type, false, v)
	call.pure = true
	call.types = { parse_type "string" }
	return number
end

-- The text of an object, which is the one of its address.
function S.object_text(o)
	local place = S.place()
	local call, number = emit(function(run, t)
		local m = debug.getmetatable(t)
		if m and (rawget(m, "__tostring") ~= nil or rawget(m, "__name") ~= nil) then
			run.refused = true
			error(place .. "can't stage this text: the metatable of the object has a '__tostring' or '__name'; call the function "
				.. "that makes the text by its name", 0)
		end
		return { tostring(t) }
	end, int_type, false, o)
	call.pure, call.of_run, call.types = true, true, { parse_type "string" }
	return S.text_of { { S.STRING, number } }
end

-- What concatenation gives, which doubles its alternatives with those of each operand: one text instead of many.
local MOST_STRINGS = 8
local is_string, number_of
function is_string(v)
	if class(v) ~= "choice" then return S.type_name(v) == "string" end
	return is_string(rawget(v, YES)) and is_string(rawget(v, NO))
end
function number_of(v)
	if class(v) ~= "choice" then return S.text_number(v) end
	return S.value_if(rawget(v, COND), function() return number_of(rawget(v, YES)) end,
		function() return number_of(rawget(v, NO)) end)
end
function S.gathered(v)
	if class(v) ~= "choice" or S.alternatives(v) <= MOST_STRINGS or not is_string(v) then return v end
	return S.text_of { { S.STRING, number_of(v) } }
end

function S.print_text(v)
	emit(function(_, s)
		core.output(s)
		return {}
	end, {}, false, v).pure = true
end

local bool_type = { parse_type "bool" }
function S.compare_texts(how, a, b)
	if class(a) == "choice" then return (S.choose(a, function(x) return (P[how](x, b)) end)) end
	if class(b) == "choice" then return (S.choose(b, function(x) return (P[how](a, x)) end)) end
	local ta, tb = S.type_name(a), S.type_name(b)
	if ta ~= "string" or tb ~= "string" then
		if how == "eq" then return false end
		ta, tb = S.said_type(a), S.said_type(b)
		if ta == tb then error(("%sattempt to compare two %s values"):format(S.place(), ta), 0) end
		error(("%sattempt to compare %s with %s"):format(S.place(), ta, tb), 0)
	end
	local call, is = emit(function(_, x, y)
		if how == "eq" then return { x == y } end
		if how == "lt" then return { x < y } end
		return { x <= y }
	end, bool_type, false, a, b)
	call.pure = true
	return is
end

-- What functions of strings give for texts.
local of_text = { [string.len] = "int", [tonumber] = "number?" }
for _, name in ipairs { "format", "lower", "rep", "reverse", "sub", "upper" } do of_text[string[name]] = "string" end

-- The types of the captures of a pattern.
local function captures_of(pattern)
	local types, i = {}, 1
	while i <= #pattern do
		local c = pattern:sub(i, i)
		if c == "%" then
			i = i + (pattern:sub(i + 1, i + 1) == "b" and 4 or 2)
		elseif c == "[" then
			i = i + (pattern:sub(i + 1, i + 1) == "^" and 2 or 1)
			repeat
				i = i + (pattern:sub(i, i) == "%" and 2 or 1)
			until i > #pattern or pattern:sub(i, i) == "]"
			i = i + 1
		else
			if c == "(" then types[#types + 1] = pattern:sub(i + 1, i + 1) == ")" and "int?" or "string?" end
			i = i + 1
		end
	end
	return types
end

-- The types of the results of f(...), with something that only the run knows among the arguments, when it always gives
-- that many, or (some) one nil.
local function types_for_text(f, ...)
	if of_text[f] then return { of_text[f] } end
	local _, pattern, replacement, plain = ...
	if f == string.byte and select("#", ...) < 3 then return { "int?" } end
	local with = S.type_name(replacement)
	if f == string.gsub and (with == "string" or with == "number") then return { "string", "int" } end
	if f == string.find then
		if plain and not S.is_symbolic(plain) and type(plain) ~= "table" then return { "int?", "int?", some = true } end
		if plain or type(pattern) ~= "string" then return nil end
		local types = captures_of(pattern)
		return { some = true, "int?", "int?", unpack(types) }
	end
	if f == string.match and type(pattern) == "string" then
		local types = captures_of(pattern)
		types[1], types.some = types[1] or "string?", #types > 1
		return types
	end
end

S.types_for_text = types_for_text

-- f(...) with a text among the arguments.
function S.text_call(f, ...)
	local types = types_for_text(f, ...)
	if not types then
		S.unsupported("a text made of symbolic values as an argument of " .. (S.library_name(f) or "a library function"))
	end
	if f == string.byte then return S.one_or_none((call_library(f, types, true, ...))) end
	if not types.some then return call_library(f, types, true, ...) end
	local results = pack(call_library(f, types, true, ...))
	return S.choose(results[1], function(first)
		if first == nil then return nil end
		for i = 2, results.n do results[i] = S.without_nil(results[i]) end
		return first, unpack(results, 2, results.n)
	end)
end

-- Functions of the script ---------------------------------------------------------------------------------

local function arguments(...)
	local args = pack(...)
	for i = 1, args.n do
		if kind(args[i]) == "eager" then args[i] = core.copy(args[i]) end
	end
	return unpack(args, 1, args.n)
end

-- ms.host(f, types...) -> function: calls f, in a staged function too, where anything may happen that no graph can
-- hold: then f is called for real whenever the graph gets there, in program order. Its results are declared by texts:
-- "int", "float", "bool", "number" (either), "string", a tensor as "f32[2x3]" or "f32[]"; with "?" behind, nil is
-- allowed ("int?"). Further results are dropped, and another result than declared is an error. Arguments may be
-- anything; tensors are passed and given by value, and no gradient goes through the call. f may change numbers and
-- booleans that the staged function reads; if it changes anything else the staged function has read (a table's keys, a
-- tensor in place), the run stops.
function ms.host(f, ...)
	if type(f) ~= "function" then error(("%shost: function expected, got %s"):format(S.place(), type(f)), 0) end
	local types = {}
	for i = 1, select("#", ...) do
		local text = select(i, ...)
		types[i] = parse_type(text)
		if not types[i] then
			error(("%shost: %s is no type (int, float, bool, number, string, or a tensor such as f32[2x3]; "
				.. "nil allowed: int?)"):format(S.place(), type(text) == "string" and ("'%s'"):format(text)
				or "a " .. type(text)), 0)
		end
	end
	-- a wrong result is said to be where the function is: a tail call of h leaves no other place behind
	local info = debug.getinfo(f, "S")
	local place = info.what == "C" and "" or ("%s:%d: "):format(info.short_src, info.linedefined)
	local function h(...)
		local out = declared(types, place, invoke(f, arguments(...)))
		return unpack(out, 1, #types)
	end
	S.counterpart_of_closure(h, function(...)
		return select(2, emit_failing(function(seen, ...)
			return declared(types, place, core.invoke_watched(seen, f, ...))
		end, types, true, ...))
	end)
	return h
end
counterpart[ms.host] = function() S.unsupported("a call of ms.host inside a staged function") end
