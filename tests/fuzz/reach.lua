-- What random programs start with: values as text, iterators, and calls that print all that a program can reach.

-- v as text; `ids` numbers tables, functions and tensors in the order in which they are met, ids[0] of them so far.
local function text(v, seen, ids)
	local t = math.type(v) or type(v)
	if t == "float" then return v ~= v and "nan" or ("%a"):format(v) end
	if t == "string" then return '"' .. v .. '"' end
	if t ~= "table" and t ~= "function" and t ~= "userdata" then return tostring(v) end
	if not ids[v] then
		ids[0] = ids[0] + 1
		ids[v] = ids[0]
	end
	local name = t .. ids[v]
	if seen[v] or t == "function" then return name end
	seen[v] = true
	local out = {}
	if t == "userdata" then
		local function walk(e)
			if type(e) == "table" then for _, x in ipairs(e) do walk(x) end else out[#out + 1] = text(e, seen, ids) end
		end
		walk(v:tolist())
		return name .. ":" .. v.dtype .. "[" .. table.concat(v.shape, ",") .. "]{" .. table.concat(out, " ") .. "}"
	end
	for k in next, v do out[#out + 1] = k end
	local function rank(k) return type(k) == "number" and ("0%20.3f"):format(k) or type(k) .. (type(k) == "string" and k or text(k, seen, ids)) end
	table.sort(out, function(a, b) return rank(a) < rank(b) end)
	for i, k in ipairs(out) do out[i] = text(k, seen, ids) .. "=" .. text(rawget(v, k), seen, ids) end
	local m = getmetatable(v)
	return name .. (m and "<" .. text(m, seen, ids) .. ">" or "") .. "{" .. table.concat(out, " ") .. "}"
end

local function sorted(t)
	local keys = {}
	for k in pairs(t) do if type(k) == "string" then keys[#keys + 1] = k end end
	table.sort(keys)
	local i = 0
	return function()
		i = i + 1
		if keys[i] then return keys[i], t[keys[i]] end
	end
end

local function upto(n)
	local i = 0
	return function()
		i = i + 1
		if i <= n then return i, i * 2 end
	end
end

local function closing(v) return setmetatable({}, { __close = function(_, e) print("close", v, e ~= nil) end }) end

local function two(p, q) return p, q end

-- call(f, ...) prints what show(put) puts before and after f(...), and its results; after() comes last.
local function caller(show, after)
	local ids = { [0] = 0 }
	local function state(title)
		local seen = {}
		print(title)
		show(function(name, ...)
			local t = table.pack(...)
			for i = 1, t.n do t[i] = text(t[i], seen, ids) end
			print(name, table.concat(t, " "))
		end)
	end
	return function(f, ...)
		state "#before"
		print "#call"
		local r = table.pack(pcall(f, ...))
		print "#result"
		local seen = {}
		for i = 1, r.n do r[i] = text(r[i], seen, ids) end
		print(table.concat(r, " "))
		state "#after"
		print "#end"
		if after then after() end
	end
end

return function() return caller, sorted, upto, closing, two end
