-- The constructs of random programs, but for those of tensors.
local G = dofile "tests/fuzz/grammar.lua"
local Tree = dofile "tests/fuzz/tree.lua"
local construct, expr, node, pick, chance = G.construct, G.expr, G.node, G.pick, G.chance
local random = math.random

local function leaf(kind, type, weight, feature, ...)
	local texts = { ... }
	construct(kind, type, weight, feature, function() return { pick(texts) } end, true)
end

-- ---- Numbers ----

leaf("upvalue", "num", 3, nil, "u1", "u2")
leaf("field", "num", 3, nil, "o.v", "o.w", "o.inner.v", "q.v")
leaf("global", "num", 2, "globals", "g1", "_G.g1", "_ENV.g1", "G.v")
construct("arithmetic", "num", 8, nil, function(d)
	local left, op, right = expr("num", d - 1), pick { " + ", " - ", " * ", " + ", " - ", " / ", " // ", " % " },
		expr("num", d - 1)
	-- Lua compiles `x - 0` as `x + 0`, which for -0.0 is another zero; also `x - (false or 0)`
	local zero = op == " - " and load("return " .. Tree.text { right }, "=", "t", {})
	if zero and select(2, pcall(zero)) == 0 then op = " + " end
	return { "(", left, op, right, ")" }
end)
construct("power", "num", 1, "maths", function(d)
	return { "(", expr("num", d - 1), "^", pick { "2", "0.5", "-1" }, ")" }
end)
construct("minus", "num", 1, nil, function(d) return { "(- ", expr("num", d - 1), ")" } end)
construct("maths of one", "num", 2, "maths", function(d)
	return { "math.", pick { "abs", "sqrt", "sin", "floor", "ceil", "exp", "cos", "tointeger", "ult" },
		"(", expr("num", d - 1),
		chance(5) and ", 1" or "", ")" }
end)
construct("maths of two", "num", 2, "maths", function(d)
	return { "math.", pick { "max", "min", "max", "fmod" }, "(", expr("num", d - 1), ", ", expr("num", d - 1), ")" }
end)
construct("bits", "num", 3, "bits", function(d)
	return { "(", expr("num", d - 1), pick { " & ", " | ", " ~ ", " << ", " >> " }, pick { "1", "3", "6" }, ")" }
end)
construct("bits", "num", 1, "bits", function(d) return { "(~", expr("num", d - 1), ")" } end)
construct("and or", "num", 2, nil, function(d)
	return { "(", expr("bool", d - 1), " and ", expr("num", d - 1), " or ", expr("num", d - 1), ")" }
end)
construct("or", "num", 1, nil, function(d) return { "(", expr("any", 0), " or ", expr("num", d - 1), ")" } end)
construct("call of helper", "num", 2, "calls", function(d)
	return { pick { "h1", "h2" }, "(", expr("num", d - 1), ", ", expr("num", 0), ")" }
end)
construct("call of field", "num", 1, "calls", function(d) return { "o.f(", expr("num", d - 1), ")" } end)
construct("call of closure", "num", 2, "closures", function(d)
	return chance(50) and { "get()" } or { "(add(", expr("num", d - 1), ") or get())" }
end)
construct("call of local function", "num", 3, "closures", function(d)
	local f = G.variable "fun"
	return f and { f.name, "(", expr("num", d - 1), ")" }
end)
construct("call of function value", "num", 1, "closures", function(d)
	return { G.callee("fun", 1), "(", expr("num", d - 1), ")" }
end)
construct("method call", "num", 3, "methods", function(d)
	return { "(", expr("obj", d - 1), "):get(", expr("num", d - 1), ")" }
end)
construct("metamethod", "num", 3, "metatables", function(d)
	return pick {
		function() return { "(", expr("obj", 0), pick { " + ", " - ", " * ", " .. " }, expr("num", d - 1), ").v" } end,
		function() return { "(", expr("num", d - 1), pick { " + ", " // " }, expr("obj", 0), ").v" } end,
		function() return { "(- ", expr("obj", 0), ").v" } end,
		function() return { "#", expr("obj", 0) } end,
		function() return { G.callee("obj", 0), "(", expr("num", d - 1), ")" } end,
		function() return { "c1.absent" } end,
	} ()
end)
construct("item of list", "num", 2, "lists", function()
	return { "(", expr("list", 0), ")[", pick { "1", "2", "3" }, "]" }
end)
construct("item at a symbolic key", "num", 1, "symbolic keys", function(d)
	return { "(", expr("list", 0), ")[", expr("num", d - 1), "]" }
end)
construct("length", "num", 2, "lists", function() return { "#(", expr("list", 0), ")" } end)
construct("field of local", "num", 4, "tables", function()
	local t = G.variable "tab"
	return t and { t.name, pick { ".v", ".w", "[1]", ".inner.v" } }
end)
construct("rawget", "num", 1, "raw access", function()
	return { pick { 'rawget(o, "v")', "rawlen(l)", 'rawget(o, "absent")', 'rawget(l, 1)' } }
end)
construct("select", "num", 2, "varargs", function()
	return G.state().vararg and { pick { 'select("#", ...)', "(select(2, ...))", "(...)", "select(-1, ...)" } }
end)
construct("text to number", "num", 1, "strings", function() return { "tonumber(", expr("str", 0), ")" } end)
construct("length of text", "num", 1, "strings", function() return { "#", expr("str", 0) } end)
construct("random", "num", 3, "random", function()
	return { pick { "math.random()", "math.random(10)", "math.random(-3, 3)" } }
end)
construct("call of the host", "num", 3, "host calls", function(d) return { "asked(", expr("num", d - 1), ")" } end)
construct("recursion", "num", 1, "recursion", function(d)
	return { "down(", pick { "0", "1", "3" }, ", ", expr("num", d - 1), ")" }
end)
construct("symbolic recursion", "num", 1, "symbolic recursion", function(d)
	return { "down(", expr("num", 0), " % 4, ", expr("num", d - 1), ")" }
end)
local function left() return pick { "2", "3", "4", "6" } end
construct("forked recursion", "num", 2, "symbolic recursion", function(d)
	return { pick { "(fork(", "select(2, fork(", "(fork(" }, expr("num", d - 1), ", ", left(), "))" }
end)
construct("mutual recursion", "num", 2, "symbolic recursion", function(d)
	return { pick { "ping(", "pong(" }, expr("num", d - 1), ", ", left(), ", ", expr("num", 0), ")" }
end)
construct("recursion with a list", "num", 2, "symbolic recursion", function(d)
	return { "gather(", expr("num", d - 1), ", ", left(), ")" }
end)
construct("recursion with a table", "num", 2, "symbolic recursion", function(d)
	return { "bear(", expr("num", d - 1), ", ", left(), ", ", pick { "{ v = 1, w = 2.5 }", "{ v = u1, w = u2 }", "q", "o" }, ")" }
end)
construct("recursion inside of a pcall", "num", 2, "symbolic recursion", function(d)
	local caught = chance(40)
	return { caught and "(select(2, pcall(dare, " or "dare(", expr("num", d - 1), ", ", left(), caught and ")))" or ")" }
end)
construct("recursion to a table", "num", 1, "symbolic recursion", function(d)
	return { "record(", expr("num", d - 1), ", ", left(), ")", pick { ".v", ".w" } }
end)
construct("protected recursion", "num", 1, "symbolic recursion", function(d)
	return { "(select(2, pcall(", pick { "fork", "kind", "down" }, ", ", expr("num", d - 1), ", ", left(), ")))" }
end)
construct("recursion to several kinds", "num", 1, "symbolic recursion", function(d)
	return { "kind(", expr("num", d - 1), ", ", left(), ")" }
end)

construct("item by text key", "num", 1, "tables", function()
	return { pick { "o", "q" }, "[", pick { "s1", '"v"', 'b1 and "v" or "w"' }, "]" }
end)
construct("item by float key", "num", 1, "lists", function()
	return { pick { "l", "o.list" }, "[", pick { "1.0", "2.0", "3.5" }, "]" }
end)
construct("call of staged function", "num", 2, "staged callee", function(d)
	return { "inner(", expr("num", d - 1), ")" }
end)
construct("variable arguments", "num", 2, "varargs", function(d)
	return { pick { "count(", "last(" }, expr("any", d - 1), ", ", expr("num", d - 1), ", ",
		pick { "two(1, 2)", "table.unpack(l)", "nil" }, ")" }
end)
construct("recursive method", "num", 2, "methods", function(d)
	local f = G.state().features
	return f["symbolic recursion"] and { pick { "c1", "c2" }, ":sink(", expr("num", d - 1), ", ", left(), ")" }
end)
construct("inherited method", "num", 3, "inheritance", function(d)
	return { "d1:", pick { "get(", "twice(" }, expr("num", d - 1), ")" }
end)

-- ---- Booleans and texts ----

-- May what is made now run many times?
local function again()
	local s = G.state()
	return #s.loops > 0 or s.helper or s.functions > 1
end

construct("comparison", "bool", 8, nil, function(d)
	return { "(", expr("num", d - 1), pick { " < ", " <= ", " > ", " >= ", " == ", " ~= " }, expr("num", d - 1), ")" }
end)
construct("equality", "bool", 2, nil, function(d)
	return { "(", expr("any", d - 1), pick { " == ", " ~= " }, expr("any", d - 1), ")" }
end)
construct("identity", "bool", 2, "tables", function()
	local t = pick { "tab", "list" }
	return { "(", expr(t, 0), pick { " == ", " ~= " }, expr(t, 0), ")" }
end)
construct("not", "bool", 2, nil, function(d) return { "(not ", expr(pick { "bool", "any" }, d - 1), ")" } end)
construct("and", "bool", 2, nil, function(d) return { "(", expr("bool", d - 1), " and ", expr("bool", d - 1), ")" } end)
construct("or", "bool", 2, nil, function(d) return { "(", expr("bool", d - 1), " or ", expr("bool", d - 1), ")" } end)
construct("type test", "bool", 2, nil, function()
	return { pick { "type", "math.type" }, "(", expr("any", 0), ") == ",
		pick { '"number"', '"nil"', '"integer"', '"float"', '"table"' } }
end)
construct("nil test", "bool", 2, nil, function() return { "(", expr("any", 0), pick { " == nil", " ~= nil" }, ")" } end)
construct("metamethod comparison", "bool", 4, "metatables", function()
	return { "(", expr("obj", 0), pick { " < ", " <= ", " == ", " > ", " ~= " }, expr("obj", 0), ")" }
end)
construct("text comparison", "bool", 2, "strings", function(d)
	return { "(", expr("str", d - 1), pick { " < ", " == ", " ~= ", " >= " }, expr("str", d - 1), ")" }
end)
leaf("upvalue", "bool", 2, nil, "b1", "n1")

construct("type", "str", 2, nil, function() return { "type(", expr("any", 0), ")" } end)
leaf("upvalue", "str", 2, nil, "s1", "o.name")
construct("concat", "str", 3, "strings", function(d)
	-- a text that is doubled many times fills the memory
	if again() then return { "(", pick { "s1", '"s"', "o.name" }, " .. ", expr("num", d - 1), ")" } end
	return { "(", expr("str", d - 1), " .. ", expr(pick { "str", "num" }, d - 1), ")" }
end)
construct("tostring", "str", 3, "strings", function(d) return { "tostring(", expr("any", d - 1), ")" } end)
construct("format", "str", 3, "strings", function(d)
	return { "string.format(", pick { '"%d"', '"%g"', '"%s"', '"%5.1f"', '"%i|"' }, ", ", expr("num", d - 1), ")" }
end)
construct("text method", "str", 4, "strings", function(d)
	return { "(", expr("str", d - 1), ")", pick {
		":upper()", again() and ":lower()" or ":rep(2)", ":sub(1, 2)", ":reverse()", ':gsub("s", "r")',
	} }
end)
construct("and or", "str", 1, nil, function(d)
	return { "(", expr("bool", d - 1), " and ", expr("str", 0), " or ", expr("str", 0), ")" }
end)

-- ---- Tables and functions ----

leaf("outer table", "tab", 4, nil, "o", "o.inner", "q")
leaf("global", "tab", 1, "globals", "G")
construct("table constructor", "tab", 4, "tables", function(d)
	return { "{ v = ", expr("num", d - 1), ", w = ", expr("num", d - 1), chance(40) and ", inner = o.inner" or "",
		chance(30) and ", 7" or "", " }" }
end)
leaf("outer list", "list", 3, nil, "l", "o.list")
construct("list constructor", "list", 4, "lists", function(d)
	return { "{ ", expr("num", d - 1), ", ", expr("num", d - 1), chance(50) and ", 3" or "", " }" }
end)
construct("packed arguments", "list", 5, "varargs", function()
	return G.state().vararg and { pick { "{ ... }", "table.pack(...)" } }
end)
leaf("outer object", "obj", 4, "methods", "c1", "c2")
construct("new object", "obj", 3, "methods", function(d) return { "C.new(", expr("num", d - 1), ")" } end)
leaf("outer object", "obj", 1, nil, "o")
leaf("helper", "fun", 2, nil, "h1", "o.f")
construct("function", "fun", 4, "closures", function()
	local p = G.fresh "p"
	local body = G.function_body({ p, "num" }, 2, function() return node("return", "return ", expr("num", 1)) end)
	return { "function(", p, ")", body, "end" }
end)

-- ---- Assignments ----

-- A list that grows while it is walked is walked in no order that Lua says: a program that walks lists writes into them
-- only where no walk is on.
local function list_writable()
	local s = G.state()
	return not (s.features.walks and (s.walking or s.helper or s.functions > 1))
end
local function list_written(make) return function() return list_writable() and make() end end

construct("assign", "statement", 8, nil, function()
	local v = G.variable(nil, true)
	return v and { v.name, " = ", expr(chance(94) and v.type or "any", 2) }
end)
construct("local", "statement", 5, nil, function()
	local type = pick { "num", "num", "num", "bool", "str", "num" }
	local value = chance(90) and expr(type, 2)
	return value and { "local ", G.declare(G.fresh "v", type), " = ", value } or { "local ", G.declare(G.fresh "v", type) }
end)
construct("local table", "statement", 4, "tables", function()
	local value = expr("tab", 2)
	return { "local ", G.declare(G.fresh "t", "tab"), " = ", value }
end)
construct("local list", "statement", 4, "lists", function()
	local value = expr("list", 2)
	return { "local ", G.declare(G.fresh "t", "list"), " = ", value }
end)
construct("local object", "statement", 4, "methods", function()
	local value = expr("obj", 2)
	return { "local ", G.declare(G.fresh "t", "obj"), " = ", value }
end)
construct("multiple assignment", "statement", 2, nil, function()
	local a, b = G.variable("num", true), G.variable("num", true)
	if not a then return end
	if chance(40) then return { a.name, ", ", b.name, " = ", b.name, ", ", a.name } end
	if chance(30) and G.state().features.calls then return { a.name, ", ", b.name, " = two(", expr("num", 1), ")" } end
	return { a.name, ", ", pick { b.name, "o.v", "u1" }, " = ", expr("num", 1), ", ", expr("num", 1) }
end)
construct("write of upvalue", "statement", 3, nil, function()
	if chance(20) then return { pick { "b1 = ", "n1 = " }, expr(pick { "bool", "any" }, 1) } end
	return { pick { "u1", "u2" }, " = ", expr("num", 2) }
end)
construct("write of field", "statement", 3, nil, function()
	return { pick { "o.v", "o.w", "o.inner.v", "q.w", "o.new" }, " = ", expr(chance(90) and "num" or "any", 2) }
end)
construct("field to nil", "statement", 1, "tables", function() return { pick { "o.w", "o.new", "q.w" }, " = nil" } end)
construct("table into field", "statement", 2, "tables", function()
	return { pick { "o.inner", "q", "o.made", "o.inner.made" }, " = ", expr("tab", 1) }
end)
construct("table rebuilt", "statement", 4, "tables", function()
	local t = G.variable("tab", true)
	return t and { t.name, " = { v = ", expr("num", 1), ", w = ", t.name, pick { ".v", ".w", ".inner.v" },
		pick { "", ", 7", ", inner = o.inner", ", inner = " .. t.name .. ".inner", ", inner = { v = " .. t.name .. ".v }",
			", name = b1 and 1 or nil" }, " }" }
end)
construct("table kept", "statement", 2, "tables", function()
	local t = G.variable "tab"
	return t and { pick { "o.made", "q", "o.inner.made" }, " = ", t.name }
end)
construct("table swapped", "statement", 2, "tables", function()
	local a, b = G.variable("tab", true), G.variable("tab", true)
	return a and { a.name, ", ", b.name, " = ", b.name, ", ", a.name }
end)
construct("optional table", "statement", 2, "tables", function()
	local t = G.variable "tab"
	local field = pick { ".v", ".w", "[1]" }
	return t and { "if ", t.name, " and ", expr("bool", 1), " then u1 = ", t.name, field, " or 0 end" }
end)
construct("write of global", "statement", 4, "globals", function()
	return { pick { "g1", "_G.g1", "G.v", "g2", "_ENV.g1" }, " = ", expr("num", 2) }
end)
construct("packed arguments", "statement", 4, "varargs", function()
	return G.state().vararg and { "local ", G.declare(G.fresh "t", "list"), " = ",
		pick { "{ ... }", "{ 1, ... }", "table.pack(...)", "{ ..., 2 }" } }
end)
construct("write into local table", "statement", 8, "tables", function()
	local t = G.variable "tab"
	return t and { t.name, pick { ".v", ".w", "[1]", ".new", ".inner.v" }, " = ", expr("num", 2) }
end)
construct("write into list", "statement", 3, "lists", list_written(function()
	local t = G.variable "list"
	return { t and t.name or pick { "l", "o.list" }, "[", pick { "1", "2", "3", "4" }, "] = ", expr("num", 1) }
end))
construct("append", "statement", 3, "lists", list_written(function()
	local t = G.variable "list"
	t = t and t.name or pick { "l", "o.list" }
	return { "if #", t, " < 6 then ", t, "[#", t, " + 1] = ", expr("num", 1), " end" }
end))
construct("write at a symbolic key", "statement", 6, "symbolic keys", list_written(function()
	return { "l[", expr("num", 0), " % 3 + 1] = ", expr("num", 1) }
end))
construct("table library", "statement", 4, "table library", list_written(function()
	local t = G.variable "list"
	t = t and t.name or pick { "l", "o.list" }
	return pick {
		function() return { "if #", t, " < 6 then table.insert(", t, ", ", expr("num", 1), ") end" } end,
		function() return { "if #", t, " < 6 then table.insert(", t, ", 1, ", expr("num", 1), ") end" } end,
		function() return { "table.remove(", t, pick { ", 1)", ")" } } end,
		function() return { "print(table.concat(", t, ', ","))' } end,
		function() return { "print(table.unpack(", t, "))" } end,
		function() return { "table.sort(", t, pick { "", ", function(p, r) return p > r end" }, ")" } end,
		function() return { "table.move(", t, ", 1, 2, 2, l)" } end,
	} ()
end))
construct("order of assignment", "statement", 1, "lists", list_written(function()
	local v = G.variable("num", true)
	return v and { "l[", pick { "1", "2" }, "], ", v.name, " = ", v.name, ", l[1]" }
end))
construct("text grown in a loop", "statement", 2, "strings", function()
	return { "if #s1 < 12 then s1 = s1 .. ", expr(pick { "str", "num" }, 0), " end" }
end)
construct("library pairs", "statement", 1, "library pairs", function()
	return { "for k_, v_ in ms.pairs(", pick { "o.inner", "l", "q" }, ") do print(k_, v_) end" }
end)
construct("next test", "statement", 1, "tables", function()
	local t = G.variable "tab"
	return { "if next(", t and t.name or "q", ") == nil then u1 = 0 else u2 = 0 end" }
end)
construct("list of closures", "statement", 2, "closures", function()
	local fs, i = G.fresh "t", G.fresh "i"
	return { "local ", fs, " = {} for ", i, " = 1, 3 do ", fs, "[", i, "] = function(p_) ", i, " = ", i, " + p_ return ",
		i, " end end ", pick { "u1", "o.v" }, " = ", fs, "[2](", expr("num", 0), ") + ", fs, "[2](1) + ", fs, "[3](0)" }
end)
construct("shadowing", "statement", 1, nil, function()
	local v = G.variable("num", true)
	return v and { "do local ", v.name, " = ", v.name, " ", v.name, " = ", expr("num", 1), " u1 = ", v.name, " end" }
end)
construct("rawset", "statement", 2, "raw access", list_written(function()
	return { pick { 'rawset(o, "v", ', "rawset(l, 1, ", 'rawset(o.inner, "new", ' }, expr("num", 1), ")" }
end))

-- ---- Control flow ----

construct("if", "statement", 7, nil, function()
	local n = node("if", "if ", expr("bool", 2), " then", G.block(3))
	for _ = 1, chance(35) and random(2) or 0 do
		n[#n + 1] = { kind = "elseif", optional = true, "elseif ", expr("bool", 2), " then", G.block(2) }
	end
	if chance(50) then n[#n + 1] = { kind = "else", optional = true, "else", G.block(2) } end
	n[#n + 1] = "end"
	return n
end)
local function loops_fit()
	local s = G.state()
	return #s.loops < s.loops_deep and s.depth <= s.depths
end
construct("while", "statement", 3, "loops", function()
	if not loops_fit() then return end
	local k = G.fresh "k"
	local cond = expr("bool", 1)
	local body, label = G.loop_body(k, function() return G.block(3) end)
	return { "local ", k, "_ = 0 while ", k, "_ < ", pick { "3", "4", "a" }, " and ", k, "_ < 5 and ", cond, " do ", k,
		"_ = ", k, "_ + 1", body, label, "end" }
end)
construct("repeat", "statement", 3, "loops", function()
	if not loops_fit() then return end
	local k = G.fresh "k"
	local body, label = G.loop_body(k, function() return G.block(3) end)
	if label == "" and chance(50) then
		local last = expr("num", 1)
		return { "local ", k, "_ = 0 repeat ", k, "_ = ", k, "_ + 1", body, "local last = ", last, " until ", k,
			"_ >= 4 or last == ", expr("num", 0) }
	end
	return { "local ", k, "_ = 0 repeat ", k, "_ = ", k, "_ + 1 do", body, "end", label, " until ", k, "_ >= 3 or ",
		expr("bool", 1) }
end)
construct("numeric for", "statement", 5, "loops", function()
	if not loops_fit() then return end
	local i = G.fresh "i"
	local head = pick { "1, 3", "1, a % 5", "3, 1, -1", "a % 4, 5", "1, 2, 0.5", "b % 3, 0, -1", "1, (a > 2 and 2 or 4)",
		"1, 0", "0.5, b % 4", "1, #l", "math.maxinteger - 1, math.maxinteger", "1, 9", "10, 2, -1", "1, ms.unroll(3)",
		"1, ms.unroll(a % 4)", "1, ms.loop(3)" }
	local known = #G.state().vars
	G.declare(i, "num", chance(80))
	local body, label = G.loop_body(i, function() return G.block(3) end)
	G.state().vars[known + 1] = nil
	return { "for ", i, " = ", head, " do", body, label, " end" }
end)
-- A list that a loop makes of one type, changes in ways that leave no holes, and gives to all that takes lists.
local function grown_list(bound)
	local t, i = G.fresh "t", G.fresh "i"
	local function by(code) return (code:gsub("T", t):gsub("I", i)) end
	local item, kind = table.unpack(pick { { "I", "num" }, { "I * 0.5", "num" }, { "I * I - 3", "num" }, { '"e" .. I', "str" },
		{ "I % 2 == 0", "bool" } })
	local change = pick { "", "", "if #T > 2 then T[#T] = nil end", "if #T > 2 then table.remove(T, 1) end",
		"table.insert(T, 1, ITEM)", "T[I] = ITEM", "if I == 2 then break end", "if #T > 1 then T[1], T[#T] = T[#T], T[1] end",
		"if I > 3 then error(#T) end" }
	local last = pick { "print(#T, T[1], T[#T], T[#T + 1])", "for i_, v_ in ipairs(T) do print(i_, v_) end",
		"for i_, v_ in pairs(T) do print(i_, v_) end", "o.made = T", "table.remove(T) print(#T, next(T))",
		"print(table.unpack(T))", "print(select('#', table.unpack(T, 2)), (table.unpack(T)))" }
	if kind ~= "bool" and chance(40) then last = 'print(table.concat(T, "-"))' end
	local code = "for I = 1, " .. bound .. " do T[#T + 1] = ITEM CHANGE end LAST"
	code = code:gsub("LAST", last):gsub("CHANGE", change):gsub("ITEM", function() return item end)
	local declared = kind == "num" and chance(60) and G.declare(t, "list") or t
	return { "local ", declared, " = {} ", by(code) }
end
construct("list grown in a loop", "statement", 4, "lists", list_written(function()
	return loops_fit() and grown_list(pick { "a % 5", "b % 4", "#l", "(a > 1 and 3 or 1)" })
end))
construct("outside list grown in a loop", "statement", 2, "lists", list_written(function()
	if not loops_fit() then return end
	local i = G.fresh "i"
	return { "for ", i, " = 1, a % 4 do if #l < 6 then l[#l + 1] = ", pick { i, "1", i .. " * 0.5", "u1" }, " end ",
		pick { "", "if l[" .. i .. "] then l[" .. i .. "] = " .. i .. " end", "table.remove(l)" }, " end" }
end))
G.grown_list = grown_list
local function generic_for(iterators)
	if not loops_fit() then return end
	local i, v = G.fresh "i", G.fresh "v"
	local kind, head, types = table.unpack(pick(iterators))
	head = head:gsub("LIST", function() return (G.variable "list" or { name = pick { "l", "o.list" } }).name end)
		:gsub("TAB", function() return (G.variable "tab" or { name = pick { "o", "q" } }).name end)
		:gsub("LIMIT", pick { "2", "3", "#l", "2", "3", "9", chance(20) and "a %% 3" or "1" })
	local known = #G.state().vars
	G.declare(i, types, true)
	G.declare(v, "num")
	local body, label = G.loop_body(i, function() return G.block(3) end, false, kind == "loop that closes")
	for n = #G.state().vars, known + 1, -1 do G.state().vars[n] = nil end
	return { kind = kind, "for ", i, ", ", v, " in ", head, " do", body, label, " end" }
end
construct("generic for", "statement", 5, "generic for", function()
	return generic_for {
		{ "ipairs", "ipairs(LIST)", "num", "num" },
		{ "ipairs", "ipairs(LIST)", "num", "num" },
		{ "sorted pairs", "sorted(TAB)", "str", "any" },
		{ "iterator closure", "upto(LIMIT)", "num", "num" },
		{ "iterator closure", chance(20) and "ms.loop(upto(LIMIT))" or "upto(LIMIT)", "num", "num" },
		{ "loop that closes", "closed(LIMIT)", "num", "num" },
	}
end)
construct("generic for", "statement", 8, "walks", function()
	local state = G.state()
	local walking = state.walking
	state.walking = true
	local loop = generic_for { { "pairs of list", "pairs(LIST)", "num", "num" }, { "next", "next, LIST", "num", "num" } }
	state.walking = walking
	return loop
end)
construct("break", "statement", 5, "loops", function()
	local inside = false
	for _, loop in ipairs(G.state().loops) do inside = inside or not loop.section end
	return inside and { "if ", expr("bool", 1), " then break end" }
end)
construct("goto continue", "statement", 5, "loops", function()
	local loops = G.state().loops
	if #loops == 0 then return end
	local loop = chance(75) and loops[#loops] or pick(loops)
	loop.used = true
	return { "if ", expr("bool", 1), " then goto ", loop.name, " end" }
end)
construct("jump over", "statement", 3, "loops", function()
	if not loops_fit() then return end
	local name = G.fresh "j"
	local body, label = G.loop_body(name, function() return G.block(3) end, true)
	if chance(50) then return { "do", body, label, " end" } end
	return { "do do", body, "end", label, G.block(2), "end" }
end)
construct("jump back", "statement", 2, "loops", function()
	if not loops_fit() then return end
	local name = G.fresh "j"
	return { "do local ", name, "_ = 0 ::", name, ":: ", name, "_ = ", name, "_ + 1", G.block(3), "if ", name, "_ < ",
		pick { "2", "3", "a" }, " and ", name, "_ < 4", chance(30) and node("condition", " and ", expr("bool", 1)) or "",
		" then goto ", name, " end end" }
end)
construct("return", "statement", 3, nil, function()
	local n = node("return", "do return ", expr(chance(80) and "num" or "any", 2))
	for _ = 1, chance(30) and random(2) or 0 do
		n[#n + 1] = { kind = "more results", optional = true, ", ", expr("any", 1) }
	end
	n[#n + 1] = " end"
	if chance(85) then return { kind = "return", "if ", expr("bool", 1), " then ", n, " end" } end
	return n
end)
construct("tail call", "statement", 3, "calls", function()
	return { "if ", expr("bool", 1), " then return ", pick { "two", "h1", "h2" }, "(", expr("num", 1), ", ",
		expr("num", 0), ") end" }
end)
construct("do", "statement", 2, nil, function() return { "do", G.block(3), "end" } end)

-- ---- Functions and objects ----

construct("local function", "statement", 4, "closures", function()
	if G.state().depth > 3 then return end
	local f, p = G.fresh "f", G.fresh "p"
	local body = G.function_body({ p, "num" }, 3, function() return node("return", "return ", expr("num", 1)) end)
	G.declare(f, "fun", true)
	return { "local function ", f, "(", p, ")", body, "end" }
end)
construct("function in a variable", "statement", 3, "closures", function()
	local value = expr("fun", 1)
	return { "local ", G.declare(G.fresh "f", "fun"), " = ", value }
end)
construct("function rebuilt", "statement", 3, "closures", function()
	local f, v = G.variable("fun", true), G.fresh "v"
	return f and { "do local ", v, " = ", expr("num", 1), " ", f.name, " = function(p_) ",
		pick { "", v .. " = " .. v .. " + 1 " }, "return ", v, pick { " + p_", "", " + u1" }, " end end" }
end)
construct("write through closure", "statement", 4, "closures", function() return { "add(", expr("num", 1), ")" } end)
construct("call for effect", "statement", 3, "calls", function()
	return { pick { "change", "o.f", "change" }, "(", expr("num", 1), ")" }
end)
construct("closure kept", "statement", 3, "escapes", function()
	return { pick { "o.kept", "kept" }, " = ", expr("fun", 1) }
end)
-- (A call with 0 changes nothing: the state is shown with it.)
construct("closures kept that share", "statement", 3, "escapes", function()
	local c = G.fresh "v"
	return { "local ", c, " = ", expr("num", 1), " kept, o.kept = function(p_) ", c, " = ", c, " + p_ return ", c,
		" end, function(p_) ", c, " = ", c, " - p_ ", pick { "", "if p_ > 1 then u1 = " .. c .. " end" }, " return ", c,
		" end ", pick { "", c .. " = " .. c .. " * 2", "kept(1)" } }
end)
construct("closure kept of a list", "statement", 2, "escapes", function()
	local fs, i, k = G.fresh "t", G.fresh "i", pick { "kept", "o.kept" }
	return { "local ", fs, " = {} for ", i, " = 1, 3 do ", fs, "[", i, "] = function(p_) ", i, " = ", i, " + p_ return ",
		i, " end end ", k, " = ", fs, "[2] ", pick { "", "u1 = " .. fs .. "[2](1)" } }
end)
construct("closure over a table kept", "statement", 2, "escapes", function()
	local t = G.fresh "t"
	return { "local ", t, " = { ", expr("num", 1), ", v = ", expr("num", 1), " } kept, o.kept = function(p_) ", t, ".v = ",
		t, ".v + p_ return ", t, ".v end, function(p_) if p_ > 0 then ", t, "[#", t, " + 1] = p_ end return #", t, " + ", t,
		"[1] end ", pick { "", t .. ".v = u1", t .. "[1] = kept(2)", "o.t = " .. t } }
end)
construct("object made and kept", "statement", 2, "escapes", function()
	local v = G.fresh "v"
	return { "local ", v, " = ", expr("num", 1), " o.made = setmetatable({ ", pick { "", "v = 1, " },
		"}, { __index = function(t_, k_) ", pick { "", "u2 = k_ " }, "return ", v,
		" end, __call = function(self_, p_) if p_ > 0 then ", pick { v .. " = p_ ", "self_.v = p_ ", "" },
		"end return self_.v, ", v, " end }) ", pick { "", v .. " = u1", "u1 = o.made.v", "u2 = o.made(u1)" } }
end)
construct("closure kept and shown", "statement", 1, "escapes", function()
	return { "print(kept == o.kept, type(kept))" }
end)
construct("method for effect", "statement", 4, "methods", function()
	local t = G.variable "obj"
	return { t and t.name or pick { "c1", "c2" }, ":set(", expr("num", 1), ")" }
end)
construct("field of object", "statement", 3, "methods", function()
	return { pick { "c1", "c2" }, pick { ".v", ".w", ".extra" }, " = ", expr("num", 1) }
end)
construct("setmetatable outside", "statement", 1, "metatables", function()
	-- (with an __index for all keys a list has no end for ipairs)
	return { "setmetatable(", pick { "c1", "c2", "q", "o.inner", G.state().features["generic for"] and "c1" or "l" }, ", ",
		pick { "C", "C", "nil", "{ __index = o }", "{ __index = function(t_, k_) return u1 end, __add = C.__add }",
		"getmetatable(c1)", "b1 and C or nil" }, ")" }
end)
construct("setmetatable", "statement", 3, "metatables", function()
	local t = G.variable "tab"
	return { "setmetatable(", t and t.name or "c2", ", ",
		pick { "C", "nil", "{ __index = o }", "{ __index = function(t_, k_) return k_ end }" }, ")" }
end)
construct("close variable", "statement", 3, "attributes", function()
	local before, after = "", ""
	if chance(25) then before, after = node("condition", expr("bool", 1), " and "), " or nil" end
	return { "do local ", G.fresh "v", " <close> = ", before, "closing(", expr("num", 0), ")", after, G.block(2), "end" }
end)
construct("const variable", "statement", 2, "attributes", function()
	local value = expr("num", 1)
	return { "local ", G.declare(G.fresh "v", "num", true), " <const> = ", value }
end)

-- ---- Effects and errors ----

construct("print", "statement", 5, "output", function()
	local n = node("print", "print(", expr("any", 1))
	for _ = 1, random(0, 2) do n[#n + 1] = { kind = "more arguments", optional = true, ", ", expr("any", 1) } end
	n[#n + 1] = ")"
	return n
end)
construct("io.write", "statement", 3, "output", function()
	return { "io.write(", expr(pick { "num", "str" }, 1), ', " ", ', expr("num", 0), ', "\\n")' }
end)
construct("assert", "statement", 2, "errors", function()
	return { "assert(", expr("bool", 2), pick { "", ', "assertion"', ", o", ", " .. pick { "a", "u1" }, ', "of " .. a' },
		")" }
end)
construct("error", "statement", 2, "errors", function()
	return { "if ", expr("bool", 2), " then error(",
		pick { '"e"', '"e", 2', '"e", 0', "{ code = 1 }", "o", "nil", '"e" .. a', "b", "" }, ") end" }
end)
construct("pcall inside", "statement", 4, "inner pcall", function()
	local p, argument = G.fresh "p", expr("num", 1)
	local body = G.function_body({ p, "num" }, 3, function() return node("return", "return ", expr("num", 1)) end)
	local ok, result = G.declare(G.fresh "v", "bool"), G.declare(G.fresh "v", "num")
	local catch = pick { "pcall(function(" .. p .. ")", "xpcall(function(" .. p .. ")" }
	return { "local ", ok, ", ", result, " = ", catch, body,
		catch:find "^x" and "end, function(e_) print(e_) return e_ end, " or "end, ", argument, ")",
		chance(30) and {
			kind = "error again", optional = true,
			" if not " .. ok .. " then print(" .. result .. ") error(" .. result .. ", 0) end",
		} or "" }
end)
construct("load", "statement", 5, "load", function()
	return { 'print(load("local x = ... return x + 1")(', expr("num", 1), "))" }
end)

return G
