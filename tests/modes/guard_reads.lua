-- One test per kind of read: what a staged function read from outside changes between calls, and the next call sees it.
local ms = require "moonstage"

-- Calls f staged, once for every change made to the outside before it.
local function changes(title, f, ...)
	local staged = ms.stage(f)
	print("-- " .. title)
	print(staged(2))
	for i = 1, select("#", ...) do
		select(i, ...)()
		print(staged(2))
		print(staged(3))
	end
end

-- Upvalues of every type
local up
local function set(v) return function() up = v end end
up = 1
changes("an upvalue: numbers, their subtypes and bits", function(x) return up, x * 2, up == 1 end, set(2), set(3), set(1.0), set(1),
	set(-0.0), set(0.0), set(0), set(0 / 0), set(1 / 0), set(math.mininteger))
up = 0.0
changes("an upvalue: the sign of zero decides", function(x) return x / up end, set(-0.0), set(0.0), set(0))
up = 7
changes("an upvalue: integer and float division", function(x) return up // x, up % x, up / x end, set(7.0), set(-7), set(-7.0))
up = "a"
changes("an upvalue: a string", function(x) return up .. "!", #up + x, up == "a" end, set("b"), set("bcd"), set(""), set("a"))
up = true
changes("an upvalue: a boolean", function(x) if up then return x end return -x end, set(false), set(true))
up = nil
changes("an upvalue: nil and the rest", function(x) return up == nil, type(up), x end, set(1), set("1"), set(false), set({}), set(print),
	set(ms.tensor(1.0)), set(nil))
up = { n = 1 }
changes("an upvalue: a table", function(x) return up.n + x end, set { n = 2 }, set { n = 2.5 }, function() up.n = 10 end)
up = function(x) return x + 1 end
changes("an upvalue: a function", function(x) return up(x) end, set(function(x) return x * 100 end), set(math.sqrt), set(math.abs))
up = ms.tensor { 1.0, 2.0 }
changes("an upvalue: a tensor", function(x) return (up * x):sum() end, set(ms.tensor { 3.0, 4.0 }), set(ms.tensor { 1.0, 2.0, 3.0 }),
	set(ms.tensor { 1, 2 }), set(ms.ones(2, 2)), function() up = ms.tensor { 1.0, 1.0 } up:add_(1) end)

-- Closures that differ in what they captured
local function adder(n) return function(x) return x + n end end
up = adder(1)
changes("a function's own upvalues", function(x) return up(x) end, set(adder(2)), set(adder(2.5)), set(adder(ms.ones(2))))

-- Globals
level = 1
changes("a global", function(x) return level + x end, function() level = 2 end, function() level = 2.0 end,
	function() level = ms.tensor(4.0) end, function() level = 3 end)
changes("an absent global", function(x) return nowhere, x end, function() nowhere = 1 end, function() nowhere = nil end)
changes("a global function", function(x) return type(x), math.floor(x + 0.5) end,
	function() type_was, type = type, function() return "replaced" end end, function() type = type_was end)
changes("a library function replaced", function(x) return math.sqrt(x) end,
	function() sqrt_was, math.sqrt = math.sqrt, function(x) return -x end end, function() math.sqrt = sqrt_was end)
changes("a library replaced", function(x) return math.max(x, 1), math.pi end,
	function() math_was, math = math, { max = function() return "max" end } end, function() math = math_was end)
changes("a string method replaced", function(x) return ("abc"):upper(), x end,
	function() upper_was, string.upper = string.upper, function(s) return s .. s end end, function() string.upper = upper_was end)

-- Fields
local t = { a = 1, inner = { b = { c = 1 } }, [1] = 10, [2.5] = "half", [true] = "yes" }
changes("a field", function(x) return t.a, x end, function() t.a = 2 end, function() t.a = nil end, function() t.a = "s" end)
changes("a nested field", function(x) return t.inner.b.c + x end, function() t.inner.b.c = 5 end, function() t.inner.b = { c = 7 } end,
	function() t.inner = { b = { c = 8.5 } } end)
changes("an absent field", function(x) return t.absent == nil, x end, function() t.absent = false end, function() t.absent = nil end)
changes("keys of several types", function(x) return t[1], t[2.5], t[true], t[1.0], x end, function() t[1] = 11 end,
	function() t[2.5] = "other" end, function() t[true] = "no" end)
changes("rawget and rawlen", function(x) return rawget(t, "a"), rawget(t, "zzz"), rawlen(t), x end, function() t.a = 4 end,
	function() t.zzz = 5 end, function() t[2] = 20 end)
changes("rawequal", function(x) return rawequal(t.inner, t.inner2), x end, function() t.inner2 = t.inner end,
	function() t.inner2 = {} end)
local key = "a"
changes("a key read from outside", function(x) return t[key], x end, function() key = "zzz" end, function() key = 1 end)

-- Lengths and walks
local list = { 1, 2, 3 }
changes("a length", function(x) return #list, x end, function() list[4] = 4 end, function() list[4] = nil list[3] = nil end)
changes("a walk with ipairs", function(x)
	local s = 0
	for i, v in ipairs(list) do s = s + v * i end
	return s + x
end, function() list[3] = 5 end, function() list[2] = nil end, function() list[1] = 1.5 end)
local one = { only = 1 }
changes("a walk with pairs", function(x)
	local s = ""
	local sum = 0
	for k, v in pairs(one) do s, sum = s .. k, sum + v end
	return s, sum, x
end, function() one = { other = 2 } end, function() one.other = 3 end, function() one = {} end, function() one[1] = 1 end)
local many = { a = 1, b = 2, c = 3 }
changes("a walk with ms.pairs", function(x)
	local s = ""
	local sum = 0
	for k, v in ms.pairs(many) do s, sum = s .. k, sum * 2 + v end
	return s, sum, x
end, function() many.d = 4 end, function() many.a = nil end, function() many.b = 2.5 end)
changes("next", function(x) return next(one) == nil, x end, function() one = { 1 } end, function() one[1] = nil end)

-- Metatables
local object = setmetatable({ v = 1 }, { __index = { w = 5 } })
changes("a metatable", function(x) return object.v, object.w, getmetatable(object) == nil, x end,
	function() getmetatable(object).__index = { w = 6 } end, function() setmetatable(object, nil) end,
	function() setmetatable(object, { __index = function(_, k) return k .. "!" end }) end,
	function() object.w = "own" end)
local Class = { __add = function(a, b) return "added", b end }
Class.__index = Class
function Class:get() return self.v end
object = setmetatable({ v = 3 }, Class)
changes("a method", function(x) return object:get(), object.get == Class.get, x end,
	function() function Class:get() return self.v * 10 end end, function() object.get = function() return "own" end end,
	function() object.v = 4 end)
object = setmetatable({ v = 3 }, Class)
changes("an operator of a metatable", function(x) return object + x end,
	function() Class.__add = function(a, b) return a.v * b end end, function() object.v = 5 end)
changes("events that come and go", function(x) return #object, x end, function() Class.__len = function() return 42 end end,
	function() Class.__len = nil end)
local callable = setmetatable({}, { __call = function(_, x) return x + 1 end })
changes("__call", function(x) return callable(x) end, function() getmetatable(callable).__call = function(_, x) return x + 2 end end)
local other = setmetatable({ v = 3 }, Class)
changes("__eq", function(x) return object == other, x end, function() Class.__eq = function(a, b) return a.v == b.v end end,
	function() object.v = 3 end, function() Class.__eq = nil end, function() other = object end)
changes("__newindex", function(x) object.fresh = x return rawget(object, "fresh") end,
	function() object.fresh = nil Class.__newindex = function(o, k, v) rawset(o, k, -v) end end,
	function() object.fresh = nil Class.__newindex = nil end)

-- _ENV
local env = setmetatable({ k = 1 }, { __index = _G })
local in_env = load("local x = ... return k, absent, x, tostring('k')", "=in_env", "t", env)
changes("another _ENV", function(x) return in_env(x) end, function() env.k = 2 end, function() env.absent = "here" end,
	function() env.tostring = function() return "mine" end end)
do
	local _ENV = { print = print, y = 1 }
	changes("a local _ENV", function(x) return y, x end, function() y = 2 end, function() _ENV = { y = 3 } end)
end

-- Identity
local p, q = { n = 1 }, { n = 1 }
changes("two tables that become one", function(x)
	p.n = p.n + x
	q.n = q.n * 2
	return p.n, q.n, p == q
end, function() q = p end, function() q = { n = 1 } end, function() p, q = q, p end)
local u, v = ms.tensor { 1.0 }, ms.tensor { 1.0 }
changes("two tensors that become one", function(x) return rawequal(u, v), (u + v * x):sum() end, function() v = u end,
	function() v = ms.tensor { 3.0 } end)

-- Objects as keys: another object of the same structure is another key
local notes = {}
local a, b = { n = 1 }, { n = 2 }
notes[a], notes[b], notes[u], notes[v], notes[print] = "a", "b", "u", "v", "print"
local whose = ms.stage(function(o, x) local n = notes[o] notes[o] = x return n end, { graphs = 50 })
for _, o in ipairs { a, b, a, b, {} } do print(whose(o, 1), notes[o]) notes[o] = nil print(whose(o, "s"), notes[o]) end
for _, o in ipairs { u, v, u } do print(whose(o, 1), notes[o]) end
local function f1(x) return x + 1 end
local function f2(x) return x + 2 end
for _, o in ipairs { f1, f2, f1, adder(1), print } do print(whose(o, 1), notes[o], whose(o, 2), notes[o]) end
for _, o in ipairs { adder(1), adder(2) } do print(whose(o, 1), notes[o]) end

-- Functions: of the same text with other variables; kept, compared and called
local call = ms.stage(function(f, g, x) return f(x), f == g, f, g end)
local function calls(f, g)
	local r, same, f_, g_ = call(f, g, 1)
	print(r, same, f_ == f, g_ == g)
end
local add1, add2 = adder(1), adder(2)
calls(add1, add2) calls(add2, add1) calls(add1, add1) calls(adder(1), adder(1)) calls(math.abs, add1) calls(math.abs, math.abs)
-- two closures over one variable, and over two
local function pair()
	local n = 0
	return function(k) n = n + k return n end, function() return n end
end
local both = ms.stage(function(inc, read, k) inc(k) return read() end)
local inc, read = pair()
local inc2, read2 = pair()
for i = 1, 2 do print(both(inc, read, 2), both(inc, read2, 2), both(inc2, read, 2), both(inc2, read2, 2), both(inc, read, 1)) end
local n_calls = 0
local own = ms.stage(function(count, k) n_calls = n_calls + k count() return n_calls end)
local function other_counter() local n = 0 return function() n = n + 10 end end
print(own(function() n_calls = n_calls + 100 end, 1), own(other_counter(), 1), own(function() n_calls = n_calls + 100 end, 1), n_calls)

local k1, k2 = 1, 50
local function first_k() return k1 end
local function bump() k1 = k1 + 1 end
local joined = ms.stage(function() bump() return first_k() end)
print(joined(), joined(), k1, k2)
debug.upvaluejoin(first_k, 1, function() return k2 end, 1)
print(joined(), joined(), k1, k2)

-- Staged functions and gradients from outside
local s1, s2 = ms.stage(function(x) return x + 1 end), ms.stage(function(x) return x * 100 end)
up = s1
changes("a staged function", function(x) return up(x) end, set(s2), set(s1), set(ms.stage(function(x) return -x end)))
up = ms.grad(function(x) return (x * x):sum() end)
changes("a gradient", function(x) return up(u) * x end, set(ms.grad(function(x) return (x * x * x):sum() end)))

-- An operator that fails for want of an event, until the event is there
local bare = {}
local plus = ms.stage(function(x) return bare + x end)
local function tried(ok, v) return ok, type(v) == "string" and v:match("attempt to [%a]+ [%a]+") or v end
print(tried(pcall(plus, 1)))
setmetatable(bare, {})
print(tried(pcall(plus, 1)))
getmetatable(bare).__add = function(_, x) return x * 7 end
print(tried(pcall(plus, 1)))
setmetatable(bare, nil)
print(tried(pcall(plus, 1)))
local caught = ms.stage(function(x) return (pcall(function() return bare < bare end)), x end)
print(caught(1))
setmetatable(bare, { __lt = function() return true end })
print(caught(1))
setmetatable(bare, nil)
print(caught(1))
local field = ms.stage(function(x) return bare.inner.deep, x end)
print(tried(pcall(field, 1)))
bare.inner = {}
print(tried(pcall(field, 1)))

-- A counter is no constant: it becomes an input when it changes
local counter, opts = 0, { step = 1, scale = 0.5 }
local tick = ms.stage(function(x)
	counter = counter + opts.step
	return counter * opts.scale + x
end)
for i = 1, 60 do
	if i % 7 == 0 then opts.step = i end
	if i % 5 == 0 then opts.scale = i / 3 end
	io.write(tick(i), " ")
end
print(counter)
-- ... unless it must be known
local size = 1
local sized = ms.stage(function(x) return ms.ones(size):sum() + x end)
for i = 1, 10 do size = i io.write(tostring(sized(1)), " ") end
print()
local double = ms.stage(function(n) return ms.ones(n * 2 - 1):sum(), ({ "a", "b", "c" })[n + 1] end)
for _, n in ipairs { 1, 2, 3, 1, 2 } do print(double(n)) end

-- Parameters that are rebound at every step
local params = { w = ms.tensor { 1.0, 2.0 }, b = { ms.tensor(0.5) } }
local step = ms.stage(function(x)
	local y = (params.w * x + params.b[1]):sum()
	params.w = params.w * 0.5
	params.b[1] = params.b[1] + y
	return y
end)
for i = 1, 40 do io.write(tostring(step(i)), " ") end
print()
for i = 1, 20 do
	params = { w = params.w + 1, b = { params.b[1] * 0.0 } }
	io.write(tostring(step(1)), " ")
end
print()
