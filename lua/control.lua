-- Joins and control flow: what __P.if_, while_, for_ ... of the staged form do.
--
-- A plain condition runs its branch in place. A symbolic one runs every branch in a region of its
-- own and joins: changed locations and returned values that differ become results of the graph's if.
-- Body functions return a completion: nothing, BRK, CONT, or RET and values; where branches
-- complete differently it is MIX, a record with a symbolic code.
local _, core = ...
local S, _ENV = core.S, core.env
local P = S.P
local same, kind, spec, truth = core.same, core.kind, core.spec, core.truth
local pack, unpack, type, select = table.pack, table.unpack, type, select
local class, BOTTOM = S.class, S.BOTTOM
local RET, BRK, CONT = P.RET, P.BRK, P.CONT
local MIX = {}
local NORMAL, BROKE, CONTINUED, RETURNED = 0, 1, 2, 3
local code_of = { [BRK] = BROKE, [CONT] = CONTINUED, [RET] = RETURNED }
local sentinel = { [BROKE] = BRK, [CONTINUED] = CONT, [RETURNED] = RET }

-- A body or thunk of the staged form: its variables are noted now, for their age, and in every region it runs in.
local function entering(f)
	S.note(f)
	return function(...)
		S.note(f)
		return f(...)
	end
end

-- Joins ------------------------------------------------------------------------------------

local function why_not(a, b)
	local function what(v)
		local c = class(v)
		if c == "poison" or c == "choice" then return "of several types" end
		if c == "table" or c == "function" or c == "raw" then return "a " .. (c == "raw" and "value" or c) end
		if c == "string" then return ("%q"):format(v) end
		return spec(v) or tostring(v)
	end
	return (" it is %s on one path and %s on the other"):format(what(a), what(b))
end

-- The pairs of one join. dead_a, dead_b: that path never gets to the join.
local function new_join(cond, start, dead_a, dead_b)
	return { cond = cond, start = start, dead_a = dead_a, dead_b = dead_b, a = {}, b = {}, set = {}, tables = {} }
end

local function yield(J, a, b, set)
	local n = #J.set + 1
	J.a[n], J.b[n], J.set[n] = a, b, set
end

local join

-- A value that only one path makes, also what it reaches that is younger than the region: all of it leaves the region.
local function export(J, v, set, side)
	local c = class(v)
	if S.is_symbolic(v) then
		if side == "a" then
			yield(J, v, not J.dead_b and core.undef(v) or nil, set)
		else
			yield(J, not J.dead_a and core.undef(v) or nil, v, set)
		end
		return
	end
	if c == "choice" then
		local copy = setmetatable({ name = v.name, why = v.why, place = v.place }, S.Choice)
		for _, field in ipairs { "cond", "yes", "no" } do
			export(J, rawget(v, field), function(x) rawset(copy, field, x) end, side)
		end
		set(copy)
		return
	end
	set(v)
	if c == "text" then
		for i = 1, rawlen(v) do
			local piece = rawget(v, i)
			if S.is_symbolic(piece) then export(J, piece, function(x) v[i] = x end, side) end
		end
	elseif c == "table" then
		local info = S.T.info[v]
		if info.made and info.age > J.start and not J.tables[info] then
			J.tables[info] = v
			for k, x in next, info.data do
				export(J, x, function(y) info.data[k] = y end, side)
			end
		end
	elseif c == "function" and S.T.made[v] and not J.tables[v] then
		J.tables[v] = v
		local i = 1
		while true do
			local name, x = core.getupvalue(v, i)
			if not name then break end
			local cell = S.T.cells[core.upvalueid(v, i)]
			if cell and cell.age > J.start and x ~= nil then
				local at = i
				export(J, x, function(y) core.setupvalue(v, at, y) end, side)
			end
			i = i + 1
		end
	end
end

local function join_tables(J, ta, tb, set, name)
	local a, b = S.T.info[ta], S.T.info[tb]
	local known = J.tables[a]
	if known then
		if J.tables[b] ~= known then return false end
		set(known)
		return true
	end
	if not (a.made and b.made and a.age > J.start and b.age > J.start) or a.escaped or b.escaped or J.tables[b] then
		return false
	end
	local data = {}
	local p = S.made(data)
	J.tables[a], J.tables[b] = p, p
	for k, v in next, a.data do
		join(J, v, b.data[k], function(x) data[k] = x end, name .. "." .. tostring(k))
	end
	for k, v in next, b.data do
		if a.data[k] == nil then join(J, nil, v, function(x) data[k] = x end, name .. "." .. tostring(k)) end
	end
	set(p)
	return true
end

-- Joins a and b; set(v) gets the value that holds after, at once or when the results are known.
function join(J, a, b, set, name)
	if J.dead_b then return export(J, a, set, "a") end
	if J.dead_a then return export(J, b, set, "b") end
	if same(a, b) then
		set(a)
		return
	end
	if a == BOTTOM then return export(J, b, set, "b") end
	if b == BOTTOM then return export(J, a, set, "a") end
	local ka, kb = spec(a), spec(b)
	if ka and ka == kb then
		yield(J, a, b, set)
		return
	end
	if class(a) == "table" and class(b) == "table" and join_tables(J, a, b, set, name) then return end
	-- a value per path, told apart by the condition
	local choice = setmetatable({ cond = J.cond, name = name, why = why_not(a, b), place = S.place() }, S.Choice)
	export(J, a, function(v) rawset(choice, "yes", v) end, "a")
	export(J, b, function(v) rawset(choice, "no", v) end, "b")
	set(choice)
end

-- Completions -----------------------------------------------------------------------------

-- A completion as a record: code (a number, or symbolic when paths differ), may (the codes it can be), n values
-- of a return, and cond, the condition that ends a repeat's body.
local function completion(...)
	local first = ...
	if first == MIX then return (select(2, ...)) end
	if first == nil then return { code = NORMAL, may = { [NORMAL] = true }, n = 0, cond = select(2, ...) } end
	local code = code_of[first]
	local c = { code = code, may = { [code] = true }, n = select("#", ...) - 1 }
	for i = 1, c.n do c[i] = (select(i + 1, ...)) end
	return c
end

-- The record as what a body function returns.
local function give(c)
	if math.type(c.code) ~= "integer" then return MIX, c end
	if c.code == NORMAL then return nil, c.cond end
	return sentinel[c.code], unpack(c, 1, c.n)
end

local function join_completions(J, a, b)
	local out = { may = {} }
	if J.dead_a or J.dead_b then
		a = J.dead_a and b or a
		b = a
	elseif a.may[RETURNED] and b.may[RETURNED] and a.n ~= b.n then
		S.unsupported(("a return of %d values on one path and of %d on the other"):format(a.n, b.n))
	end
	for code in next, a.may do out.may[code] = true end
	for code in next, b.may do out.may[code] = true end
	join(J, a.code, b.code, function(v) out.code = v end, "?")
	local function slot(c, v, condition)
		if condition and c.may[NORMAL] or not condition and c.may[RETURNED] then return v end
		return BOTTOM
	end
	out.n = math.max(a.n, b.n)
	for i = 1, out.n do
		join(J, slot(a, a[i]), slot(b, b[i]), function(v) out[i] = v end, "result " .. i)
	end
	if a.cond ~= nil or b.cond ~= nil then
		join(J, slot(a, a.cond, true), slot(b, b.cond, true), function(v) out.cond = v end, "the condition of 'until'")
	end
	return out
end

-- Symbolic if ---------------------------------------------------------------------------------

-- The graph's if over two regions that were run, and what holds after it; the joined completion.
local function join_regions(cond, a, b, start)
	local J = new_join(cond, start, a.dead, b.dead)
	local order, seen = {}, {}
	local function note(r, field)
		if r.dead then return end
		for _, change in ipairs(r.changes) do
			local k = S.loc_key(change.loc)
			local s = seen[k]
			if not s then
				s = { loc = change.loc, a = change.old, b = change.old }
				seen[k] = s
				order[#order + 1] = s
			end
			s[field] = change.new
		end
	end
	note(a, "a")
	note(b, "b")
	for _, s in ipairs(order) do
		join(J, s.a, s.b, function(v) s.value = v end, S.loc_name(s.loc))
	end
	local done
	if not (a.dead and b.dead) then done = join_completions(J, a.done, b.done) end
	local results = core.if_(cond, a.id, b.id, a.dead and {} or J.a, b.dead and {} or J.b, #J.set)
	for i, v in ipairs(results) do J.set[i](v) end
	for _, s in ipairs(order) do S.loc_set(s.loc, s.value) end
	if not done then error(S.DEAD, 0) end
	return done
end

local function run_branch(body) return S.run_region(false, function() return completion(body()) end) end

local function staged_if(cond, yes, no)
	local start = S.T.clock
	local a = run_branch(yes)
	return join_regions(cond, a, run_branch(no), start)
end

-- A plain value chosen by a symbolic condition; the thunks return one value each.
local function value_if(c, yes, no)
	return staged_if(c, function() return RET, (yes()) end, function() return RET, (no()) end)[1]
end
S.value_if = value_if

local function nothing() end

function S.readable(v)
	if type(v) == "table" and class(v) == "poison" then S.read_poison(v) end
	return v
end
local readable = S.readable

-- Applies f to both alternatives of a choice; f's results, joined.
function S.choose(choice, f)
	local yes, no = rawget(choice, "yes"), rawget(choice, "no")
	local done = staged_if(rawget(choice, "cond"), function() return RET, f(yes) end, function() return RET, f(no) end)
	return unpack(done, 1, done.n)
end

-- The truth of a value as a condition: plain, or a symbolic boolean.
local function condition(v)
	local c = type(v) == "table" and class(v)
	if not c then return (truth(v)) end
	if c == "poison" then S.read_poison(v) end
	if c ~= "choice" then return true end
	local yes, no = rawget(v, "yes"), rawget(v, "no")
	if not (S.is_symbolic(yes) or S.is_symbolic(no) or class(yes) == "choice" or class(no) == "choice") then
		if not yes == not no then return not not yes end
		if yes then return rawget(v, "cond") end
		return core.logic("not", rawget(v, "cond"))
	end
	return (S.choose(v, condition))
end
S.condition = condition

-- Operators on a choice are operators on its alternatives.
local operator = {
	add = function(a, b) return a + b end, sub = function(a, b) return a - b end, mul = function(a, b) return a * b end,
	div = function(a, b) return a / b end, mod = function(a, b) return a % b end, pow = function(a, b) return a ^ b end,
	unm = function(a) return -a end, idiv = function(a, b) return a // b end, band = function(a, b) return a & b end,
	bor = function(a, b) return a | b end, bxor = function(a, b) return a ~ b end, shl = function(a, b) return a << b end,
	shr = function(a, b) return a >> b end, bnot = function(a) return ~a end, concat = function(a, b) return a .. b end,
	len = function(a) return #a end, lt = function(a, b) return P.lt(a, b) end, le = function(a, b) return P.le(a, b) end,
	index = function(a, k) return a[k] end,
}
for name, apply in pairs(operator) do
	S.Choice["__" .. name] = function(a, b)
		if class(a) == "choice" then return (S.choose(a, function(x) return (apply(x, b)) end)) end
		return (S.choose(b, function(x) return (apply(a, x)) end))
	end
end
function S.Choice.__newindex(a, k, v)
	S.choose(a, function(x) x[k] = v end)
end

-- f with the alternatives of the choices among its arguments; f never sees a choice.
function S.spread(f)
	local function g(...)
		for i = 1, select("#", ...) do
			local v = select(i, ...)
			if type(v) == "table" and class(v) == "choice" then
				local args = pack(...)
				return S.choose(v, function(x)
					args[i] = x
					return g(unpack(args, 1, args.n))
				end)
			end
		end
		return f(...)
	end
	return g
end

-- What is left of an if from argument i on: a body, or a condition thunk, its body and the rest.
local function branch(args, i)
	if i > args.n then return nothing end
	if i == args.n then return args[i] end
	return function()
		local c = condition((args[i]()))
		if c == true then return args[i + 1]() end
		if c == false then return branch(args, i + 2)() end
		return give(staged_if(c, args[i + 1], branch(args, i + 2)))
	end
end

local function enter_all(args)
	for i = 1, args.n do args[i] = entering(args[i]) end
end

function P.if_(c, ...)
	c = condition(c)
	local args = pack(...)
	enter_all(args)
	if c == true then
		args[1]()
	elseif c == false then
		branch(args, 2)()
	else
		staged_if(c, args[1], branch(args, 2))
	end
end

-- What follows a statement that may complete abruptly: the rest of the block, on the paths that reach it.
local function after(rest, ...)
	local first = ...
	if not rest then return ... end
	if first == nil then return rest() end
	if first ~= MIX then return ... end
	local c = select(2, ...)
	if not c.may[NORMAL] then return ... end
	local left = { n = c.n, may = {}, code = c.code }
	local count, only = 0, nil
	for code in next, c.may do
		if code ~= NORMAL then
			left.may[code] = true
			count, only = count + 1, code
		end
	end
	if count == 1 then left.code = only end
	for i = 1, c.n do left[i] = c[i] end
	return give(staged_if(core.equal(c.code, NORMAL), rest, function() return give(left) end))
end

local function then_rest(body, rest)
	return function() return after(rest, body()) end
end

-- An if whose branches may leave. When only one branch reaches the rest of the block, the rest is traced inside it;
-- when both do, once after the join.
function P.ifk(c, ...)
	c = condition(c)
	local args = pack(...)
	enter_all(args)
	return function(rest)
		rest = rest and entering(rest)
		if c == true then return after(rest, args[1]()) end
		local yes, no = args[1], branch(args, 2)
		if c == false then return after(rest, no()) end
		if not rest then return give(staged_if(c, yes, no)) end
		S.flush() -- what is due stays when the branches are undone
		local mark, counts, start = core.mark(), S.save_counts(), S.T.clock
		local a = run_branch(yes)
		if a.dead or not a.done.may[NORMAL] then
			return give(join_regions(c, a, run_branch(then_rest(no, rest)), start))
		end
		local b = run_branch(no)
		if not b.dead and b.done.may[NORMAL] then return after(rest, give(join_regions(c, a, b, start))) end
		core.rollback(mark)
		S.restore_counts(counts)
		return give(staged_if(c, then_rest(yes, rest), no))
	end
end

-- The end of a function: its completion as ordinary results.
function P.done(...)
	local first = ...
	if first == nil then return end
	if first == RET then return select(2, ...) end
	local c = select(2, ...)
	if c.n == 0 then return end
	if c.may[NORMAL] then
		S.unsupported(("a function that returns %d values on some paths and none on others"):format(c.n))
	end
	return unpack(c, 1, c.n)
end

-- Logic -------------------------------------------------------------------------------------------

-- What a value is, given that as a condition it is false (true): tensors and symbolic booleans stop `and` as false.
function S.falsy(a)
	if class(a) == "choice" then return (S.choose(a, function(x) return S.falsy(x) end)) end
	if a == nil then return nil end
	return false
end
function S.truthy(a)
	if class(a) == "choice" then return (S.choose(a, function(x) return S.truthy(x) end)) end
	if kind(a) == "bool" then return true end
	return a
end

function P.and_(a, thunk)
	local c = condition(a)
	if c == false then
		if kind(a) then return false end
		return a
	end
	thunk = entering(thunk)
	if c == true then return (thunk()) end
	return value_if(c, thunk, function() return S.falsy(a) end)
end

function P.or_(a, thunk)
	local c = condition(a)
	if c == true then return S.truthy(a) end
	thunk = entering(thunk)
	if c == false then return (thunk()) end
	return value_if(c, function() return S.truthy(a) end, thunk)
end

function P.not_(a)
	local c = condition(a)
	if type(c) == "boolean" then return not c end
	return core.logic("not", c)
end

P.lt, P.le, P.gt, P.ge = core.lt, core.le, core.gt, core.ge

function P.eq(a, b)
	if type(a) == "table" and type(b) == "table" and not rawequal(a, b) then
		readable(a)
		readable(b)
		local ia, ib = S.T.info[a], S.T.info[b]
		local h = ia and ib and (S.handler(ia, "__eq") or S.handler(ib, "__eq"))
		if h then return S.truth_value(S.callable(h)(a, b)) end
	end
	if class(a) == "poison" or class(b) == "poison" then S.read_poison(a, b) end
	if class(a) == "choice" then return (S.choose(a, function(x) return (P.eq(x, b)) end)) end
	if class(b) == "choice" then return (S.choose(b, function(x) return (P.eq(a, x)) end)) end
	if class(a) == "text" or class(b) == "text" then S.unsupported("a comparison of a text made of symbolic values") end
	return core.equal(a, b)
end

function S.truth_value(v) return (condition(v)) end

function P.ne(a, b)
	if (kind(a) == "traced" or kind(b) == "traced") and P.eq(a, b) ~= false then return S.ms.ne(a, b) end
	return P.not_(P.eq(a, b))
end

function P.pack(...) return pack(...) end
function P.unpack(t) return unpack(t, 1, t.n) end

-- Loops ------------------------------------------------------------------------------------------

-- A location of the library's own that a loop carries: its value during a trip, and what the trip makes of it.
local function virtual(name, value) return { virtual = true, name = name, value = value } end

-- The completion with `continue` made normal, and also `break` at the end of its loop.
local function absorb(c, breaks)
	if not c.may[CONTINUED] and not (breaks and c.may[BROKE]) then return c end
	local out = { n = c.n, may = { [NORMAL] = true, [RETURNED] = c.may[RETURNED] }, cond = c.cond }
	if not breaks then out.may[BROKE] = c.may[BROKE] end
	for i = 1, c.n do out[i] = c[i] end
	if not out.may[RETURNED] and not out.may[BROKE] then
		out.code = NORMAL
	elseif math.type(c.code) == "integer" then
		out.code = (c.code == CONTINUED or c.code == BROKE) and NORMAL or c.code
	else
		local stays = core.equal(c.code, RETURNED)
		if not breaks then stays = core.logic("or", stays, core.equal(c.code, BROKE)) end
		out.code = value_if(stays, function() return c.code end, function() return NORMAL end)
	end
	return out
end

-- How a location that a trip changes is carried: as a graph value when the old and the new value have one type,
-- else as poison. True when that is news and the loop must be traced again.
local function widen(c)
	if c.poison or rawequal(c.new, c.param) then return false end
	local old = c.like
	if old == nil then old = c.old end
	if old == BOTTOM then old = c.new end
	if spec(c.new) and spec(old) == spec(c.new) then
		if c.like ~= nil then return false end
		c.like = c.new
		return true
	end
	c.like, c.poison = nil, S.poison(S.loc_name(c.loc), why_not(old, c.new))
	return true
end

-- A loop in the graph. test() gives a truth value (and may change state), body() completes in any way.
-- Round 1 carries nothing; what a round changes is carried in the next, until nothing new comes up. Rounds that
-- are not the last leave nothing behind. Returns the completion of the loop.
local function staged_loop(test, body)
	S.flush()
	local carried, index = {}, {}
	local code, values, may_leave, may = virtual("?", NORMAL), {}, false, {}
	local news
	local function carry(loc, old, new)
		local k = S.loc_key(loc)
		local c = index[k]
		if not c then
			c = { loc = loc, old = old }
			index[k] = c
			carried[#carried + 1] = c
		end
		c.new = new
		if widen(c) then news = true end
	end
	local function set_params()
		for _, c in ipairs(carried) do
			if c.poison then
				S.loc_set(c.loc, c.poison)
			else
				c.param = core.param(c.like)
				S.loc_set(c.loc, c.param)
			end
		end
	end
	local function collect(list)
		for _, c in ipairs(carried) do
			if not c.poison then
				local v = S.loc_get(c.loc)
				if c.loc.virtual and c.loc.made then v = c.loc.next end
				list[#list + 1] = v == nil and S.NIL or v
			end
		end
		return list
	end
	local function take(r)
		for _, change in ipairs(r.changes) do carry(change.loc, change.old, change.new) end
	end
	local function leave_how(done)
		done = absorb(done)
		for k in next, done.may do may[k] = true end
		code.next, code.made = done.code, true
		if not may_leave and done.code ~= NORMAL then may_leave, news = true, true end
		if may_leave then carry(code, NORMAL, code.next) end
		if done.may[RETURNED] and #values == 0 then
			for i = 1, done.n do values[i] = virtual("result " .. i, BOTTOM) end
		end
		if done.may[RETURNED] and done.n ~= #values then
			S.unsupported(("a return of %d values on one path and of %d on the other"):format(#values, done.n))
		end
		for i, v in ipairs(values) do
			v.next, v.made = v.value, true
			if done.may[RETURNED] then v.next = done[i] end
			if not spec(v.next) then S.unsupported("a return of " .. class(v.next) .. " from inside a staged loop") end
			carry(v, BOTTOM, v.next)
			if index[v].poison then S.unsupported("returns of different types from inside a staged loop") end
		end
	end
	local before, again, before_values, after_values
	local round = 0
	repeat
		news, round = false, round + 1
		if round > #carried + 10 then S.unsupported("a loop whose variables do not settle") end
		local mark, counts = core.mark(), S.save_counts()
		before = S.run_region(true, function()
			set_params()
			local c
			if may_leave then
				c = value_if(core.equal(code.value, NORMAL), test, function() return false end)
			else
				c = test()
			end
			code.made = false
			for _, v in ipairs(values) do v.made = false end
			before_values = collect { c }
		end)
		if before.dead then S.unsupported("a loop whose condition always raises an error") end
		take(before)
		if not news then
			again = S.run_region(true, function()
				set_params()
				leave_how(completion(body()))
				after_values = collect {}
			end)
			if not again.dead then take(again) end
		end
		if news then
			core.rollback(mark)
			S.restore_counts(counts)
		end
	until not news
	if again.dead then after_values = {} end
	for _, list in ipairs { before_values, after_values } do
		for _, v in ipairs(list) do
			if v == S.NIL or not spec(v) then S.unsupported("a loop variable that becomes nil") end
		end
	end
	local initial, live = {}, {}
	for _, c in ipairs(carried) do
		if not c.poison then
			initial[#initial + 1] = c.old == BOTTOM and core.undef(c.like) or c.old
			live[#live + 1] = c
		end
	end
	local results = core.while_(initial, before.id, again.id, before_values, after_values)
	for i, c in ipairs(live) do S.loc_set(c.loc, results[i]) end
	for _, c in ipairs(carried) do
		if c.poison then S.loc_set(c.loc, c.poison) end
	end
	local done = { code = code.value, may = may, n = #values }
	may[NORMAL] = true
	for i, v in ipairs(values) do done[i] = v.value end
	if not may_leave then done.code = NORMAL end
	return give(absorb(done, true))
end

local function check_size()
	if core.nodes() > S.node_limit then
		S.stop(("the trace has grown past %d nodes: a loop over plain values is unrolled; make its bound a parameter, "
			.. "or do fewer trips in one staged call"):format(S.node_limit))
	end
end

-- Runs a loop whose tests are plain so far: trip() returns false at the end, nil to go on, or a completion to
-- leave with. When it turns symbolic (TURN), everything since the start is undone and the loop is staged.
local TURN, ROLL_AFTER = {}, 64
local function plain_first(trip, staged, name)
	S.flush()
	local mark, counts = core.mark(), S.save_counts()
	local attempt = S.begin_attempt()
	local trips, before = 0, core.nodes()
	while true do
		local results = pack(trip())
		local first = results[1]
		trips = trips + 1
		-- A loop that goes on making nodes is rolled; when that fails anywhere, the trace starts again without.
		local roll = trips >= ROLL_AFTER and (first == nil or first == CONT) and not S.T.unroll[name]
			and core.nodes() - before >= trips
		if roll then S.T.rolled[name] = true end
		if first == TURN or first == MIX or roll then
			S.undo_attempt(attempt)
			core.rollback(mark)
			S.restore_counts(counts)
			return staged()
		end
		if first == false or first == BRK or first == RET then
			S.keep_attempt(attempt)
			if first == RET then return unpack(results, 1, results.n) end
			return
		end
		check_size()
	end
end

local function while_loop(test, body)
	test, body = entering(test), entering(body)
	local function check() return (condition((test()))) end
	return plain_first(function()
		local c = check()
		if c == true then return body() end
		if c == false then return false end
		return TURN
	end, function() return staged_loop(check, body) end, S.place())
end

function P.while_(test, body) while_loop(test, body) end

function P.whilek(test, body, rest)
	rest = rest and entering(rest)
	return after(rest, while_loop(test, body))
end

-- A repeat as a while over a flag: its body completes normally with the condition.
local function repeat_loop(body)
	body = entering(body)
	return plain_first(function()
		local results = pack(body())
		if results[1] ~= nil then return unpack(results, 1, results.n) end
		local c = condition(results[2])
		if c == true then return false end
		if c ~= false then return TURN end
	end, function()
		local stop = false
		local function test() return P.not_(stop) end
		local function trip()
			local c = completion(body())
			stop = true
			if c.code == NORMAL then
				stop = condition(c.cond)
			elseif c.may[NORMAL] then
				stop = value_if(core.equal(c.code, NORMAL), function() return (condition(c.cond)) end,
					function() return true end)
			end
			c.cond = nil
			return give(c)
		end
		return staged_loop(entering(test), entering(trip))
	end, S.place())
end

function P.repeat_(body) repeat_loop(body) end

function P.repeatk(body, rest)
	rest = rest and entering(rest)
	return after(rest, repeat_loop(body))
end

-- Numeric for ---------------------------------------------------------------------------------------

local function for_number(v, what)
	local k = kind(readable(v))
	if k == "traced" and S.ms.numel(v) == 1 then
		v = v:item()
		k = kind(v)
	end
	if type(v) == "number" or k == "int" or k == "float" then return v end
	error(("%sbad 'for' %s (number expected, got %s)"):format(S.place(), what, S.type_name(v)), 0)
end

local function is_int(v) return math.type(v) == "integer" or kind(v) == "int" end

local function unsigned_div(n, d) -- n a symbolic integer read as unsigned, d a positive plain one
	local q = ((n >> 1) // d) << 1
	return value_if(core.emit("iult", n - q * d, d), function() return q end, function() return q + 1 end)
end

-- A for with symbolic bounds or a symbolic way out: a while over a hidden counter. Integer loops count the trips
-- computed once at the start, as Lua does, so that nothing wraps; float loops add the step each turn.
local function staged_for(a, b, c, body, name)
	if type(c) ~= "number" then S.unsupported("a 'for' with a step known only when the graph runs") end
	local i, test, trip = a, nil, nil
	local function run()
		if name and S.is_symbolic(i) then S.T.counters[i] = name end
		return body(i)
	end
	if is_int(a) and is_int(c) then
		if not is_int(b) then S.unsupported("a 'for' over integers with a float limit known only when the graph runs") end
		local any = c > 0 and core.le(a, b) or c < 0 and core.ge(a, b)
		local function trips()
			local span = c > 0 and b - a or a - b
			if c == 1 or c == -1 then return span end
			return unsigned_div(span, math.abs(c))
		end
		local go = any
		local left = any == true and trips() or any and value_if(any, trips, function() return 0 end) or 0
		function test() return go end
		function trip()
			local c1 = completion(run())
			go = P.ne(left, 0)
			left = left - 1
			i = i + c
			return give(c1)
		end
	else
		i = is_int(a) and core.emit("itof", a) or a
		local limit = is_int(b) and core.emit("itof", b) or b
		local step = c + 0.0
		function test() return step > 0 and core.le(i, limit) or step < 0 and core.ge(i, limit) end
		function trip()
			local c1 = completion(run())
			i = i + step
			return give(c1)
		end
	end
	return staged_loop(entering(test), entering(trip))
end

-- Trip after trip, each under the condition that the ones before went on.
local function unrolled(trip)
	local c
	repeat
		c = pack(trip())
		check_size()
	until c[1] ~= nil and c[1] ~= CONT
	if c[1] == false or c[1] == BRK then return end
	if c[1] ~= MIX then return unpack(c, 1, c.n) end
	local done = absorb(c[2])
	return give(absorb(completion(after(function() return unrolled(trip) end, give(done))), true))
end

-- The trips of a for over plain numbers, one a call.
local function plain_trips(a, b, c, body)
	if math.type(a) == "integer" and math.type(c) == "integer" then
		if math.type(b) == "float" then -- clipped as Lua clips it
			if b ~= b then return function() return false end end
			local clipped = math.tointeger(c > 0 and math.floor(b) or math.ceil(b))
			b = clipped or (b > 0 and math.maxinteger or math.mininteger)
			if not clipped and (b > 0) ~= (c > 0) then return function() return false end end
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
	local i, step = a + 0.0, c + 0.0
	return function()
		if not (step > 0 and i <= b or step < 0 and i >= b) then return false end
		local now = i
		i = i + step
		return body(now)
	end
end

local function for_loop(a, b, c, body)
	a, b, c = for_number(a, "initial value"), for_number(b, "limit"), for_number(c, "step")
	body = entering(body)
	if c == 0 then error(S.place() .. "'for' step is zero", 0) end
	if type(a) ~= "number" or type(b) ~= "number" or type(c) ~= "number" then return staged_for(a, b, c, body) end
	local name = S.place()
	if S.T.unroll[name] then return unrolled(plain_trips(a, b, c, body)) end
	return plain_first(plain_trips(a, b, c, body), function() return staged_for(a, b, c, body, name) end, name)
end

function P.for_(a, b, c, body) for_loop(a, b, c, body) end

function P.fork(a, b, c, body, rest)
	rest = rest and entering(rest)
	return after(rest, for_loop(a, b, c, body))
end

-- Generic for: unrolled over an iterator whose end is plain.
local function each_loop(explist, body)
	body = entering(body)
	local f, s, control = explist[1], explist[2], explist[3]
	if explist[4] ~= nil then S.unsupported("a generic 'for' with a closing value") end
	local g = S.callable(f)
	if not g then error(S.place() .. "attempt to call a " .. S.type_name(f) .. " value", 0) end
	return unrolled(function()
		local v = pack(g(s, control))
		if v[1] == nil then return false end
		if S.is_symbolic(v[1]) and kind(v[1]) ~= "traced" then
			S.unsupported("a generic 'for' whose end is known only when the graph runs")
		end
		control = v[1]
		return body(unpack(v, 1, v.n))
	end)
end

function P.each(...)
	local explist = pack(...)
	return function(body) each_loop(explist, body) end
end

function P.eachk(...)
	local explist = pack(...)
	return function(body, rest)
		rest = rest and entering(rest)
		return after(rest, each_loop(explist, body))
	end
end
