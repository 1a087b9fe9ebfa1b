-- What random programs start with: values as text, iterators, and calls that print all that a program can reach.

local function number(v)
	if math.type(v) == "integer" then return ("%d"):format(v) end
	return v ~= v and "nan" or ("%a"):format(v)
end

local function tensor(v)
	local out = {}
	local function walk(e)
		if type(e) == "table" then for _, x in ipairs(e) do walk(x) end
		else out[#out + 1] = type(e) == "number" and number(e) or tostring(e)
		end
	end
	walk(v:tolist())
	return v.dtype .. "[" .. table.concat(v.shape, ",") .. "]{" .. table.concat(out, " ") .. "}"
end

-- Where a key stands among those of its table; a tensor that has no number yet stands where its elements put it.
local function rank(k, ids)
	local t = type(k)
	if t == "string" then return "s" .. k end
	if t == "number" then return ("n%20.3f"):format(k) end
	if t == "boolean" then return "b" .. tostring(k) end
	return ids[k] and ("o%8d"):format(ids[k]) or t == "userdata" and "u" .. tensor(k) or "v"
end

-- v as text; `ids` numbers tables, functions and tensors in the order in which they are met, ids[0] of them so far.
local function text(v, seen, ids)
	local t = type(v)
	if t == "number" then return number(v) end
	if t == "string" then return '"' .. v .. '"' end
	if t ~= "table" and t ~= "function" and t ~= "userdata" then return tostring(v) end
	if not ids[v] then
		ids[0] = ids[0] + 1
		ids[v] = ids[0]
	end
	local name = t .. ids[v]
	if seen[v] or t == "function" then return name end
	seen[v] = true
	if t == "userdata" then return name .. ":" .. tensor(v) end
	local out, ranks = {}, {}
	for k in next, v do
		out[#out + 1] = k
		local x = rawget(v, k)
		ranks[k] = rank(k, ids) .. " " .. (type(x) == "number" and number(x) or type(x))
	end
	table.sort(out, function(a, b) return ranks[a] < ranks[b] end)
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

local function closed(n) return upto(n), nil, nil, closing(n) end

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

return function() return caller, sorted, upto, closing, two, closed end
