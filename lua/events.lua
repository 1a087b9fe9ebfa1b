-- What a script's operations on tables mean while staging: fields through __index and __newindex, lengths, operators.
local _, core = ...
local S, _ENV = core.S, core.env
local YES, NO = S.YES, S.NO
local P = S.P
local type, rawget, rawequal, next, error, setmetatable, ipairs, pcall = type, rawget, rawequal, next, error,
	setmetatable, ipairs, pcall
local kind, rawmeta, plain_field = core.kind, debug.getmetatable, core.plain_field
local class, get, put, handler, may_be_nil = S.class, S.get, S.put, S.handler, S.may_be_nil
local place, NIL, Choice = S.place, S.NIL, S.Choice

-- Reads and writes as scripts do them: __index and __newindex are followed in a loop, and
-- functions found there are entered in staged form.
local MOST_LINKS = 2000 -- of a chain, as in Lua

local function chain_too_long(event) error(("%s'%s' chain too long; possible loop"):format(place(), event), 0) end

-- The end of a chain, which is no table.
local function indexable(h)
	local t = S.type_name(h)
	if t == "number" or t == "boolean" then error(("%sattempt to index a %s value"):format(place(), t), 0) end
	return h
end

local index
function index(p, key)
	for _ = 1, MOST_LINKS do
		local info = S.T.info[p]
		local v = plain_field(info.data, key)
		if v ~= nil then return v end
		v = get(info, key)
		if v ~= nil and not may_be_nil(v) then return v end
		local h, fork = handler(info, "__index")
		if fork then return (S.fork(fork, index, p, key)) end
		if h == nil then return v end
		if v ~= nil then
			return (S.choose(v, function(x)
				if x ~= nil then return x end
				if type(h) == "function" then return (S.callable(h)(p, key)) end
				return indexable(h)[key]
			end))
		end
		if type(h) == "function" then return (S.callable(h)(p, key)) end
		if not S.T.info[h] then return indexable(h)[key] end
		p = h
	end
	chain_too_long("__index")
end

local newindex
function newindex(p, key, v, links)
	if links == MOST_LINKS then chain_too_long("__newindex") end
	local info = S.T.info[p]
	if class(key) == "choice" then
		S.choose(key, function(k) newindex(p, k, v) end)
		return
	end
	if kind(key) == "int" then return S.put_at(info, key, v) end
	if kind(key) == "float" then S.need(key, "a table key") end
	if class(key) == "poison" then S.read_poison(key) end
	local no_key = key == nil and "nil" or key ~= key and "NaN" -- for Lua only where no handler takes it
	key = S.table_key(key)
	if not no_key and not S.T.region and S.overwrite(info, key, v) then return end
	local old
	if not no_key then old = get(info, key) end
	if old == nil or may_be_nil(old) then
		local h, fork = handler(info, "__newindex")
		if fork then return S.fork(fork, newindex, p, key, v, links) end
		if h ~= nil and old ~= nil then
			S.choose(old, function(x)
				if x ~= nil then put(info, key, v)
				elseif type(h) == "function" then S.callable(h)(p, key, v)
				else indexable(h)[key] = v end
			end)
			return
		end
		if h ~= nil then
			if type(h) == "function" then
				S.callable(h)(p, key, v)
			elseif not S.T.info[h] then
				indexable(h)[key] = v
			else
				return newindex(h, key, v, (links or 0) + 1)
			end
			return
		end
	end
	if no_key then error(("%stable index is %s"):format(place(), no_key), 0) end
	put(info, key, v)
end

local length
function length(p)
	local info = S.T.info[p]
	local h, fork = handler(info, "__len")
	if fork then return (S.fork(fork, length, p)) end
	if h ~= nil then return (S.callable(h)(p)) end
	return S.raw_length(info)
end

S.proxy_meta = { __index = index, __newindex = newindex, __len = length }

-- A proxy gets an event's handler only when the user's metatable has one, so that Lua's own messages survive.
local events = { "__add", "__sub", "__mul", "__div", "__mod", "__pow", "__unm", "__idiv", "__band", "__bor", "__bxor",
	"__shl", "__shr", "__bnot", "__concat", "__lt", "__le", "__call", "__name" }
for _, event in ipairs(events) do S.is_event[event] = true end
-- Lua may be built so that `a <= b` without an __le is `not (b < a)`.
local le_by_lt = pcall(function() return setmetatable({}, { __lt = function() return true end }) <= {} end)

-- The handler of an event among two operands, of which the first is asked first; nil and a choice when it hangs on
-- that.
function S.binary_handler(event, a, b)
	for i = 1, 2 do
		local info = S.T.info[i == 1 and a or b]
		if info then
			local h, fork = handler(info, event)
			if h ~= nil or fork then return h, fork end
		end
	end
end

-- f(handler, a, b) where the handler is known. On a path without one it is Lua's own operation.
local function on_each_path(event, f)
	local function g(a, b)
		local h, fork = S.binary_handler(event, a, b)
		if fork then return (S.fork(fork, g, a, b)) end
		if h == nil and (event ~= "__le" or not le_by_lt) then return S.plain_operation(event, a, b) end
		return f(h, a, b)
	end
	return g
end

local less = on_each_path("__lt", function(h, a, b) return S.answer(S.callable(h)(a, b)) end)
local less_equal = on_each_path("__le", function(h, a, b)
	if h ~= nil then return S.answer(S.callable(h)(a, b)) end
	return P.not_(less(b, a))
end)
local own = { __lt = less, __le = less_equal, __call = function(p, ...) return S.callable(p)(...) end }

local function plain_event(event) return on_each_path(event, function(h, a, b) return (S.callable(h)(a, b)) end) end

-- The metatables that a table may have, on some path, as far as they are known without a read that is recorded:
-- proxies, or the real one.
local function possible(m, out)
	if type(m) == "table" and rawmeta(m) == Choice then
		possible(rawget(m, YES), out)
		possible(rawget(m, NO), out)
	elseif m ~= nil and m ~= NIL then
		out[#out + 1] = S.T.proxy[m] or m
	end
	return out
end

local function metatables(info)
	local m = info.meta
	if m == nil and info.real then m = rawmeta(info.real) end
	return possible(m, {})
end

-- Its field `event`.
local function known_event(m, event)
	local info = S.T.info[m]
	if not info then return rawget(m, event) end
	if info.made then return get(info, event) end
	local h = info.data[event]
	if h == nil then h = rawget(info.real, event) end
	if h ~= NIL then return h end
end

function S.set_events(info)
	local list, special = metatables(info), nil
	local function set(event, f)
		if not special then
			special = {}
			for k, v in next, S.proxy_meta do special[k] = v end
		end
		special[event] = f
	end
	local split = type(info.meta) == "table" and rawmeta(info.meta) == Choice
	for _, m in ipairs(list) do
		local name = known_event(m, "__name")
		if class(name) == "text" or class(name) == "choice" then
			S.unsupported("a '__name' of a metatable that only the run knows")
		end
		if type(name) ~= "string" then name = nil end
		for _, event in ipairs(events) do
			local h = known_event(m, event)
			if event == "__name" then
				if name and not split then set(event, name) end
			elseif h ~= nil or name and split then -- what fails is called by the name of its path
				set(event, own[event] or plain_event(event))
				if event == "__lt" and le_by_lt then set("__le", less_equal) end
			end
		end
	end
	special = special or S.proxy_meta
	if rawmeta(info.proxy) ~= special then setmetatable(info.proxy, special) end
end

-- A table got or lost an event: those whose metatable it is follow.
function S.event_changed(changed)
	for _, info in next, S.T.info do
		for _, m in ipairs(metatables(info)) do
			if rawequal(m, changed.proxy) or rawequal(m, changed.real) then S.set_events(info) end
		end
	end
end
