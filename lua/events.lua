-- What a script's operations on tables mean while staging: fields through __index and __newindex, lengths, operators.
local _, core = ...
local S, _ENV = core.S, core.env
local P = S.P
local type, rawget, error, setmetatable, ipairs, pcall = type, rawget, error, setmetatable, ipairs, pcall
local kind, rawmeta = core.kind, debug.getmetatable
local class, get, put, meta, handler, may_be_nil = S.class, S.get, S.put, S.meta, S.handler, S.may_be_nil
local place = S.place

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

local function index(p, key)
	for _ = 1, MOST_LINKS do
		local info = S.T.info[p]
		local v = info.data[key]
		-- a value that is there, by a plain key: tables apart, which may be of several kinds or stand for nil
		if v ~= nil and type(key) == "string" and type(v) ~= "table" then return v end
		v = get(info, key)
		if v ~= nil and not may_be_nil(v) then return v end
		local h = handler(info, "__index")
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
	if class(key) == "poison" then S.read_poison(key) end
	if key == nil then error(place() .. "table index is nil", 0) end
	if key ~= key then error(place() .. "table index is NaN", 0) end
	if not S.T.region and S.overwrite(info, key, v) then return end
	local old = get(info, key)
	if old == nil or may_be_nil(old) then
		local h = handler(info, "__newindex")
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
	put(info, key, v)
end

local function length(p)
	local info = S.T.info[p]
	local h = handler(info, "__len")
	if h ~= nil then return (S.callable(h)(p)) end
	return S.raw_length(info)
end

S.proxy_meta = { __index = index, __newindex = newindex, __len = length }

-- A proxy gets an event's handler only when the user's metatable has one, so that Lua's own messages survive.
local events = { "__add", "__sub", "__mul", "__div", "__mod", "__pow", "__unm", "__idiv", "__band", "__bor", "__bxor", "__shl",
	"__shr", "__bnot", "__concat", "__lt", "__le", "__call" }
-- Lua may be built so that `a <= b` without an __le is `not (b < a)`.
local le_by_lt = pcall(function() return setmetatable({}, { __lt = function() return true end }) <= {} end)

-- The handler of an event among two operands, of which the first is asked first.
local function binary_handler(event, a, b)
	local ia = S.T.info[a]
	local h = ia and handler(ia, event)
	if h == nil and S.T.info[b] then h = handler(S.T.info[b], event) end
	return h
end

local function plain_event(event)
	return function(a, b, ...)
		local h
		if event == "__call" then h = handler(S.T.info[a], event) else h = binary_handler(event, a, b) end
		return S.callable(h)(a, b, ...)
	end
end
local function less(a, b) return S.truth_value(S.callable(binary_handler("__lt", a, b))(a, b)) end
local function less_equal(a, b)
	local h = binary_handler("__le", a, b)
	if h ~= nil then return S.truth_value(S.callable(h)(a, b)) end
	return P.not_(less(b, a))
end

function S.set_events(info)
	local real = info.real and rawmeta(info.real)
	if info.made then real = meta(info) end
	local special
	local function set(event, f)
		special = special or { __index = index, __newindex = newindex, __len = length }
		special[event] = f
	end
	for _, event in ipairs(real and events or {}) do
		local h
		if info.made then h = get(real, event) else h = rawget(real, event) end
		if h ~= nil then
			set(event, event == "__lt" and less or event == "__le" and less_equal or plain_event(event))
			if event == "__lt" and le_by_lt then set("__le", less_equal) end
		end
	end
	local name
	if info.made then name = real and get(real, "__name") else name = real and rawget(real, "__name") end
	if class(name) == "text" or class(name) == "choice" then S.unsupported("a '__name' of a metatable that only the run knows") end
	if type(name) == "string" then set("__name", name) end
	special = special or S.proxy_meta
	if rawmeta(info.proxy) ~= special then setmetatable(info.proxy, special) end
end
