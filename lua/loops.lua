-- Loops: what __P.while_, repeat_, for_, each and their continuations do.
--
-- A loop over plain values runs in place (rolled.lua). One whose test is symbolic becomes a while of the graph: its
-- trip is traced until what it carries settles.
local _, core = ...
local S, _ENV = core.S, core.env
local COND, YES, NO = S.COND, S.YES, S.NO
local P, flow = S.P, S.flow
local kind, class = core.kind, S.class
local pack, unpack, rawget, rawequal = table.pack, table.unpack, rawget, rawequal
local entering, completion, give, after, why_not = flow.entering, flow.completion, flow.give, flow.after, flow.why_not
local widen, assemble, complete = S.carried.widen, S.carried.assemble, S.carried.complete
local take_apart, likes_of = S.carried.take_apart, S.carried.likes_of
local compare, find_twins = S.carried.compare, S.carried.find_twins
local RAISED, NORMAL, BROKE, CONTINUED, RETURNED = flow.RAISED, flow.NORMAL, flow.BROKE, flow.CONTINUED, flow.RETURNED
local BOTTOM, BRK = S.BOTTOM, P.BRK
local record = S.record
local TURN, PEEL = {}, {} -- what a trip gives when the loop turns symbolic; a rolled loop that is better peeled
local readable = S.readable

-- A location of the library's own that a loop carries: its value during a trip, and what the trip makes of it.
local function virtual(name, value) return { virtual = true, name = name, value = value } end

-- The completion with one code made normal: that of `continue` after a trip, of `break` at the end of its loop, of a
-- jump at its label.
local function absorb(c, gone)
	if not c.may[gone] then return c end
	local out = { n = c.n, count = c.count, may = { [NORMAL] = true }, cond = c.cond, raised = c.raised }
	for i = 1, c.n do out[i] = c[i] end
	local others = false
	for code in next, c.may do
		if code ~= gone then out.may[code], others = true, others or code ~= NORMAL end
	end
	if not others then
		out.code = NORMAL
	elseif math.type(c.code) == "integer" then
		out.code = c.code == gone and NORMAL or c.code
	else
		out.code = S.value_if(core.equal(c.code, gone), function() return NORMAL end, function() return c.code end)
	end
	return out
end

-- Loops of the graph ----------------------------------------------------------------------------

-- Notes of which carried values the test of a loop asks which of two alternatives they are: in a trip that is known.
local function note_tested(carried, cond)
	for _, c in ipairs(carried) do
		local v = c.value
		c.tested = class(v) == "choice" and rawequal(S.loc_get(c.loc), v) and core.same(rawget(v, COND), cond)
	end
end

local function know_tested(carried)
	for _, c in ipairs(carried) do
		if c.tested and class(c.value) == "choice" then table.insert(S.T.known, S.fact(rawget(c.value, COND), true)) end
	end
end

-- A loop in the graph. test() gives a truth value (and may change state), body() completes in any way.
-- Round 1 carries nothing; what a round changes is carried in the next, until nothing new comes up. Rounds that
-- are not the last leave nothing behind. Returns the completion of the loop.
local function staged_loop(test, body, loop)
	S.flush()
	local start, first = S.T.clock, core.handles()
	local carried, index = {}, {}
	local code, values, may_leave, may = virtual("?", NORMAL), {}, false, {}
	local count = virtual("?", BOTTOM) -- of the values returned from inside, carried when it varies
	local raised = virtual("the error", BOTTOM) -- what a trip raises for a pcall around the loop
	local fixed_count, counts_vary = nil, false
	local news, size
	local loops = S.T.loops -- while its body is traced, with its condition
	local growth, round = {}, 0 -- in how many rounds new elements of a table turned up
	local lists = {} -- tables that become lists before the loop: { info =, like =, codes = }, also by info
	local function carry(loc, old, new)
		local k = S.loc_key(loc)
		local c = index[k]
		if not c and loc.info and type(loc.key) ~= "string" then
			if not S.note_growth(growth, loc.info, round, new) then
				S.make_plain { loop }
				S.unsupported("a table that grows in a loop whose number of trips only the run knows")
			end
		end
		if not c then
			c = S.carried.new(loc, old, first, start)
			index[k] = c
			carried[#carried + 1] = c
		end
		c.new, c.round = new, round
		if widen(c, start, loop) then news = true end
		record.note(c, new, first)
	end
	local function set_values(next_of)
		for _, c in ipairs(carried) do
			c.value = assemble(c, next_of(c))
			if c.loc.virtual then S.loc_set(c.loc, c.value) end
		end
		for _, c in ipairs(carried) do complete(c) end
		for _, c in ipairs(carried) do
			if not c.loc.virtual then S.loc_set(c.loc, c.value) end
		end
	end
	local function set_params()
		set_values(function(c)
			local n, likes = 0, likes_of(c)
			return function()
				n = n + 1
				local h = core.param(likes[n])
				S.T.origin[core.ref_of(h)] = { loop, c.old }
				return h
			end
		end)
		S.relate_carried(record.all(carried), first)
	end
	local function now(c)
		if c.loc.virtual and c.loc.made then return c.loc.next end
		if c.loc.info and S.is_stale(c.loc.info) then return c.value end -- the round is not the last
		return S.loc_get(c.loc)
	end
	local function twins_found()
		local found = false
		for _, c in ipairs(S.T.apart and carried or {}) do
			if find_twins(c, carried) then found = true end
		end
		return found
	end
	local function compare_twins()
		for _, c in ipairs(carried) do
			for i = #c.twins, 1, -1 do
				local twin = c.twins[i]
				local loc, one = twin.loc, compare(c, twin, now(c), now(twin.other))
				if one == nil then
					table.remove(c.twins, i)
					news = true
				elseif loc.carried or not rawequal(one, true) then
					loc.carried, loc.made, loc.next = true, true, one
					carry(loc, true, one)
				end
			end
		end
	end
	local function collect(list)
		compare_twins()
		local places, told = {}, false
		for _, c in ipairs(carried) do
			local v = now(c)
			if c.of_lists then S.make_lists(c, v) end
			if not c.poison and S.spoilt(v) then told = told or twins_found() end
			if told or record.look(c, v, places) then news = true end
			take_apart(c, v, list)
		end
		for i = 1, #list do list[i] = S.frozen(list[i]) end
		return list
	end
	local written = {} -- storages whose first write is in the loop: they get a flat value before it
	local function take(r)
		for _, x in ipairs(S.lists_begun(r) or {}) do
			if not lists[x.info] then lists[#lists + 1], lists[x.info] = x, x end
			news = true
		end
		for _, change in ipairs(r.changes) do
			local info = change.loc.info
			if not (info and lists[info] and S.is_of_list(change.loc)) then -- else it becomes one
				if info and info.storage and change.old == nil then
					written[#written + 1] = info
					news = true
				else
					carry(change.loc, change.old, change.new)
				end
			end
		end
	end
	-- The values of a return are carried from the trip that returns to the end of the loop.
	local function leave_with(done)
		local n = math.type(done.count) == "integer" and done.count
		if not n or fixed_count and n ~= fixed_count then counts_vary = true end
		fixed_count = n or fixed_count
		for i = #values + 1, done.n do values[i] = virtual("result " .. i, BOTTOM) end
		for i, v in ipairs(values) do v.next = done[i] end
		count.next = done.count
	end
	local function leave_how(done)
		done = absorb(done, CONTINUED)
		for k in next, done.may do may[k] = true end
		code.next, code.made = done.code, true
		if not may_leave and done.code ~= NORMAL then may_leave, news = true, true end
		if may_leave then carry(code, NORMAL, code.next) end
		for _, v in ipairs(values) do v.next, v.made = v.value, true end
		count.next, count.made = count.value, true
		raised.next, raised.made = raised.value, true
		if may[RAISED] then
			if done.may[RAISED] then raised.next = done.raised end
			carry(raised, BOTTOM, raised.next)
			if index[raised].poison then
				S.make_plain { loop }
				S.unsupported("an error value of this kind, raised for a pcall from inside a staged loop")
			end
		end
		if done.may[RETURNED] then leave_with(done) end
		for _, v in ipairs(values) do
			v.made = true
			carry(v, BOTTOM, v.next)
			local why = index[v].poison and why_not(v.next, v.next)
			if why then
				S.make_plain { loop }
				S.unsupported("a return of " .. class(v.next) .. " from inside a staged loop")
			end
		end
		if counts_vary then carry(count, BOTTOM, count.next) end
	end
	local keeps = 0 -- rounds that found out what trips keep outside, or what is other than it was before the loop
	-- Tables that become elements before the loop change what pools hold there: the rounds begin anew with that.
	local function forget_carried()
		local own = { [code] = true, [count] = true, [raised] = true }
		for _, v in ipairs(values) do own[v] = true end
		for i = #carried, 1, -1 do
			local c = carried[i]
			c.twins, c.met = {}, {}
			if not own[c.loc] then
				index[S.loc_key(c.loc)] = nil
				table.remove(carried, i)
			end
		end
		keeps = keeps + round
	end
	-- What is carried as the list of a table is not carried as its elements.
	local function begin_lists(grown)
		local any = #lists > 0
		S.begin_lists(lists)
		any = S.begin_grown(grown) or any
		S.drop_elements(carried, index)
		lists = {}
		if any and next(S.T.pools) then forget_carried() end
	end
	local before, again, before_values, after_values, endless
	local hosts = #S.T.hosts
	repeat
		news, round, size = false, round + 1, 0
		for _, c in ipairs(carried) do
			size = size + 1 + c.changes
			for _ in next, c.met do size = size + 2 end
		end
		for _, c in ipairs(record.all(carried)) do c.misfit = false end
		-- each round admits an alternative, makes a poison, or finds or loses twins of something carried
		if round > size + keeps + 10 then S.internal("the variables of a loop do not settle") end
		local mark, counts = core.mark(), S.save_counts()
		local catching = S.T.catching
		S.T.catching = false -- a test that raises has no trip to complete
		before = S.run_region(true, function()
			set_params()
			local c
			if may_leave then
				endless = false
				c = S.value_if(core.equal(code.value, NORMAL), function()
					local go = test()
					endless = go == true
					note_tested(carried, go)
					return go
				end, function() return false end)
			else
				c = test()
				note_tested(carried, c)
			end
			loop.cond = c
			code.made, count.made, raised.made = false, false, false
			for _, v in ipairs(values) do v.made = false end
			S.flush()
			before_values = collect { c }
		end)
		S.T.catching = catching
		-- the first trip's values, for which the test raised nothing, are among those that it is traced for
		if before.dead then S.internal("the condition of a loop always raises an error") end
		take(before)
		if not news then
			loops[#loops + 1] = loop
			local facts = #S.T.known
			again = S.run_region(true, function()
				set_params()
				know_tested(carried)
				local done = S.contained(body)
				S.flush() -- what becomes a table of the run's is carried as one
				leave_how(done)
				after_values = collect {}
			end)
			loops[#loops] = nil
			for i = #S.T.known, facts + 1, -1 do S.T.known[i] = nil end
			if not again.dead then take(again) end
			if not news and twins_found() then news = true end
		end
		local kept = S.kept_since(counts, start)
		if #kept > 0 then keeps, news = keeps + 1, true end
		if news then
			local fresh = {}
			for _, c in ipairs(carried) do fresh[#fresh + 1] = c.new end
			loop.paths, loop.from, loop.cond = S.paths_of(fresh), S.paths_of { loop.cond }, nil
			local grown = S.find_grown(carried, growth) -- while there are the values that this round found
			core.rollback(mark)
			S.restore_counts(counts)
			S.keep(kept)
			for _, info in ipairs(written) do S.touch(info) end
			written = {}
			begin_lists(grown)
		end
	until not news
	if again.dead then after_values = {} end
	if loop.peelable and S.better_peeled(carried) then return PEEL end
	for _, c in ipairs(record.all(carried)) do
		if c.misfit then S.internal("a loop does not carry what '" .. S.loc_name(c.loc) .. "' may be") end
	end
	S.note_loop(carried, loop)
	S.T.conditions[#S.T.conditions + 1] = before_values[1]
	local initial = {}
	for _, c in ipairs(carried) do take_apart(c, c.old, initial) end
	S.forget_storages(first, core.handles())
	local results = core.while_(initial, before.id, again.id, before_values, after_values)
	local n = 0
	set_values(function(c)
		return function()
			n = n + 1
			S.T.origin[core.ref_of(results[n])] = { loop, c.old }
			return results[n]
		end
	end)
	local kept_again = S.T.apart and #S.T.hosts == hosts
	S.relate_carried(record.all(carried), first, kept_again, loop.certain and round)
	if kept_again then S.keep_again(carried) end
	local done = { code = code.value, may = may, n = #values, count = fixed_count or 0, raised = raised.value }
	if counts_vary then done.count = count.value end
	may[NORMAL] = not endless or nil -- `while true` is left only by break and return
	for i, v in ipairs(values) do done[i] = v.value end
	if not may_leave then done.code = NORMAL end
	local only = next(may)
	if only and not next(may, only) then done.code = only end
	return give(S.go_on(absorb(done, BROKE)))
end

local function while_loop(condition_of_loop, body)
	local test = entering(condition_of_loop)
	body = entering(body)
	local loop = S.new_loop()
	local function check()
		local v = test()
		S.look_at_mark(loop, condition_of_loop)
		return (S.condition_of(condition_of_loop, "linedefined", v))
	end
	local function trip()
		local c = check()
		if c == true then return body() end
		if c == false then return false end
		return TURN, c
	end
	return S.plain_first(function() return trip end, function() return staged_loop(check, body, loop) end, loop)
end

function P.while_(test, body) while_loop(test, body) end

function P.whilek(test, body, rest)
	rest = rest and entering(rest)
	return after(rest, while_loop(test, body))
end

-- A repeat as a while over a flag: its body completes normally with the condition.
local function repeat_loop(statements)
	local body = entering(statements)
	local loop = S.new_loop()
	local function condition(v)
		S.look_at_mark(loop, statements)
		return (S.condition_of(statements, "lastlinedefined", v))
	end
	local function plain_trip()
		local results = pack(body())
		if results[1] ~= nil then return unpack(results, 1, results.n) end
		local c = condition(results[2])
		if c == true then return false end
		if c ~= false then return TURN, c end
	end
	return S.plain_first(function() return plain_trip end, function()
		local stop = false
		local function test() return P.not_(stop) end
		local function trip()
			local c = completion(body())
			stop = true
			if c.code == NORMAL then
				stop = condition(c.cond)
			elseif c.may[NORMAL] then
				stop = S.value_if(core.equal(c.code, NORMAL), function() return condition(c.cond) end,
					function() return true end)
			end
			c.cond = nil
			return give(c)
		end
		return staged_loop(entering(test), entering(trip), loop)
	end, loop)
end

function P.repeat_(body) repeat_loop(body) end

function P.repeatk(body, rest)
	rest = rest and entering(rest)
	return after(rest, repeat_loop(body))
end

-- Numeric for ---------------------------------------------------------------------------------------

local function is_int(v) return math.type(v) == "integer" or kind(v) == "int" end

-- A bound as Lua gets it: a tensor of one element is its number.
local function bound(v, at)
	if kind(readable(v)) ~= "traced" or v.dtype == "bool" then return v end
	local n = S.ms.numel(v)
	if n == 1 then return v:item() end
	error(("%sbound of a numeric for: a tensor of %d elements is no number"):format(at or S.place(), n), 0)
end
P.bound = S.spread(function(v) return bound(v) end)

local function for_number(v, what, place)
	local k = kind(v)
	if type(v) == "number" or k == "int" or k == "float" then return v end
	if type(v) == "string" and tonumber(v) then return tonumber(v) end
	if class(v) == "text" then S.unsupported("a 'for' with a text as a bound") end
	error(("%sbad 'for' %s (number expected, got %s)"):format(place, what, S.said_type(v)), 0)
end

local function for_float(v, what, place)
	v = for_number(v, what, place)
	if type(v) == "number" then return v * 1.0 end
	return is_int(v) and core.emit("itof", v) or v
end

-- Start, limit and step, looked at in Lua's order: integers when start and step are, else floats. place: that of `do`,
-- to whose line errors belong.
local function for_numbers(a, b, c, place)
	a, b, c = bound(a, place), bound(b, place), bound(c, place)
	local step = kind(c)
	if step == "int" or step == "float" then
		S.make_plain { c }
		S.unsupported("a 'for' with a step known only when the graph runs")
	end
	if is_int(a) and is_int(c) then
		if c ~= 0 then b = for_number(b, "limit", place) end
	else
		b, c = for_float(b, "limit", place), for_float(c, "step", place)
		a = for_float(a, "initial value", place)
	end
	if c == 0 then error(place .. "'for' step is zero", 0) end
	return a, b, c
end

local function unsigned_div(n, d) -- n a symbolic integer read as unsigned, d a positive plain one
	local q = ((n >> 1) // d) << 1
	return S.value_if(core.emit("iult", n - q * d, d), function() return q end, function() return q + 1 end)
end

-- The integer limit that a float limit comes to, as Lua clips it, and whether the loop runs at all.
local function clipped_limit(b, c)
	if type(b) == "number" then
		local whole = b == b and math.tointeger(c > 0 and math.floor(b) or math.ceil(b))
		if whole then return whole, true end
		return b > 0 and math.maxinteger or math.mininteger, (b > 0) == (c > 0) -- a NaN counts as less than 0
	end
	local whole = core.emit(c > 0 and "ffloor" or "fceil", b)
	local fits, up = core.emit("ffits", whole), core.lt(0.0, b)
	local limit = S.value_if(fits, function() return core.emit("ftoi", whole) end, function()
		return S.value_if(up, function() return math.maxinteger end, function() return math.mininteger end)
	end)
	local beyond = c > 0 and up or core.logic("not", up)
	return limit, core.logic("or", fits, beyond)
end

-- A for with symbolic bounds or a symbolic way out: a while over a hidden counter. Integer loops count the trips
-- computed once at the start, as Lua does, so that nothing wraps; float loops add the step each turn.
local function staged_for(a, b, c, body, loop)
	local i = a
	local test, trip
	local function run() return body(i) end
	if is_int(a) and is_int(c) then
		local reached = true -- not so when the limit is no number or lies beyond the integers on the wrong side
		if not is_int(b) then b, reached = clipped_limit(b, c) end
		local any = c > 0 and core.le(a, b) or c < 0 and core.ge(a, b)
		local function trips()
			local span = c > 0 and b - a or a - b
			if c == 1 or c == -1 then return span end
			return unsigned_div(span, math.abs(c))
		end
		any = core.logic("and", any, reached)
		local go = any
		local left = any == true and trips() or any and S.value_if(any, trips, function() return 0 end) or 0
		function test() return go end
		function trip()
			local c1 = completion(run())
			go = P.ne(left, 0)
			left = left - 1
			i = i + c
			return give(c1)
		end
	else
		i = a
		local limit, step = b, c
		local go
		-- Lua's first test asks whether the start is beyond the limit, which no NaN is
		if step > 0 then go = P.not_(core.lt(limit, i)) else go = P.not_(core.lt(i, limit)) end
		function test() return go end
		function trip()
			local c1 = completion(run())
			i = i + step
			if step > 0 then go = core.le(i, limit) else go = core.le(limit, i) end
			return give(c1)
		end
	end
	return staged_loop(entering(test), entering(trip), loop)
end

-- The trips of a for over plain numbers, one a call.
local function plain_trips(a, b, c, body)
	if math.type(a) == "integer" and math.type(c) == "integer" then
		if math.type(b) == "float" then -- clipped as Lua clips it
			local reached
			b, reached = clipped_limit(b, c)
			if not reached then return function() return false end end
		end
		local i, more = a, c > 0 and a <= b or c < 0 and a >= b
		return function()
			if not more then return false end
			local now = i
			if c > 0 then more = not math.ult(b - i, c) else more = not math.ult(i - b, -c) end
			i = i + c
			return body(now)
		end
	end
	local i, step = a, c
	local more
	if step > 0 then more = not (b < i) else more = not (i < b) end
	return function()
		if not more then return false end
		local now = i
		i = i + step
		if step > 0 then more = i <= b else more = b <= i end
		return body(now)
	end
end

-- Where a loop's body begins: at `do`, to whose line errors of the loop's values belong.
local function place_of_do(body)
	local at = debug.getinfo(body, "S")
	return ("%s:%d: "):format(at.short_src, at.linedefined)
end

-- place: of `do`; loop: its record.
local for_loop
function for_loop(a, b, c, body, place, loop)
	body = entering(body) -- before any region, for the age of what it uses
	a, b, c = S.settle(a), S.settle(b), S.settle(c)
	for i, v in ipairs { a, b, c } do
		if class(v) == "choice" then
			local function with(side)
				local bounds = { a, b, c }
				bounds[i] = rawget(v, side)
				return function() return for_loop(bounds[1], bounds[2], bounds[3], body, place, S.new_loop(loop)) end
			end
			return give(flow.staged_if(rawget(v, COND), with(YES), with(NO)))
		end
	end
	a, b, c = for_numbers(a, b, c, place)
	if type(a) ~= "number" or type(b) ~= "number" or type(c) ~= "number" then return staged_for(a, b, c, body, loop) end
	if S.unrolls(loop) then return S.unrolled(plain_trips(a, b, c, body), nil, loop) end
	loop.rolled, loop.trips = loop.how ~= "loop" and loop.name, (b - 0.0 - a) / c + 1
	return S.plain_first(function() return plain_trips(a, b, c, body) end, function(peeled)
		local from = a
		for _ = 1, peeled do from = from + c end
		return staged_for(from, b, c, body, loop)
	end, loop)
end

local function for_statement(a, b, c, body)
	local loop = S.new_loop()
	S.look_at_mark(loop, body, true)
	return for_loop(a, b, c, body, place_of_do(body), loop)
end

function P.for_(a, b, c, body) for_statement(a, b, c, body) end

function P.fork(a, b, c, body, rest)
	rest = rest and entering(rest)
	return after(rest, for_statement(a, b, c, body))
end

local iterator_site = { what = "for iterator 'for iterator'" }

-- f(x) for the alternative that the run finds; f returns a completion.
local function by_alternative(v, f)
	v = S.settle(v)
	if class(v) ~= "choice" then return f(v) end
	return give(flow.staged_if(rawget(v, COND), function() return by_alternative(rawget(v, YES), f) end,
		function() return by_alternative(rawget(v, NO), f) end))
end

local function depends_on_run(v)
	if class(v) == "choice" then return depends_on_run(rawget(v, YES)) or depends_on_run(rawget(v, NO)) end
	return S.is_symbolic(v) and kind(v) ~= "traced"
end

-- A generic for from the trip on whose iterator gave `v`, of which the body takes n: a while whose state is what the
-- iterator gave last.
local function staged_each(g, s, v, n, body, loop)
	local slots = {}
	for i = 1, math.max(n, 1) do
		local x = v[i]
		slots[i] = { get = function() return x end, set = function(y) x = y end }
	end
	local function note()
		for _, slot in ipairs(slots) do S.note(slot.get) end
	end
	local function advance()
		note()
		S.site, S.given = iterator_site, 2
		local w = pack(g(s, S.without_nil(slots[1].get())))
		for i, slot in ipairs(slots) do slot.set(w[i]) end
	end
	local function test()
		note()
		return P.ne(slots[1].get(), nil)
	end
	local function trip()
		note()
		local values = { S.without_nil(slots[1].get()) }
		for i = 2, #slots do values[i] = slots[i].get() end
		local c = absorb(completion(body(unpack(values, 1, #slots))), CONTINUED)
		if c.code == NORMAL then
			advance()
		elseif c.may[NORMAL] then
			flow.staged_if(core.equal(c.code, NORMAL), advance, function() end)
		end
		return give(c)
	end
	note()
	return staged_loop(entering(test), entering(trip), loop)
end

-- ipairs, or a walk, over a list: a loop over its positions.
local function staged_elements(t, body, loop)
	local i = 1
	local function test() return core.le(i, S.list_length(S.list_info(t))) end
	local function trip()
		local c = completion(body(i, S.list_at(S.list_info(t), i)))
		i = i + 1
		return give(c)
	end
	return staged_loop(entering(test), entering(trip), loop)
end

-- Generic for: unrolled over an iterator whose values are plain, staged from the first that is not on. So is one of
-- the script's own from the trip on before which the run has decided a few times whether there is another: its values
-- may be plain without end.
local MOST_UNSURE = 4
-- (at: the loop's place; in tail position its frame is gone when the iterator is called)
local each_loop
function each_loop(explist, at, statements, loop)
	local f, s, control, start = S.settle(explist[1]), S.settle(explist[2]), S.settle(explist[3]), S.T.clock
	local own_keys = f == next or f == S.ipairs_step or S.sorted_walks[f]
	local which = class(f) == "choice" and 1 or own_keys and class(s) == "choice" and 2
	if which then -- each table is walked by itself, with its own keys
		local function with(side)
			return function()
				local list = { f, s, control }
				list[which] = rawget(list[which], side)
				return each_loop(list, at, statements, loop)
			end
		end
		entering(statements) -- before any region, for the age of what it uses
		return give(flow.staged_if(rawget(which == 1 and f or s, COND), with(YES), with(NO)))
	end
	local n = debug.getinfo(statements, "u").nparams
	local body = entering(statements)
	if not S.callable(f) then
		error(("%sattempt to call a %s value (%s)"):format(at, S.said_type(f), iterator_site.what), 0)
	end
	local line = math.tointeger(at:match(":(%d+): $"))
	local function g(...) -- found in every trip, whose region must know its variables
		local co, h = S.T.generators[f], S.callable(f)
		if co and co.thread then S.iterator_place = at end
		if co or S.T.form_of[h] then return h(...) end
		return S.on_line(line, h, ...)
	end
	if f == S.rows_step and control == 0 and kind(s) == "traced" then
		return for_loop(1, #s, 1, function(i) return body(i, s[i]) end, at, loop)
	end
	local info = (class(s) == "table" or class(s) == "object") and S.list_info(s)
	if info and info.elems ~= nil and (f == next and control == nil or f == S.ipairs_step and control == 0) then
		if f == next then S.only_elements(info)
		elseif S.handler(info, "__index") ~= nil then S.refuse_list("'ipairs' over a list that has an '__index'") end
		return staged_elements(s, body, loop)
	end
	if loop.how == "loop" and (f == next or S.native[f]) then
		S.unsupported("a walk over a table as a loop of the graph")
	end
	if f == next and class(s) == "table" then
		local walk
		return S.unrolled(function()
			local k, v, keys = S.raw_next(s, control, walk)
			if k == nil then return false end
			control, walk = k, keys
			return by_alternative(v, function(x)
				if x == nil then return end
				return body(k, x)
			end)
		end, nil, loop)
	end
	local sorted, at_key = S.sorted_walks[f], 0
	if sorted then
		return S.unrolled(function()
			at_key = at_key + 1
			local field = sorted[at_key]
			if not field then return false end
			return by_alternative(field[2], function(x)
				if x == nil then return end
				return body(field[1], s[field[1]])
			end)
		end, nil, loop)
	end
	local last -- what the iterator gave last
	local function begin()
		local unsure = 0
		last = control
		return function()
			S.site, S.given = iterator_site, 2
			S.T.oldest = math.huge
			local v = pack(g(s, last))
			if v[1] == nil then return false end
			local first = S.settle(v[1])
			-- (what a coroutine gives does not hang on the value before)
			if (depends_on_run(first) or unsure == MOST_UNSURE) and S.T.oldest > start then
				return TURN, staged_each(g, s, v, n, body, loop)
			end
			last = S.without_nil(first)
			if not S.may_be_nil(first) then return body(unpack(v, 1, v.n)) end
			if not S.native[f] then unsure = unsure + 1 end
			return by_alternative(first, function(x)
				if x == nil then return BRK end
				return body(x, unpack(v, 2, v.n))
			end)
		end
	end
	if S.native[f] or S.T.generators[f] or S.unrolls(loop) then return S.unrolled(begin(), nil, loop) end
	loop.each = true
	return S.plain_first(begin, function(peeled)
		S.site, S.given = iterator_site, 2
		local v
		if peeled == 0 then v = pack(g(s, control)) else v = pack(g(s, last)) end
		if v[1] ~= nil then return staged_each(g, s, v, n, body, loop) end
	end, loop)
end

-- The fourth value is closed when the loop ends, on whatever way.
local function closed_loop(explist, at, body, loop)
	S.look_at_mark(loop, body, true)
	if explist[4] == nil then return each_loop(explist, at, body, loop) end
	S.check_closable("(for state)", explist[4], place_of_do(body))
	return S.closing("(for state)", explist[4], function() return each_loop(explist, at, body, loop) end)
end

function P.each(...)
	local explist, at, loop = pack(...), S.place(), S.new_loop()
	return function(body) closed_loop(explist, at, body, loop) end
end

function P.eachk(...)
	local explist, at, loop = pack(...), S.place(), S.new_loop()
	return function(body, rest)
		rest = rest and entering(rest)
		return after(rest, closed_loop(explist, at, body, loop))
	end
end

flow.absorb, flow.TURN, flow.PEEL = absorb, TURN, PEEL
