-- Makes a program tree smaller while it keeps a property: statements and optional parts are deleted, statements
-- replaced by the blocks inside them, expressions by their parts or by a literal.
local Tree = dofile "tests/fuzz/tree.lua"

local literals = { num = { "1", "0", "a" }, bool = { "true", "false" }, str = { '"s"' }, any = { "nil", "1" } }

-- Changes one place of the tree at a time: step(apply, undo) keeps a change when it says so.
local function statements(program, try)
	local blocks = { program }
	Tree.walk(program, function(node) if node.kind == "block" then blocks[#blocks + 1] = node end end)
	for _, block in ipairs(blocks) do
		local size = #block
		while size >= 1 do
			local i = 1
			while i <= #block do
				local n = math.min(size, #block - i + 1)
				local removed = table.move(block, i, i + n - 1, 1, {})
				local ok = try(function()
					for _ = 1, n do table.remove(block, i) end
				end, function()
					for k = 1, n do table.insert(block, i + k - 1, removed[k]) end
				end)
				if not ok then i = i + n end
			end
			size = size // 2
		end
	end
end

local function replace(parent, i, new, try)
	local old = parent[i]
	return try(function() parent[i] = new end, function() parent[i] = old end)
end

-- `for i = 1, 3 do BODY end` becomes `do BODY end`, and that becomes its statements.
local function hoist(program, try)
	local list = {}
	Tree.walk(program, function(node, parent, i)
		if parent.kind == "block" or parent == program then list[#list + 1] = { node, parent, i } end
	end)
	for _, it in ipairs(list) do
		local node, parent = it[1], it[2]
		if parent[it[3]] == node and node.kind ~= "do" then
			for _, part in ipairs(node) do
				if type(part) == "table" and part.kind == "block" and
					replace(parent, it[3], { kind = "do", "do", part, "end" }, try) then
					break
				end
			end
		end
	end
	for k = #list, 1, -1 do
		local parent, i = list[k][2], list[k][3]
		local node = parent[i]
		if type(node) == "table" and node.kind == "do" and type(node[2]) == "table" then
			local inner = node[2]
			try(function()
				table.remove(parent, i)
				for n = #inner, 1, -1 do table.insert(parent, i, inner[n]) end
			end, function()
				for _ = 1, #inner do table.remove(parent, i) end
				table.insert(parent, i, node)
			end)
		end
	end
end

local function expressions(program, try)
	local function visit(node)
		local i = 1
		while i <= #node do
			local part = node[i]
			if type(part) == "table" then
				local done = false
				if part.optional then
					done = try(function() table.remove(node, i) end, function() table.insert(node, i, part) end)
				elseif part.type and part.kind ~= "literal" then
					for _, text in ipairs(literals[part.type] or literals.any) do
						if replace(node, i, { kind = "literal", type = part.type, text }, try) then
							done = true
							break
						end
					end
					for _, inner in ipairs(done and {} or part) do
						if type(inner) == "table" and inner.type and replace(node, i, inner, try) then
							done = true -- the new part is visited again
							break
						end
					end
				end
				if not done then
					visit(part)
					i = i + 1
				elseif node[i] and type(node[i]) == "table" and node[i].kind == "literal" then
					i = i + 1
				end
			else
				i = i + 1
			end
		end
	end
	visit(program)
end

-- Shrinks `program` in place; keeps(program) tells whether the property still holds. At most `tries` calls of it.
return function(program, keeps, tries)
	local left = tries or 3000
	local changed
	local function try(apply, undo)
		if left <= 0 then return false end
		left = left - 1
		apply()
		if keeps(program) then
			changed = true
			return true
		end
		undo()
		return false
	end
	repeat
		changed = false
		statements(program, try)
		hoist(program, try)
		expressions(program, try)
	until not changed or left <= 0
	return program
end
