-- Constructs with tensors, added to those of plain values. X and Y are tensors of three numbers, M a matrix of 2 x 3, N
-- one of integers, all from outside of the staged function.
local G = dofile "tests/fuzz/records.lua"
local construct, expr, pick, chance = G.construct, G.expr, G.pick, G.chance

construct("outer tensor", "ten", 4, "tensors", function() return { pick { "X", "Y", "X", "o.x" } } end, true)
construct("tensor parameter", "ten", 4, "tensors", function() return { "x" } end, true)
construct("tensor arithmetic", "ten", 6, "tensors", function(d)
	local left, right = expr("ten", d - 1), expr(chance(60) and "ten" or "num", d - 1)
	if chance(20) then left, right = right, left end
	return { "(", left, pick { " + ", " - ", " * ", " / ", " + ", " * " }, right, ")" }
end)
construct("tensor function", "ten", 4, "tensors", function(d)
	return { "(", expr("ten", d - 1), ")", pick {
		":relu()", ":abs()", ":neg()", ":tanh()", ":exp()", ":sqrt()", ":floor()", ":clamp(-1, 1)", ":reshape(3)",
	} }
end)
construct("tensor constructor", "ten", 2, "tensors", function(d)
	return pick {
		function() return { "ms.zeros(3)" } end,
		function() return { "ms.ones(3)" } end,
		function() return { "ms.full({3}, ", expr("num", d - 1), ")" } end,
		function() return { "ms.tensor { 1.5, -2, 0.25 }" } end,
		function() return { "ms.arange(3)" } end,
	} ()
end)
construct("where", "ten", 2, "tensors", function(d)
	return { "ms.where(", expr("mask", d - 1), ", ", expr("ten", d - 1), ", ", expr("ten", 0), ")" }
end)
construct("matrix product", "ten", 1, "tensors", function(d)
	return { pick { "M:transpose(1, 2):matmul(M:matmul(", "M:transpose(1, 2):matmul(M:matmul(" }, expr("ten", d - 1),
		"))" }
end)
construct("recursion over tensors", "ten", 2, "tensors", function(d)
	local f = G.state().features
	return f["symbolic recursion"] and { "fold(", expr("num", d - 1), ", 3, ", expr("ten", 0), ")" }
end)
construct("row", "ten", 2, "tensors", function() return { "M[", pick { "1", "2" }, "]" } end)
construct("random tensor", "ten", 6, "random tensors", function() return { pick { "ms.rand(3)", "ms.randn(3)" } } end)
construct("tensor comparison", "mask", 4, "tensors", function(d)
	return { "(", expr("ten", d - 1), pick { " < ", " > ", " == ", " >= " }, expr(pick { "ten", "num" }, 0), ")" }
end, true)
construct("sum", "num", 3, "tensors", function(d)
	return { "(", expr("ten", d - 1), ")", pick { ":sum()", ":max()", ":mean()", "[1]", "[2]" }, ":item()" }
end)
construct("number of elements", "num", 1, "tensors", function()
	return { pick { "#X", "X.shape[1]", "M.shape[2]", "N[2]:item()" } }
end)
construct("tensor condition", "bool", 6, "tensors", function(d)
	return pick {
		function() return { "(", expr("mask", d - 1), "):any()" } end,
		function() return { "(", expr("mask", d - 1), "):all()" } end,
		function() return { "(", expr("ten", d - 1), "):sum() ", pick { "<", ">" }, " ", expr("num", 0) } end,
		function() return { "(", expr("ten", d - 1), ")[", pick { "1", "3" }, "] > 0" } end,
	} ()
end)
construct("tensor identity", "bool", 1, "tensors", function()
	return { "rawequal(", expr("ten", 0), ", ", expr("ten", 0), ")" }
end)

construct("local tensor", "statement", 5, "tensors", function()
	local value = expr("ten", 2)
	return { "local ", G.declare(G.fresh "y", "ten"), " = ", value }
end)
construct("tensor into state", "statement", 4, "tensors", function()
	return { pick { "X", "Y", "o.x", "x", "o.made", "G.x" }, " = ", expr("ten", 2) }
end)
construct("list grown by a tensor", "statement", 4, "tensors", function()
	return G.grown_list("X:sum():item() // 1 % 5")
end)
construct("list of tensors", "statement", 4, "tensors", function()
	local t, i, h = G.fresh "t", G.fresh "i", G.fresh "h"
	local function by(code) return (code:gsub("T", t):gsub("I", i):gsub("H", h)) end
	local bound = by(pick { "X:sum():item() // 1 % 4", "3", "Y:sum():item() // 1 % 3" })
	return { by "local T, H = {}, ", expr("ten", 1), by " for I = 1, ", bound, by " do H = H * 0.5 + I T[#T + 1] = ",
		by(pick { "H", "H + 1", "X", "H[1]" }), by(pick { "", " if #T > 1 then T[1] = T[#T] end", " H = H + 0", " H:add_(1)",
			" if I == 2 then table.remove(T) end" }), " end ",
		by(pick { "print(#T, T[1], T[#T])", "o.made = T", "o.made = T o.x = H", "for _, v_ in ipairs(T) do print(v_) end",
			"if T[1] then T[1]:add_(1) end print(T[1])", "print(#T, rawequal(T[1], T[2]))", "print(ms.stack(T):sum(1))",
			"print(#T > 0 and ms.cat(T))", "o.x = T[1] o.y = T[#T]", "for i_, v_ in ipairs { table.unpack(T) } do print(i_, v_) end" }) }
end)
construct("print of tensor", "statement", 2, "tensors", function()
	return { "print(", expr("ten", 1), ", ", expr("mask", 1), ")" }
end)
construct("in-place", "statement", 8, "in-place", function()
	local t = G.variable "ten"
	t = t and t.name or pick { "X", "Y", "o.x", "x" }
	return pick {
		function() return { t, pick { ":add_(", ":mul_(", ":sub_(", ":copy_(" }, expr("ten", 1), ")" } end,
		function() return { t, pick { ":add_(", ":mul_(", ":fill_(" }, expr("num", 1), ")" } end,
		function() return { t, "[", pick { "1", "2", "3" }, "] = ", expr(pick { "num", "ten" }, 1), pick { "", "" } } end,
		function() return { t, "[", expr("mask", 0), "] = ", expr("num", 1) } end,
		function() return { t, ":", pick { "zero_", "relu_", "neg_" }, "()" } end,
	} ()
end)
construct("in-place through view", "statement", 6, "views", function()
	local v = G.variable "view"
	return v and { v.name, pick { ":add_(", ":mul_(", ":fill_(" }, expr("num", 1), ")" }
end)
construct("view", "statement", 6, "views", function()
	return { "local ", G.declare(G.fresh "w", "view", true), " = ",
		pick { "X[{ {1, 2} }]", "M[1]", "M:transpose(1, 2)", "M[{ {}, {2, 3} }]",
		"x:narrow(1, 2, 2)", "X:reshape(3, 1)", "M[2][1]" } }
end)
construct("view as number", "num", 3, "views", function()
	local v = G.variable "view"
	return v and { v.name, ":sum():item()" }
end)
construct("tensor as key", "statement", 6, "tensor keys", function()
	return { pick { "o", "q" }, "[", expr("ten", 0), "] = ", expr("num", 1) }
end)

return G
