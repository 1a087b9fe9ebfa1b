-- The library's functions on tables and plain values while staging.
local ms, core = ...
local S, _ENV = core.S, core.env
local counterpart, native, append = S.counterpart, S.native, S.append
local kind, class = core.kind, S.class
local type, select, pack, unpack, error, rawequal = type, select, table.pack, table.unpack, error, rawequal

local function argument(v, n, want)
	local t = S.type_name(S.readable(v))
	if t ~= "table" then S.bad_argument(n, t, want or "table") end
	return S.T.info[v]
end

counterpart[type] = function(...)
	if select("#", ...) == 0 then S.bad_argument(1, "value expected") end
	local v = S.readable((...))
	return (class(v) == "traced" or class(v) == "eager") and "userdata" or S.type_name(v)
end
counterpart[select] = function(n, ...)
	if S.is_symbolic(n) then S.need(n, "argument 1 of 'select'") end
	local given = select("#", ...)
	if given > 0 and S.is_counted((select(given, ...))) then S.read_poison((select(given, ...))) end
	if math.type(n) == "integer" and n > 0 or n == "#" then return select(n, ...) end
	return S.call_c(select, n, ...)
end
counterpart[rawequal] = function(a, b)
	if S.is_symbolic(a) and kind(a) ~= "traced" or S.is_symbolic(b) and kind(b) ~= "traced" then return core.equal(a, b) end
	if rawequal(a, b) then return true end
	if kind(a) == "traced" and kind(b) == "traced" then
		S.certain(a)
		S.certain(b)
	end
	return false
end
counterpart[rawget] = function(t, ...)
	local info = argument(t, 1)
	if select("#", ...) == 0 then error(S.place() .. "bad argument #2 to 'rawget' (value expected)", 0) end
	return S.get(info, (...))
end
counterpart[rawset] = function(t, k, v)
	local info = argument(t, 1)
	if k == nil then error("table index is nil", 0) end
	if k ~= k then error("table index is NaN", 0) end
	S.get(info, k)
	S.put(info, k, v)
	return t
end
counterpart[rawlen] = function(v)
	if type(v) == "string" then return #v end
	return S.raw_length(argument(v, 1, "table or string"))
end
counterpart[next] = function(t, k)
	argument(t, 1)
	local key, v = S.next(t, k)
	if key == nil then return nil end
	return key, v
end
counterpart[pairs] = function(t)
	if S.given == 0 then S.bad_argument(1, "value expected") end
	local info = S.T.info[S.readable(t)]
	local h = info and S.handler(info, "__pairs")
	if h ~= nil then
		local a, b, c = S.callable(h)(t)
		return a, b, c
	end
	return next, t, nil
end

local function ipairs_step(t, i)
	i = i + 1
	if type(t) ~= "table" and type(t) ~= "string" then error(("attempt to index a %s value"):format(S.type_name(t)), 0) end
	local v = t[i]
	if S.may_be_nil(v) then
		return S.choose(v, function(x)
			if x ~= nil then return i, x end
			return nil, nil
		end)
	end
	if v ~= nil then return i, v end
end
local function rows_step(x, i)
	i = i + 1
	if i <= #x then return i, x[i] end
end
native[ipairs_step], native[rows_step] = true, true
counterpart[ipairs] = function(t)
	if kind(t) == "traced" then return rows_step, t, 0 end
	if S.given == 0 then S.bad_argument(1, "value expected") end
	S.readable(t)
	return ipairs_step, t, 0
end

-- ms.pairs(t): like pairs, in the order of the keys: numbers, then strings.
local function key_order(a, b)
	local ta, tb = type(a), type(b)
	if ta == tb and (ta == "number" or ta == "string") then return a < b end
	if ta == "number" or tb == "number" then return ta == "number" end
	if ta == "string" or tb == "string" then return ta == "string" end
	return false
end

local function sorted_iterator(t, each)
	local keys = {}
	each(function(k) keys[#keys + 1] = k end)
	table.sort(keys, key_order)
	local i = 0
	local function step()
		i = i + 1
		local k = keys[i]
		if k ~= nil then return k, t[k] end
	end
	native[step] = true
	return step, t, nil
end

function ms.pairs(t)
	if type(t) ~= "table" then error(S.place() .. "ms.pairs: table expected, got " .. type(t), 0) end
	return sorted_iterator(t, function(add)
		for k in next, t do add(k) end
	end)
end
counterpart[ms.pairs] = function(t)
	argument(t, 1)
	return sorted_iterator(t, function(add)
		local k, v = S.raw_next(t)
		while k ~= nil do
			if S.may_be_nil(v) then
				S.make_plain { v }
				S.unsupported("'ms.pairs' over a table with a field that is nil on some paths")
			end
			add(k)
			k, v = S.raw_next(t, k)
		end
	end)
end

counterpart[setmetatable] = function(t, m)
	local info = argument(t, 1)
	if m ~= nil or S.given == 1 then argument(m, 2, "nil or table") end
	if S.handler(info, "__metatable") ~= nil then error(S.place() .. "cannot change a protected metatable", 0) end
	if not info.made then S.unsupported("a change of the metatable of a table from outside") end
	if m ~= nil and S.get(S.T.info[m], "__gc") ~= nil then S.unsupported("a metatable with '__gc'") end
	S.put(info, S.META, m)
	S.set_events(info)
	return t
end
counterpart[getmetatable] = function(v)
	local c = class(v)
	if c == "table" then
		local protected = S.handler(S.T.info[v], "__metatable")
		if protected ~= nil then return protected end
		local m = S.meta(S.T.info[v])
		return m and m.proxy
	elseif c == "string" or c == "text" then
		return S.constant(getmetatable(""))
	end
	S.unsupported("'getmetatable' of this value")
end

counterpart[table.insert] = function(t, ...)
	local info = argument(t, 1)
	local n = #t
	if select("#", ...) == 1 then
		t[n + 1] = (...)
		return
	end
	if select("#", ...) ~= 2 then error(S.place() .. "wrong number of arguments to 'insert'", 0) end
	local at, v = ...
	if S.is_symbolic(at) then S.need(at, "the position of 'table.insert'") end
	if S.is_symbolic(n) then S.need(n, "the length of a table in the middle of which 'table.insert' inserts") end
	if math.type(at) ~= "integer" or at < 1 or at > n + 1 then
		S.bad_argument(2, "position out of bounds")
	end
	for i = n, at, -1 do t[i + 1] = S.get(info, i) end
	t[at] = v
end
counterpart[table.remove] = function(t, at)
	argument(t, 1)
	local n = #t
	if S.is_symbolic(at) then S.need(at, "the position of 'table.remove'") end
	if S.is_symbolic(n) then
		if at ~= nil then S.need(n, "the length of a table from the middle of which 'table.remove' removes") end
		return S.value_if(core.equal(n, 0), function() return nil end, function()
			local v = t[n]
			t[n] = nil
			return S.without_nil(v)
		end)
	end
	if at == nil then at = n
	elseif n + 1 ~= at and (math.type(at) ~= "integer" or n == 0 and at ~= 0 or n > 0 and (at < 1 or at > n + 1)) then
		S.bad_argument(1, "position out of bounds")
	end
	local v = t[at]
	for i = at, n - 1 do t[i] = t[i + 1] end
	if n > 0 or t[at] ~= nil then t[math.max(at, n == at and n or at < n and n or at)] = nil end
	return v
end
counterpart[table.unpack] = function(t, i, j)
	if type(S.readable(t)) ~= "table" and not (t == nil and j) then
		error(("attempt to get length of a %s value"):format(S.type_name(t)), 0)
	end
	for k, v in ipairs { i or 1, j or 1 } do
		if S.is_symbolic(v) then S.need(v, "argument " .. k + 1 .. " of 'table.unpack'") end
	end
	local out = {}
	i, j = i or 1, j or #t
	if S.is_symbolic(j) then S.need(j, "the length of a table that 'table.unpack' takes apart") end
	if j - i >= 900000 then error(S.place() .. "too many results to unpack", 0) end
	for k = i, j do out[k - i + 1] = t[k] end
	return unpack(out, 1, j - i + 1)
end
counterpart[table.pack] = function(...) return S.made(S.P.pack(...)) end
counterpart[table.concat] = function(t, separator, i, j)
	argument(t, 1)
	local out = {}
	i, j = i or 1, j or #t
	for n, v in ipairs { i, j } do
		if S.is_symbolic(v) then S.need(v, "argument " .. n + 2 .. " of 'table.concat'") end
	end
	for k = i, j do
		local v = t[k]
		local n = S.type_name(v)
		if class(v) == "choice" then S.unsupported("'table.concat' of a value that has several types" .. S.kinds_of(v)) end
		if n ~= "string" and n ~= "number" then
			error(("%sinvalid value (%s) at index %d in table for 'concat'"):format(S.place(), n, k), 0)
		end
		if #out > 0 and separator then append(out, separator) end
		append(out, v)
	end
	for _, piece in ipairs(out) do
		if type(piece) ~= "string" then return S.text_of(out) end
	end
	return table.concat(out)
end
