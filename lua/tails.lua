-- Appending to a table from outside whose length is another one in call after call: a log, say. Its length is an input,
-- then, and what is appended are elements behind the border that the call begins with. Nothing else is known of its
-- elements; who reads or writes them otherwise makes the length plain (S.need_length), and the graph one for that length.
local _, core = ...
local S, _ENV = core.S, core.env
local same = core.same
local type, next, rawequal, rawlen, setmetatable, getmetatable = type, next, rawequal, rawlen, setmetatable, debug.getmetatable

local CHANGES = 2 -- of the length between calls, until it becomes an input
local MOST = 64   -- elements that one call may append

function S.note_border(object, id)
	object.borders[id] = (object.borders[id] or 0) + 1
	if object.borders[id] >= CHANGES and object.marks[id] == nil then object.marks[id] = true end
end

-- The trace starts again with the length plain, if it is an input.
function S.need_length(info)
	if S.is_symbolic(info.length) then S.signal { kind = "restart", plain = { info.length_id } } end
end

-- Keys of elements: `at` places behind the border that slot `border` holds.
local Tail = {}
function S.is_tail(key) return type(key) == "table" and rawequal(getmetatable(key), Tail) end

-- The length of a table that is about to be appended to: it has no holes, and none of its elements is known.
function S.begin_tail(info)
	if info.guarded_keys or info.changed then S.need_length(info) end
	for k in next, info.data do
		if S.is_number(k) then S.need_length(info) end
	end
	if not S.is_sequence(info.real, rawlen(info.real)) then S.need_length(info) end
	S.add_guard(S.T, "slot", info.slot, nil, "sequence", 0)
	info.tail = { n = 0 }
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
		if same(len, info.length + at) then return at end
	end
end

-- t[key] = v, of which only appending is possible here.
function S.append_tail(info, key, v)
	if not info.tail then S.track_length(info) end
	if not info.tail then S.need_length(info) end
	local len = S.settle(info.len)
	v = S.settle(v)
	if not S.is_symbolic(len) or not S.is_successor(key, len) or v == nil or S.may_be_nil(v) or S.in_older_loop(info) then
		S.need_length(info)
	end
	local tail, known = info.tail, appended(info, len)
	if tail.n == MOST then S.need_length(info) end
	if known then
		tail.n = math.max(tail.n, known + 1)
		S.put(info, tail_key(info, known + 1), v)
	else
		tail.n = tail.n + 1
		for at = 1, tail.n do
			local old = S.get(info, tail_key(info, at))
			S.put(info, tail[at], S.value_if(core.equal(key, info.length + at), function() return v end,
				function() return old end))
		end
	end
	S.put(info, S.LEN, len + 1, true)
end
