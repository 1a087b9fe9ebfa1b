-- Table keys that are known only when the graph runs: a read is a search among the keys the table has, a write is
-- a choice for each of them. And what is made plain when a value must be known while tracing.
local _, core = ...
local S, _ENV = core.S, core.env
local class, same, kind = S.class, core.same, core.kind
local type, next, rawget = type, next, rawget
local LEN = S.LEN

-- Sources: the numbers from outside that a value depends on ------------------------------------------

-- Adds to `found` the ids of the numbers that v, a value of any class, is made of, and the records of the rolled loops
-- that it went through; false when it is made of more than numbers. `late`: also of what the loops carry whose
-- variables it is made of.
local sources_of

local function sources_of_handle(v, found, seen, late)
	local T = S.T
	local list, carried, lengths = core.inputs_of(v, seen.lengths)
	if not list then return false end
	for _, number in ipairs(lengths) do seen.lengths[number] = true end
	for _, number in ipairs(carried) do
		local origin = T.origin[number]
		if origin and origin[1].rolled then found[origin[1]] = true end
	end
	for _, number in ipairs(list) do
		if number > 0 then
			local id = T.input_id[number]
			if not id then return false end -- an object
			found[id] = true
		elseif not seen[-number] then
			seen[-number] = true
			if not sources_of(T.origin[-number], found, seen, late) then return false end
		end
	end
	return true
end

function sources_of(v, found, seen, late)
	if S.is_symbolic(v) then return sources_of_handle(v, found, seen, late) end
	if type(v) ~= "table" or seen[v] then return true end
	seen[v] = true
	local c = class(v)
	if c == "poison" then return sources_of(rawget(v, S.CAUSE), found, seen, late) end
	if c == "object" then return false end
	if c == "choice" or c == "text" or c == "raw" then
		if c == "raw" and v.rolled then -- unrolled, it decides nothing
			found[v] = true
			return true
		end
		for key, x in next, v do
			if key ~= "paths" and key ~= "from" and not sources_of(x, found, seen, late) then return false end
		end
		for id in next, c == "raw" and v.from or {} do found[id] = true end
		for id in next, late and c == "raw" and v.paths or {} do found[id] = true end
	end
	return true
end

-- The numbers that any of the values is made of, as a set, for values that will be gone. lengths: likewise the numbers
-- of unknown lengths.
local function paths_of(values, lengths)
	local all = {}
	for _, v in ipairs(values) do
		local found, seen = {}, { lengths = lengths and {} }
		if sources_of(v, found, seen) then
			for id in next, found do all[id] = true end
			for number in next, seen.lengths or {} do lengths[number] = true end
		end
	end
	return all
end
function S.paths_of(values) return paths_of(values) end

-- The numbers, and the numbers of unknown lengths, that decide conditions.
function S.deciding(conditions)
	local lengths = {}
	return paths_of(conditions, lengths), lengths
end

-- Starts the trace again with those numbers plain that one of the causes, values in the way, is made of, or with the
-- loops unrolled that were rolled before; returns when there are none.
function S.make_plain(causes, why)
	for _, late in ipairs { false, true } do
		local plain, loops = {}, {}
		for _, cause in ipairs(causes) do
			local found = {}
			if sources_of(cause, found, {}, late) then
				for id in next, found do
					if type(id) == "table" then loops[id.rolled] = why or "a value that it makes must be known while staging"
					else plain[#plain + 1] = id
					end
				end
			end
		end
		if next(loops) then S.signal { kind = "restart", loops = loops } end
		if #plain > 0 then S.signal { kind = "restart", plain = plain } end
	end
end

-- Starts the trace again with the rolled loops unrolled, of at most so many trips, that v went through: what a run
-- finds wrong with v may be right then. But for loops that are too long for it.
function S.make_unrolled(v, why, most)
	local found, loops, firm = {}, {}, S.T.object.firm or {}
	if sources_of(v, found, {}) then
		for loop in next, found do
			if type(loop) == "table" and not firm[loop.rolled] and (not most or loop.trips and loop.trips <= most) then
				loops[loop.rolled] = why
			end
		end
	end
	if next(loops) then S.signal { kind = "restart", loops = loops, soft = true } end
end

-- The conditions and loops that are open: what decides whether control gets here.
function S.open_conditions()
	local out = {}
	for _, fact in ipairs(S.T.known or {}) do out[#out + 1] = fact[1] end
	for _, loop in ipairs(S.T.loops) do out[#out + 1] = loop end
	return out
end

-- Symbolic keys ---------------------------------------------------------------------------------------

local MOST_KEYS = 256

-- The integer keys of a table in order, or nil when they are too many; `extra`: one more after the last.
local function integer_keys(info, extra)
	local list = {}
	for k in next, info.data do
		if math.type(k) == "integer" and S.get(info, k) ~= nil then list[#list + 1] = k end
	end
	for k in next, info.real or {} do
		if math.type(k) == "integer" and info.data[k] == nil then list[#list + 1] = k end
	end
	table.sort(list)
	if #list > MOST_KEYS then return nil end
	local last = list[#list] or 0
	if extra then list[#list + 1] = last + 1 end
	return list
end

-- found(k) for the k of the list that the key is; one of them it is.
local function search(key, list, from, to, found)
	if from == to then return found(list[from]) end
	local middle = (from + to) // 2
	return S.value_if(core.le(key, list[middle]), function() return search(key, list, from, middle, found) end,
		function() return search(key, list, middle + 1, to, found) end)
end

-- The one of n values at a position that only the run knows.
function S.one_of(values, position)
	local list = {}
	for i = 1, #values do list[i] = i end
	return search(position, list, 1, #list, function(k) return values[k] end)
end

-- Is the key one of the list?
local function among(key, list)
	local n = #list
	if list[n] - list[1] == n - 1 then return core.logic("and", core.le(list[1], key), core.le(key, list[n])) end
	local is = core.equal(key, list[1])
	for i = 2, n do is = core.logic("or", is, core.equal(key, list[i])) end
	return is
end

-- The number of the input that a value is, if it is one as it stands.
local function input_of(v)
	local list = core.is_input(v) and core.inputs_of(v)
	return list and #list == 1 and list[1] > 0 and list[1]
end
function S.is_argument(v) return input_of(v) and true or false end

-- A key that leads straight to an argument, or is what a rolled loop of few trips counts: better plain.
local function prefer_plain(key)
	local T, input = S.T, input_of(key)
	if input then S.signal { kind = "restart", plain = { T.input_id[input] } } end
	S.make_unrolled(key, "it makes the key of a table", MOST_KEYS)
end

-- The value of t[key] for a symbolic integer.
function S.get_at(info, key)
	if info.elems ~= nil then return S.list_get(info, key) end
	S.need_elements(info)
	prefer_plain(key)
	if not info.made then
		S.keys_guard(info)
		S.walked(info)
	end
	local list = integer_keys(info)
	if not list then S.need(key, "a key of a table of more than " .. MOST_KEYS .. " elements") end
	if #list == 0 then return nil end
	return S.value_if(among(key, list), function()
		return search(key, list, 1, #list, function(k) return S.get(info, k) end)
	end, function() return nil end)
end

-- Likewise for a symbolic float, which means the integer that it is, if it is one.
function S.get_at_float(info, key)
	S.make_plain({ key }, "a table key must be known")
	if not info.made then
		S.keys_guard(info)
		S.walked(info)
	end
	for _, keys in ipairs { info.data, info.real or {} } do
		for k in next, keys do
			if math.type(k) == "float" then S.need(key, "a key of a table that has floats for keys") end
		end
	end
	local whole = core.emit("ffloor", key)
	local is = core.logic("and", core.equal(whole, key), core.emit("ffits", whole))
	return S.value_if(is, function() return S.get(info, core.emit("ftoi", whole)) end, function() return nil end)
end

-- Is a length one that a loop of the graph carries which is being traced? Then the loop makes the table longer.
local function grows_in_loop(len)
	for _, number in ipairs(kind(len) == "int" and core.inputs_of(len) or {}) do
		if number < 0 then return true end
	end
	return false
end

-- t[key] = v for a symbolic integer.
function S.put_at(info, key, v)
	local h, fork = S.handler(info, "__newindex")
	if fork then return S.fork(fork, S.put_at, info, key, v) end
	if h ~= nil then S.need(key, "a key of a table with '__newindex'") end
	S.raw_put_at(info, key, v)
end

-- The value v without nil, which would make a hole where v is assigned, or shorten the table.
local function refuse_nil(key, v)
	S.make_plain({ key }, "the key of a value that is nil on some paths must be known")
	S.P.if_(S.P.eq(v, nil), function()
		S.refuse_path("nil assigned to an element of a table at a key that only the run knows can't be staged; assign false "
			.. "instead, or make the key a plain number", key)
	end, function() end)
	return S.without_nil(v)
end

-- The same without metamethods: one of the elements there are, or the next one.
function S.raw_put_at(info, key, v)
	if S.is_symbolic(info.length) then return S.append_tail(info, key, v) end
	if S.may_store(info, v) then return S.store_unread(info, key, v) end
	if info.elems ~= nil or not S.is_argument(key) and S.grow(info, key, v) then return S.list_put(info, key, v) end
	prefer_plain(key)
	if not info.made then S.walked(info) end
	S.track_length(info)
	local len = S.settle(info.len)
	if type(len) ~= "number" and not S.is_symbolic(len) then S.need(key, "a key of a table with holes") end
	local list = integer_keys(info, true)
	if not list then S.need(key, "a key of a table of more than " .. MOST_KEYS .. " elements") end
	local appends = S.is_successor(key, len)
	if not appends and #list == 1 then S.need(key, "a key of a table without elements") end
	local pops = v == nil and same(key, len)
	if v == nil and not pops then S.need(key, "the key of an element that is removed") end
	if v ~= nil and S.may_be_nil(v) then v = refuse_nil(key, S.settle(v)) end
	if not appends then
		S.make_unrolled(key, "it makes the key of a table")
		if grows_in_loop(len) then S.make_plain { key, len, table.unpack(S.open_conditions()) } end
		if S.has_lengths() then S.exact("a write at a key that only the run knows") end
		local inside = core.logic("and", core.le(1, key), core.le(key, len))
		S.P.if_(inside, function() end, function()
			S.refuse_path("a write to a key that is not among those of the table and that only the run knows can't be staged; "
				.. "give the table the key before, or make the key a plain number", key)
		end)
	end
	for _, k in ipairs(list) do
		local old = S.get(info, k)
		-- an element that is there on every path is no new one, and the place after the last is no old one
		if appends and not (old ~= nil and not S.may_be_nil(old)) or not appends and old ~= nil then
			S.put(info, k, S.value_if(core.equal(key, k), function() return v end, function() return old end), false, true)
		end
	end
	if appends then S.put(info, LEN, len + 1, true) end
	if pops then S.put(info, LEN, len - 1, true) end
end

function S.is_successor(key, len)
	if type(key) == "number" and type(len) == "number" then return same(key, len + 1) end
	return kind(key) == "int" and math.type(len or 0) == "integer" and core.is_next(key, len)
		or kind(len) == "int" and kind(key) == "int" and core.is_next(key, len)
end
