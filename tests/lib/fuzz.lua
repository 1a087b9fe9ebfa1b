-- Prints a random program for the comparison of modes: lua5.4 tests/lib/fuzz.lua SEED [FUNCTIONS] [tensors]
-- Every function is staged and called with several arguments; a block "#n" of the output shows what a call printed,
-- returned or raised and the outer state it left.
local seed, count, tensors = tonumber(arg[1]), tonumber(arg[2] or 20), arg[3] == "tensors"
math.randomseed(seed)
local random = math.random
local function pick(t) return t[random(#t)] end

local out, depth, names, loops, fresh, budget
local function emit(...) out[#out + 1] = ("\t"):rep(depth) .. table.concat({ ... }) end

local constants = { "0", "1", "2", "3", "-1", "7", "0.5", "-2.5", "2.0", "10", "math.maxinteger", "1e15", "-0.0" }
local expr, cond

local function name() return pick(names) end

function expr(d)
	local k = random(d > 0 and 16 or 4)
	if k <= 2 then return name() end
	if k == 3 then return pick(constants) end
	if k == 4 then return pick { "state.n", "up", "state.t.v", "glob" } end
	if k <= 9 then return ("(%s %s %s)"):format(expr(d - 1), pick { "+", "-", "*", "+", "-", "/", "//", "%" }, expr(d - 1)) end
	if k == 10 then return "-" .. name() end
	if k == 11 then return ("math.%s(%s)"):format(pick { "abs", "sqrt", "sin", "type", "floor" }, expr(d - 1)) end
	if k == 12 then return ("math.%s(%s, %s)"):format(pick { "max", "min" }, expr(d - 1), expr(d - 1)) end
	if k == 13 then return ("(%s and %s or %s)"):format(cond(d - 1), expr(d - 1), expr(d - 1)) end
	if k == 14 then return ("(%s or %s)"):format(name(), expr(d - 1)) end
	if k == 15 then return ("help(%s, %s)"):format(expr(d - 1), name()) end
	return ("(%s)"):format(pick { "nil", "true", "false", '"s"' }) 
end

function cond(d)
	local k = random(d > 0 and 8 or 3)
	if k <= 3 then return ("%s %s %s"):format(expr(0), pick { "<", "<=", ">", ">=", "==", "~=" }, expr(0)) end
	if k == 4 then return ("(%s) and (%s)"):format(cond(d - 1), cond(d - 1)) end
	if k == 5 then return ("(%s) or (%s)"):format(cond(d - 1), cond(d - 1)) end
	if k == 6 then return ("not (%s)"):format(cond(d - 1)) end
	if k == 7 then return ("%s == nil"):format(name()) end
	return expr(d - 1)
end

local block
local statements = {
	function() emit(name(), " = ", expr(2)) end,
	function() emit(name(), " = ", expr(2)) end,
	function() emit(name(), ", ", name(), " = ", expr(1), ", ", expr(1)) end,
	function()
		fresh = fresh + 1
		local v = "v" .. fresh
		emit("local ", v, pick { "", " = " .. expr(2), " = " .. expr(1) })
		names[#names + 1] = v
	end,
	function() emit(pick { "state.n", "up", "state.t.v", "glob", "state.k" }, " = ", expr(1)) end,
	function() emit("print(", expr(1), ", ", pick { '"p"', cond(1), name() }, ")") end,
	function()
		emit("if ", cond(2), " then")
		block()
		for _ = 1, random(0, 1) do
			emit("elseif ", cond(1), " then")
			block()
		end
		if random(2) == 1 then
			emit("else")
			block()
		end
		emit("end")
	end,
	function()
		fresh = fresh + 1
		local k = "k" .. fresh
		emit("local ", k, " = 0")
		emit("while ", k, " < ", pick { "3", "a", "5" }, " and ", k, " < 6 and (", cond(1), ") do")
		loops = loops + 1
		block(k .. " = " .. k .. " + 1")
		loops = loops - 1
		emit("end")
	end,
	function()
		fresh = fresh + 1
		local k = "k" .. fresh
		emit("local ", k, " = 0")
		emit("repeat")
		loops = loops + 1
		block(k .. " = " .. k .. " + 1", "local last = " .. expr(1))
		loops = loops - 1
		emit("until ", k, " >= 4 or (last == ", expr(0), ")")
	end,
	function()
		local head = pick { "1, 3", "1, a % 5", "3, 1, -1", "a % 4, 5", "1, 2, 0.5", "b % 3, 0, -1", "1, (a > 2 and 2 or 4)" }
		fresh = fresh + 1
		emit("for i", fresh, " = ", head, " do")
		loops = loops + 1
		names[#names + 1] = "i" .. fresh
		block()
		names[#names] = nil
		loops = loops - 1
		emit("end")
	end,
	function() emit("if ", cond(1), " then return ", pick { expr(1), expr(1) .. ", " .. expr(0) }, " end") end,
	function()
		if loops > 0 then emit("if ", cond(1), " then break end") end
	end,
	function() emit("if ", cond(1), " then error(", pick { '"e"', '"e" .. ' .. name(), "{}" }, ") end") end,
	function() emit("change(", expr(1), ")") end,
	function() emit("local t = { ", expr(1), ", f = ", expr(1), " } ", name(), " = t.f state.t.v = t[1]") end,
	function() emit("add(", expr(1), ")") end,
}
if tensors then
	statements[#statements + 1] = function() emit("x = x ", pick { "+", "*", "-" }, " ", pick { "x", "y", "2", name() }) end
	statements[#statements + 1] = function() emit("if x:sum() ", pick { "<", ">" }, " ", expr(0), " then x = x * 0.5 else y = x + 1 end") end
	statements[#statements + 1] = function() emit("print(x, y:sum())") end
	statements[#statements + 1] = function() emit(name(), " = x:sum():item()") end
	statements[#statements + 1] = function() emit("x = x:relu() + ms.rand(3) state.x = x") end
	statements[#statements + 1] = function() emit("if (x > y):any() then state.x = y end") end
end

function block(...)
	depth = depth + 1
	local known = #names
	for _, first in ipairs { ... } do emit(first) end
	local n = depth > 4 and 1 or random(3)
	for _ = 1, n do
		budget = budget - 1
		if budget > 0 then pick(statements)() end
	end
	while #names > known do names[#names] = nil end
	depth = depth - 1
end

out, depth = {}, 0
emit [[
local ms = require "moonstage"
local up, state
glob = 1
local function text(v)
	if type(v) == "userdata" then return tostring(v) end
	if v ~= v then return "nan" end
	if math.type(v) == "float" then return ("%a"):format(v) end
	if type(v) == "table" then return "table" end
	return tostring(v)
end
local block = 0
local function call(f, ...)
	block = block + 1
	ms.manual_seed(block) -- a refused call draws nothing
	print("#" .. block)
	local r = table.pack(pcall(f, ...))
	for i = 1, r.n do r[i] = text(r[i]) end
	print(table.concat(r, " "))
	print(text(up), text(glob), text(state.n), text(state.t.v), text(state.k), text(state.x))
end
local function help(p, q)
	if p == q then return 1 end
	if p and q and p > q then return p - q end
	return q
end
local function change(v)
	if v == 2 then state.t = { v = 3 } end
	up = v
end
]]
for f = 1, count do
	names, loops, fresh, budget = { "a", "b", "c" }, 0, 0, 14
	emit("up, state, glob = 0, { n = 0, t = { v = 1 } }, 1")
	emit("local f", f, " = ms.stage(function(a, b, x, y)")
	depth = 1
	emit("local c")
	emit("local function add(v) c = (c or 0) + v end")
	depth = 0
	block()
	block()
	depth = 1
	emit("do return ", tensors and "x, " or "", "a, b, c end")
	depth = 0
	emit("end)")
	for _, args in ipairs { "3, 2", "0, 1.5", "-4, 7", "5, 5", "2.5, -1", "3, 2" } do
		emit("call(f", f, ", ", args, tensors and ", ms.tensor{1.0, -2.0, 0.5}, ms.ones(3))" or ")")
	end
end
print(table.concat(out, "\n"))
