-- Writes to tables from outside that look at nothing of them, such as those to a log, so that one graph serves for all
-- keys. Who reads such a table in the same call, or writes to it otherwise, needs its elements (S.need_elements): then
-- the trace starts again, and the length or the key is plain, and the graph one for that.
--
-- Appending: the length that is another one in call after call is an input, and what is appended are elements behind
-- the border that the call begins with. Storing: the key is one that only the run knows.
local _, core = ...
local S, _ENV = core.S, core.env
local same = core.same
local type, next, rawequal, rawlen, setmetatable = type, next, rawequal, rawlen, setmetatable
local rawmeta = debug.getmetatable

local CHANGES = 2 -- of the length between calls, until it becomes an input
local MOST = 64   -- elements that one call may append

function S.note_border(object, id)
	object.borders[id] = (object.borders[id] or 0) + 1
	if object.borders[id] >= CHANGES and object.marks[id] == nil then object.marks[id] = true end
end

-- The trace starts again with plain keys, or with the length plain, if it is an input.
function S.need_elements(info)
	if info.stored then S.signal { kind = "restart", no_stores = true } end
	if S.is_symbolic(info.length) then S.signal { kind = "restart", plain = { info.length_id } } end
end

-- Keys of elements: `at` places behind the border that slot `border` holds.
local Tail = {}
function S.is_tail(key) return type(key) == "table" and rawequal(rawmeta(key), Tail) end

-- The length of a table that is about to be appended to: it has no holes, and none of its elements is known.
function S.begin_tail(info)
	if info.guarded_keys or info.changed then S.need_elements(info) end
	for k in next, info.data do
		if S.is_number(k) then S.need_elements(info) end
	end
	if not S.is_sequence(info.real, rawlen(info.real)) then S.need_elements(info) end
	S.add_guard(S.T, "slot", info.slot, nil, "sequence", 0)
	info.tail = { n = 0, length = {} } -- keys; lengths where so many were appended
	return info.length
end

function S.tail_element(info, key)
	local v = info.data[key]
	if v ~= S.NIL then return v end
end

local function tail_key(info, at)
	local tail = info.tail
	tail[at] = tail[at] or setmetatable({ border = info.border, at = at }, Tail)
	return tail[at]
end

-- How many elements the path has appended when its length is `len`; nil where that hangs on the path.
local function appended(info, len)
	if same(len, info.length) then return 0 end
	for at = 1, info.tail.n do
		if same(len, info.tail.length[at]) then return at end
	end
end

-- Their number and the elements themselves; nil where they hang on the path.
function S.appended(info)
	local n, values = appended(info, S.settle(info.len)), {}
	for at = 1, n or 0 do
		values[at] = S.get(info, info.tail[at])
		if S.class(values[at]) == "table" then return nil end
	end
	return n, values
end

-- t[key] = v, of which only appending is possible here.
function S.append_tail(info, key, v)
	if not info.tail then S.track_length(info) end
	if not info.tail then S.need_elements(info) end
	if info.elems ~= nil then return S.list_put(info, key, v) end
	local len = S.settle(info.len)
	v = S.settle(v)
	if not S.is_symbolic(len) or not S.is_successor(key, len) or v == nil or S.may_be_nil(v) then S.need_elements(info) end
	if S.in_older_loop(info) then
		if S.class(v) == "table" or not S.grow(info, key, v) then S.need_elements(info) end
		return S.list_push(info, v)
	end
	local tail, known, longer = info.tail, appended(info, len), len + 1
	if tail.n == MOST then S.need_elements(info) end
	if known then
		tail.n = math.max(tail.n, known + 1)
		tail.length[known + 1] = longer
		S.put(info, tail_key(info, known + 1), v)
	else
		tail.n = tail.n + 1
		for at = 1, tail.n do
			local place = tail_key(info, at)
			local old = S.get(info, place)
			S.put(info, place, S.value_if(core.equal(key, info.length + at), function() return v end,
				function() return old end))
		end
	end
	S.put(info, S.LEN, longer, true)
end

-- Storing ---------------------------------------------------------------------------------------------------

-- The key of the element that is stored.
S.KEY = setmetatable({}, { __tostring = function() return "a key of the run" end })

local scalar = { number = true, boolean = true, string = true, int = true, float = true, bool = true, ["nil"] = true }

-- May v be stored in the table at a key of the run? Not where it is stored more than once.
function S.may_store(info, v)
	local T = S.T
	if T.object.no_stores or info.made or info.elems ~= nil or info.guarded_keys or info.shared or #T.functions > 0 then
		return false
	end
	local r = T.region
	while r do
		if r.loop then return false end
		r = r.parent
	end
	return scalar[S.class(v)] or false
end

-- t[key] = v: two writes, that of the key and that of the element.
function S.store_unread(info, key, v)
	local T = S.T
	S.flush()
	info.stored = true
	local n = #T.locations
	T.locations[n + 1] = { info = info, key = S.KEY, of_key = true }
	T.locations[n + 2] = { info = info, key = S.KEY }
	S.emit_write(T, n + 1, key)
	S.emit_write(T, n + 2, v)
end
