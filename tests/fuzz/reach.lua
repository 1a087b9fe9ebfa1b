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

local function shallow(x) return type(x) == "number" and number(x) or type(x) end

-- Notes of the tensors in v where they are: uses[x] lists what x is the key for, and the names of fields that hold it.
local function note_keys(v, seen, uses)
	if type(v) ~= "table" or seen[v] then return end
	seen[v] = true
	local function note(x, use)
		if type(x) ~= "userdata" then return end
		uses[x] = uses[x] or {}
		table.insert(uses[x], use)
	end
	for k in next, v do
		local x = rawget(v, k)
		note(k, shallow(x))
		note(x, type(k) == "string" and k or shallow(k))
		note_keys(k, seen, uses)
		note_keys(x, seen, uses)
	end
	note_keys(getmetatable(v), seen, uses)
end

-- The uses of the tensors in the values that each(note) notes, as texts.
local function key_uses(each)
	local seen, uses = {}, {}
	each(function(v) note_keys(v, seen, uses) end)
	for k, list in next, uses do
		table.sort(list)
		uses[k] = table.concat(list, " ")
	end
	return uses
end

-- Where a key stands among those of its table; a tensor that has no number yet stands where its elements and its uses
-- put it.
local function rank(k, ids)
	local t = type(k)
	if t == "string" then return "s" .. k end
	if t == "number" then return ("n%20.3f"):format(k) end
	if t == "boolean" then return "b" .. tostring(k) end
	if ids[k] then return ("o%8d"):format(ids[k]) end
	return t == "userdata" and "u" .. tensor(k) .. " " .. ids.uses[k] or "v"
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
		ranks[k] = rank(k, ids) .. " " .. shallow(rawget(v, k))
	end
	table.sort(out, function(a, b) return ranks[a] < ranks[b] end)
	for i, k in ipairs(out) do
		local same = i -- keys of one rank may have got numbers since
		while ranks[out[same + 1]] == ranks[k] do same = same + 1 end
		for j = i + 1, same do
			if (ids[out[j]] or math.huge) < (ids[k] or math.huge) then out[j], k = k, out[j] end
		end
		out[i] = text(k, seen, ids) .. "=" .. text(rawget(v, k), seen, ids)
	end
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
		local seen, lists = {}, {}
		print(title)
		show(function(name, ...)
			lists[#lists + 1] = table.pack(...)
			lists[#lists].name = name
		end)
		ids.uses = key_uses(function(note)
			for _, t in ipairs(lists) do
				for i = 1, t.n do note(t[i]) end
			end
		end)
		for _, t in ipairs(lists) do
			for i = 1, t.n do t[i] = text(t[i], seen, ids) end
			print(t.name, table.concat(t, " "))
		end
	end
	return function(f, ...)
		state "#before"
		print "#call"
		local r = table.pack(pcall(f, ...))
		print "#result"
		local seen = {}
		ids.uses = key_uses(function(note)
			for i = 1, r.n do note(r[i]) end
		end)
		for i = 1, r.n do r[i] = text(r[i], seen, ids) end
		print(table.concat(r, " "))
		state "#after"
		print "#end"
		if after then after() end
	end
end

return function() return caller, sorted, upto, closing, two, closed end
