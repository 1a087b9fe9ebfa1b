-- Program trees of the fuzzer: a node has a kind, parts (texts and nodes) and, for expressions, the type it was made
-- for. A node of kind "block" has statements as parts, which are written on lines of their own; a node with `optional`
-- can be left out of its parent.
local Tree = {}

local function write(node, out, depth)
	for _, part in ipairs(node) do
		if type(part) == "string" then
			out[#out + 1] = part
		elseif node.kind == "block" then
			out[#out + 1] = "\n" .. ("\t"):rep(depth)
			write(part, out, depth)
		else
			write(part, out, part.kind == "block" and depth + 1 or depth)
		end
	end
	if node.kind == "block" then out[#out + 1] = "\n" .. ("\t"):rep(depth - 1) end
end

-- The text of a program: a block whose statements are not indented.
function Tree.text(program)
	local out = {}
	for _, statement in ipairs(program) do
		write(statement, out, 0)
		out[#out + 1] = "\n"
	end
	return table.concat(out)
end

-- Calls f(node, parent, index) for every node below `node`, parents first.
function Tree.walk(node, f)
	for i, part in ipairs(node) do
		if type(part) == "table" then
			f(part, node, i)
			Tree.walk(part, f)
		end
	end
end

-- Adds one to counts[kind] for every kind that occurs in the program.
function Tree.count(program, counts)
	local seen = {}
	Tree.walk(program, function(node) seen[node.kind] = true end)
	for kind in pairs(seen) do counts[kind] = (counts[kind] or 0) + 1 end
end

return Tree
