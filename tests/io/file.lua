-- ms.save and ms.load: what is saved comes back exactly; bad files and values are errors, and a failed
-- save leaves the old file. Prints TAP.
local ms = require "moonstage"
local count, failed = 0, false
local function ok(cond, name, note)
	count = count + 1
	if not cond then failed = true end
	print((cond and "ok " or "not ok ") .. count .. " - " .. name)
	if not cond and note then print("# " .. tostring(note)) end
end

local base = os.tmpname()
local path = base .. ".npz"
local function finish()
	os.remove(base)
	os.remove(path)
	os.remove(base .. ".npy")
	print("1.." .. count)
	os.exit(failed and 1 or 0)
end

-- Equality of trees: subtypes, bits, shapes, keys, and which tables and tensors are one and the same.
local function same(a, b, seen)
	if ms.is_tensor(a) then
		return ms.is_tensor(b) and a.dtype == b.dtype and #a.shape == #b.shape and
			table.concat(a.shape, "x") == table.concat(b.shape, "x") and
			(a:numel() == 0 or a:eq(b):all():item())
	end
	if type(a) ~= "table" then
		return math.type(a) == math.type(b) and type(a) == type(b) and
			(a == b or (a ~= a and b ~= b)) and (a ~= 0 or 1 / a == 1 / b)
	end
	if type(b) ~= "table" then return false end
	if seen[a] then return seen[a] == b end
	seen[a] = b
	for k, v in pairs(a) do if not same(v, b[k], seen) then return false end end
	for k in pairs(b) do if a[k] == nil then return false end end
	return true
end

local function there_and_back(value, name)
	local good, why = pcall(function()
		ms.save(path, value)
		return assert(same(value, ms.load(path), {}), "not the same")
	end)
	ok(good, name, why)
end

there_and_back(ms.tensor { { 1.5, -2.0 }, { 3.0, 0.1 } }, "a tensor")
there_and_back(ms.tensor(2.5), "a tensor without dims")
there_and_back(42, "an integer")
there_and_back(math.mininteger, "the least integer")
there_and_back(0.1, "a float")
there_and_back(3.0, "a float that is whole")
there_and_back(-0.0, "minus zero")
there_and_back(0 / 0, "not a number")
there_and_back(1 / 0, "infinity")
there_and_back("text\0with\nevery\255byte:}", "a string")
there_and_back("", "an empty string")
there_and_back(true, "a boolean")
there_and_back({}, "an empty table")
there_and_back({ {}, { {} } }, "empty tables in tables")
there_and_back({ 1, 2.0, "3", true, ms.ones(2), n = 5, [3.5] = "f", [true] = "t", [false] = "f", [-7] = 0, [""] = "e" },
	"every kind of key and value")
there_and_back({ ["1"] = ms.ones(2), [1] = ms.zeros(3), ["a/b"] = ms.ones(1), a = { b = ms.zeros(1) }, [".."] = ms.ones(4),
	["%"] = ms.zeros(2), ["ключ"] = ms.ones(3), [("k"):rep(70000)] = ms.ones(1), [("k"):rep(70001)] = ms.zeros(1) },
	"keys that would name members alike")
there_and_back({ i = ms.tensor { 1, 2 }, b = ms.tensor { true, false }, d = ms.tensor({ 0.1 }, "f64"), e = ms.zeros(0, 3) },
	"every dtype")
there_and_back({ t = ms.tensor { { 1, 2, 3 }, { 4, 5, 6 } }:transpose(1, 2) }, "a view")
there_and_back({ big = ms.arange(1, 100001), layers = { { w = ms.ones(3, 3), b = ms.zeros(3) }, { w = ms.ones(3, 3) } } },
	"a model")
there_and_back((function() local t = {} for i = 1, 1000 do t[i] = { i, ms.full({ 2 }, i) } end return t end)(), "many tensors")

local tied = ms.ones(3)
local shared = { 1 }
ms.save(path, { a = tied, b = tied, c = shared, d = { shared } })
local back = ms.load(path)
ok(rawequal(back.a, back.b), "one tensor under two keys stays one")
ok(rawequal(back.c, back.d[1]), "one table under two keys stays one")

local x = ms.tensor { 1.5, 2.5 }
ms.save(base .. ".npy", x)
ok(same(x, ms.load(base .. ".npy"), {}), "a .npy file is a tensor")

local function fails(name, text, f, ...)
	local good, why = pcall(f, ...)
	ok(not good and tostring(why):find(text, 1, true) and tostring(why):find("file.lua:%d+: "), name,
		good and "no error" or why)
end

ms.save(path, "kept")
local cycle = { a = {} }
cycle.a.b = cycle
fails("a cycle", "a/b is a table that contains itself", ms.save, path, cycle)
fails("a function", "f is a function, which a file cannot hold", ms.save, path, { f = print })
fails("nil", "the value is a nil", ms.save, path, nil)
fails("a key that is a table", "has a key that is a table", ms.save, path, { [{}] = 1 })
fails("a metatable", "m is a table with a metatable", ms.save, path, { m = setmetatable({}, {}) })
local deep = {}
for _ = 1, 300 do deep = { deep } end
fails("deep tables", "nested deeper than", ms.save, path, deep)
ok(ms.load(path) == "kept", "the old file is there after failed saves")
fails("no value", "a path and a value expected", ms.save, path)
fails("no path", "the path must be a string, got nil", ms.save, nil, 1)
fails("a zero byte", "zero byte", ms.load, "a\0b")
fails("no folder", "/no/such/folder/x.npz", ms.save, "/no/such/folder/x.npz", 1)
fails("no file", "/no/such/file.npz: No such file", ms.load, "/no/such/file.npz")
fails("a table in .npy", "a .npy file holds one tensor, not a table", ms.save, base .. ".npy", {})

-- The tree's text, damaged: taken from the archive, changed at each byte and at each length. The archive
-- stores it as it is, with a checksum, which is recomputed here.
local function crc(s)
	local c = 0xffffffff
	for i = 1, #s do
		c = c ~ s:byte(i)
		for _ = 1, 8 do c = (c >> 1) ~ (0xedb88320 & -(c & 1)) end
	end
	return ~c & 0xffffffff
end
ms.save(path, { a = 1, b = { "x", 2.5, true }, c = { } })
local file = assert(io.open(path, "rb"))
local whole = file:read("a")
file:close()
local first, last = whole:find("moonstage tree 1\n.*}\n")
local tree = whole:sub(first, last)
local calls, errors, wrong = 0, 0, nil
for i = 18, #tree do
	for _, c in ipairs { "}", "{", "9", "s", "r", " ", "\0" } do
		local bad = tree:sub(1, i - 1) .. c .. tree:sub(i + 1)
		local old, new = ("<I4"):pack(crc(tree)), ("<I4"):pack(crc(bad))
		local text = whole:gsub(old:gsub("%p", "%%%0"), (new:gsub("%%", "%%%%")))
		file = assert(io.open(path, "wb"))
		file:write(text:sub(1, first - 1), bad, text:sub(last + 1))
		file:close()
		local good, why = pcall(ms.load, path)
		calls = calls + 1
		if not good then
			errors = errors + 1
			if not why:find("malformed at byte", 1, true) then wrong = why end
		end
	end
end
ok(not wrong and errors > calls / 2 and errors < calls, "a damaged tree is an error", wrong or errors .. " of " .. calls)
finish()
