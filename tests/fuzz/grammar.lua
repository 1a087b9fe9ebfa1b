-- Random programs. A program has outer state (variables, tables, closures, a class, globals, tensors), a staged
-- function and several calls of it with changed outer state; each call prints what the function printed, returned or
-- raised, and all state it could reach. A program draws a few features; a construct is made only when its feature is
-- drawn. Which programs come depends on the seed and the number alone.
local random = math.random
local makers = {}                 -- type of expression or "statement" -> list of {kind, weight, feature, make}
local features, feature_list = {}, {}

local g -- what is known of the program while it is made: features, variables in scope, loops around, statements left

local function pick(list) return list[random(#list)] end
local function chance(percent) return random(100) <= percent end

-- node("if", "if ", cond, ...) a statement; expressions have a type.
local function node(kind, ...) return { kind = kind, ... } end

-- A construct: kind for the count, what it is, weight among its like, feature it needs (nil: always). make(depth)
-- returns the parts, or nothing when it does not fit here; a table with a kind is taken as it is. A leaf has no parts.
local function construct(kind, type, weight, feature, make, leaf)
	makers[type] = makers[type] or {}
	table.insert(makers[type], { kind = kind, weight = weight, feature = feature, make = make, leaf = leaf })
	if feature and not features[feature] then
		features[feature] = true
		feature_list[#feature_list + 1] = feature
	end
end

-- ---- Scopes ----

local function declare(name, type, fixed)
	g.vars[#g.vars + 1] = { name = name, type = type, fixed = fixed }
	return name
end
local function fresh(prefix)
	g.fresh = g.fresh + 1
	return prefix .. g.fresh
end

local function variable(type, assigned)
	local fit = {}
	for _, v in ipairs(g.vars) do
		if (type == nil or v.type == type) and not (assigned and v.fixed) then fit[#fit + 1] = v end
	end
	-- the younger half is used more
	return fit[#fit > 3 and chance(60) and random(#fit // 2, #fit) or #fit > 0 and random(#fit) or 1]
end

-- ---- Making by weight ----

local function choose(type)
	local list, sum = makers[type], 0
	for _, m in ipairs(list) do
		if not m.feature or g.features[m.feature] then sum = sum + m.weight end
	end
	local at = random() * sum
	for _, m in ipairs(list) do
		if not m.feature or g.features[m.feature] then
			at = at - m.weight
			if at < 0 then return m end
		end
	end
	return list[1]
end

local literal = {
	num = function()
		if chance(75) then return pick { "0", "1", "2", "3", "4", "5", "-1", "10" } end
		return pick { "0.5", "-2.5", "2.0", "1e15", "-0.0", "math.maxinteger", "math.mininteger", "1/0", "0x10p-1", "7",
			"1e300", "0/0" }
	end,
	bool = function() return pick { "true", "false" } end,
	str = function() return pick { '"s"', '"t"', '"10"', '""' } end,
	tab = function() return "o" end,
	list = function() return "l" end,
	obj = function() return g.features.methods and "c1" or "o" end,
	fun = function() return "h1" end,
	ten = function() return "X" end,
	mask = function() return "(X > Y)" end,
}
local types = { "num", "num", "num", "bool", "str" }
local all_types = { "num", "num", "bool", "str", "tab", "list", "fun" }

-- An expression of a type; one that is wild now and then has another.
local function expr(type, depth)
	if type == "any" then type = pick(chance(80) and types or all_types) end
	if type == "str" and g.features.tensors and chance(30) then type = "ten" end
	if g.features.wild and chance(4) then
		if chance(30) then return { kind = "nil", type = type, "nil" } end
		type = pick(all_types)
	end
	if depth > 0 or chance(50) then
		for _ = 1, 4 do
			local m = choose(type)
			local parts = m and (depth > 0 or m.leaf) and m.make(depth)
			if parts then
				if not parts.kind then parts.kind, parts.type = m.kind, type end
				return parts
			end
		end
	end
	local v = chance(70) and variable(type)
	if v then return { kind = "name", type = type, v.name } end
	return { kind = "literal", type = type, literal[type]() }
end

-- An expression that is called: what is no name stands in parentheses.
local reserved = { ["nil"] = true, ["true"] = true, ["false"] = true }
local function callee(type, depth)
	local e = expr(type, depth)
	local name = #e == 1 and e[1]
	if name and not reserved[name] and name:find "^[%a_][%w_.]*$" then return e end
	return { kind = e.kind, type = e.type, "(", e, ")" }
end

local function statement()
	for _ = 1, 6 do
		local m = choose("statement")
		local parts = m.make()
		if parts then
			parts.kind = parts.kind or m.kind
			return parts
		end
	end
end

-- A block of at most `most` statements in a scope of its own; more is called inside it and may return a last statement.
local function block(most, more)
	local body, known = node("block"), #g.vars
	g.depth = g.depth + 1
	for _ = 1, g.depth > g.depths and 1 or random(most) do
		g.left = g.left - 1
		if g.left < 0 then break end
		body[#body + 1] = statement()
	end
	if more then body[#body + 1] = more() end
	g.depth = g.depth - 1
	for i = #g.vars, known + 1, -1 do g.vars[i] = nil end
	return body
end

-- A loop around `make`, which returns its body; gives the body and what the label of `goto continue` needs. section: it
-- is no loop, only what a goto may leave; closes: it is a generic for with a value to close.
local function loop_body(name, make, section, closes)
	local fs, declares, outer = g.features, false, g.loops
	local captured = fs.closures or fs.escapes or fs.attributes or fs.coroutines or fs["inner pcall"]
	-- Lua 5.4.4 forgets to close the value when a jump leaves a loop whose body has captured variables
	closes = closes and captured
	if closes then g.loops = {} end
	local loop = { name = name, section = section or closes }
	g.loops[#g.loops + 1] = loop
	local body = make()
	g.loops[#g.loops] = nil
	g.loops = outer
	-- Lua 5.4.4 forgets to close what an inner block declared when a jump out of it goes over a `local` to the end
	for _, part in ipairs(body) do
		declares = declares or type(part[1]) == "string" and part[1]:find "^local" ~= nil
	end
	if loop.used and declares and captured then
		body = node("block", node("do", "do", body, "end"))
	end
	return body, loop.used and " ::" .. name .. "::" or ""
end

-- A function body with parameters {name, type, ...}: break and goto end at its border, `...` too.
local function function_body(params, most, more, vararg)
	local known, loops, has_vararg = #g.vars, g.loops, g.vararg
	g.loops, g.vararg, g.functions = {}, vararg, g.functions + 1
	for i = 1, #params, 2 do declare(params[i], params[i + 1]) end
	local body = block(most, more)
	g.loops, g.vararg, g.functions = loops, has_vararg, g.functions - 1
	for i = #g.vars, known + 1, -1 do g.vars[i] = nil end
	return body
end

return {
	construct = construct, expr = expr, callee = callee, statement = statement, block = block, loop_body = loop_body,
	function_body = function_body, node = node, pick = pick, chance = chance, declare = declare, fresh = fresh,
	variable = variable, makers = makers, features = feature_list,
	state = function() return g end,
	begin = function(state) g = state end,
}
