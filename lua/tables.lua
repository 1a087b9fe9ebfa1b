-- The library's functions on tables and plain values while staging.
local ms, core = ...
local S, _ENV = core.S, core.env
local counterpart, native, append = S.counterpart, S.native, S.append
local kind, class, RET = core.kind, S.class, S.P.RET
local type, select, pack, unpack, error, pcall, xpcall, rawequal = type, select, table.pack, table.unpack, error, pcall,
	xpcall, rawequal

local function argument(v, n, want)
	local t = S.type_name(S.readable(v))
	if t ~= "table" then S.bad_argument(n, S.said_type(v), want or "table") end
	if class(v) == "object" then S.unsupported("a call of a function on tables with an object") end
	return S.T.info[v]
end

-- Likewise of one that may be a list in a list.
local function list_argument(v, n)
	return class(v) == "object" and S.row_of(v) or argument(v, n)
end

counterpart[type] = function(...)
	if select("#", ...) == 0 then S.bad_argument(1, "value expected") end
	local v = S.readable((...))
	return (class(v) == "traced" or class(v) == "eager") and "userdata" or S.type_name(v)
end
-- For a position that only the run knows.
local MOST_SELECTED = 32
local function select_at(n, given, ...)
	local values = { ... }
	local function from(k)
		if k == 0 or k < -given then S.bad_argument(1, "index out of range") end
		return unpack(values, k < 0 and given + k + 1 or k, given)
	end
	local function among(low, high)
		if low == high then return from(low) end
		local middle = (low + high) // 2
		return S.flow.values_of(S.flow.staged_if(core.le(n, middle), function() return RET, among(low, middle) end,
			function() return RET, among(middle + 1, high) end))
	end
	return among(-given - 1, given + 1)
end

counterpart[select] = function(n, ...)
	if S.given == 0 then S.bad_argument(1, nil, "number") end
	local given = select("#", ...)
	if kind(n) == "int" and given <= MOST_SELECTED and not (given > 0 and S.is_counted((select(given, ...)))) then
		return select_at(n, given, ...)
	end
	if S.is_symbolic(n) then S.need(n, "argument 1 of 'select'") end
	if n == "#" then return (select(2, S.count_values({ ... }, given))) end
	if given > 0 and S.is_counted((select(given, ...))) then S.read_poison((select(given, ...))) end
	if math.type(n) == "integer" and n > 0 or n == "#" then return select(n, ...) end
	return S.call_c(select, n, ...)
end
counterpart[rawequal] = function(a, b)
	for i = 1, 2 do
		if S.given < i then S.bad_argument(i, "value expected") end
	end
	if class(a) == "text" or class(b) == "text" then return S.compare_texts("eq", a, b) end
	if rawequal(a, b) then return true end
	if class(a) == "object" or class(b) == "object" then return S.same_object(a, b, true) end
	local one = S.compare_shared(a, b)
	if one ~= nil then return one end
	if kind(a) ~= "traced" and kind(b) ~= "traced" then return core.equal(a, b) end
	if kind(a) == "traced" and kind(b) == "traced" then
		return S.same_tensor(a, b)
	end
	return false
end
-- An integer as an argument of a library function: `otherwise` when there is none, plain for what.
local function whole(v, n, otherwise, what)
	if v == nil and otherwise then return otherwise end
	if kind(S.readable(v)) == "int" or kind(v) == "float" then S.need(v, what) end
	return S.integer_argument(v, n)
end

counterpart[rawget] = function(t, ...)
	if S.given > 1 and S.is_element(t) then return t[(...)] end
	local info = argument(t, 1)
	if select("#", ...) == 0 then error(S.place() .. "bad argument #2 to 'rawget' (value expected)", 0) end
	return S.get(info, (...))
end
counterpart[rawset] = S.spread(function(t, k, v)
	if S.given > 2 and S.is_element(t) then
		t[k] = v
		return t
	end
	local info = argument(t, 1)
	for i = 2, 3 do
		if S.given < i then S.bad_argument(i, "value expected") end
	end
	if k == nil then error("table index is nil", 0) end
	if k ~= k then error("table index is NaN", 0) end
	if kind(k) == "int" then
		S.raw_put_at(info, k, v)
		return t
	end
	k = S.table_key(k)
	S.get(info, k)
	S.put(info, k, v)
	return t
end, 2)
counterpart[rawlen] = function(v)
	if class(v) == "text" then return #v end
	if type(v) == "string" or S.is_element(v) then return #v end
	return S.raw_length(argument(v, 1, "table or string"))
end
counterpart[next] = function(t, k)
	list_argument(t, 1)
	return S.next(t, k)
end
counterpart[pairs] = function(t)
	if S.given == 0 then S.bad_argument(1, "value expected") end
	local info = S.T.info[S.readable(t)]
	local h, fork
	if info then h, fork = S.handler(info, "__pairs") end
	if fork then return S.fork(fork, counterpart[pairs], t) end
	if h ~= nil then
		local a, b, c = S.callable(h)(t)
		return a, b, c
	end
	return next, t, nil
end

local function ipairs_step(t, i)
	i = i + 1
	if type(t) ~= "table" and type(t) ~= "string" then error(("attempt to index a %s value"):format(S.said_type(t)), 0) end
	local v = t[i]
	if S.may_be_nil(v) then
		return S.choose(v, function(x)
			if x ~= nil then return i, x end
			return nil
		end)
	end
	if v ~= nil then return i, v end
	return nil
end
local function rows_step(x, i)
	i = i + 1
	if i <= #x then return i, x[i] end
end
ipairs_step = S.atomic(ipairs_step, "library")
native[ipairs_step], native[rows_step] = true, true
S.rows_step, S.ipairs_step = rows_step, ipairs_step
S.original[ipairs_step] = ipairs {}
counterpart[ipairs] = function(t)
	if kind(t) == "traced" then
		if #t.shape == 0 then error(S.place() .. "ipairs: a tensor of rank 0 has no rows", 0) end
		return rows_step, t, 0
	end
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
	return step, t, nil
end

function ms.pairs(t)
	if type(t) ~= "table" then error(S.place() .. "ms.pairs: table expected, got " .. type(t), 0) end
	return sorted_iterator(t, function(add)
		for k in next, t do add(k) end
	end)
end
-- What an iterator of ms.pairs walks over: a list of { key, value at the start }.
local walks = setmetatable({}, { __mode = "k" })
S.sorted_walks = walks
counterpart[ms.pairs] = function(t)
	argument(t, 1)
	local walk, uncertain = {}, nil
	local step = sorted_iterator(t, function(add)
		local k, v = S.raw_next(t)
		while k ~= nil do
			if S.may_be_nil(v) then uncertain = v end
			add(k)
			walk[#walk + 1] = { k, v }
			k, v = S.raw_next(t, k)
		end
	end)
	table.sort(walk, function(a, b) return key_order(a[1], b[1]) end)
	local function checked(...)
		if uncertain then
			S.make_plain { uncertain }
			S.unsupported("'ms.pairs' over a table with a field that is nil on some paths")
		end
		return step(...)
	end
	local iterator = S.stateful(checked)
	walks[iterator] = walk
	return iterator, t, nil
end

counterpart[setmetatable] = function(t, m)
	local given = S.given
	if class(t) == "choice" then return S.choose(t, function(x) return counterpart[setmetatable](x, m) end) end
	local info = argument(t, 1)
	if class(m) == "choice" then
		S.choose(m, function(x) counterpart[setmetatable](t, x) end)
		return t
	end
	if m ~= nil or given == 1 then argument(m, 2, "nil or table") end
	local protected, fork = S.handler(info, "__metatable")
	if fork then return S.fork(fork, counterpart[setmetatable], t, m) end
	if protected ~= nil then error(S.place() .. "cannot change a protected metatable", 0) end
	if m ~= nil and S.get(S.T.info[m], "__gc") ~= nil then S.unsupported("a metatable with '__gc'") end
	if m ~= nil then S.T.info[m].stays = true end
	S.put(info, S.META, m)
	S.set_events(info)
	return t
end
counterpart[getmetatable] = function(v)
	if S.given == 0 then S.bad_argument(1, "value expected") end
	local c = class(v)
	if c == "table" then
		local protected, fork = S.handler(S.T.info[v], "__metatable")
		if fork then return (S.fork(fork, counterpart[getmetatable], v)) end
		if protected ~= nil then return protected end
		local m = S.meta(S.T.info[v])
		return m and m.proxy
	elseif c == "string" or c == "text" then
		return S.constant(getmetatable(""))
	end
	if c == "number" or c == "int" or c == "float" or c == "boolean" or c == "bool" or c == "nil" or c == "function" then
		local m = debug.getmetatable(c == "int" and 0 or c == "float" and 0 or c == "bool" and true or v)
		return m and S.constant(m)
	end
	S.unsupported("'getmetatable' of this value")
end

-- f(n) where n, the length of t, is plain: when only the run knows it, for each length that the elements allow.
local MOST_LENGTHS = 32
local function at_length(t, n, what, f)
	if not S.is_symbolic(n) then return f(n) end
	local info, most = S.T.info[t], 0
	if not info or info.elems ~= nil or not S.is_symbolic(info.len) or not core.same(info.len, n) then S.need(n, what) end
	while most <= MOST_LENGTHS and S.get(info, most + 1) ~= nil do most = most + 1 end
	if most == 0 or most > MOST_LENGTHS then S.need(n, what) end
	local function with(length) -- then these elements are there, and no others
		S.put(info, S.LEN, length, true)
		for i = 1, most do
			local v = S.get(info, i)
			if i > length then v = nil elseif S.may_be_nil(v) then v = S.without_nil(v) end
			S.put(info, i, v, true)
		end
		return f(length)
	end
	local function among(from, to)
		if from == to then return with(from) end
		local middle = (from + to) // 2
		return S.flow.values_of(S.flow.staged_if(core.le(n, middle), function() return RET, among(from, middle) end,
			function() return RET, among(middle + 1, to) end))
	end
	return among(0, most)
end

local function insert(t, at, v, n)
	if class(at) == "choice" then return S.choose(at, function(x) insert(t, x, v, n) end) end
	local info = S.list_info(t)
	if info.elems ~= nil and not S.meta(info) then
		if not S.is_integer(at) then at = whole(at, 2, nil, "the position of 'table.insert'") end
		return S.list_insert(info, at, v)
	end
	at = whole(at, 2, nil, "the position of 'table.insert'")
	at_length(t, n, "the length of a table in the middle of which 'table.insert' inserts", function(length)
		if at < 1 or at > length + 1 then S.bad_argument(2, "position out of bounds") end
		for i = length, at, -1 do t[i + 1] = t[i] end
		t[at] = v
	end)
end
-- #t as these functions take it: whatever __len says must be an integer.
local function as_length(n)
	local c = class(n)
	if c == "int" then return n end
	if c == "choice" then return (S.choose(n, as_length)) end
	if c == "float" then S.need(n, "what '__len' gives to a function of the table library") end
	local length = (c == "number" or c == "string") and math.tointeger(tonumber(n))
	if not length then error(S.place() .. "object length is not an integer", 0) end
	return length
end
local function length_of(t) return as_length(#t) end
counterpart[table.insert] = S.spread(function(t, ...)
	list_argument(t, 1)
	local n = length_of(t)
	if select("#", ...) == 1 then
		t[n + 1] = (...)
	elseif select("#", ...) == 2 then
		local at, v = ...
		insert(t, at, v, n)
	else
		error(S.place() .. "wrong number of arguments to 'insert'", 0)
	end
end, 1)
local function remove(t, at, n)
	if at ~= n and (at < 1 or at > n + 1) then S.bad_argument(1, "position out of bounds") end
	local v = t[at]
	for i = at, n - 1 do t[i] = t[i + 1] end
	t[math.max(at, n)] = nil
	return v
end
counterpart[table.remove] = function(t, at)
	list_argument(t, 1)
	local n = length_of(t)
	if S.is_symbolic(n) then
		local info = S.list_info(t)
		if at ~= nil and info.elems ~= nil and not S.meta(info) then
			if not S.is_integer(at) then at = whole(at, 2, nil, "the position of 'table.remove'") end
			return S.list_remove(info, at)
		end
		if at ~= nil then
			at = whole(at, 2, n, "the position of 'table.remove'")
			return at_length(t, n, "the length of a table from the middle of which 'table.remove' removes", function(length)
				return remove(t, at, length)
			end)
		end
		return S.value_if(core.equal(n, 0), function() return nil end, function()
			local v = t[n]
			t[n] = nil
			return S.without_nil(v)
		end)
	end
	return remove(t, whole(at, 2, n, "the position of 'table.remove'"), n)
end

-- The length of what table.unpack takes apart, which need not be a table.
local function length_to_unpack(t)
	local name = S.said_type(S.readable(t))
	if type(t) ~= "table" and kind(t) ~= "traced" and name ~= "string" then
		error(("attempt to get length of a %s value"):format(name), 0)
	end
	return length_of(t)
end
counterpart[table.unpack] = function(t, i, j)
	i = whole(i, 2, 1, "argument 2 of 'table.unpack'")
	local info = S.list_info(t)
	local list = j == nil and info and info.elems ~= nil and not S.meta(info)
	if list then
		j = S.list_size(info, "a list that 'table.unpack' takes apart")
	elseif j == nil then
		j = length_to_unpack(t)
		if S.is_symbolic(j) then
			return at_length(t, j, "the length of a table that 'table.unpack' takes apart", function(n)
				return counterpart[table.unpack](t, i, n)
			end)
		end
	end
	j = whole(j, 3, nil, "argument 3 of 'table.unpack'")
	if i > j then return end
	if j - i < 0 or j - i >= 900000 then error(S.place() .. "too many results to unpack", 0) end
	local name = S.type_name(S.readable(t))
	if name ~= "table" and name ~= "tensor" and name ~= "string" then
		error(("attempt to index a %s value"):format(name), 0)
	end
	local out, count = {}, j - i + 1
	for k = 1, count do
		local at = i + k - 1
		if list and at > 0 then out[k] = S.list_at(info, at) else out[k] = t[at] end
	end
	return unpack(out, 1, count)
end
counterpart[table.pack] = function(...) return S.made(S.P.pack(...)) end
-- x, an element that table.concat puts into its text.
local function check_piece(x, k)
	local name = S.type_name(x)
	if name == "string" or name == "number" then return x end
	local message = {}
	append(message, ("%sinvalid value (%s) at index "):format(S.place(), name))
	append(message, k)
	append(message, " in table for 'concat'")
	error(S.is_symbolic(k) and S.text_of(message) or table.concat(message), 0)
end

local function concat_list(info, separator, from, to)
	local text = ""
	local function piece(k) return (S.one_text(S.get(info, k), function(x) return check_piece(x, k) end)) end
	S.P.if_(core.le(from, to), function() -- its variable `text` is seen, as that of the loop's body
		text = text .. piece(from)
		S.P.for_(from + 1, to, 1, function(k)
			if separator ~= nil then text = text .. separator end
			text = text .. piece(k)
		end)
	end)
	return text
end

counterpart[table.concat] = function(t, separator, i, j)
	list_argument(t, 1)
	local out, n = {}, length_of(t)
	local between = separator ~= nil and S.type_name(S.readable(separator))
	if between and between ~= "string" and between ~= "number" then
		S.bad_argument(2, S.said_type(separator), "string")
	end
	local info = S.list_info(t)
	if info.elems ~= nil and (j == nil or S.is_integer(j)) and (i == nil or S.is_integer(i)) and not S.meta(info) then
		return concat_list(info, separator, i or 1, j or n)
	end
	if j == nil and S.is_symbolic(n) then
		return (at_length(t, n, "argument 4 of 'table.concat'", function(length)
			return counterpart[table.concat](t, separator, i, length)
		end))
	end
	i = whole(i, 3, 1, "argument 3 of 'table.concat'")
	j = whole(j, 4, n, "argument 4 of 'table.concat'")
	for k = i, j do
		local function check(x) return check_piece(x, k) end
		local v = S.one_text(t[k], check)
		if #out > 0 and between then append(out, separator) end
		append(out, v)
	end
	for _, piece in ipairs(out) do
		if type(piece) ~= "string" then return S.text_of(out) end
	end
	return table.concat(out)
end

-- table.move: element after element, from the end where the two parts overlap so.
counterpart[table.move] = function(t, from, to, at, ...)
	from = whole(from, 2, nil, "argument 2 of 'table.move'")
	to = whole(to, 3, nil, "argument 3 of 'table.move'")
	at = whole(at, 4, nil, "argument 4 of 'table.move'")
	local target = t
	if S.type_name(S.readable(t)) ~= "string" then argument(t, 1) end -- which has an __index
	if (...) ~= nil then
		target = (...)
		argument(target, 5)
	end
	if to < from then return target end
	S.call_c(table.move, {}, from, to, at, {}) -- what is wrong with the numbers is said as Lua says it
	if at > to or at <= from or target ~= t then
		for i = 0, to - from do target[at + i] = t[from + i] end
	else
		for i = to - from, 0, -1 do target[at + i] = t[from + i] end
	end
	return target
end

-- table.sort: the quicksort of Lua's own library (src/bind/sort.c), so that the order function is called as often and
-- with the same pairs. Integers that only the run knows are sorted by comparing and exchanging: any order of equal
-- ones is the same.
local function sort_integers(t, n)
	for last = n, 2, -1 do
		for i = 1, last - 1 do
			local a, b = t[i], t[i + 1]
			local swap = core.lt(b, a)
			if type(swap) == "boolean" then
				if swap then t[i], t[i + 1] = b, a end
			else
				t[i] = S.value_if(swap, function() return b end, function() return a end)
				t[i + 1] = S.value_if(swap, function() return a end, function() return b end)
			end
		end
	end
end

local MOST_EXCHANGED = 64

local function all_integers(t, n)
	local symbolic = false
	for i = 1, n do
		local v = t[i]
		if not S.is_integer(v) then return false end
		symbolic = symbolic or S.is_symbolic(v)
	end
	return symbolic and n <= MOST_EXCHANGED
end

-- Numbers of which some are floats: the run sorts them with Lua's own function, which may fail over NaNs half-way.
local function sort_numbers(t, n)
	local values, types, of_all = {}, { "string?" }, nil
	for i = 1, n do
		values[i] = t[i]
		local of_this = S.is_integer(values[i]) and "int" or "float"
		of_all = (of_all == nil or of_all == of_this) and of_this or "number"
	end
	for i = 1, n do types[i + 1] = of_all end
	local sorted = pack(S.call_library(function(...)
		local list = { ... }
		local ok, message = pcall(table.sort, list)
		return not ok and message:gsub("^.-:%d+: ", "") or nil, unpack(list)
	end, types, true, unpack(values)))
	for i = 1, n do t[i] = sorted[i + 1] end
	S.choose(sorted[1], function(message)
		if message ~= nil then S.raise(message, 1) end
	end)
end

local function all_numbers(t, n)
	local symbolic = false
	for i = 1, n do
		local v = t[i]
		local what = class(v)
		if what ~= "number" and what ~= "int" and what ~= "float" then return false end
		symbolic = symbolic or what ~= "number"
	end
	return symbolic and n <= MOST_EXCHANGED
end

-- Values whose order only the run knows, by an order function without effects: all pairs are compared; the run sorts
-- their positions by the answers with Lua's own function, and each place gets the value at its position.
local MOST_COMPARED = 16
local function sort_positions(t, n, less)
	local values, answers, types = {}, {}, { "string?" }
	for i = 1, n do values[i], types[i + 1] = t[i], "int" end
	local attempt = S.begin_attempt()
	for i = 1, n do
		for k = 1, n do
			answers[#answers + 1] = less(values[i], values[k])
		end
	end
	if S.has_changed(attempt) or not core.plain_since(attempt.mark) then return false end
	S.keep_attempt(attempt)
	local sorted = pack(S.call_library(function(...)
		local order, list = { ... }, {}
		for i = 1, n do list[i] = i end
		local ok, message = pcall(table.sort, list, function(a, b) return order[(a - 1) * n + b] end)
		return not ok and message:gsub("^.-:%d+: ", "") or nil, unpack(list)
	end, types, true, unpack(answers)))
	for i = 1, n do t[i] = S.one_of(values, sorted[i + 1]) end
	S.choose(sorted[1], function(message)
		if message ~= nil then S.raise(message, 1) end
	end)
	return true
end

local function sort(t, lo, up, less)
	local function order(i, j)
		local a, b = t[i], t[j]
		if less(b, a) then t[i], t[j] = b, a end
	end
	local function partition()
		local i, j, pivot = lo, up - 1, t[up - 1]
		while true do
			i = i + 1
			while less(t[i], pivot) do
				if i == up - 1 then error(S.place() .. "invalid order function for sorting", 0) end
				i = i + 1
			end
			j = j - 1
			while less(pivot, t[j]) do
				if j < i then error(S.place() .. "invalid order function for sorting", 0) end
				j = j - 1
			end
			if j < i then
				t[up - 1], t[i] = t[i], t[up - 1]
				return i
			end
			t[i], t[j] = t[j], t[i]
		end
	end
	while lo < up do
		order(lo, up)
		if up - lo == 1 then return end
		local p = (lo + up) // 2
		if less(t[p], t[lo]) then
			t[p], t[lo] = t[lo], t[p]
		else
			order(p, up)
		end
		if up - lo == 2 then return end
		t[p], t[up - 1] = t[up - 1], t[p]
		p = partition()
		if p - lo < up - p then
			sort(t, lo, p - 1, less)
			lo = p + 1
		else
			sort(t, p + 1, up, less)
			up = p - 1
		end
	end
end

-- Sorts the first n elements, all there are.
local function sort_first(t, n, order)
	local info = S.list_info(t)
	local is_list = info.elems ~= nil and not S.meta(info)
	if not is_list and n < 2 then return end
	if order ~= nil and type(order) ~= "function" then S.bad_argument(2, S.said_type(order), "function") end
	if not is_list and order == nil and all_integers(t, n) then return sort_integers(t, n) end
	if not is_list and order == nil and all_numbers(t, n) then return sort_numbers(t, n) end
	local compare = order and S.callable(order)
	local function answer(a, b)
		local c
		if compare then
			c = compare(a, b)
		else
			local ok
			ok, c = pcall(core.lt, a, b)
			if not ok then error(type(c) == "string" and c:gsub("^.-:%d+: ", "") or c, 0) end -- which has no position
		end
		return S.condition(c)
	end
	if is_list then
		return S.sort_list(info, function(a, b)
			compare = order and S.callable(order) -- every region must know its variables
			return answer(a, b)
		end)
	end
	local attempt = S.begin_attempt()
	local unknown = nil
	local ok, e = xpcall(sort, S.failing, t, 1, n, function(a, b)
		local c = answer(a, b)
		if type(c) ~= "boolean" then
			unknown = c
			S.signal { kind = "order" }
		end
		return c
	end)
	if unknown == nil then
		S.keep_attempt(attempt)
		if not ok then error(e, 0) end
		return
	end
	S.undo_attempt(attempt)
	if n > MOST_COMPARED or not sort_positions(t, n, answer) then
		S.make_plain { unknown }
		S.unsupported("'table.sort' of values whose order only the run knows")
	end
end

counterpart[table.sort] = function(t, order)
	local info, n = list_argument(t, 1), length_of(t)
	if info.elems ~= nil and not S.meta(info) then return sort_first(t, n, order) end
	at_length(t, n, "the length of a table that 'table.sort' sorts", function(length) sort_first(t, length, order) end)
end
