-- Whole programs: the outer state, the staged function, its calls, and printing what can be reached.
local G = dofile "tests/fuzz/tensors.lua"
local node, pick, chance, expr = G.node, G.pick, G.chance, G.expr
local random = math.random

local LIBRARY = [[
local ms = require "moonstage"
local caller, sorted, upto, closing, two, closed = require "tests.fuzz.reach" ()]]

-- What it has done shows whether staging refused something after it.
local HOST = [[
local times = 0
local asked = ms.host(function(p)
	times = times + 1
	if times % 3 == 0 then print("asked", p) end
	return math.type(p) and p or times
end, "number")]]

local function statements(parent, text)
	for line in text:gmatch "[^\n]+" do parent[#parent + 1] = node("definition", line) end
end

-- A function of the outer state whose body is random but small. It calls no functions of the outer state: those could
-- call it back without end.
local function helper(head, params, result)
	local state = G.state()
	local all, few = state.features, {}
	for name in pairs(all) do few[name] = true end
	for _, name in ipairs { "calls", "methods", "metatables", "recursion", "symbolic recursion", "staged callee" } do
		few[name] = nil
	end
	state.features, state.helper = few, true
	local body = G.function_body(params, 2, function() return node("return", "return ", result()) end)
	state.features, state.helper = all, nil
	return node("definition", head, body, "end")
end

local function class(program)
	statements(program, [[
local C = {}
C.__index = C
function C.new(v) return setmetatable({ v = v }, C) end
local function value(p) return type(p) == "table" and p.v or p end]])
	local function method(name, make)
		if not chance(85) then return end
		program[#program + 1] = make()
		program[#program].kind = name
	end
	program[#program + 1] = helper("function C:get(p)", { "p", "num" }, function()
		return node("sum", "self.v + ", expr("num", 1))
	end)
	program[#program + 1] = node("definition", "function C:set(p) ", pick { "self.v = p", "self.v, self.old = p, self.v",
		"if p then self.v = p else self.w = 1 end", "if p > 2 then self.v = p end u1 = u1 + 1" }, " end")
	if not G.state().features.metatables then return end
	for _, op in ipairs { { "add", "+" }, { "sub", "-" }, { "mul", "*" }, { "idiv", "//" }, { "concat", "+" } } do
		method("__" .. op[1], function()
			return node("", "C.__", op[1], " = function(p, r) return C.new(value(p) ", op[2], " value(r)) end")
		end)
	end
	method("__unm", function() return node("", "C.__unm = function(p) return C.new(-p.v) end") end)
	method("__len", function() return node("", "C.__len = function(p) return ", pick { "3", "p.v", "u1" }, " end") end)
	method("__call", function()
		return helper("C.__call = function(self, p)", { "p", "num" }, function() return expr("num", 1) end)
	end)
	method("__lt", function() return node("", "C.__lt = function(p, r) return value(p) < value(r) end") end)
	method("__le", function()
		return node("", "C.__le = function(p, r) ", pick { "", "u2 = p.v " }, "return value(p) <= value(r) end")
	end)
	method("__eq", function() return node("", "C.__eq = function(p, r) return p.v == r.v end") end)
	method("__newindex", function()
		return node("", "C.__newindex = function(t, k, v) ",
			pick { "rawset(t, k, v)", "rawset(t, k, v) u1 = 1", "print(k) rawset(t, k, v)",
			"u2 = v" }, " end")
	end)
	method("__index", function()
		return node("", "C.__index = function(t, k) ",
			pick { "return C[k] or 7", "if k == 'absent' then return rawget(t, 'v') end return rawget(C, k)",
			"u2 = u2 + 1 return rawget(C, k)" }, " end")
	end)
end

local shown = [[
put("u", u1, u2, b1, n1, s1)
put("o", o)
put("q", q)
put("l", l)
put("get", pcall(get))]]

local function show(program)
	local f = G.state().features
	local body = node("block")
	if f.tensors then statements(body, 'put("tensors", X, Y, M, N)') end -- so that they have numbers, for keys in tables
	statements(body, shown)
	if f.globals then statements(body, 'put("globals", g1, g2, G)') end
	if f["host calls"] then statements(body, 'put("asked", times)') end
	if f.methods then statements(body, 'put("objects", c1, c2)') end
	if f.inheritance then statements(body, 'put("inherited", d1)') end
	if f.escapes then statements(body, 'put("kept", kept)') end
	if f.objects then statements(body, 'put("nodes", head, found)') end
	local draw = node("block")
	-- what changes the state comes after it was shown
	if f.escapes then
		statements(draw, [[
print("kept", pcall(kept or h1, 0))
print("kept", pcall(rawget(o, "kept") or h1, 0))
print("made", pcall(rawget(o, "made") or h1, 0))]])
	end
	if f.random then statements(draw, 'print("draw", math.random(1000))') end
	if f["random tensors"] then statements(draw, 'print("draw", ms.rand(2))') end
	program[#program + 1] = node("definition", "local call = caller(function(put)", body, "end, function()", draw, "end)")
end

-- Functions that end after a count of calls, `left`, whatever p is; what comes at the end and on the way is random.
local function recursive_functions(program)
	local f = G.state().features
	local function define(...) program[#program + 1] = node("definition", ...) end
	local stop = pick {
		"if p < 1 or left <= 0 then ", "if left <= 0 or p ~= p or p > 20 then ", "if not (left > 0 and p > 0) then ",
	}
	local way = pick {
		"", "", "u1 = u1 + left ", "o.v = p ", 'if p > 2 then print("way", left) end ', "g1 = left q.w = u2 ",
		"u2 = u2 * 0.5 + 1 ", "n1 = not n1 ", 'if p == 3 then error("three") end ',
	}
	local back = pick { "", "", "u1 = u1 - 1 ", 'print("back", left, z) ', "o.w = z ", "b1 = z > p " }
	define("local function fork(p, left) ", stop, "return ", pick { "p", "1", "u1", "0.5" }, ", left end ", way,
		"local x, y = fork(", pick { "p - 1", "p / 2", "p", "u2" }, ", left - 1) ",
		"local z = fork(", pick { "p - 2", "p // 2", "x" }, ", left - 2) ", back,
		"return ", pick { "x + z, y", "x - p, y + 1", "z * 0.5, y", "(x > z and x or z), p" }, " end")
	define("local ping, pong function ping(p, left, r) ", stop, "return r end ", way, "return pong(r, left - 1, p) end ",
		"function pong(p, left, r) ", pick { stop .. "return r end ", "" },
		pick { "if left <= 0 then return p end ", "if left < 2 then return left end " },
		pick { "return ping(r - 1, left - 1, p)", "return (ping(p, left - 1, r))",
			"local z = ping(r, left - 1, p) " .. back .. "return z" }, " end")
	define("local function record(p, left) ", stop, "return { v = ", pick { "p", "0", "left" }, ", w = 1 } end ", way,
		pick { "local t = record(p - 1, left - 1) t.v = t.v + p ", "local s, t = record(p / 2, left - 2), record(p - 1, left - 1) " },
		pick { "return t", "return { v = t.w, w = t.v - 1 }", 'return { v = t.v, w = (p > 2 and "w" or t.w) }' }, " end")
	define("local function kind(p, left) ", stop, "return ", pick { "nil", '"low"', "left", "o", "kind", "h1" }, " end if p > ",
		pick { "2", "3.5" }, " then return ", pick { '"high" .. left', "p", "{ v = p }", "2.5", "l" }, " end ", way,
		"return kind(p + ", pick { "1", "0.5" }, ", left - 1) end")
	define("local function gather(p, left) ", stop, "return ", pick { "#l", "l[1]", "left" }, " end ",
		pick { "", "", "local l = o.list ", "local t = {} for i = 1, left do t[#t + 1] = i end ", "local t = { left } " },
		pick { "l[#l + 1] = left ", "table.insert(l, left) ", "if l[left] then l[left] = left end ", "" },
		pick { "", "if p > 2 then l[#l] = nil end ", 'if p == 2 then error("two") end ', "l[1] = #l " },
		"local z = gather(", pick { "p - 1", "p / 2", "p" }, ", left - 1) ",
		pick { "", "", "z = gather(p - 2, left - 2) or z ", "for i = 1, 2 do z = gather(p - i, left - 2) end " },
		pick { "", "table.remove(l) ", "if l[1] == left then l[1] = 0 end ", "for i = 1, #l do u1 = u1 + l[i] end " },
		"return ", pick { "z", "#l", "l[left]", "z and z + #l" }, " end")
	define("local latest local function bear(p, left, t) ", stop, "return ", pick { "t.v", "t.w or p", "t", "t.v == p" }, " end ",
		pick { "", "", "latest = t ", "if latest and latest.v == p then u1 = u1 + 1 end ", "t.w = p " },
		"local s = ", pick { "{ v = p, w = t.v } ", "{ v = left, w = t.w, s = { v = p } } ", "p > 2 and { v = 1, w = p } or t ", "t " },
		pick { "", "", "latest = s ", "s.v = left ", "o.kept = s " },
		"local z = bear(p - 1, left - 1, s) ",
		pick { "", "", "z = s.v ", "s.w = 1 ", "t.v = left ", "if s == t then z = 1 end ", "z = bear(p / 2, left - 2, { v = t.w, w = t.v }) " },
		"return ", pick { "z", "z", "s", "latest and latest.v", "s.w" }, " end")
	define("local function dare(p, left) ", stop, pick { 'error("end", 0)', "error(p)", "return p", "error()" }, " end ",
		pick { "", "", "u1 = u1 + 1 ", 'if p == 2 then error("two") end ', "l[#l + 1] = left " },
		"local ok, z = pcall(", pick { "dare, p - 1, left - 1", "dare, p / 2, left - 1", "function() return 6 // (p - 1) + dare(p - 1, left - 1) end" },
		") ", pick { "", "", "if not ok then return left end ", "if not ok then error(z, 0) end ", "if ok then z = dare(p - 2, left - 2) end " },
		"return ", pick { "ok and z or p", "z", "ok", "left" }, " end")
	if f.methods then
		define("function C:sink(p, left) ", stop, "return self.v end ",
			pick { "self.v = self.v + 1 ", "", "if p > 2 then self.v = p end " },
			pick { "return self:sink(p - 1, left - 1)", "return 1 + self:sink(p - 1, left - 1)",
				"return self:sink(p - 1, left - 1) + self.v" }, " end")
	end
	if f.tensors then
		define("local function fold(p, left, y) ", stop, "return y end ", way,
			pick { "return fold(p - 1, left - 1, y * 0.5)", "return fold(p - 1, left - 1, y + left) - y",
				"local z = fold(p - 1, left - 1, y) return z:relu() + y",
				"if y:sum() > 2 then return y end return fold(p, left - 1, y + X)" }, " end")
	end
end

local function outer_state(program)
	local f = G.state().features
	statements(program, [[
local a, b = 3, 2
local u1, u2, b1, n1, s1 = 1, 2.5, true, nil, "s"
local o = { v = 1, w = 2.5, name = "n", inner = { v = 4, w = 0 }, list = { 5, 6 } }
local q, l = o.inner, { 1, 2, 3 }
local add, get
do
	local hidden = 0
	function add(v) hidden = hidden + v end
	function get() return hidden end
end
local function h1(p, r) if r and p > r then return p - r end return p * 2 end]])
	statements(program, 'g1, g2, G, kept = 1, "g", { v = 3 }, nil')
	if f.tensors then
		statements(program, [[
local X, Y = ms.tensor { 1.0, -2.0, 0.5 }, ms.ones(3)
local M, N = ms.tensor { { 1.0, 2.0, 3.0 }, { -1.0, 0.5, 4.0 } }, ms.tensor { 3, 4 }
o.x = X
local x = X]])
	end
	if f.objects then statements(program, "local head, found = ms.object(" .. pick(G.node_lists) .. "), nil") end
	if f.objects then
		program[#program + 1] = node("definition", "local function fold(p, left, depth) depth = (depth or 0) + 1 ",
			"if not p or left == depth or depth == 6 then return 0 end ",
			pick {
				"return p.v + fold(p.next, left, depth) + fold(p.other, left, depth)",
				"local r = fold(p.other, left, depth) u1 = u1 + 1 if p.on then return r end return fold(p.next, left, depth) - p.v",
				"found = p return fold(p.next or p.other, left, depth) * 2 + #p.items",
			}, " end")
	end
	if f.calls then
		program[#program + 1] = helper("local function h2(p, r)", { "p", "num", "r", "num" }, function()
			return expr("num", 1)
		end)
		program[#program + 1] = helper("local function change(p)", { "p", "num" }, function() return node("name", "p") end)
	end
	statements(program, "function o.f(p) o.v = p return p end")
	if f.methods then
		class(program)
		statements(program, "local c1, c2 = C.new(2), C.new(5)")
	end
	if f.inheritance then
		statements(program, [[
local D = setmetatable({}, { __index = C })
D.__index = D
function D:twice(p) return self:get(p) + self:get(1) end]])
		program[#program + 1] = node("definition", pick { "", "function D:get(p) return C.get(self, p) + 1 end" })
		statements(program, "local d1 = setmetatable({ v = 6 }, D)")
	end
	if f["staged callee"] then
		program[#program + 1] = helper("local inner = ms.stage(function(p)", { "p", "num" }, function()
			return expr("num", 1)
		end)
		program[#program][#program[#program] + 1] = ")"
	end
	if f.varargs then
		statements(program, [[
local function count(...) return select("#", ...) end
local function last(...) local t = { n = select("#", ...), ... } return t[t.n] end]])
	end
	if f.recursion or f["symbolic recursion"] then
		-- p may be any value, a NaN or one with a metatable among them: what ends for sure is the count of calls left
		program[#program + 1] = node("definition", "local function down(p, r, left) left = (left or 6) - 1 ",
			"if p <= 0 or left == 0 then return r end ",
			pick {
				"return down(p - 1, r + 1, left)", "return 1 + down(p - 1, r * 2, left)",
				"u1 = u1 + 1 return down(p - 1, r, left)",
			}, " end")
	end
	if f["symbolic recursion"] then recursive_functions(program) end
end

local arguments = { "3", "0", "1", "-4", "2.5", "5", "7", "2", "1e15", "-1", "10" }
local strange = { "nil", '"x"', "true", "0/0", "1/0", "math.mininteger", '"3"', "-0.0" }

local function call_statement()
	local f = G.state().features
	local n = node("call", "call(f")
	for _ = 1, 2 do n[#n + 1] = ", " .. pick(f.wild and chance(15) and strange or arguments) end
	n[#n + 1] = ", " .. pick { "o", "l", "q", "true", '"s"', "1", "h1", "nil", f.methods and "c1" or "o", f.objects and "head" or "l" }
	if f.tensors then n[#n + 1] = pick { ", X", ", Y", ", ms.tensor { 0.5, 4.0, -1.0 }", ", M[1]" } end
	if f.varargs then
		for _ = 1, random(0, 3) do n[#n + 1] = ", " .. pick { "1", "2.5", "nil", "o", '"v"' } end
	end
	n[#n + 1] = ")"
	return n
end

local changes = {
	{ "number changed", "u1 = 7" }, { "number changed", "o.v = 2" }, { "number changed", "u2 = u2 + 1" },
	{ "number changed", "q.v = 0.5" },
	{ "type changed", "u1 = 0.5" }, { "type changed", "n1 = 3" }, { "type changed", "b1 = not b1" },
	{ "type changed", 's1 = "t"' },
	{ "type changed", "o.w = nil" }, { "type changed", "n1 = nil" },
	{ "table rebound", "o.inner = { v = 8, w = 1 }" }, { "table rebound", "q = { v = 5, w = 6, inner = o.inner }" },
	{ "table rebound", "q = o" },
	{ "table rebound", "l = { 4, 5 }" }, { "table rebound", "o.list = l" },
	{ "list length changed", "l[#l + 1] = 9" }, { "list length changed", "l[#l] = nil" },
	{ "function rebound", "o.f = h1" }, { "function rebound", "function o.f(p) o.w = p return 1 end" },
	{ "global changed", "g1 = 5", "globals" }, { "global changed", "G = { v = 1 }", "globals" },
	{ "global changed", "g2 = nil", "globals" },
	{ "object changed", "c1.v = 9", "methods" }, { "object changed", "c1 = C.new(1)", "methods" },
	{ "object changed", "c1 = c2", "methods" },
	{ "kept called", "pcall(kept or h1, 3) pcall(rawget(o, 'kept') or h1, 2)", "escapes" },
	{ "kept called", "pcall(rawget(o, 'made') or h1, 4)", "escapes" },
	{ "metatable changed", "C.__lt = function(p, r) return value(p) > value(r) end", "metatables" },
	{ "metatable changed", "setmetatable(c1, nil)", "metatables" },
	{ "metatable changed", "setmetatable(o, C)", "metatables" },
	{ "metatable changed", "function C:get(p) return p end", "methods" },
	{ "objects changed", "head = ms.object(other_nodes)", "objects" }, { "objects changed", "head = ms.object(other_nodes)", "objects" },
	{ "objects changed", "head.v = 2.5", "objects" }, { "objects changed", "head.next = { v = 1, tag = 't', items = {} }", "objects" },
	{ "objects changed", "head.next = head", "objects" }, { "objects changed", "found = head.next", "objects" },
	{ "tensor rebound", "X = ms.tensor { 2.0, 3.0, 4.0 }", "tensors" }, { "tensor rebound", "Y = X", "tensors" },
	{ "tensor rebound", "o.x = M[2]", "tensors" }, { "tensor changed in place", "X:add_(1)", "tensors" },
	{ "shape changed", "X = ms.ones(2)", "tensors" }, { "dtype changed", "Y = ms.tensor { 1, 2, 3 }", "tensors" },
}

local function change_statement()
	for _ = 1, 5 do
		local c = pick(changes)
		if not c[3] or G.state().features[c[3]] then
			return node(c[1], (c[2]:gsub("other_nodes", function() return pick(G.node_lists) end)))
		end
	end
end

-- Tensors of other lengths from call to call.
local lengths = {
	"for n = 2, 6 do X = ms.arange(n):float() call(f, 1, 2, n, X) end",
	"for n = 3, 8 do call(f, n, 2, q, ms.arange(n):float() - 2) end",
	"for n = 2, 6 do X, Y = ms.ones(n), ms.ones(n) * 2 call(f, 2, n, o, X) end",
	"for n = 2, 7 do M = (ms.arange(n * 3):float() - 4):reshape(n, 3) X = M:sum(1) call(f, n, 1, 1, M:sum(2)) end",
	"for n = 6, 1, -1 do X, Y, M = ms.ones(n), ms.arange(n):float(), ms.ones(2, n) / n o.x = X call(f, 3, 1, l, Y) end",
	"for _, n in ipairs { 2, 4, 3, 5, 5, 5, 3, 6, 6, 2 } do X = ms.arange(n):float() call(f, n, 1, l, X) end",
	"for i, n in ipairs { 3, 2, 4, 4, 4, 4, 5, 5, 5 } do X, Y = ms.ones(n), ms.ones(n) / 2 call(f, 2, i // 3, o, Y) end",
}

-- Numbers that change, and then stay for some calls: where they lie, what they are, what the function does with them.
local settling = { "u1", "u1", "u2", "o.v", "q.w", "g1", "l[1]", "o.inner.v", "a" }
local settled = { "7, 4, 2, 2, 2, 3, 3, 3, 2", "1, 2, 4, 4, 4, 4, 4, 0, 0, 0", "0.5, 7, 3, 3, 3, 3.0, 3.0, 3.0, 3, 3",
	"5, 2, 2, 2, 2, 1, 1, 1, 5", "1.5, 0.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, -1", "2, 5, 3, 3, 3, 3, 4" }
local deciding = { "if P < 3 then b = u2 elseif P == 4 then o.w = P end", "for k = 1, math.min(P, 5) do u1 = u1 + k end",
	"for k = 1, upto(P)() or 1 do b = (b or 0) + P end", "b = P > 2 and u1 or P", "if P > b and P ~= 7 then u2 = P print(P) end",
	"for k = 1, math.min(#l + P, 6) do o.w = (o.w or 1) + k end", "while P < 2 and P > -5 do P = P + 1 end",
	"for k = math.max(P, -4), 3 do q.v = k if k == u1 then break end end", "" }
local more_deciding = { "for k = 1, math.min(P, 4) do x = x * 0.5 + k end", "if P >= 3 then x = x - X end",
	"for k = 1, math.min(#x, 6) do x = x + k end", "if #x + P > 6 then b = x:sum() end" }
local deciding_lengths = { "for k = 1, math.min(#x, 6) do x = x + k end", "if #x > 4 then b = 2 end",
	"for k = 1, #x do u1 = u1 + (x[k]:item() > 1 and k or 1) end", "for k = #x - 1, #x do x = x * k end",
	"for k = 1, #x do x = x + x[k] end" }

-- Such calls; what they decide goes to the start of the function's body.
local function settling_calls(body, tensors)
	local place = pick(settling)
	local use = (pick(tensors and chance(50) and more_deciding or deciding):gsub("P", place))
	table.insert(body, 1, node("definition", use))
	local first, second = place == "a" and "v" or "2", pick { "2", "i // 5", "i", "v" }
	return node("numbers that settle", "for i, v in ipairs { ", pick(settled), " } do ",
		place == "a" and "" or place .. " = v ", "call(f, ", first, ", ", second, pick { ", q", ", l", ", o", ", 1" },
		tensors and ", X" or "", ") end")
end

-- Features that staging often refuses come rarely, alone and with a weight below 1.
local weight = {
	wild = 0.5, ["symbolic keys"] = 0.6, escapes = 1, ["symbolic recursion"] = 1.2, load = 0.6, random = 1,
	["inner pcall"] = 1, ["host calls"] = 0.7, strings = 1.2, ["in-place"] = 1.5, views = 1.5, ["tensor keys"] = 0.7, ["random tensors"] = 0.7,
	tensors = 1,
	loops = 3, objects = 1.5, output = 2, tables = 1.5, closures = 1.5,
}
local needs = { metatables = "methods", inheritance = "methods", ["in-place"] = "tensors", views = "in-place",
	["tensor keys"] = "tensors", ["random tensors"] = "tensors" }

local function draw_features()
	local list, drawn = G.features, {}
	table.sort(list)
	for _ = 1, random(3, 6) do
		local f = pick(list)
		if random() < (weight[f] or 1) / 3 * 2 then
			while f do
				drawn[f] = true
				f = needs[f]
			end
		end
	end
	if chance(70) then drawn.loops = true end
	if chance(30) then drawn.wild = true end
	return drawn
end

-- Program `number` of the seed, without some features: its tree, and whether stock Lua can run it. size: how many times
-- as many statements as usual.
local function make(seed, number, without, size)
	math.randomseed(seed, number)
	local features = draw_features()
	for _, name in ipairs(without or {}) do
		features[name] = nil
		for other, needed in pairs(needs) do
			if needed == name then features[other] = nil end
		end
	end
	G.begin { features = features, vars = {}, loops = {}, fresh = 0, depth = 0, left = 40, functions = 0,
		depths = size > 1 and 6 or 4, loops_deep = size > 1 and 4 or 3 }
	local program = node("block")
	statements(program, "-- seed " .. seed .. ", program " .. number)
	program[#program + 1] = node("library", LIBRARY)
	if features["host calls"] then statements(program, HOST) end
	outer_state(program)
	G.state().left = random(4, 16) * size
	local params = { "a", "num", "b", "num", "c", "any" }
	if features.tensors then
		params[#params + 1] = "x"
		params[#params + 1] = "ten"
	end
	local body = G.function_body(params, 8 * size, function()
		local n = node("return", "do return a, ", expr("num", 2))
		if chance(50) then n[#n + 1] = { kind = "more results", optional = true, ", ", expr("any", 1) } end
		if features.tensors then n[#n + 1] = { kind = "more results", optional = true, ", ", expr("ten", 1) } end
		n[#n + 1] = " end"
		return n
	end, features.varargs)
	program[#program + 1] = node("staged function",
		"local f = ms.stage(function(a, b, c" .. (features.tensors and ", x" or "") .. (features.varargs and ", ..." or "")
		.. ")", body, "end)")
	show(program)
	if features.random then statements(program, "math.randomseed(11)") end
	local calls = random(2, 5)
	for i = 1, calls do
		program[#program + 1] = call_statement()
		if i < calls then
			for _ = 1, random(0, 2) do program[#program + 1] = change_statement() end
		end
	end
	if chance(25) then program[#program + 1] = settling_calls(body, features.tensors) end
	if features.tensors and chance(40) then
		if chance(40) then table.insert(body, 1, node("definition", pick(deciding_lengths))) end
		program[#program + 1] = node("lengths that change", pick(lengths))
	end
	return program, not features.tensors and not features["library pairs"]
end

return make
