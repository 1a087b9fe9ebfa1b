-- Constructs with coroutines, added to those of plain values. A generator is what coroutine.wrap gives; a coroutine's
-- body may yield, also in the functions it makes.
local G = dofile "tests/fuzz/constructs.lua"
local construct, expr, node, pick, chance = G.construct, G.expr, G.node, G.pick, G.chance

local function body(most)
	local state, p = G.state(), G.fresh "p"
	local was = state.coroutine
	state.coroutine = true
	local made = G.function_body({ p, "num" }, most, function()
		return chance(60) and node("yield", "coroutine.yield(", expr("num", 1), ")")
			or node("return", "return ", expr("num", 1))
	end)
	state.coroutine = was
	return { kind = "body of a coroutine", "function(", p, ")", made, "end" }
end

local function resume(name, value)
	return { kind = "resume", "coroutine.resume(", name, ", ", value, ")" }
end

construct("generator", "statement", 4, "coroutines", function()
	local made = body(4)
	return { "local ", G.declare(G.fresh "w", "generator", true), " = coroutine.wrap(", made, ")" }
end)
construct("coroutine", "statement", 4, "coroutines", function()
	local made = body(4)
	return { "local ", G.declare(G.fresh "co", "coroutine", true), " = coroutine.create(", made, ")" }
end)
construct("coroutine in a loop", "statement", 3, "coroutines", function()
	local v = G.fresh "x"
	local made = body(3)
	local block, label = G.loop_body(G.fresh "continue", function()
		G.declare(v, "num", true)
		local inner = G.block(3)
		local vars = G.state().vars
		vars[#vars] = nil
		return inner
	end)
	return { "for ", v, " in coroutine.wrap(", made, ") do ", v, " = ", v, " or 0 ", block,
		chance(40) and node("break", " if ", expr("bool", 1), " then break end") or "", label, " end" }
end)
construct("yield", "statement", 8, "coroutines", function()
	if not G.state().coroutine then return end
	local value = expr("num", 1)
	local more = chance(30) and ", " or ""
	local second = chance(30) and expr("any", 0) or ""
	if more == "" or second == "" then more, second = "", "" end
	local v = chance(40) and G.variable("num", true)
	local into = v and v.name .. " = " or chance(60) and "local " .. G.declare(G.fresh "v", "num") .. " = " or ""
	return { into, "coroutine.yield(", value, more, second, ")", into ~= "" and " or 0" or "" }
end)
construct("generator called", "num", 4, "coroutines", function(d)
	local w = G.variable "generator"
	return w and { "(", w.name, "(", expr("num", d - 1), ") or 0)" }
end)
construct("resumed", "num", 3, "coroutines", function(d)
	local co = G.variable "coroutine"
	return co and { "(select(2, ", resume(co.name, expr("num", d - 1)), ") or 0)" }
end)
construct("status", "bool", 8, "coroutines", function()
	local co = G.variable "coroutine"
	return co and { pick {
		'(coroutine.status(' .. co.name .. ') == "dead")', '(coroutine.status(' .. co.name .. ') == "suspended")',
		"(coroutine.running() == " .. co.name .. ")", "coroutine.isyieldable()", "select(2, coroutine.running())",
	} }
end)
construct("resume", "statement", 5, "coroutines", function()
	local co = G.variable "coroutine"
	if not co then return end
	if chance(15) then return { "print(coroutine.close(", co.name, "))" } end
	return { "print(", resume(co.name, expr("num", 1)), ")" }
end)

return G
