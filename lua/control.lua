-- Joins and control flow: what __P.if_, while_, for_ ... of the staged form do.
--
-- A plain condition runs its branch in place. A symbolic one runs every branch in a region of its
-- own and joins: changed locations and returned values that differ become results of the graph's if.
-- Body functions return a completion: nothing, BRK, CONT, GOTO and a label, or RET and values; where branches
-- complete differently it is MIX, a record with a symbolic code.
local _, core = ...
local S, _ENV = core.S, core.env
local P = S.P
local same, kind, spec, truth = core.same, core.kind, core.spec, core.truth
local pcall, pack, unpack, type, select = pcall, table.pack, table.unpack, type, select
local class, BOTTOM = S.class, S.BOTTOM
local COND, YES, NO, COUNT, MOST = S.COND, S.YES, S.NO, S.COUNT, S.MOST
local RET, BRK, CONT, GOTO = P.RET, P.BRK, P.CONT, P.GOTO
local MIX = {}
local RAISED, NORMAL, BROKE, CONTINUED, RETURNED = -1, 0, 1, 2, 3
local code_of = { [BRK] = BROKE, [CONT] = CONTINUED, [RET] = RETURNED }
local sentinel = { [BROKE] = BRK, [CONTINUED] = CONT, [RETURNED] = RET }

-- The code of a completion that jumps to a label, by its name: labels of one name never see each other.
local label_codes, label_of = {}, {}
local function label_code(name)
	if not label_codes[name] then
		local code = RETURNED + 1 + #label_of
		label_codes[name], label_of[code - RETURNED] = code, name
	end
	return label_codes[name]
end

-- A body or thunk of the staged form: its variables are noted now, for their age, and in every region it runs in.
local function entering(f)
	S.T.body[f] = true
	S.note(f)
	return function(...)
		S.note(f)
		return f(...)
	end
end

-- Joins ------------------------------------------------------------------------------------

local words = { int = "an integer", float = "a float", bool = "a boolean" }
local function why_not(a, b)
	local function what(v)
		local c = class(v)
		if c == "poison" or c == "choice" then return "of several types" end
		if c == "object" then return "a table" end
		if c == "table" or c == "function" or c == "raw" then return "a " .. (c == "raw" and "value" or c) end
		if c == "thread" then return "a coroutine" end
		if c == "string" then return ("%q"):format(v) end
		local type_of = spec(v)
		if not type_of then return tostring(v) end
		return words[type_of] or "a tensor " .. type_of
	end
	return ("it is %s on one path and %s on the other"):format(what(a), what(b))
end

-- The pairs of one join. dead_a, dead_b: that path never gets to the join.
local function new_join(cond, start, a, b)
	return {
		cond = cond, start = start, first = math.min(a.first, b.first), dead_a = a.dead, dead_b = b.dead,
		a = {}, b = {}, set = {}, again = {},
		tables = {}, copies = { a = {}, b = {} }, exported = {}, pairs = {}, moved = {}, leaving = {}, joined = {},
		frozen_a = a.frozen or {}, frozen_b = b.frozen or {},
	}
end

local function yield(J, a, b, set)
	local n = #J.set + 1
	J.a[n], J.b[n], J.set[n] = a, b, set
end

local join

-- A value that only one path makes, also what it reaches that is younger than the region: all of it leaves the region.
local export, export_key
function export(J, v, set, side)
	local c = class(v)
	local handle = c == "traced" and v
	if handle then
		if S.is_old(J, v) then
			set(v)
			return
		end
		local flat, take = S.leaving_storage(J, v)
		if flat then export(J, flat, take, side) end
		v = side == "a" and J.frozen_a[v] or side == "b" and J.frozen_b[v] or v
		if class(v) == "poison" then
			set(v)
			return
		end
		if not J.exported[handle] then
			local inner = set
			function set(x)
				S.joined(J, x, handle)
				inner(x)
			end
		end
	end
	if S.is_symbolic(v) then
		-- (tensors are objects: two of one value stay two)
		local number = handle or side .. core.ref_of(v)
		local twice = J.exported[number]
		if twice then -- one value stays one: what is known of a condition is known of its copies
			local again = J.again[twice] or {}
			J.again[twice] = again
			again[#again + 1] = set
			return
		end
		J.exported[number] = #J.set + 1
		if side == "a" then
			yield(J, v, not J.dead_b and core.undef(v) or nil, set)
		else
			yield(J, not J.dead_a and core.undef(v) or nil, v, set)
		end
		return
	end
	if c == "choice" then
		local copies = J.copies[side] -- what one path yields is nothing on the other
		local copy = copies[v]
		if copy then return set(copy) end
		copy = S.choice_like(v)
		copies[v] = copy
		for _, field in ipairs { COND, YES, NO } do
			export(J, rawget(v, field), function(x) rawset(copy, field, x) end, side)
		end
		set(copy)
		return
	end
	if c == "object" then
		return export(J, S.object_number(v), function(x) set(S.object_like(v, x)) end, side)
	end
	if c == "text" then
		local pieces = {}
		local copy = S.text_of(pieces)
		for i, piece in ipairs(S.pieces(v)) do
			pieces[i] = piece
			if S.is_symbolic(piece) then
				export(J, piece, function(x) pieces[i] = x end, side)
			elseif type(piece) == "table" then
				local own = { piece[1], piece[2] }
				pieces[i] = own
				export(J, piece[2], function(x) own[2] = x end, side)
			end
		end
		set(copy)
		return
	end
	set(v)
	if c == "table" then
		local info = S.T.info[v]
		if info.made and info.age > J.start and not J.tables[info] then
			J.tables[info], info.gone = v, nil
			for k, x in next, info.data do
				export_key(J, k, side)
				export(J, x, function(y) info.data[k] = y end, side)
			end
			if S.T.info[info.meta or 0] then export(J, info.meta, function() end, side) end
			export(J, info.len, function(y) info.len = y end, side)
			export(J, info.held, function(y) info.held = y end, side)
			export(J, info.elems, function(y) info.elems = y end, side)
		end
	elseif c == "function" and S.T.made[v] and not J.tables[v] then
		J.tables[v] = v
		local i = 1
		while true do
			local name, x = core.getupvalue(v, i)
			if not name then break end
			local cell = S.T.cells[core.upvalueid(v, i)]
			if cell and cell.age > J.start and (x ~= nil or cell.escaped) and not J.tables[cell] then
				local at = i
				J.tables[cell] = v
				export(J, x, function(y)
					core.setupvalue(v, at, y)
					if cell.escaped then cell.gone, S.T.flushed[cell] = nil, y == nil and S.NIL or y end
				end, side)
			end
			i = i + 1
		end
	end
end

-- A key of a table that is there after the join stays the object it is.
function export_key(J, key, side)
	local c = class(key)
	if c == "traced" and not S.is_old(J, key) then
		S.make_plain { J.cond }
		S.unsupported("a tensor made under a condition that is a key of a table used after it")
	elseif c == "table" or c == "function" then
		export(J, key, function() end, side)
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
	if not (a.made and b.made and a.age > J.start and b.age > J.start) or a.escaped or b.escaped or J.tables[b]
		or not rawequal(a.meta, b.meta) or spec(a.elems) ~= spec(b.elems) or a.codes ~= b.codes then
		return false
	end
	local data = {}
	local p = S.made(data)
	local info = S.T.info[p]
	info.meta, info.disturbed, info.shared = a.meta, true, a.shared or b.shared
	info.no_order, info.site = a.no_order or b.no_order, a.site or b.site
	S.set_events(info)
	info.codes = a.codes
	local len_a, len_b
	if a.elems ~= nil then
		join(J, a.elems, b.elems, function(x) info.elems = x end, name)
	else
		len_a, len_b = S.known_length(a), S.known_length(b)
	end
	if a.elems == nil then -- else its length is the list's
		if not len_a or not len_b then info.len = false
		elseif not same(len_a, len_b) then join(J, len_a, len_b, function(x) info.len = x end, name .. "'s length") end
	end
	J.tables[a], J.tables[b] = p, p
	for k, v in next, a.data do
		export_key(J, k, "a")
		join(J, v, b.data[k], function(x) data[k] = x end, S.field_name(name, k))
	end
	for k, v in next, b.data do
		export_key(J, k, "b")
		if a.data[k] == nil then join(J, nil, v, function(x) data[k] = x end, S.field_name(name, k)) end
	end
	set(p)
	return true
end

-- Choices of the same alternatives join to one of these, so that joins in a row do not pile up. The choices that a and
-- b are, in an order in which their alternatives fit: a cond, yes, no for each, and whether b's were swapped; nil when
-- they fit in none. A value that is no choice is one with a certain condition.
local fit

local function alike(J, a, b)
	if same(a, b) or a == BOTTOM or b == BOTTOM then return true end
	if class(a) == "choice" or class(b) == "choice" then return fit(J, a, b) ~= nil end
	if class(a) == "object" or class(b) == "object" then return S.same_kind(a, b) end
	local what = spec(a)
	return what ~= nil and what == spec(b) and (class(a) ~= "traced" or not S.stay_apart(J, a, b))
end

local function parts(v)
	if class(v) ~= "choice" then return true, v, BOTTOM end
	return rawget(v, COND), rawget(v, YES), rawget(v, NO)
end

function fit(J, a, b)
	local ca, ya, na = parts(a)
	local cb, yb, nb = parts(b)
	if alike(J, ya, yb) and alike(J, na, nb) then return ca, ya, na, cb, yb, nb, false end
	if not (alike(J, ya, nb) and alike(J, na, yb)) then return nil end
	if ca == true then return false, na, ya, cb, yb, nb, false end
	if cb == true then return ca, ya, na, false, nb, yb, false end
	return ca, ya, na, cb, nb, yb, true
end

local function join_choices(J, a, b, set, name)
	local ca, ya, na, cb, yb, nb, crossed = fit(J, a, b)
	if ca == nil then return false end
	local choice = S.choice(nil, nil, nil, name, why_not(a, b))
	local function known(z) rawset(choice, COND, crossed and core.equal(z, J.cond) or z) end
	-- one condition stays one: what is known of it is known wherever it stands
	local function number(c) return type(c) == "boolean" and tostring(c) or core.ref_of(c) end
	local pair = number(ca) .. ":" .. number(cb)
	local before = J.exported[pair]
	if before then
		J.again[before] = J.again[before] or {}
		table.insert(J.again[before], known)
	else
		J.exported[pair] = #J.set + 1
		yield(J, ca, cb, known)
	end
	join(J, ya, yb, function(v) rawset(choice, YES, v) end, name)
	join(J, na, nb, function(v) rawset(choice, NO, v) end, name)
	set(choice)
	return true
end

-- What is done with a choice is traced for each of its alternatives. Joined again and again they may double.
local MOST_ALTERNATIVES = 512
local alternatives
function alternatives(v)
	if type(v) ~= "table" or class(v) ~= "choice" then return 1 end
	return alternatives(rawget(v, YES)) + alternatives(rawget(v, NO))
end

S.alternatives = alternatives

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
		if class(a) ~= "traced" then
			yield(J, a, b, set)
			return
		elseif not S.stay_apart(J, a, b) then
			local fa, fb = J.frozen_a[a] or a, J.frozen_b[b] or b
			if class(fa) == "poison" or class(fb) == "poison" then
				set(class(fa) == "poison" and fa or fb)
				return
			end
			-- two variables that hold one tensor on each path hold one after
			local of_a = J.pairs[a] or {}
			local before = of_a[b]
			J.pairs[a] = of_a
			if before then
				J.again[before] = J.again[before] or {}
				table.insert(J.again[before], set)
				return
			end
			of_a[b] = #J.set + 1
			yield(J, fa, fb, function(v)
				S.joined(J, v, a, b)
				set(v)
			end)
			return
		end
	end
	if class(a) == "object" and S.same_kind(a, b) then
		yield(J, S.object_number(a), S.object_number(b), function(v) set(S.object_like(a, v)) end)
		return
	end
	if class(a) == "table" and class(b) == "table" and join_tables(J, a, b, set, name) then return end
	if (class(a) == "choice" or class(b) == "choice") and join_choices(J, a, b, set, name) then return end
	if alternatives(a) + alternatives(b) > MOST_ALTERNATIVES then
		set(S.poison(name, (" it may be any of more than %d values"):format(MOST_ALTERNATIVES), { J.cond }))
		return
	end
	-- a value per path, told apart by the condition
	local choice = S.choice(J.cond, nil, nil, name, why_not(a, b))
	export(J, a, function(v) rawset(choice, YES, v) end, "a")
	export(J, b, function(v) rawset(choice, NO, v) end, "b")
	set(choice)
end

-- The flat values of a storage; nil on a path that has not written it.
local function join_storage(J, a, b, set, _, info)
	if not J.dead_a and a == nil then a = S.storage_base(info) end
	if not J.dead_b and b == nil then b = S.storage_base(info) end
	for _, side in ipairs { not J.dead_a and a or b, not J.dead_b and b or a } do
		if class(side) == "poison" then
			set(side)
			return
		end
	end
	yield(J, not J.dead_a and a or nil, not J.dead_b and b or nil, set)
end

-- Completions -----------------------------------------------------------------------------

-- Stands after the `most` values of a return that gives different numbers of values, of which only `count`, a number
-- known when the graph runs, are there. Where a result is cut off or counted it is a poison.
local function counted(count, most)
	local mark = S.poison("...", "a function returns a number of values that is known only when the graph runs", { count })
	rawset(mark, COUNT, count)
	rawset(mark, MOST, most)
	return mark
end

-- Of a list of n values: how many there are, mark aside, and how many count.
function S.count_values(list, n)
	local last = list[n]
	local count = n > 0 and type(last) == "table" and class(last) == "poison" and rawget(last, COUNT)
	if not count then return n, n end
	local before = n - 1 - rawget(last, MOST)
	return n - 1, before == 0 and count or count + before
end

function S.is_counted(v) return type(v) == "table" and class(v) == "poison" and rawget(v, COUNT) ~= nil end

-- A completion as a record: code (a number, or symbolic when paths differ), may (the codes it can be), n values
-- of a return (count of them when paths differ in that), and cond, the condition that ends a repeat's body.
local function completion(...)
	local first = ...
	if first == MIX then return (select(2, ...)) end
	if first == nil then return { code = NORMAL, may = { [NORMAL] = true }, n = 0, count = 0, cond = select(2, ...) } end
	if first == GOTO then
		local code = label_code((select(2, ...)))
		S.T.jumps[code] = (select(3, ...))
		return { code = code, may = { [code] = true }, n = 0, count = 0 }
	end
	local code = code_of[first]
	local c = { code = code, may = { [code] = true }, n = select("#", ...) - 1 }
	for i = 1, c.n do c[i] = (select(i + 1, ...)) end
	local given = c.n
	c.n, c.count = S.count_values(c, given)
	if c.n < given then c[given] = nil end
	return c
end

-- The values of a return as results.
local function values_of(c)
	if math.type(c.count) == "integer" then return unpack(c, 1, c.count) end
	local out = { unpack(c, 1, c.n) }
	out[c.n + 1] = counted(c.count, c.n)
	return unpack(out, 1, c.n + 1)
end

-- v as the only result of a call that gives none where v is nil.
function S.one_or_none(v)
	v = S.settle(v)
	if v == nil then return end
	if not S.may_be_nil(v) then return v end
	return v, counted(S.choose(v, function(x) return x == nil and 0 or 1 end), 1)
end

-- The record as what a body function returns.
local function give(c)
	if math.type(c.code) ~= "integer" then return MIX, c end
	if c.code == NORMAL then return nil, c.cond end
	if c.code == RETURNED then return RET, values_of(c) end
	if sentinel[c.code] then return sentinel[c.code] end
	return GOTO, label_of[c.code - RETURNED]
end

local function join_completions(J, a, b)
	local out = { may = {} }
	if J.dead_a or J.dead_b then
		a = J.dead_a and b or a
		b = a
	end
	for code in next, a.may do out.may[code] = true end
	for code in next, b.may do out.may[code] = true end
	if out.may[RAISED] then
		local function value(c)
			if c.may[RAISED] then return c.raised end
			return BOTTOM
		end
		join(J, value(a), value(b), function(v) out.raised = v end, "the error")
	end
	join(J, a.code, b.code, function(v) out.code = v end, "?")
	local function slot(c, i)
		if not c.may[RETURNED] then return BOTTOM end
		if i == 0 then return c.count end
		if i <= c.n then return c[i] end
		return nil
	end
	out.n, out.count = math.max(a.n, b.n), 0
	if out.may[RETURNED] then join(J, slot(a, 0), slot(b, 0), function(v) out.count = v end, "?") end
	for i = 1, out.n do
		join(J, slot(a, i), slot(b, i), function(v) out[i] = v end, "result " .. i)
	end
	if a.cond ~= nil or b.cond ~= nil then
		local function cond(c)
			if c.may[NORMAL] then return c.cond end
			return BOTTOM
		end
		join(J, cond(a), cond(b), function(v) out.cond = v end, "the condition of 'until'")
	end
	return out
end

-- Symbolic if ---------------------------------------------------------------------------------

-- The graph's if over two regions that were run, and what holds after it; the joined completion.
local function join_regions(cond, a, b, start)
	if a.pooled_first or b.pooled_first then S.refuse_list("a table that grows in a staged loop on some paths only") end
	S.noted("if", "a branch of the graph")
	if (not a.dead) ~= (not b.dead) then S.T.parted = S.T.parted + 1 end
	S.T.conditions[#S.T.conditions + 1] = cond
	local J = new_join(cond, start, a, b)
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
			local info = change.loc.info
			if info and info.made and not info.storage then export_key(J, change.loc.key, field) end
		end
	end
	note(a, "a")
	note(b, "b")
	for _, s in ipairs(order) do
		local merge = s.loc.info and s.loc.info.storage and join_storage or join
		merge(J, s.a, s.b, function(v) s.value = v end, S.loc_name(s.loc), s.loc.info)
	end
	local done
	if not (a.dead and b.dead) then done = join_completions(J, a.done, b.done) end
	local inside = core.handles()
	local results = core.if_(cond, a.id, b.id, a.dead and {} or J.a, b.dead and {} or J.b, #J.set)
	for i, v in ipairs(results) do
		J.set[i](v)
		for _, set in ipairs(J.again[i] or {}) do set(v) end
	end
	S.relate_joined(J)
	S.forget_storages(J.first, inside)
	for _, s in ipairs(order) do S.loc_set(s.loc, s.value) end
	if not done then error(S.DEAD, 0) end
	return done
end

-- A condition that is known to be so, in the form in which settle looks for it: without negations.
local function bare_condition(cond, is)
	local inner = core.negated(cond)
	while inner do
		cond, is = inner, not is
		inner = core.negated(cond)
	end
	return cond, is
end
function S.fact(cond, is) return { bare_condition(cond, is) } end

-- Runs a branch in a region where the condition is known.
local function run_branch(body, cond, value)
	local known = S.T.known
	local n = #known + 1
	local r = S.run_region(false, function()
		known[n] = S.fact(cond, value)
		return completion(body())
	end)
	known[n], r.cond = nil, cond
	return r
end

-- Tables that became lists in one of two branches become lists before both: true when there are any; then the branches
-- are undone, and are to be run again.
local function lists_first(mark, counts, a, b)
	local begun = S.lists_begun(a, b)
	if not begun then return false end
	core.rollback(mark)
	S.restore_counts(counts)
	if a.fixed or b.fixed then S.refuse_list("a table that grows in a staged loop on some paths only") end
	S.begin_lists(begun)
	return true
end

local function staged_if(cond, yes, no)
	S.flush() -- what is due stays when the branches are undone
	local mark, counts = core.mark(), S.save_counts()
	while true do
		local start = S.T.clock
		local a = run_branch(yes, cond, true)
		local b = run_branch(no, cond, false)
		if not lists_first(mark, counts, a, b) then return S.go_on(join_regions(cond, a, b, start)) end
	end
end

-- A value without the choices whose condition is known in the branch that is being traced.
function S.settle(v)
	while type(v) == "table" and class(v) == "choice" do
		local known, side = S.T.known, nil
		local cond, is = known[1] and rawget(v, COND), true
		if cond then cond, is = bare_condition(cond, is) end
		for _, fact in ipairs(known) do
			if same(fact[1], cond) then side = fact[2] == is and YES or NO end
		end
		if not side then return v end
		v = rawget(v, side)
	end
	return v
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

-- Applies f to every alternative of a choice; f's results, joined.
function S.choose(v, f)
	v = S.settle(v)
	if class(v) ~= "choice" then return f(v) end
	local yes, no = rawget(v, YES), rawget(v, NO)
	local done = staged_if(rawget(v, COND), function() return RET, S.choose(yes, f) end,
		function() return RET, S.choose(no, f) end)
	return values_of(done)
end

-- The truth of a value when it is known while tracing, else nil.
local function plain_truth(v)
	local c = class(v)
	if c == "int" or c == "float" then return true end
	if c ~= "choice" and c ~= "poison" and not S.is_symbolic(v) and c ~= "eager" then return not not v end
end

-- The truth of a value as a condition: plain, or a symbolic boolean.
local function condition(v)
	v = S.settle(v)
	local c = type(v) == "table" and class(v)
	if not c then return (truth(v)) end
	if c == "poison" then S.read_poison(v) end
	if c ~= "choice" then return true end
	local yes, no = plain_truth(rawget(v, YES)), plain_truth(rawget(v, NO))
	if yes ~= nil and no ~= nil then
		if yes == no then return yes end
		if yes then return rawget(v, COND) end
		return core.logic("not", rawget(v, COND))
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
	len = function(a)
		local n = #a
		S.note_end(a, n)
		return n
	end, lt = function(a, b) return P.lt(a, b) end, le = function(a, b) return P.le(a, b) end,
	index = function(a, k) return a[k] end,
}
local plain_operation = {}
S.operator = operator
local unary = { unm = true, bnot = true, len = true, index = true }
for name, plain in pairs(operator) do
	-- plain(a, b) for alternatives of the operands given
	local function apply(a, b, given_a, given_b)
		local ok, v = pcall(plain, a, b)
		if ok then return v end
		if type(v) == "string" then -- Lua names the operands and the place above
			local bare, n = v:gsub("^%[moonstage%]/%w+:%d+: ", "")
			if n > 0 and bare:find " has no integer representation$" then
				local first = unary[name] or math.type(a) == "float" and not math.tointeger(a)
				v = ("%snumber%s has no integer representation"):format(S.place(),
					S.operand_name(name, first and 1 or 2, first and given_a or given_b))
			elseif n > 0 and bare:find "^attempt to [%l ]+ a [^'].* value" then
				local t = S.type_name(a)
				local first = t ~= "number" and (name ~= "concat" or t ~= "string") or unary[name]
				v = S.place() .. bare:gsub(" %(%l+ '%l'%)$", "")
					.. S.operand_name(name, first and 1 or 2, first and given_a or given_b)
			elseif n > 0 then -- Lua names no operand; no more does its string library
				v = S.place() .. bare
			end
		end
		error(v, 0)
	end
	plain_operation["__" .. name] = function(a, b)
		local function unwrapped(v)
			local info = S.T.info[v]
			return info and setmetatable({}, { __name = S.handler(info, "__name") }) or class(v) == "object" and {} or v
		end
		return apply(unwrapped(a), unwrapped(b), a, b)
	end
	S.Choice["__" .. name] = function(a, b)
		if class(a) == "choice" then return (S.choose(a, function(x) return (apply(x, b, a, b)) end)) end
		return (S.choose(b, function(x) return (apply(a, x, a, b)) end))
	end
end
local concat = S.Choice.__concat
S.Choice.__concat = function(a, b) return S.gathered(concat(a, b)) end
-- An operation on tables that have no such event: what Lua says of it.
function S.plain_operation(event, a, b) return plain_operation[event](a, b) end

-- f with the alternatives of the choices among its arguments, or among the `first`; f never sees a choice there.
function S.spread(f, first)
	local function g(...)
		for i = 1, first or select("#", ...) do
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

-- A tensor is written for every alternative of the key; a table knows such keys.
local write_elements = S.spread(function(x, k, v) x[k] = v end)
function S.Choice.__newindex(a, k, v)
	local key_of = S.key_of_alternative(a, k)
	S.choose(a, function(x)
		if type(x) ~= "table" and (type(x) ~= "userdata" or kind(x) ~= "traced" and S.is_symbolic(x)) then
			error(("%sattempt to index a %s value%s"):format(S.place(), S.said_type(x), S.operand_name("index", 1, a)), 0)
		end
		if kind(x) == "traced" then write_elements(x, k, v) else x[key_of(x)] = v end
	end)
end

-- The condition v of an elseif or until: what can't be one is an error at the line where the condition stands, not the
-- statement. `which` of that function's lines, linedefined or lastlinedefined, it is.
local function condition_of(f, which, v)
	if kind(v) ~= "traced" and class(v) ~= "choice" then return condition(v) end
	return S.on_line(debug.getinfo(f, "S")[which], condition, v)
end
S.condition_of = condition_of

-- What is left of an if from argument i on: a body, or a condition thunk, its body and the rest.
local function branch(args, i)
	if i > args.n then return nothing end
	if i == args.n then return args[i] end
	return function()
		local c = condition_of(args.heads[i], "linedefined", (args[i]()))
		if c == true then return args[i + 1]() end
		if c == false then return branch(args, i + 2)() end
		return give(staged_if(c, args[i + 1], branch(args, i + 2)))
	end
end

local function enter_all(args)
	args.heads = {}
	for i = 1, args.n do args[i], args.heads[i] = entering(args[i]), args[i] end
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

-- The completion of the paths of c that do not complete with the code.
local function without(c, code)
	local left = { n = c.n, count = c.count, may = {}, code = c.code, cond = c.cond }
	local count, only = 0, nil
	for other in next, c.may do
		if other ~= code then
			left.may[other] = true
			count, only = count + 1, other
		end
	end
	if count == 1 then left.code = only end
	for i = 1, c.n do left[i] = c[i] end
	return left
end

-- What follows a statement that may complete abruptly: the rest of the block, on the paths that reach it.
local function after(rest, ...)
	local first = ...
	if not rest then return ... end
	if first == nil then return rest() end
	if first ~= MIX then return ... end
	local c = select(2, ...)
	if not c.may[NORMAL] then return ... end
	local left = without(c, NORMAL)
	return give(staged_if(core.equal(c.code, NORMAL), rest, function() return give(left) end))
end

local function then_rest(body, rest)
	return function() return after(rest, body()) end
end

-- An if whose branches may leave. When only one branch reaches the rest of the block, the rest is traced inside it;
-- when both do, once after the join. Where the second was found to leave it is traced first from then on: the first
-- need not be traced again with the rest, which would double the work for each such if inside of it. (A branch that is
-- traced again may turn out to reach the rest after all: then the rest is traced in both.)
local function place_of_branch(f)
	local at = debug.getinfo(f, "S")
	return ("%s:%d:%d"):format(at.source, at.linedefined, at.lastlinedefined)
end

function P.ifk(c, ...)
	c = condition(c)
	local args = pack(...)
	enter_all(args)
	local leaving = S.T.leaving
	local at = place_of_branch(args.heads[1])
	return function(rest)
		rest = rest and entering(rest)
		if c == true then return after(rest, args[1]()) end
		local yes, no = args[1], branch(args, 2)
		if c == false then return after(rest, no()) end
		if not rest then return give(staged_if(c, yes, no)) end
		S.flush() -- what is due stays when the branches are undone
		local mark, counts = core.mark(), S.save_counts()
		local function goes_on(r) return not r.dead and r.done.may[NORMAL] end
		while true do
			local start, a = S.T.clock
			local b = leaving[at] and run_branch(no, c, false)
			local leaves = b and not goes_on(b)
			if leaves then
				a = run_branch(then_rest(yes, rest), c, true)
			else
				a = run_branch(yes, c, true)
				leaves = not goes_on(a)
				if b and leaves then
					core.rollback(mark)
					S.restore_counts(counts)
					return give(staged_if(c, then_rest(yes, rest), then_rest(no, rest)))
				end
				b = b or run_branch(leaves and then_rest(no, rest) or no, c, false)
				if not leaves and not goes_on(b) then
					leaving[at] = true
					core.rollback(mark)
					S.restore_counts(counts)
					return give(staged_if(c, then_rest(yes, rest), then_rest(no, rest)))
				end
			end
			if not lists_first(mark, counts, a, b) then
				local done = S.go_on(join_regions(c, a, b, start))
				if leaves then return give(done) end
				return after(rest, give(done))
			end
		end
	end
end

-- A completion that is passed on by a function which stays on the stack until then.
function P.pass(...) return ... end

-- The end of a function: its completion as ordinary results.
function P.done(...)
	local first = ...
	if first == nil then return end
	if first == RET then return select(2, ...) end
	local c = select(2, ...)
	if not c.may[RETURNED] then return end
	if c.may[NORMAL] and not (c.n == 0 and c.count == 0) then
		local left = { n = c.n, count = c.count, may = { [RETURNED] = true }, code = RETURNED }
		for i = 1, c.n do left[i] = c[i] end
		c = staged_if(core.equal(c.code, NORMAL), function() return RET end, function() return give(left) end)
	end
	return values_of(c)
end

-- Logic -------------------------------------------------------------------------------------------

-- What a value is, given that as a condition it is false (true): tensors and symbolic booleans stop `and` as false.
function S.falsy(a)
	if class(a) == "choice" then return (S.choose(a, function(x) return S.falsy(x) end)) end
	if a == nil then return nil end
	return false
end
function S.truthy(a)
	a = S.settle(a)
	if class(a) == "choice" then
		local yes, no = rawget(a, YES), rawget(a, NO)
		if not yes or not no then return S.truthy(yes or no) end -- nil and false it is not
		return (value_if(rawget(a, COND), function() return S.truthy(yes) end, function() return S.truthy(no) end))
	end
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

-- Are a and b, of which one is nil, equal (is = true), or are they not? Of a choice it may be the condition that says
-- so; the result is nil where nothing as simple does.
local function nil_test(a, b, is)
	if a == nil then a = b end
	local v = S.settle(a)
	if class(v) ~= "choice" then return (v == nil) == is end
	local yes, no = rawget(v, YES), rawget(v, NO)
	for _, x in ipairs { yes or 0, no or 0 } do
		if class(x) == "choice" or class(x) == "poison" then return nil end
	end
	if (yes == nil) == (no == nil) then return (yes == nil) == is end
	local cond = rawget(v, COND)
	if (yes == nil) == is then return cond end
	return core.logic("not", cond)
end

function P.eq(a, b)
	if type(a) == "table" and type(b) == "table" and not rawequal(a, b) then
		readable(a)
		readable(b)
		local ia, ib = S.T.info[a], S.T.info[b]
		local h, fork
		if ia and ib then h, fork = S.binary_handler("__eq", a, b) end
		if fork then return (S.fork(fork, P.eq, a, b)) end
		if h then return S.answer(S.callable(h)(a, b)) end
		local one = S.compare_shared(a, b)
		if one ~= nil then return one end
	end
	if class(a) == "poison" or class(b) == "poison" then S.read_poison(a, b) end
	if a == nil or b == nil then
		local is = nil_test(a, b, true)
		if is ~= nil then return is end
	end
	if class(a) == "choice" then return (S.choose(a, function(x) return (P.eq(x, b)) end)) end
	if class(b) == "choice" then return (S.choose(b, function(x) return (P.eq(a, x)) end)) end
	if class(a) == "text" or class(b) == "text" then return S.compare_texts("eq", a, b) end
	if class(a) == "object" or class(b) == "object" then return S.same_object(a, b) end
	return core.equal(a, b)
end

function P.truth(v) return (condition(v)) end

-- What Lua makes of the result of a metamethod that compares: a boolean, of a tensor true.
function S.answer(v)
	v = S.settle(v)
	local c = class(v)
	if c == "traced" or c == "eager" then return true end
	if c == "choice" then return (S.choose(v, S.answer)) end
	return (condition(v))
end

local function has_elements(a, b) return kind(a) == "traced" and (kind(b) == "traced" or S.type_name(b) == "number") end

function P.ne(a, b)
	if a == nil or b == nil then
		local isnt = nil_test(readable(a), readable(b), false)
		if isnt ~= nil then return isnt end
	end
	if class(a) == "choice" then return (S.choose(a, function(x) return (P.ne(x, b)) end)) end
	if class(b) == "choice" then return (S.choose(b, function(x) return (P.ne(a, x)) end)) end
	if has_elements(a, b) or has_elements(b, a) then return S.ms.ne(a, b) end
	return P.not_(P.eq(a, b))
end

function P.pack(...)
	local t = pack(...)
	if S.is_counted(t[t.n]) then S.read_poison(t[t.n]) end
	return t
end
function P.unpack(t) return unpack(t, 1, t.n) end

-- What the loops of loops.lua use.
S.flow = {
	entering = entering, completion = completion, without = without, give = give, after = after, why_not = why_not,
	staged_if = staged_if,
	label_code = label_code, run_branch = run_branch, join_regions = join_regions, values_of = values_of,
	RAISED = RAISED, MIX = MIX, NORMAL = NORMAL, BROKE = BROKE, CONTINUED = CONTINUED, RETURNED = RETURNED,
}
