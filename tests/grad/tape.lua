-- Read by test_tape.c, which gives it the module and the internal functions and runs what it returns.
local ms, core = ...
local tests = {}

local function list(t) return table.concat(t:reshape(-1):tolist(), " ") end
local function is(got, want)
	if type(got) == "userdata" then got = list(got) end
	if got ~= want then error(("got %s, want %s"):format(got, want), 2) end
end
local function fails(text, f, ...)
	local ok, message = pcall(f, ...)
	if ok then error("no error, but wanted: " .. text, 2) end
	if not tostring(message):find(text, 1, true) then error(("said: %s, not: %s"):format(message, text), 2) end
end

-- The gradients of f's result with respect to tensors.
local function gradient(f, ...)
	local tape <close> = core.tape_begin()
	local wrt = { ... }
	for _, t in ipairs(wrt) do core.tape_watch(tape, t) end
	return table.unpack(core.tape_gradient(tape, f(...), wrt))
end

function tests.first_order()
	local x, w = ms.tensor { { 1.0, 2.0 }, { 3.0, 4.0 } }, ms.tensor { { 1.0, -1.0 }, { 0.5, 2.0 } }
	local dx, dw = gradient(function(a, b) return (a:matmul(b) * 2):sum() end, x, w)
	is(dx, "0.0 5.0 0.0 5.0")
	is(dw, "8.0 8.0 12.0 12.0")
	is(gradient(function(a) return (a ^ 2):sum() end, x), "2.0 4.0 6.0 8.0")
	is(gradient(function(a) return (3 / a):sum() end, ms.tensor { 1.0, 2.0 }), "-3.0 -0.75")
end

function tests.numbers_and_dtypes()
	local x = ms.tensor({ 1.0, 2.0 }, "f64")
	local g = gradient(function(a) return (a:to("f32") * ms.tensor({ 3, 4 })):to("f64"):sum() * 0.1 end, x)
	is(g.dtype, "f64")
	is(tostring(g:to("f32")[2]), "0.4")
	is(gradient(function(a) return (a * true):sum() + (a * 2):sum() + (a * 0.5):sum() end, x), "3.5 3.5")
end

function tests.nested()
	local function cube(x) return (x * x * x):sum() end
	local x = ms.tensor { 1.0, 2.0 }
	local second = gradient(function(a) return gradient(cube, a):sum() end, x)
	is(second, "6.0 12.0")
	local third = gradient(function(a) return gradient(function(b) return gradient(cube, b):sum() end, a):sum() end, x)
	is(third, "6.0 6.0")
	-- the inner function also uses the outer variable: d/dx of x * d/dy (x * y^2) at y = x
	local mixed = gradient(function(a)
		return (a * gradient(function(b) return (a * b * b):sum() end, a * 1)):sum()
	end, x)
	is(mixed, "6.0 24.0")
end

function tests.several_gradients_of_one_tape()
	local x = ms.tensor { 1.0, 2.0 }
	local tape = core.tape_begin()
	core.tape_watch(tape, x)
	local y = x * x
	local a = core.tape_gradient(tape, y:sum(), { x })[1]
	local z = (y * x):sum()
	local b = core.tape_gradient(tape, z, { x })[1]
	local again = core.tape_gradient(tape, z, { x })[1]
	core.tape_end(tape)
	is(a, "2.0 4.0")
	is(b, "3.0 12.0")
	is(again, "3.0 12.0")
end

function tests.untouched_and_itself()
	local x, y = ms.tensor { 1.0, 2.0 }, ms.tensor(3.0)
	local dx, dy = gradient(function(_, b) return b end, x, y)
	is(dx, "0.0 0.0")
	is(dy, "1.0")
	dx = gradient(function() return ms.tensor(5.0) end, x)
	is(dx, "0.0 0.0")
	dx = gradient(function(a) return (a:floor() * 0 + a:argmax()):sum() end, x)
	is(dx, "0.0 0.0")
end

function tests.same_tensor_twice()
	local x = ms.tensor { 1.0, 2.0 }
	local a, b = gradient(function(p, q) return (p * q):sum() end, x, x)
	is(a, "2.0 4.0")
	is(b, "2.0 4.0")
	a:add_(1)
	is(b, "2.0 4.0")
end

-- Gradients are the caller's to write to: they share bytes with nothing.
function tests.own_bytes()
	for _, n in ipairs { 3, 1000 } do
		local x, y = ms.ones(n), ms.ones(n)
		local dx, dy = gradient(function(a, b) return (a + b):sum() end, x, y)
		dx[1] = 7
		is(tostring(dx[2]), "1.0")
		is(tostring(dy[1]), "1.0")
		dx = gradient(function(a) return a:sum() end, x)
		dx:add_(1)
		is(tostring(dx[n]), "2.0")
	end
end

function tests.views()
	local x = ms.arange(1, 7):to("f32"):reshape(2, 3)
	is(gradient(function(a) return (a[2] * a[1]):sum() end, x), "4.0 5.0 6.0 1.0 2.0 3.0")
	is(gradient(function(a) return (a:transpose(1, 2):reshape(6) * ms.arange(1, 7)):sum() end, x), "1.0 3.0 5.0 2.0 4.0 6.0")
	is(gradient(function(a) return ms.cat({ a, a * 2 }, 1):sum() end, x), "3.0 3.0 3.0 3.0 3.0 3.0")
end

function tests.writing_in_place()
	local x, k = ms.tensor { 1.0, 2.0 }, ms.tensor { 3.0, 4.0 }
	local text = "cannot be changed in place"
	fails(text, gradient, function(a) a:add_(1) return a:sum() end, x)
	fails(text, gradient, function(a) local b = a * 2 b:mul_(2) return b:sum() end, x)
	fails(text, gradient, function(a) local m = a:reshape(2, 1) m[1] = 5 return a:sum() end, x)
	is(x, "1.0 2.0")
	-- a constant may change after it was used: the gradient has the value of that moment
	local g = gradient(function(a)
		local y = (a * k):sum()
		k:add_(10)
		return y + (a * k):sum()
	end, x)
	is(g, "16.0 18.0")
	local total = ms.zeros(2) -- never an operand of anything recorded
	gradient(function(a) total:add_(1) return a:sum() end, x)
	is(total, "1.0 1.0")
	x:add_(1) -- after the tape
	is(x, "2.0 3.0")
end

function tests.errors()
	local x = ms.tensor { 1.0, 2.0 }
	fails("must have one element and no dims, not f32[2]", gradient, function(a) return a end, x)
	fails("must be a float tensor, not i64[]", gradient, function(a) return a:argmax() end, x)
	fails("must return a float tensor, not a number", gradient, function() return 1 end, x)
	fails("must return a float tensor, not a table", gradient, function() return {} end, x)
	fails("only float tensors have gradients, not i64[2]", gradient, function(a) return a:sum() end, ms.tensor { 1, 2 })
	fails("only float tensors have gradients, not a number", gradient, function(a) return a end, 3)
	fails("oops", gradient, function() error "oops" end, x)
	is(gradient(function(a) return a:sum() end, x), "1.0 1.0") -- all goes on after an error
end

function tests.any_order_of_ends()
	local x = ms.tensor { 2.0 }
	local a, b, c = core.tape_begin(), core.tape_begin(), core.tape_begin()
	for _, t in ipairs { a, b, c } do core.tape_watch(t, x) end
	core.tape_end(b)
	core.tape_end(b)
	local y = (x * x):sum()
	is(core.tape_gradient(a, y, { x })[1], "4.0")
	core.tape_end(a)
	is(core.tape_gradient(c, y, { x })[1], "4.0")
	fails("not recording", core.tape_gradient, a, y, { x })
	fails("not recording", core.tape_watch, b, x)
	fails("not recording", core.tape_watch, x, x)
	fails("not recording", core.tape_watch, 5, x)
	core.tape_end(c)
	core.tape_end(5)
end

function tests.what_was_made_outside_is_constant()
	local x = ms.tensor { 1.0, 2.0 }
	local y = x * x
	is(gradient(function(a) return (a * y):sum() end, x), "1.0 4.0")
end

function tests.coroutines()
	local x = ms.tensor { 1.0, 2.0 }
	local g = gradient(function(a)
		local co = coroutine.wrap(function()
			local b = a * 2
			coroutine.yield()
			coroutine.yield(b * a)
		end)
		co()
		return co():sum()
	end, x)
	is(g, "4.0 8.0")
end

function tests.a_long_recording()
	local w, h = ms.full({ 8, 8 }, 0.01), ms.ones(1, 8)
	local g = gradient(function(p)
		local y = h
		for i = 1, 300 do
			y = (y:matmul(p) + i):tanh()
			if i % 100 == 0 then collectgarbage() end
		end
		return y:mean()
	end, w)
	is(#g, 8)
	for _ = 1, 50 do gradient(function(a) return (a * a):sum() end, w) end
end

function tests.many_operands()
	local x = ms.tensor { 1.0, 2.0 }
	local g = gradient(function(a)
		local parts = {}
		for i = 1, 20 do parts[i] = a * i end
		return (ms.stack(parts, 1) ^ 2):sum()
	end, x)
	is(g, "5740.0 11480.0")
end

return tests
