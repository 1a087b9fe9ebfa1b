-- Constructs of tables in lists that loops make.
local G = dofile "tests/fuzz/objects.lua"
local construct, pick, chance = G.construct, G.pick, G.chance

local values = { "I", "I * 0.5", "I * I - 3", "a + I" }
local changes = {
	"", "", "R.v = R.v + 1", "if I == 2 then T[#T + 1] = R end", "T[1].v = T[#T].v", "T[I] = R", "T[1] = T[#T]",
	"T[1], T[#T] = T[#T], T[1]", "if #T > 2 then table.remove(T, 1).v = VALUE end", "if #T > 1 then T[#T] = nil end",
	"if I > 3 then error(#T) end", "if I == 2 then break end", "if #T > 1 then R = T[1] end R.v = VALUE",
	"if LAST_ then LAST_.v = R.v end LAST_ = R", "if not LAST_ or R.v < LAST_.v then LAST_ = R end",
	"for _, E in ipairs(T) do E.v = E.v * 2 end", "if I > 1 and T[I - 1] then T[I - 1].s = R.s end",
	"pcall(function() R.v = VALUE if I == 2 then error(R.s) end T[#T + 1] = R end)", "table.insert(T, 1, R)",
	"T[#T + 1] = { v = VALUE, s = 'new', b = false }",
}
local uses = {
	"print(#T, T[1] and T[1].v, T[1] == T[#T])", "for I, E in ipairs(T) do print(I, E.v, E.s, E.b, E == T[1]) end",
	"for _, E in pairs(T) do print(E.v, rawequal(E, LAST_)) end", "table.sort(T, function(x, y) return x.v < y.v end)",
	"local E = table.remove(T, 1) if E then E.s = 'first' print(E.s) end", "print(LAST_ and LAST_.v, LAST_ and LAST_.s)",
	"if #T > 1 then T[1].v = T[2].v return T, LAST_ end", "if #T > 0 then return T[#T], T end",
	"while #T > 1 do T[#T - 1].v = T[#T].v T[#T] = nil end", "print(T[1].v + T[#T].v)", "print(T[2].s .. 'x')",
	"local U = {} for I = #T, 1, -1 do U[#U + 1] = T[I] end if U[1] then U[1].v = VALUE end T = U",
	"for _, E in ipairs(T) do if E.b then LAST_ = E end end", "if LAST_ then T[#T + 1] = LAST_ end",
}

construct("list of tables", "statement", 5, "lists", function()
	local names = { T = G.fresh "t", I = G.fresh "i", R = G.fresh "r", E = G.fresh "e", U = G.fresh "t", LAST_ = G.fresh "r" }
	local code = { "local T, LAST_ = {} for I = 1, ", pick { "a % 5", "b % 4", "#l", "(a > 1 and 3 or 1)" },
		" do local R = { v = VALUE, s = 'r' .. I, b = I % 2 == 0 } ", chance(80) and "T[#T + 1] = R " or "", pick(changes), " ",
		chance(30) and pick(changes) or "", " end " }
	for _ = 1, math.random(3) do code[#code + 1] = "do " .. pick(uses) .. " end " end
	local value = pick(values)
	code = table.concat(code):gsub("VALUE", function() return value end)
	return { (code:gsub("%f[%w_][%u_]+%f[^%w_]", names)) }
end)

-- Lists in lists and in fields of their elements.
local row_values = { "I * J", "I + J * 0.5", "'w' .. J", "J % 2 == 0" }
local row_changes = {
	"", "", "R[#R] = nil", "R[1] = R[#R]", "table.insert(R, 1, VALUE)", "if #R > 1 then table.remove(R, 1) end",
	"if I == 2 then T[#T + 1] = R end", "if I > 1 then T[1] = R end", "if I > 2 then R = T[1] end R[#R + 1] = VALUE",
	"if I == 3 then error(#R) end", "pcall(function() R[1] = VALUE if I == 2 then error(#R) end end)",
	"T[#T][#T[#T] + 1] = VALUE", "if I > 1 then T[I - 1], T[#T] = T[#T], T[I - 1] end", "if #R > 2 then break end",
	"for K = 1, #R do R[K] = R[#R - K + 1] end", "if not LAST_ or #R > #LAST_ then LAST_ = R end",
}
local row_uses = {
	"print(#T, T[1] and #T[1], T[1] == T[#T])", "for I, R in ipairs(T) do print(I, #R, R[1], R[#R], R[#R + 1]) end",
	"for _, R in ipairs(T) do for J, V in ipairs(R) do print(J, V) end end", "print(T[1][1], T[2][1])", "return T, LAST_",
	"for _, R in pairs(T) do for J, V in pairs(R) do print(J, V) end end", "if T[1] then T[1][1] = VALUE end",
	"if LAST_ then LAST_[1] = VALUE print(#LAST_) end", "T[#T + 1] = {}", "if #T > 1 then table.remove(T, 1)[1] = VALUE end",
	"table.sort(T, function(x, y) return #x < #y end)", "local R = T[#T] or {} print(#R, next(R), rawlen(R))",
}

construct("list of lists", "statement", 5, "lists", function()
	local names = { T = G.fresh "t", I = G.fresh "i", J = G.fresh "i", K = G.fresh "i", R = G.fresh "t", V = G.fresh "v",
		LAST_ = G.fresh "t", O = G.fresh "r" }
	local bound = pick { "a % 4", "b % 4", "#l", "(a > 1 and 3 or 1)" }
	local row = pick {
		"local R = {} for J = 1, I do R[#R + 1] = VALUE end T[#T + 1] = R",
		"T[I] = {} for J = 1, I % 3 do T[I][J] = VALUE end local R, J = T[I], I",
		"T[#T + 1] = {} local R, J = T[#T], I R[1] = VALUE R[2] = VALUE",
		"local J = I local R = { VALUE } T[#T + 1] = R",
	}
	local code = { "local T, LAST_ = {} for I = 1, ", bound, " do ", row, " ", pick(row_changes), " ",
		chance(30) and pick(row_changes) or "", " end " }
	for _ = 1, math.random(3) do code[#code + 1] = "do local I, J = 1, 2 " .. pick(row_uses) .. " end " end
	local value = pick(row_values)
	code = table.concat(code):gsub("VALUE", function() return value end)
	return { (code:gsub("%f[%w_][%u_]+%f[^%w_]", names)) }
end)
construct("record with a list", "statement", 3, "lists", function()
	local names = { T = G.fresh "t", I = G.fresh "i", J = G.fresh "i", R = G.fresh "r", S = G.fresh "t" }
	local fill = pick { "R.s[#R.s + 1] = I", "for J = 1, I do R.s[J] = J end", "if I > 1 then for _, J in ipairs(T[1].s) do "
		.. "R.s[#R.s + 1] = J + 1 end end R.s[#R.s + 1] = I", "table.insert(R.s, I)" }
	local last = pick { "for _, R in ipairs(T) do print(R.k, #R.s, R.s[#R.s]) end", "table.sort(T, function(x, y) return "
		.. "x.k < y.k or x.k == y.k and #x.s < #y.s end) print(#T)", "if #T > 1 then T[1].s = T[2].s T[1].s[1] = 7 end",
		"local S = T[#T] and T[#T].s if S then S[#S + 1] = 5 end return T, S", "return T" }
	local code = ("local T = {} for I = 1, %s do local R = { k = I %% 2, s = {} } %s T[#T + 1] = R %s end do %s end"):format(
		pick { "a % 4", "b % 4", "#l" }, fill, pick { "", "R.s[1] = 9", "R.s = {}", "T[1].s = R.s", "R.k = #R.s" }, last)
	return { (code:gsub("%f[%w_][%u]+%f[^%w_]", names)) }
end)
return G
