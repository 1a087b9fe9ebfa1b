-- The library's functions on text and errors while staging.
--
-- A text is what .., tostring and string.format make of values that are known only when the graph runs. It is a list of
-- pieces: strings; symbolic values; { format, symbolic value }; { S.STRING, the number of a string of the run };
-- { S.OBJECT, a table whose address is wanted }. It is put together when it is printed, raised, returned, kept, or
-- used.
local _, core = ...
local S, _ENV = core.S, core.env
local P, Text, counterpart = S.P, S.Text, S.counterpart
local kind, class = core.kind, S.class
local type, select, pack, unpack, error, pcall, xpcall = type, select, table.pack, table.unpack, error, pcall, xpcall
local getupvalue = core.getupvalue
local plain_arguments, pure_function, flow = S.plain_arguments, S.pure_function, S.flow

local PIECES = {} -- its raw key

local function text(pieces) return setmetatable({ [PIECES] = pieces }, Text) end

local function pieces_of(v) return rawget(v, PIECES) end
S.pieces = pieces_of

local function append(out, v)
	local c = class(v)
	if c == "text" then
		for _, piece in ipairs(pieces_of(v)) do out[#out + 1] = piece end
	else
		out[#out + 1] = S.is_symbolic(v) and S.frozen(v) or tostring(v)
	end
end

Text.__name = "string"
Text.__concat = function(a, b)
	if class(a) == "choice" or class(b) == "choice" then return S.Choice.__concat(a, b) end
	for i = 1, 2 do -- the other operand's own rule; a string has none
		local info = S.T.info[select(i, a, b)]
		local h = info and S.handler(info, "__concat")
		if h ~= nil then return (S.callable(h)(a, b)) end
	end
	for i = 1, 2 do
		local v = select(i, a, b)
		local t = S.type_name(v)
		if class(v) == "traced" then
			if v:dim() > 0 then return debug.getmetatable(v).__concat(v, "") end -- says that it can't
		elseif t ~= "string" and t ~= "number" then
			error(("%sattempt to concatenate a %s value%s"):format(S.place(), S.said_type(v), S.operand_name("concat", i, v)), 0)
		end
	end
	local out = {}
	append(out, a)
	append(out, b)
	return text(out)
end
core.number_meta.__concat = Text.__concat
core.boolean_meta.__concat = nil
Text.__index = function(_, k) return S.constant(string)[k] end
Text.__newindex = function() S.unsupported("an assignment to a field of a text made of symbolic values") end
for _, name in ipairs { "lt", "le" } do
	Text["__" .. name] = function(a, b) return S.compare_texts(name, a, b) end
end

-- The number that a text stands for; fail() raises where it is none.
function S.number_of_text(v, fail)
	return (S.choose(S.text_call(tonumber, v), function(n)
		if n == nil then fail() end
		return n
	end))
end

-- A tensor among the operands says what a string is to it.
local function ask_tensor(event, a, b)
	local x = class(a) == "traced" and a or class(b) == "traced" and b
	if x then debug.getmetatable(x)["__" .. event](class(a) == "text" and "" or a, class(b) == "text" and "" or b) end
end

local function is_int(v) return math.type(v) == "integer" or kind(v) == "int" end
local operate = S.spread(function(event, x, y)
	if (event == "mod" or event == "idiv") and is_int(x) and is_int(y) then S.check_divisor(y, event, true) end
	return S.operator[event](x, y)
end)

-- Arithmetic with a text among the operands, as Lua's string library has it.
for _, event in ipairs { "add", "sub", "mul", "div", "mod", "pow", "unm", "idiv" } do
	Text["__" .. event] = function(a, b)
		if class(a) == "choice" or class(b) == "choice" then return S.Choice["__" .. event](a, b) end
		ask_tensor(event, a, b)
		if class(a) == "text" and S.type_name(b) ~= "string" then -- the other's own rule
			local h = class(b) == "table" and S.handler(S.T.info[b], "__" .. event)
			if h then return (S.callable(h)(a, b)) end
		end
		local function fail()
			local ta, tb = S.type_name(S.readable(a)), S.type_name(S.readable(b))
			error(("%sattempt to %s a '%s' with a '%s'"):format(S.place(), event, ta, tb), 0)
		end
		local function number(v)
			if S.is_text(v) then return S.number_of_text(v, fail) end
			if type(v) == "string" then v = tonumber(v) end
			if S.type_name(S.readable(v)) ~= "number" then fail() end
			return v
		end
		local x = number(a)
		return operate(event, x, number(b))
	end
end
for _, event in ipairs { "band", "bor", "bxor", "shl", "shr", "bnot" } do
	Text["__" .. event] = function(a, b)
		if class(a) == "choice" or class(b) == "choice" then return S.Choice["__" .. event](a, b) end
		ask_tensor(event, a, b)
		local which, v = 1, a
		if S.type_name(S.readable(a)) == "number" then which, v = 2, b end
		error(("%sattempt to perform bitwise operation on a %s value%s"):format(S.place(), S.said_type(S.readable(v)),
			S.operand_name(event, which, v)), 0)
	end
end
Text.__len = function(v) return S.text_call(string.len, v) end

-- v, or one text for all alternatives of a choice, each as check gives it.
function S.one_text(v, check)
	v = S.settle(v)
	if class(v) ~= "choice" then return check(v) end
	return text { { S.STRING, (S.choose(v, function(x)
		local out = {}
		append(out, check(x))
		return S.text_number(text(out))
	end)) } }
end

-- What tostring makes of a value: a string, or a text.
local tostring_value
function tostring_value(v)
	local c = class(v)
	if c == "text" then return v end
	if c == "poison" then S.read_poison(v) end
	if c == "object" then return S.object_text(v) end
	if S.is_symbolic(v) then return text { S.frozen(v) } end
	if c == "table" then
		local info = S.T.info[v]
		local h, fork = S.handler(info, "__tostring")
		if fork then return (S.fork(fork, tostring_value, v)) end
		if h ~= nil then
			local s = S.callable(h)(v)
			if S.type_name(s) ~= "string" and S.type_name(s) ~= "number" then
				error(S.place() .. "'__tostring' must return a string", 0)
			end
			return type(s) == "number" and tostring(s) or S.is_symbolic(s) and text { s } or s
		end
		S.handler(info, "__name")
		if info.made then return text { { S.OBJECT, v } } end
		S.pin(v)
		return tostring(info.real)
	end
	if S.T.coroutines[v] or S.T.generators[v] then
		S.unsupported("the text of a coroutine or iterator made in the staged call (its address is not known yet)")
	end
	if c == "function" and S.T.made[v] then return text { { S.OBJECT, v } } end
	if c == "function" then S.pin(v) end
	return tostring(v)
end
counterpart[tostring] = function(...)
	if select("#", ...) == 0 then S.bad_argument(1, "value expected") end
	return (tostring_value((...)))
end

-- A text that a run puts together: strings, { format, number of an operand }, { S.STRING, number of an operand },
-- { S.OBJECT, template }.
function S.text_parts(pieces, operands)
	local parts = {}
	for i, piece in ipairs(pieces_of(pieces) or pieces) do
		if type(piece) == "string" then
			parts[i] = piece
		elseif type(piece) == "table" and piece[1] == S.OBJECT then
			parts[i] = { S.OBJECT, S.template(piece[2]) }
		else
			local what, v = "%s", piece
			if type(piece) == "table" then what, v = piece[1], piece[2] end
			operands[#operands + 1] = v
			parts[i] = { what, #operands }
		end
	end
	return parts
end

function S.text_from(parts, operands, run)
	local out = {}
	for i, part in ipairs(parts) do
		if type(part) == "string" then out[i] = part
		elseif part[1] == S.OBJECT then out[i] = tostring(S.build(part[2], run))
		elseif part[1] == S.STRING then out[i] = run.strings[operands[part[2]]] or "" -- of a path not taken: any number
		else out[i] = part[1]:format(operands[part[2]])
		end
	end
	return table.concat(out)
end

-- Must a text be put together in Lua?
local function needs_lua(pieces)
	for _, piece in ipairs(pieces_of(pieces) or pieces) do
		if type(piece) == "table" and type(piece[1]) ~= "string" then return true end
	end
	return false
end

local function print_pieces(pieces)
	if needs_lua(pieces) then return S.print_text(text(pieces)) end
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

local function print_values(...)
	local out = {}
	for i = 1, select("#", ...) do
		if i > 1 then out[#out + 1] = "\t" end
		append(out, tostring_value((select(i, ...))))
	end
	out[#out + 1] = "\n"
	print_pieces(out)
end
counterpart[print] = print_values

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
			if out[1] then print_pieces(out) end -- Lua has written what comes before
			S.bad_argument(i, S.said_type(v), "string")
		end
	end
	print_pieces(out)
end
counterpart[io.write] = function(...)
	local file = S.guard_output()
	if file ~= io.stdout then return S.write_file(io.write, file, ...) end
	write(...)
	return file
end

local spec_pattern = "%%[-+ #0]*%d*%.?%d*([%a%%])"
counterpart[string.format] = function(format, ...)
	local symbolic = false
	for i = 1, select("#", ...) do
		local v = select(i, ...)
		if S.is_symbolic(v) or class(v) == "text" or class(v) == "table" then symbolic = true end
	end
	if type(format) ~= "string" then
		if S.is_text(format) then return S.text_call(string.format, format, ...) end
		symbolic = false
	end
	if not symbolic then return pure_function(string.format, "string.format")(format, ...) end
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
			if n > args.n then S.bad_argument(n + 1, "no value") end
			if letter == "p" and type(v) ~= "number" and type(v) ~= "boolean" and v ~= nil then
				S.unsupported("the address of a value in a text")
			end
			if not letter:find("[aAcdeEfFgGiopqsuxX]") then
				error(("%sinvalid conversion '%s' to 'format'"):format(S.place(), one), 0)
			end
			if letter == "s" and (class(v) == "table" or S.is_symbolic(v)) then v = tostring_value(v) end
			if one == "%s" and (type(v) == "string" or S.is_text(v)) then
				append(out, v)
			elseif not S.is_symbolic(v) and not S.is_text(v) then
				local ok, piece = pcall(string.format, one, plain_arguments(v))
				local message = not ok and piece:match("^bad argument #2 to '.-' %((.*)%)$")
				if message then S.bad_argument(n + 1, message) end
				if not ok then error(S.place() .. piece, 0) end
				out[#out + 1] = piece
			elseif letter == "s" or letter == "q" or S.is_text(v) then
				append(out, S.text_call(string.format, one, v))
			else
				local k = kind(v)
				if k == "traced" then
					local count = S.ms.numel(v)
					if count ~= 1 then
						error(("%sstring.format: a tensor of %d elements is no number"):format(S.place(), count), 0)
					end
					v = v:item()
					k = kind(v)
				end
				if k == "bool" then
					S.bad_argument(n + 1, "boolean", "number")
				end
				if letter:find("[di]") or letter:find("[uoxXc]") then
					v = S.integer_argument(v, n + 1)
				elseif k == "int" then
					v = core.emit("itof", v)
				end
				if letter:find("[uoxXc]") then append(out, S.text_call(string.format, one, v)) else out[#out + 1] = { one, v } end
			end
		end
		at = to + 1
	end
	out[#out + 1] = format:sub(at)
	return text(out)
end

-- Errors ---------------------------------------------------------------------------------------------

-- The position that an error of a level speaks of, or nil and how many functions outside of the staged one that is: a
-- graph serves many callers. The functions counted are those of the eager run: bodies of the dispatch library belong to
-- the function they were made of, and library functions, which have no position, count like others.
local function position(level)
	if level <= 0 then return "" end
	local T = S.T
	local at, found, region, first, left = 3, 0, nil, true, false -- left: by a tail call
	local last = core.depth() + 1 - (T.co and 0 or T.base)
	while at < last do
		local info = debug.getinfo(at, "Slf")
		if T.tail_calls[info.func] then
			left = true
		elseif info.what == "C" then
			if S.stands_for_library(info.func) then
				if not first then found = found + 1 end -- the first is `error` itself
				first = false
				if found == level then return "" end
			end
		elseif info.func == S.function_frame then
			S.unsupported(("an 'error' of level %d, whose position is where a recursive function is called"):format(level))
		elseif info.func == S.close_frame then
			S.unsupported(("an 'error' of level %d, whose position is where a variable is closed"):format(level))
		elseif info.source:sub(1, 11) ~= "=[moonstage" then
			region, first = region or info, false
			if T.form_of[info.func] or not S.in_form(info) then
				if not left then
					found = found + 1
					if found == level then return ("%s:%d: "):format(region.short_src, region.currentline) end
				end
				region, left = nil, false
			end
		end
		at = at + 1
	end
	if T.co then return "" end -- a coroutine's stack ends here
	return nil, level - found
end
S.position = position

-- Is this frame a body function inside a staged form (its owner is further up)?
function S.in_form(info)
	if S.T.body[info.func] then return true end
	local i = 1
	while true do
		local name, v = getupvalue(info.func, i)
		if not name then return false end
		if type(v) == "table" and S.T.forms_P[v] then return true end
		i = i + 1
	end
end

-- A message whose position is outside of the staged function: put together when the run raises it.
local function raise_outside(pieces, beyond)
	local operands = {}
	table.insert(pieces, 1, S.put_by_wraps()) -- to other messages the graph adds that
	S.raise_constant({ "outside", beyond, S.text_parts(pieces, operands) }, operands)
end

-- The run raises a text of its own.
function S.raise_pieces(e)
	local pieces = {}
	append(pieces, e)
	if needs_lua(pieces) then raise_outside(pieces, 0) else core.raise_text(pieces) end
end

local function raise(v, level)
	local T = S.T
	local c = class(v)
	-- met by a pcall of the trace, or <close> variables, whatever the graph does
	local met = T.pcall and T.pcall == T.depth or not T.pcall and #T.pending > 0
	local caught = not met and S.caught() -- on its path only
	local pieces = (c == "string" or c == "text") and {}
	if pieces then
		local where, beyond = position(level)
		if (met or caught) and not where then
			S.unsupported(("an 'error' of level %d, met by a pcall or <close> variable here, whose position is outside of the "
				.. "staged function"):format(level))
		end
		if where ~= "" then pieces[1] = where end
		append(pieces, v)
		if met or caught then
			local e = c == "string" and table.concat(pieces) or text(pieces)
			if met then error(e, 0) end
			S.throw(T.catch(e))
		end
		S.flush()
		if where and not needs_lua(pieces) then core.raise_text(pieces) else raise_outside(pieces, beyond or 0) end
	elseif c == "poison" then
		S.read_poison(v)
	elseif met then
		error(v, 0)
	elseif caught then
		S.throw(T.catch(v))
	else
		S.raise_value(v)
	end
	error(S.DEAD, 0)
end

-- Stops the run where it would leave what can be staged: no pcall of the trace catches that, and nothing of the run is
-- left: it starts again with the numbers plain that v is made of, if it is made of such, or as `otherwise` says.
function S.refuse_path(message, v, otherwise)
	local _, again = pcall(S.make_plain, { v })
	again = again or otherwise
	if S.T.pcall == S.T.depth then
		if again then error(again, 0) end
		S.stop(message)
	end
	S.flush()
	S.raise_constant({ "misfit", S.place() .. message, again = again }, {})
	error(S.DEAD, 0)
end

counterpart[error] = function(v, level)
	if S.is_symbolic(level) then S.need(level, "the level of 'error'") end
	return raise(v, level or 1)
end

counterpart[assert] = function(...)
	if select("#", ...) == 0 then S.bad_argument(1, "value expected") end
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

-- The message without the position in front of it, if it is the one where control is.
local function without_place(e)
	local place = S.place()
	local pieces = S.is_text(e) and pieces_of(e)
	local first = pieces and pieces[1] or e
	if type(first) ~= "string" or place == "" or first:sub(1, #place) ~= place then return e end
	first = first:sub(#place + 1)
	return pieces and text { first, unpack(pieces, 2) } or first
end

-- pcall and xpcall: what fails while tracing is caught here. What fails only when the graph runs can't be: such nodes
-- have a site that says so, and the run stops.
local protected
function protected(handler, f, ...)
	local T = S.T
	if class(f) == "choice" then
		local args = pack(...)
		return S.choose(f, function(g) return protected(handler, g, unpack(args, 1, args.n)) end)
	end
	if S.has_lengths() then S.exact("a call of 'pcall'") end
	local here, line, catch, catching = S.here(), core.protect(true), T.catch, T.catching
	local rests = #T.rests
	T.shelters = T.shelters + 1
	local g = S.callable(f)
	local name = S.library_name(f)
	-- a library function that Lua's own pcall calls has no position; one of the script's that it calls has
	local own_error, raised_inside = name and f ~= error and S.frame_watch(), false
	T.pcall, T.catching = T.depth, true
	if here.co then here.co.pcalls = here.pcalls + 1 end
	T.catch = not handler and not own_error and S.plain_catch or function(e)
		S.plain_catch(e)
		if own_error and not raised_inside and own_error() then e = without_place(e) end
		if handler then
			local site, given = S.site, S.given -- of the call that fails
			local ok, value = xpcall(handler, function(x) return x end, e)
			S.site, S.given = site, given
			if not ok and S.is_signal(value) then error(value, 0) end
			if not ok then S.unsupported("an error in the handler of 'xpcall'") end
			e = value
		end
		return e
	end
	if not g then
		g = function() error(("attempt to call a %s value"):format(S.said_type(f)), 0) end
	elseif not T.form_of[g] then
		S.site, S.given = { what = "function " .. (name or "'?'"), direct = true }, select("#", ...)
		g = core.closure(g, true)
	end
	local results = pack(xpcall(g, function(e) -- while the stack still tells the place
		if own_error and not S.is_signal(e) then raised_inside = not own_error() end
		return type(e) == "string" and S.reword(e) or e
	end, ...))
	local e = results[2]
	local ok = results[1] or not S.is_signal(e) or S.is_raised(e)
	if ok and not results[1] then
		S.back_to(here)
		if #T.rests > rests then T.region = T.rests[#T.rests] end
		if S.is_signal(e) then e = e.value else e = S.meet(e) end
		T.met = nil
		results = { false, e, n = 2 }
	end
	if #T.rests > rests then
		local done = ok and flow.completion(P.RET, unpack(results, 1, results.n)) or e
		ok, e = S.rejoin(rests, ok, done, function(raised) return P.RET, false, raised end)
		S.back_to(here)
		if ok then results = pack(flow.values_of(e)) end
	end
	T.pcall, T.catch, T.catching = here.caught and T.depth or here.pcall, catch, catching
	if here.co then here.co.pcalls = here.pcalls end
	S.unprotect(line)
	if not ok then error(e, 0) end
	return unpack(results, 1, results.n)
end

counterpart[pcall] = function(...)
	if select("#", ...) == 0 then S.bad_argument(1, "value expected") end
	return protected(nil, ...)
end
counterpart[xpcall] = function(f, h, ...)
	if type(h) ~= "function" then S.bad_argument(2, S.said_type(h), "function") end
	return protected(function(e)
		local g = S.atomic(S.callable(h), "library")
		return (g(e))
	end, f, ...)
end

-- A module that is loaded already; to load one runs its chunk, which no trace may do.
counterpart[require] = S.spread(function(name)
	if S.is_symbolic(name) or class(name) == "text" then S.need(name, "argument 1 of 'require'") end
	if type(name) == "number" then name = tostring(name) end
	if type(name) ~= "string" then S.bad_argument(1, S.said_type(name), "string") end
	return S.choose(S.get(S.T.info[S.constant(debug.getregistry()._LOADED)], name), function(module)
		if module and kind(module) ~= "bool" then return module end
		S.unsupported("a call of 'require' for a module that is not loaded yet")
	end)
end)
for _, f in ipairs { loadfile, dofile } do
	counterpart[f] = function() S.unsupported("a call of " .. S.library_name(f) .. " inside a staged function") end
end

S.append, S.text_of = append, text
S.raise = raise
