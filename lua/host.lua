-- Host calls: functions that a staged function has called for real while its graph runs, in program order.
--
-- ms.host declares any function for this, with the types of its results. Library functions with effects or answers of
-- their own (random numbers, clocks) are known, with theirs.
local ms, core = ...
local S, _ENV = core.S, core.env
local counterpart, class, kind = S.counterpart, S.class, core.kind
local type, select, pack, unpack, error, pcall = type, select, table.pack, table.unpack, error, pcall
local mathtype, invoke = math.type, core.invoke

-- Types of results ---------------------------------------------------------------------------------------

-- A type is { text, base, optional, dtype, dims }; base: "int" "float" "bool" "number" "tensor".
local scalar = { int = true, float = true, bool = true, number = true }
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
	if t.base == "number" then return type(v) == "number" end
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

-- The graph types that hold a value of a type: a flag that it is not nil, a flag that a number is an integer, the payload.
local function graph_types(t, out)
	if t.optional then out[#out + 1] = "bool" end
	if t.base == "number" then
		out[#out + 1], out[#out + 2], out[#out + 3] = "bool", "int", "float"
	elseif t.base == "tensor" then
		out[#out + 1] = { t.dtype, unpack(t.dims) }
	else
		out[#out + 1] = t.base
	end
end

local nothing = { int = 0, float = 0.0, bool = false, number = 0 }

-- A value as values of its graph types.
local function take_apart(t, v, out)
	if t.optional then out[#out + 1] = v ~= nil end
	if v == nil then v = nothing[t.base] end
	if t.base == "number" then
		local int = mathtype(v) == "integer"
		out[#out + 1], out[#out + 2], out[#out + 3] = int, int and v or 0, int and 0.0 or v
	else
		if v == nil then v = ms.zeros(t.dims, { dtype = t.dtype }) end
		out[#out + 1] = v
	end
end

local function choice(cond, yes, no)
	return setmetatable({ cond = cond, yes = yes, no = no, name = "?", why = S.flow.why_not(yes, no), place = S.place() },
		S.Choice)
end

-- The value that symbolic values of its graph types stand for.
local function assemble(t, next_value)
	local present = t.optional and next_value()
	local v = next_value()
	if t.base == "number" then
		local int = next_value()
		v = choice(v, int, next_value())
	end
	if t.optional then return choice(present, v, nil) end
	return v
end

-- Calls ------------------------------------------------------------------------------------------------

-- An argument of a host call as what a run makes it of; values of the graph go into `operands`.
local function argument(v, operands)
	local c = class(v)
	if c == "poison" then S.read_poison(v) end
	if S.is_symbolic(v) or c == "eager" then
		operands[#operands + 1] = v
		return { "in", #operands }
	elseif c == "text" then
		return { "text", S.text_parts(v, operands) }
	end
	return S.template(v)
end

-- Emits a call: run(...) is to be called with the arguments when the graph gets there, and returns a list of results of
-- the types.
local function emit(run, types, ...)
	local T = S.T
	S.flush()
	local operands, specs = {}, {}
	local call = { run = run, types = types, n = select("#", ...) }
	for i = 1, call.n do call[i] = argument((select(i, ...)), operands) end
	T.hosts[#T.hosts + 1] = call
	for _, t in ipairs(types) do graph_types(t, specs) end
	local results, n = core.host(#T.hosts, operands, specs), 0
	local out = {}
	for i, t in ipairs(types) do
		out[i] = assemble(t, function()
			n = n + 1
			return results[n]
		end)
	end
	return unpack(out, 1, #types)
end

-- What a running graph calls: makes the writes before the call real, and calls.
function S.host_call(run, number, writes, ...)
	if writes then S.apply(writes, run) end
	local call, operands, args = run.entry.hosts[number], { ... }, {}
	for i = 1, call.n do
		local what = call[i]
		if what[1] == "in" then args[i] = operands[what[2]]
		elseif what[1] == "text" then args[i] = S.text_from(what[2], operands)
		else args[i] = S.build(what, run)
		end
	end
	local results, out = call.run(unpack(args, 1, call.n)), {}
	for i, t in ipairs(call.types) do take_apart(t, results[i], out) end
	return unpack(out)
end

-- Library functions --------------------------------------------------------------------------------------

-- Has calls of a library function run for real. types_of(...): the types of the results for these arguments as texts,
-- or nil and why it can't be staged.
local function known(f, types_of)
	counterpart[f] = function(...)
		local site, place = S.site or { what = "" }, S.place()
		local texts, why = types_of(...)
		if not texts then S.unsupported(why) end
		local types = {}
		for i, text in ipairs(texts) do types[i] = parse_type(text) end
		return emit(function(...)
			local out = pack(pcall(f, ...))
			if not out[1] then error(S.library_message(out[2], site, place), 0) end
			for i, t in ipairs(types) do
				if not fits(t, out[i + 1]) then
					error(("%s'%s' gave %s, where '%s' was staged"):format(place, site.what, describe(out[i + 1]), t.text), 0)
				end
			end
			return { unpack(out, 2, out.n) }
		end, types, ...)
	end
end

local function always(...)
	local types = { ... }
	return function() return types end
end

known(math.random, function(...) return { select("#", ...) == 0 and "float" or "int" } end)
-- the seeds are results since Lua 5.4.4
known(math.randomseed, core.option("release") >= 50404 and always("int", "int") or always())
known(os.clock, always "float")
known(os.time, always "int")
known(os.difftime, always "float")
