-- The math library on symbolic numbers: nodes that give what the C library gives Lua.
local ms, core = ...
local S, _ENV = core.S, core.env
local P, counterpart = S.P, S.counterpart
local kind, select, error, pcall, type, pack, unpack = core.kind, select, error, pcall, type, table.pack, table.unpack
local pure_function = S.pure_function

local called -- the function of the library whose arguments are read

-- A tensor of one element counts as its number.
local function single(v)
	if kind(v) ~= "traced" or v.dtype == "bool" then return v end
	if ms.numel(v) == 1 then return v:item() end
	error(("%s%s: a tensor of %d elements is no number"):format(S.place(), called, ms.numel(v)), 0)
end

local function number_argument(v, n)
	if type(v) == "string" and tonumber(v) then return tonumber(v) * 1.0 end
	if S.is_text(v) then
		return S.number_of_text(v, function() S.bad_argument(n, "string", "number") end) * 1.0
	end
	local t = S.type_name(S.readable(v))
	if t ~= "number" then S.bad_argument(n, S.said_type(v), "number") end
	return v
end

local function any_symbolic(...)
	for i = 1, select("#", ...) do
		if S.is_symbolic((select(i, ...))) then return true end
	end
	return false
end

local keeps_strings = { max = true, min = true, type = true, tointeger = true, ult = true }
local function any_text(name, ...)
	for i = 1, keeps_strings[name] and 0 or select("#", ...) do
		if S.is_text((select(i, ...))) then return true end
	end
	return false
end

-- Gives math[name] a counterpart: plain arguments take the library's own function, symbolic ones f.
local function on_symbolic(name, f, arity)
	local original = math[name]
	if not original then return end
	counterpart[original] = function(...)
		if not any_symbolic(...) and not any_text(name, ...) then return pure_function(original, "math." .. name)(...) end
		called = "math." .. name
		local args = pack(...)
		-- also those that are not used; a tensor's type is no number's
		for i = 1, name == "type" and 0 or args.n do args[i] = single(args[i]) end
		local n = arity and args.n > arity and arity or args.n
		if not any_symbolic(unpack(args, 1, n)) and not any_text(name, unpack(args, 1, n)) then
			return pure_function(original, called)(unpack(args, 1, n))
		end
		return f(unpack(args, 1, n))
	end
end

for name, op in pairs {
	sqrt = "fsqrt", exp = "fexp", sin = "fsin", cos = "fcos", tan = "ftan", asin = "fasin", acos = "facos",
} do
	on_symbolic(name, function(x) return core.emit(op, number_argument(x, 1)) end, 1)
end
on_symbolic("atan", function(y, x)
	return core.emit("fatan2", number_argument(y, 1), x == nil and 1.0 or number_argument(x, 2))
end, 2)
on_symbolic("log", function(x, base)
	x = number_argument(x, 1)
	if base == nil then return core.emit("flog", x) end
	base = number_argument(base, 2)
	if S.is_symbolic(base) then return core.emit("fdiv", core.emit("flog", x), core.emit("flog", base)) end
	if base == 2 then return core.emit("flog2", x) end
	if base == 10 then return core.emit("flog10", x) end
	return core.emit("fdiv", core.emit("flog", x), math.log(base))
end, 2)
on_symbolic("abs", function(x)
	x = number_argument(x, 1)
	return core.emit(kind(x) == "int" and "iabs" or "fabs", x)
end, 1)
local function rounded(op, name)
	return function(x)
		x = number_argument(x, 1)
		if kind(x) == "int" then return x end
		S.make_unrolled(x, "it makes an argument of 'math." .. name .. "'")
		local r = core.emit(op, x)
		if S.T.object.wide then
			return S.value_if(core.emit("ffits", r), function() return core.emit("ftoi", r) end, function() return r end)
		end
		-- Lua gives an integer when it fits and the float else: two types on two paths
		P.if_(core.emit("ffits", r), function() end, function()
			S.refuse_path("math." .. name .. ": the result is no 64-bit integer, which can't be staged; "
				.. "x - x % 1 gives it as a float", x, { kind = "restart", wide = true })
		end)
		return core.emit("ftoi", r)
	end
end
on_symbolic("floor", rounded("ffloor", "floor"), 1)
on_symbolic("ceil", rounded("fceil", "ceil"), 1)
on_symbolic("fmod", function(a, b)
	b = number_argument(b, 2) -- the second is looked at first, as the C library is called
	a = number_argument(a, 1)
	if S.is_integer(a) and S.is_integer(b) then return core.emit("icmod", a, b) end
	return core.emit("fcmod", a, b)
end)
function S.integer_argument(v, n)
	if type(v) == "string" then v = tonumber(v) or v end
	local x = number_argument(v, n)
	if S.is_integer(x) then return x end
	local function bad() S.bad_argument(n, "number has no integer representation") end
	if type(x) == "number" then return math.tointeger(x) or bad() end
	local whole = core.emit("ffloor", x)
	P.if_(core.emit("feq", whole, x), function() P.if_(core.emit("ffits", whole), function() end, bad) end, bad)
	return core.emit("ftoi", whole)
end
on_symbolic("ult", function(a, b)
	a = S.integer_argument(a, 1)
	return core.emit("iult", a, S.integer_argument(b, 2))
end)
on_symbolic("tointeger", function(x)
	if S.is_integer(x) then return x end
	if kind(x) ~= "float" then return nil end
	local whole = core.emit("ffloor", x)
	return S.value_if(P.and_(core.equal(whole, x), function() return core.emit("ffits", whole) end),
		function() return core.emit("ftoi", whole) end, function() return nil end)
end, 1)
on_symbolic("type", function(x)
	local k = kind(x)
	return k == "int" and "integer" or k == "float" and "float" or nil
end, 1)
on_symbolic("modf", function(x)
	x = number_argument(x, 1)
	if kind(x) == "int" then return x, 0.0 end
	local whole = S.value_if(core.lt(x, 0), function() return core.emit("fceil", x) end,
		function() return core.emit("ffloor", x) end)
	local rest = S.value_if(core.equal(whole, x), function() return 0.0 end, function() return x - whole end)
	return S.value_if(core.emit("ffits", whole), function() return core.emit("ftoi", whole) end,
		function() return whole end), rest
end, 1)

function S.is_number(v)
	local k = kind(v)
	return type(v) == "number" or k == "int" or k == "float"
end
function S.is_integer(v) return math.type(v) == "integer" or kind(v) == "int" end

-- Like Lua's, they compare whatever they are given.
local function extreme(name, better)
	on_symbolic(name, function(...)
		local best = ...
		for i = 2, select("#", ...) do
			local x, old = select(i, ...), best
			if kind(x) == "traced" or kind(old) == "traced" then
				local first, second = old, x
				if name == "min" then first, second = x, old end
				error(("%sattempt to compare %s with %s in a function that moonstage did not load: "
					.. "use ms.lt, ms.le, ms.gt or ms.ge")
					:format(S.place(), S.type_name(first), S.type_name(second)), 0)
			end
			local ok, c = pcall(better, x, old)
			if not ok then error(type(c) == "string" and c:gsub("^.-:%d+: ", "") or c, 0) end
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
	if S.is_symbolic(v) and (...) ~= nil then S.bad_argument(1, S.said_type(v), "string") end
	if S.is_symbolic(v) then
		if kind(v) == "traced" then
			if v.dtype == "bool" then return nil end
			if ms.numel(v) ~= 1 then
				error(("%stonumber: a tensor of %d elements is no number"):format(S.place(), ms.numel(v)), 0)
			end
			v = v:item()
		end
		if kind(v) == "bool" then return nil end
		return v
	end
	if S.given == 0 then S.bad_argument(1, "value expected") end
	return pure_function(tonumber, "tonumber")(v, ...)
end
