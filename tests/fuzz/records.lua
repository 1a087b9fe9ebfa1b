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
return G
