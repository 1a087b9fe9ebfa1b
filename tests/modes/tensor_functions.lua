-- Every function and method on tensors inside a staged function: same results, same errors.
local ms = require "moonstage"
local T = ms.tensor
ms.manual_seed(7)
local x = ms.arange(1, 13):reshape(3, 4)
local f = x:float() / 3
local b = x:gt(6)
local i = T{1, 3, -1}

local function show(v)
	if ms.is_tensor(v) then return v.dtype .. " " .. table.concat(v.shape, "x") .. " " .. tostring(v) end
	if type(v) == "table" then
		local out = {}
		for k, e in ms.pairs(v) do out[#out + 1] = k .. "=" .. show(e) end
		return "{" .. table.concat(out, " ") .. "}"
	end
	return (math.type(v) or type(v)) .. " " .. tostring(v)
end

local function try(name, fn, ...)
	local r = table.pack(pcall(ms.stage(fn), ...))
	local out = {}
	for k = 2, r.n do out[#out + 1] = show(r[k]) end
	print(name, r[1], table.concat(out, " | "))
end

for _, name in ipairs { "add", "sub", "mul", "div", "floordiv", "mod", "pow", "maximum", "minimum", "lt", "le", "gt", "ge",
	"eq", "ne", "logical_and", "logical_or", "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor" } do
	try(name, function(p, q) return ms[name](p, q) end, x, x:t():reshape(3, 4))
	try(name .. " number", function(p, q) return ms[name](p, q), p[name](p, 3) end, x, 2)
end
for _, name in ipairs { "neg", "abs", "sign", "exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "floor", "ceil",
	"logical_not", "softmax", "log_softmax", "sum", "mean", "amax", "amin", "any", "all", "argmax", "argmin", "max", "min",
	"flatten", "squeeze", "clone", "zeros_like", "ones_like", "t", "numel" } do
	try(name, function(p) return ms[name](p), p[name](p) end, f)
end
try("operators", function(p, q) return p + q, p - q, p * q, p / q, p // q, p % q, p ^ 2, -p, 2 - p, 1.5 * p end, x, x + 1)
try("bits", function(p, q) return p & q, p | q, p ~ q, ~p, p & 3 end, x, x + 1)
try("sum", function(p) return p:sum(1), p:sum(-1, true), p:sum { 1, 2 }, p:sum { dim = 2, keepdim = true, dtype = "f64" } end, x)
try("mean", function(p) return p:mean(1), p:mean { dim = { 1, 2 } } end, f)
try("max", function(p) return p:max(1) end, f)
try("min", function(p) return p:min { dim = 2, keepdim = true } end, f)
try("max2", function(p, q) return p:max(q) end, f, f:t():reshape(3, 4))
try("arg", function(p) return p:argmax(2), p:argmin { dim = 1, keepdim = true } end, f)
try("where", function(c, p) return ms.where(c, p, 0), p:where(c, -1.5), ms.where(c, 1, 2.5) end, b, x)
try("masked_fill", function(c, p) return p:masked_fill(c, 9) end, b, x)
try("clamp", function(p, lo) return p:clamp(lo, 8), p:clamp { max = 3 }, p:clamp(nil, lo) end, x, 4)
try("matmul", function(p) return p:matmul(p:t()), ms.matmul(p[1], p[2]) end, f)
try("cross_entropy", function(p, l) return ms.cross_entropy(p, l) end, f, T{1, 2, 4})
try("reshape", function(p) return p:reshape(4, 3), p:reshape({ 2, -1 }), p:view(12), p:flatten(1, 2) end, x)
try("dims", function(p) return p:unsqueeze(1), p:unsqueeze(-1):squeeze(-1), p:transpose(1, 2), p:permute(2, 1) end, x)
try("expand", function(p) return p[1]:expand(2, -1), p:narrow(2, 2, 2), p:narrow(1, -1, 1), p:select(2, -1) end, x)
try("cat", function(p, q) return ms.cat({ p, q }, 2), ms.cat { p, q }, ms.stack({ p, p }, 3) end, x, f)
try("index", function(p) return p[1], p[-1], p[{ 2, 3 }], p[{ { 1, 3, 2 }, {} }], p[{ {}, { 2, -1 } }] end, x)
try("index tensor", function(p, q) return p[q], p[{ {}, q }], p:index_select(1, q), ms.embedding(p, q) end, x, i)
try("index number", function(p, k) return p[k], p[{ {}, k }], p:select(1, k) end, x, 2)
try("index_add", function(p, q) return p:index_add(1, q, 5), p:index_put(2, T{1, 2}, p[{ {}, { 3, 4 } }]) end, x, i)
try("to", function(p) return p:to "f64", p:float(), p:double(), p:long(), p:bool(), p:to { dtype = "i64" } end, x)
try("item", function(p) return p[1][1]:item(), p[1]:sum():item() / 2, p:gt(3):any():item() end, x)
try("size", function(p) return p.shape, p:size(), p:size(2), p:dim(), p:numel(), #p, p.dtype, p.nothing end, x)
try("contiguous", function(p) return p:t():contiguous(), p:contiguous() end, x)
try("make", function() return ms.zeros(2), ms.ones({ 2, 1 }, "i64"), ms.full({ 2 }, 1.5), ms.arange(3), ms.eye(2), ms.zeros(1, { dtype = "f64" }) end)
try("make more", function() return ms.arange(1, 2, 0.25), ms.linspace(0, 1, 3), ms.tensor { { 1, 2 }, { 3.5, 4 } }, ms.tensor(3), ms.tensor({ true }, "f32") end)
try("tensor of staged", function(p, n) return ms.tensor { n, 2, p[1][1] }, ms.tensor(n), ms.tensor { { p:sum(), n * 2 } } end, x, 3)
try("full of staged", function(p, n) return ms.full({ 2 }, n), ms.full_like(p, n), ms.full({ 2 }, p[1][1]) end, x, 3.5)
try("random", function() return ms.rand(2), ms.randn(2, "f64"), ms.randperm(4), ms.multinomial(T{1.0, 2.0}, 3, true) end)
try("random like", function(p) return ms.rand_like(p), p:randn_like() end, f)

local function fails(name, fn, ...)
	local ok, e = pcall(ms.stage(fn), ...)
	print(name, ok, e)
end
fails("exp", function(p) return ms.exp({}) end, x)
fails("add", function(p) return p + {} end, x)
fails("shapes", function(p) return p + T{1, 2} end, x)
fails("dim", function(p) return p:sum(3) end, x)
fails("option", function(p) return p:sum { dims = 3 } end, x)
fails("reshape", function(p) return p:reshape(5) end, x)
fails("range", function(p) return p[4] end, x)
fails("range tensor", function(p, q) return p[q] end, x, T{1, 9})
fails("range number", function(p, k) return p[k] end, x, 9)
fails("zero", function(p, q) return p // q end, x, 0)
fails("item", function(p) return p:item() end, x)
fails("call", function(p) return p(1) end, x)
fails("method", function(p) return p:nothing() end, x)
fails("ragged", function() return ms.tensor { { 1 }, 2 } end)

-- tonumber of tensors
local number = ms.stage(function(v) return tonumber(v) end)
for _, v in ipairs { ms.tensor(2.5), ms.tensor { 7 }, ms.tensor(true), ms.tensor { true, false }, ms.ones(3) } do print(pcall(number, v)) end

-- a condition that is none, in an elseif, is an error of its own line
print(pcall(ms.stage(function(v, a)
	if a > 1 then
		return 1
	elseif v == 1 then
		return 2
	end
end), ms.ones(3), 1))
print(pcall(ms.stage(function(v, a)
	if a > 1 then
		a = 1
	elseif a > 0 then
		a = 2
	elseif v == 1 then
		a = 3
	end
	return a
end), ms.ones(3), 0))
print(pcall(ms.stage(function(v, a)
	repeat
		a = a + 1
	until v == a
	return a
end), ms.ones(3), 1))
print(pcall(ms.stage(function(v, a)
	repeat
		a = a + 1
		if a > 3 then return a end
	until v == a
	return a
end), ms.ones(3), 1))
