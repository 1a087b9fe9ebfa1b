-- Constructs with objects, added to those before: `head` is the first of a list of nodes from outside, marked by
-- ms.object, whose fields hold what they like. Loops walk through it; what they have come to is a variable of type
-- "node".
local G = dofile "tests/fuzz/coroutines.lua"
local construct, expr, pick, chance = G.construct, G.expr, G.pick, G.chance

-- An expression that is a node, never nil.
local function a_node()
	local v = chance(80) and G.variable "node"
	return v and v.name or "head"
end

construct("walk over objects", "statement", 12, "objects", function()
	local s = G.state()
	if #s.loops >= s.loops_deep or s.depth > s.depths then return end
	local n, k = G.fresh "n", G.fresh "k"
	local from, way = a_node(), pick { ".next", ".next", ".other" }
	local known = #s.vars
	local body, label = G.loop_body(k, function()
		G.declare(n, "node", true)
		return G.block(3)
	end)
	for i = #s.vars, known + 1, -1 do s.vars[i] = nil end
	return { "do local ", n, ", ", k, "_ = ", from, ", 0 while ", n, pick { "", " ~= nil" }, " and ", k, "_ < ",
		pick { "6", "4", "a" }, " and ", k, "_ < 8 do ", k, "_ = ", k, "_ + 1 do", body, "end", label, " ", n, " = ", n, way,
		" end end" }
end)
construct("object kept", "statement", 5, "objects", function()
	return { pick { "found = ", "found = ", "o.node = " }, a_node(), pick { "", ".next", ".other" } }
end)
construct("write to object", "statement", 5, "objects", function()
	local n = a_node()
	return pick {
		function() return { n, ".v = ", expr("num", 1) } end,
		function() return { n, ".w = ", chance(30) and "nil" or expr("num", 1) } end,
		function() return { n, ".w = ", n, ".v + 1" } end,
		function() return { n, ".on = ", expr("bool", 1) } end,
		function() return { n, ".tag = ", pick { '"x"', '"y"', "s1", a_node() .. ".tag" } } end,
		function() return { n, pick { ".next", ".other" }, " = ", chance(40) and "nil" or a_node() } end,
		function() return { n, ".items[", pick { "1", "2" }, "] = ", expr("num", 0) } end,
	} ()
end)
construct("local object", "statement", 5, "objects", function()
	local from = a_node()
	return { "local ", G.declare(G.fresh "n", "node", true), " = ", from, pick { ".next", ".other" }, " or ", from }
end)
construct("object returned", "statement", 3, "objects", function()
	return { "if ", expr("bool", 1), " then return ", a_node(), ", ", expr("num", 0), " end" }
end)
construct("field of object", "num", 12, "objects", function(d)
	return pick {
		function() return { a_node(), ".v" } end,
		function() return { a_node(), ".v" } end,
		function() return { "(", a_node(), ".w or ", expr("num", d - 1), ")" } end,
		function() return { "(", a_node(), ".next or ", a_node(), ").v" } end,
		function() return { "#", a_node(), ".items" } end,
		function() return { a_node(), ".items[", pick { "1", "2" }, "]" } end,
		function() return { "(", a_node(), ".items[", expr("num", 0), "] or 0)" } end,
		function() return { "(", a_node(), '.tag == "x" and 1 or ', expr("num", 0), ")" } end,
		function() return { a_node(), "[", pick { '"v"', 'b1 and "v" or "w"', "s1" }, "]" } end,
	} ()
end)
construct("question about object", "bool", 12, "objects", function()
	return pick {
		function() return { a_node(), ".on" } end,
		function() return { "(", a_node(), pick { " == ", " ~= " }, a_node(), ")" } end,
		function() return { "(tostring(", a_node(), ") == tostring(", a_node(), "))" } end,
		function() return { "(", a_node(), pick { ".next", ".other", ".w" }, pick { " == nil)", " ~= nil)" } } end,
		function() return { "(not ", a_node(), pick { ".next", ".on", ".other" }, ")" } end,
		function() return { "(", a_node(), ".next == ", a_node(), ".other)" } end,
		function() return { "(type(", a_node(), pick { ".w", ".v", ".other" }, ') == "', pick { "number", "table", "nil" }, '")' } end,
	} ()
end)
construct("recursion over objects", "num", 3, "objects", function()
	if G.state().helper then return end
	return { "fold(", a_node(), pick { "", ".next", ".other" }, ", ", pick { "4", "5", expr("num", 0) }, ")" }
end)
construct("text of object", "str", 6, "objects", function() return { a_node(), ".tag" } end)

-- Lists of nodes: for the outer state, and for other calls.
G.node_lists = {
	'{ v = 1, tag = "x", on = true, items = { 1 }, next = { v = 2, w = 5, tag = "y", on = false, items = {} } }',
	'{ v = 3, tag = "y", items = { 2, 3 } }',
	'{ v = 0.5, w = 2, tag = "x", on = true, items = { 1, 2, 3 }, next = { v = 1, tag = "", items = { 4 }, '
		.. 'next = { v = -1, w = 0, tag = "z", on = true, items = {} } } }',
	'(function() local m, t = { v = 1, tag = "x", items = { 1 } }, { v = 2, on = true, tag = "y", items = {} } '
		.. 'm.next, m.other, t.next, t.other = t, m, m, t return m end)()',
	'{ v = 7, tag = "x", w = "w", items = { 1, 2.5, "s" }, other = { v = 8, tag = "t", items = { 1 } } }',
}

return G
