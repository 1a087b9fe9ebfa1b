-- Overloaded control flow: the dispatch library O that ms.overload ties the staged form of functions to.
--
-- A branch that may be left by break, goto or return can't be run as a part of its construct: what follows
-- differs from path to path. Then the construct completes with SPLIT and a record of both paths; whatever would go
-- on after it (the rest of a block, a loop's next trip) is put at the end of each path instead, up to where all
-- paths meet again: the end of the trip, of the loop or of the function. There the event is called.
local ms, core = ...
local S, _ENV = core.S, core.env
local U, P = core.overload, S.P
local O = U.O
local place, kind, truth = S.place, core.kind, core.truth
local type, select, error, pack, unpack, rawequal = type, select, error, table.pack, table.unpack, rawequal
local event, is_condition, missing, metamethod = U.event, U.is_condition, U.missing, U.metamethod
local open_region, inside, callable = U.open_region, U.inside, U.callable

-- What a body function of the staged form completes with: nothing, or one of these.
local RET, BRK, CONT, GOTO, SPLIT = P.RET, P.BRK, P.CONT, P.GOTO, {}
O.RET, O.BRK, O.CONT, O.GOTO = RET, BRK, CONT, GOTO
O.at = core.closure(S.on_line)

-- Conditions and paths -------------------------------------------------------------------------------

-- What v is as a condition: the handler of `name`, or nil and a plain boolean. what, wanted: for the error, what v is
-- and the event that is missed.
local function condition(v, name, what, wanted)
	if type(v) ~= "userdata" or kind(v) then return nil, (truth(v)) end
	local handler = event(v, name)
	if handler then return handler end
	handler = event(v, "__truth")
	if handler then return nil, not not handler(v) end
	if is_condition(v) then missing(v, what or "is a condition", wanted or name) end
	return nil, true
end

local function nothing() end

local function new_split(where, handler, c, yes, no, ...)
	return { handler = handler, c = c, yes = yes, no = no, uses = { ... }, where = where }
end

-- The split whose paths go on with after_path(completion of the path).
local function extend(split, after_path, ...)
	local longer = { handler = split.handler, c = split.c, uses = { ... }, where = split.where }
	table.move(split.uses, 1, #split.uses, #longer.uses + 1, longer.uses)
	function longer.yes() return after_path(split.yes()) end
	function longer.no() return after_path(split.no()) end
	return longer
end

-- Here the paths meet: calls the event. meet(completion) says what a path gives.
local function run_split(split, meet)
	local region, state = open_region(split.uses, split.where)
	local function path(f) return inside(region, function() return meet(f()) end) end
	return split.handler(split.c, path(split.yes), path(split.no), state)
end

-- The meeting places: the end of an if, a trip or a loop gives nothing, the end of a function its results.
local function paths_end(first, split)
	if first == SPLIT then run_split(split, paths_end) end
end

O.pass = P.pass

function O.done(...)
	local first = ...
	if first == nil then return end
	if first == SPLIT then return run_split(select(2, ...), O.done) end
	return select(2, ...)
end

-- What follows a statement that completed as given.
local function after(rest, ...)
	local first = ...
	if not rest then return ... end
	if first == nil then return rest() end
	if first ~= SPLIT then return ... end
	return SPLIT, extend((select(2, ...)), function(...) return after(rest, ...) end, rest)
end

-- What follows a trip of a loop that completed as given: again() makes the others, with the functions in `uses`.
local function next_trip(again, uses, ...)
	local first = ...
	if first == nil or first == CONT then return again() end
	if first == BRK then return end
	if first ~= SPLIT then return ... end
	return SPLIT, extend((select(2, ...)), function(...) return next_trip(again, uses, ...) end, unpack(uses))
end

-- A trip's completion, packed, if it is one that the loop must look at.
local function notable(...)
	local first = ...
	if first ~= nil and first ~= CONT then return pack(...) end
end

-- if -----------------------------------------------------------------------------------------------------

-- An if's completion. What follows its condition in the list: a body, and a body or the thunk of another condition.
local function if_statement(where, c, yes, ...)
	local handler, plain = condition(c, "__if")
	if plain then return yes() end
	local more = select("#", ...)
	if not handler then
		if more < 2 then return (... or nothing)() end
		local test = ...
		return if_statement(where, test(), select(2, ...))
	end
	where = where or place()
	if more < 2 then return SPLIT, new_split(where, handler, c, yes, ... or nothing, yes, ...) end
	local others = pack(...)
	return SPLIT, new_split(where, handler, c, yes, function()
		return if_statement(where, others[1](), unpack(others, 2, others.n))
	end, yes, ...)
end

function O.if_(...) paths_end(if_statement(nil, ...)) end

function O.ifk(...)
	local completion = pack(if_statement(nil, ...))
	return function(rest) return after(rest, unpack(completion, 1, completion.n)) end
end

-- Jumps and <close> variables ------------------------------------------------------------------------------

-- The completion given of what stands before a label: a jump to it goes on there.
local function landed(name, ...)
	local first, second = ...
	if first == GOTO and second == name then return end
	if first == SPLIT then return SPLIT, extend(second, function(...) return landed(name, ...) end) end
	return ...
end

function O.jump(name, body) paths_end(landed(name, body())) end

function O.jumpk(name, body)
	local completion = pack(landed(name, body()))
	return function(rest) return after(rest, unpack(completion, 1, completion.n)) end
end

-- Repeats what follows a label as long as it jumps back to it.
local function again(name, body)
	local function repeated(...)
		local first, second = ...
		if first == GOTO and second == name then return again(name, body) end
		if first == SPLIT then return SPLIT, extend(second, repeated, body) end
		return ...
	end
	return repeated(body())
end

function O.again(name, body) paths_end(again(name, body)) end
O.againk = again

local function closable(name, v)
	if v == nil or v == false then return end
	local meta = debug.getmetatable(v)
	if not meta or rawget(meta, "__close") == nil then
		error(("%svariable '%s' got a non-closable value"):format(place(), name), 0)
	end
end

local function close_after(v, body)
	local _ <close> = v
	local completion = pack(body())
	if completion[1] == SPLIT then
		error(place() .. "an overloaded condition leaves a block with a <close> variable", 0)
	end
	return unpack(completion, 1, completion.n)
end

function O.closek(name, v)
	closable(name, v)
	return function(body) return close_after(v, body) end
end

function O.close(name, v)
	local run = O.closek(name, v)
	return function(body) run(body) end
end

-- Loops --------------------------------------------------------------------------------------------------
--
-- `leaves`: break or return may leave the loop. Such a loop, and one whose values have no __while, goes trip by trip
-- through __if.

-- where: its place, once it is known; inside of paths the user's function may be far up the stack.
local function while_loop(test, body, leaves, uses, where)
	local function go_on() return while_loop(test, body, leaves, uses, where) end
	while true do
		local c = test()
		local handler = not leaves and event(c, "__while")
		if handler then
			local region, state = open_region(uses, where or place())
			handler(c, inside(region, test), inside(region, function() paths_end(body()) end), state)
			return
		end
		local plain
		handler, plain = condition(c, "__if", "is the condition of a loop", leaves and "__if" or "__while")
		if handler then
			where = where or place()
			local function trip() return next_trip(go_on, uses, body()) end
			return SPLIT, new_split(where, handler, c, trip, nothing, unpack(uses))
		end
		if not plain then return end
		if leaves then
			local trip = notable(body())
			if trip then return next_trip(go_on, uses, unpack(trip, 1, trip.n)) end
		else
			paths_end(body())
		end
	end
end

function O.while_(test, body, leaves) paths_end(while_loop(test, body, leaves, { test, body })) end
function O.whilek(test, body, rest) return after(rest, while_loop(test, body, true, { test, body })) end

-- A repeat is its first trip, then a while over the condition that the last trip ended with.
local function repeat_loop(body, leaves)
	local ended
	local uses = { body, function() return ended end }
	local function trip(first, c, ...)
		if first == SPLIT then
			return SPLIT, extend(c, trip)
		elseif first ~= nil then
			return first, c, ...
		end
		ended = c
	end
	local function loop()
		return while_loop(function() return O.not_(ended) end, function() return trip(body()) end, leaves, uses)
	end
	return next_trip(loop, uses, trip(body()))
end

function O.repeat_(body, leaves) paths_end(repeat_loop(body, leaves)) end
function O.repeatk(body, rest) return after(rest, repeat_loop(body, true)) end

local function for_number(v, what)
	if kind(v) and v.dtype ~= "bool" then
		if ms.numel(v) ~= 1 then
			error(("%sbound of a numeric for: a tensor of %d elements is no number"):format(place(), ms.numel(v)), 0)
		end
		v = v:item()
	end
	if type(v) ~= "number" then
		error(("%sbad 'for' %s (number expected, got %s)"):format(place(), what, U.type_name(v)), 0)
	end
	return v
end

-- done: the first trip was made already.
local function plain_for(a, b, c, body, leaves, done)
	for i = a, b, c do
		if done then
			done = false
		elseif leaves then
			local trip = notable(body(i))
			if trip then
				local function go_on() return plain_for(i, b, c, body, leaves, true) end
				return next_trip(go_on, { body }, unpack(trip, 1, trip.n))
			end
		else
			paths_end(body(i))
		end
	end
end

-- A for over overloaded bounds that may be left: a while over a counter.
local function left_for(a, b, c, body)
	if type(c) ~= "number" then
		error(place() .. "a 'for' with an overloaded step that break or return leaves: write it with while", 0)
	end
	local where = place()
	local function from(i)
		local go
		if c > 0 then go = O.le(i, b) else go = O.ge(i, b) end
		local handler, plain = condition(go, "__if")
		local function trip() return next_trip(function() return from(i + c) end, { body }, body(i)) end
		if handler then return SPLIT, new_split(where, handler, go, trip, nothing, body) end
		if plain then return trip() end
	end
	return from(a)
end

local function for_loop(a, b, c, body, leaves)
	local overloaded
	for _, v in ipairs { a, b, c } do
		if type(v) == "userdata" and not kind(v) then
			overloaded = overloaded or v
			local handler = not leaves and event(v, "__for")
			if handler then
				local region, state = open_region({ body }, place())
				handler(a, b, c, inside(region, function(x) paths_end(body(x)) end), state)
				return
			end
		end
	end
	if overloaded and not leaves then missing(overloaded, "is a bound of a 'for'", "__for") end
	if overloaded then return left_for(a, b, c, body) end
	a, b, c = for_number(a, "initial value"), for_number(b, "limit"), for_number(c, "step")
	if c == 0 then error(place() .. "'for' step is zero", 0) end
	return plain_for(a, b, c, body, leaves)
end

function O.for_(a, b, c, body, leaves) paths_end(for_loop(a, b, c, body, leaves)) end
function O.fork(a, b, c, body, rest) return after(rest, for_loop(a, b, c, body, true)) end

local function iterate(f, s, control, body, leaves, uses, stateful)
	while true do
		local values = pack(f(s, control))
		control = values[1]
		if control == nil then return end
		if leaves then
			local trip = notable(body(unpack(values, 1, values.n)))
			if trip then
				if trip[1] == SPLIT and stateful then
					error(place() .. "an overloaded condition leaves a loop whose iterator can't be run again for its other path", 0)
				end
				local function go_on() return iterate(f, s, control, body, leaves, uses, stateful) end
				return next_trip(go_on, uses, unpack(trip, 1, trip.n))
			end
		else
			paths_end(body(unpack(values, 1, values.n)))
		end
	end
end

local function each_loop(list, body, leaves)
	local f = list[1]
	local handler = event(f, "__each")
	if handler then
		if leaves then error(place() .. "break or return out of a loop over an overloaded sequence", 0) end
		local region, state = open_region({ body }, place())
		handler(f, inside(region, function(...) paths_end(body(...)) end), state)
		return
	end
	local g, stateful = U.iterator(f)
	if not g then
		if type(f) == "userdata" then missing(f, "is walked over by a 'for'", "__each") end
		error(("%sattempt to call a %s value"):format(place(), U.type_name(f)), 0)
	end
	local uses = type(f) == "function" and { body, g } or { body }
	local closing = list[4]
	if closing == nil then return iterate(g, list[2], list[3], body, leaves, uses, stateful) end
	local _ <close> = closing
	local completion = pack(iterate(g, list[2], list[3], body, leaves, uses, stateful))
	if completion[1] == SPLIT then
		error(place() .. "an overloaded condition leaves a loop with a closing value", 0)
	end
	return unpack(completion, 1, completion.n)
end

function O.each(...)
	local list = pack(...)
	return function(body, leaves) paths_end(each_loop(list, body, leaves)) end
end

function O.eachk(...)
	local list = pack(...)
	return function(body, rest) return after(rest, each_loop(list, body, true)) end
end

-- Operators ------------------------------------------------------------------------------------------------

function O.and_(a, thunk)
	local handler, plain = condition(a, "__and", "is an operand of 'and'")
	if handler then return handler(a, thunk) end
	if plain then return (thunk()) end
	if type(a) == "userdata" then return false end
	return a
end

function O.or_(a, thunk)
	local handler, plain = condition(a, "__or", "is an operand of 'or'")
	if handler then return handler(a, thunk) end
	if plain then return a end
	return (thunk())
end

function O.not_(a)
	local handler, plain = condition(a, "__not", "is the operand of 'not'")
	if handler then return handler(a) end
	return not plain
end

-- What a metamethod of a comparison gave: a boolean, or a condition of a library's.
local function boolean(v)
	if is_condition(v) then return v end
	return (truth(v))
end

local function order(compare, name, metaname, swapped)
	return function(a, b)
		local ta, tb = type(a), type(b)
		if ta == "number" and tb == "number" or ta == "string" and tb == "string" then return compare(a, b) end
		if swapped then a, b = b, a end
		local handler = event(a, name) or event(b, name)
		if handler then return handler(a, b) end
		local tensors = kind(a) or kind(b)
		local h = not tensors and metamethod(a, b, metaname)
		if h then
			if ta == "table" and tb == "table" then h = callable(h) end
			return boolean(h(a, b))
		end
		if not tensors and metaname == "__le" and metamethod(a, b, "__lt") then -- as this Lua does
			return O.not_(O.lt(b, a))
		end
		if core.payload(a) then missing(a, "is compared", name) end
		if core.payload(b) then missing(b, "is compared", name) end
		if swapped then a, b = b, a end
		return compare(a, b)
	end
end
O.lt, O.le = order(core.lt, "__less", "__lt"), order(core.le, "__lesseq", "__le")
O.gt, O.ge = order(core.gt, "__less", "__lt", true), order(core.ge, "__lesseq", "__le", true)

function O.eq(a, b)
	local ta, tb = type(a), type(b)
	if (ta == "userdata" or tb == "userdata") and ta ~= "nil" and tb ~= "nil" then
		local handler = event(a, "__equal") or event(b, "__equal")
		if handler then return handler(a, b) end
		if kind(a) or kind(b) then return core.equal(a, b) end
	end
	if rawequal(a, b) or ta ~= tb then return rawequal(a, b) end
	if ta == "userdata" then return a == b end
	local h = ta == "table" and metamethod(a, b, "__eq")
	if not h then return false end
	return boolean(callable(h)(a, b))
end

function O.ne(a, b)
	local equal = O.eq(a, b)
	if kind(equal) then return ms.ne(a, b) end
	return O.not_(equal)
end

-- assert(c, message) is: if not c then error(message) end.
U.counterpart[assert] = function(...)
	local n = select("#", ...)
	if n == 0 then S.bad_argument(1, "value expected") end
	local c, message = ...
	local handler, plain = condition(c, "__if")
	if plain then return ... end
	if n == 1 then message = "assertion failed!" end
	if not handler then U.raise(message, 1) end
	if type(message) == "string" then message = place() .. message end
	paths_end(SPLIT, new_split(place(), handler, c, nothing, function() error(message, 0) end))
	return ...
end
