-- Recursion under conditions that only the run knows.
--
-- A function that is entered again in a region of the graph which was opened since it was entered before would be
-- unrolled without end. Then the trace starts again with that function marked (T.recursive), and a call of it is traced
-- as a function of the graph: its body once, calls of itself as calls of the graph's. As with loops, rounds find out
-- what differs from call to call: arguments, and variables, fields and storages that are written. Round 1 takes none
-- to differ; what turns out to is a parameter, and what is written also a result, in the next round. The values of a
-- call are not known before a path has returned: until then it leads nowhere, and its path is dead in that round.
-- What never differs, but is symbolic, the body uses as it is; the graph makes parameters of that.
local _, core = ...
local S, _ENV = core.S, core.env
local flow = S.flow
local carried, record = S.carried, S.record
local widen, assemble, take_apart, likes_of = carried.widen, carried.assemble, carried.take_apart, carried.likes_of
local RAISED, RETURNED = flow.RAISED, flow.RETURNED
local CODE, ERROR, COUNT = -2, -1, 0 -- as numbers of results: how a call completes, what it raises, how many it gives
local same, class, BOTTOM, RET = core.same, S.class, S.BOTTOM, S.P.RET
local unpack, select, error, debug, rawget, type = table.unpack, select, error, debug, rawget, type

local function virtual(name, value) return { virtual = true, name = name, value = value } end

-- The frame of the body of a graph's function: what calls it, further up the stack, is not always the same.
local function run_body(f, ...) return RET, f(...) end
S.function_frame = run_body

local function is_plain(v)
	local c = class(v)
	return not S.is_symbolic(v) and c ~= "choice" and c ~= "text" and c ~= "object" and c ~= "poison"
end

-- What can't be traced may be unrolled where the numbers are plain that decide how deep it goes: the conditions here,
-- or those under which the function was seen to call itself.
local function try_plain(form)
	S.make_plain(S.open_conditions())
	local plain = {}
	for id in next, S.T.object.deciding[form] or {} do plain[#plain + 1] = id end
	if #plain > 0 then S.signal { kind = "restart", plain = plain } end
end

S.try_plain = try_plain

-- What differs -------------------------------------------------------------------------------------

-- What is known of the tensors that a location may hold after a call, from all places that leave one there.
local function join_notes(a, b)
	if not a then return b end
	for _, part in ipairs { "roots", "known" } do
		for _, root in ipairs(b[part]) do a[part][#a[part] + 1] = root end
	end
	for root in next, b.near do a.near[root] = true end
	a.vague, a.loose, a.loose_before = a.vague or b.vague, a.loose or b.loose, a.loose_before or b.loose_before
	return a
end

-- "table" or "function" when v may be one that a call has made.
local function made_inside(fn, v)
	local c = class(v)
	if c == "choice" then return made_inside(fn, rawget(v, S.YES)) or made_inside(fn, rawget(v, S.NO)) end
	local age = c == "table" and S.T.info[v].age or c == "function" and S.T.made[v] and S.T.made[v][3]
	return age and age > fn.start and c
end

-- A call, or a variable while a call runs, gets a copy of a table that its caller goes on having: then no one may write
-- to it (records.lua). False when there is a function in it, which no two places may have.
local function give_away(fn, v, seen)
	local c, made = class(v), made_inside(fn, v)
	if not made then return true end
	if c == "choice" then return give_away(fn, rawget(v, S.YES), seen) and give_away(fn, rawget(v, S.NO), seen) end
	if made == "function" or S.T.inplace then return false end
	seen = seen or {}
	if seen[v] then return true end
	seen[v] = true
	local info = S.T.info[v]
	info.shared = info.shared or fn.form
	for _, x in next, info.data do
		if not give_away(fn, x, seen) then return false end
	end
	return true
end

-- What calls can't hand on. how: "is given" or "returns"; at: the place, when the trace is elsewhere
local function refuse_made(fn, made, how, at)
	try_plain(fn.form)
	S.unsupported(("a %s made in a recursive function, which %s it"):format(made, how), at)
end

local function check_tensor(fn, v, how, at)
	if not S.T.inplace or class(v) ~= "traced" then return end
	try_plain(fn.form)
	S.unsupported(("a tensor that a recursive function %s, in a staged function with in-place ops"):format(how), at)
end

-- The location held `old` where the function begins and has `new` where it is called again, or ends.
local function carry(fn, loc, old, new)
	local k = S.loc_key(loc)
	local c = fn.index[k]
	if not c then
		if loc.info and type(loc.key) ~= "string" and not S.note_growth(fn.growth, loc.info, fn.round, new) then
			try_plain(fn.form)
			S.unsupported("a table that grows with every call of a recursive function")
		end
		c = carried.new(loc, old, fn.first, fn.start)
		fn.index[k] = c
		fn.carried[#fn.carried + 1] = c
		fn.news = true
	end
	c.new = new
	fn.fresh[#fn.fresh + 1] = new
	fn.causes.grows, fn.causes.place = "a table made in a recursive function, which hands it on", nil
	if not c.poison and not give_away(fn, new) then
		c.poison, fn.news = S.poison(S.loc_name(loc), flow.why_not(old, new), { fn.causes }), true
	elseif widen(c, fn.start, fn.causes) then
		fn.news = true
	end
	record.note(c, new, fn.first, join_notes)
	record.share({ c }, fn.form)
	return c
end

-- Notes what differs, of what has been touched, from what it was where the function begins.
local function carry_state(fn)
	local region = fn.region
	for i = 1, #region.cells do
		local cell = region.cells[i]
		local old, new = region.snap[cell], S.loc_get(cell)
		if old == S.NIL then old = nil end
		if fn.index[cell] or not same(old, new) then carry(fn, cell, old, new) end
	end
	for i = 1, #region.fields do
		local field = region.fields[i]
		local info, new = field.info, S.loc_get(field)
		if rawequal(field.key, S.LIST) and field.old == nil and new ~= nil and not fn.lists[info] then
			local list = { info = info, like = new, codes = info.codes }
			fn.lists[#fn.lists + 1], fn.lists[info] = list, list
		end
	end
	if #fn.lists > 0 then fn.news = true end
	for i = 1, #region.fields do
		local field = region.fields[i]
		local new = S.loc_get(field)
		if fn.lists[field.info] and S.is_of_list(field) then goto next end -- it becomes one
		if field.info.storage and field.old == nil then
			if new ~= nil then
				fn.written[#fn.written + 1] = field.info
				fn.news = true
			end
		elseif fn.index[S.loc_key(field)] or not same(field.old, new) then
			carry(fn, field, field.old, new)
		end
		::next::
	end
end

-- Of a result (nil: it is met for the first time): v is returned. A plain value, until there is another, is no result
-- of the graph's function.
local function carry_result(fn, c, name, v)
	local made = made_inside(fn, v)
	check_tensor(fn, v, "returns", fn.place)
	if made and S.T.inplace then refuse_made(fn, made, "returns", fn.place) end
	if not c then
		c = carried.new(virtual(name), BOTTOM, fn.first, fn.start)
		c.constant = is_plain(v) and not made
		c.value = c.constant and v or nil
		fn.news = true
	end
	if c.constant and same(c.value, v) then return c end
	if c.constant then
		c.constant, c.old, c.value, fn.news = false, c.value, nil, true
	end
	c.new = v
	fn.fresh[#fn.fresh + 1] = v
	fn.causes.grows, fn.causes.place = "a table made in a recursive function, which returns it", fn.place
	if widen(c, fn.start, fn.causes) then fn.news = true end
	if c.poison and made then refuse_made(fn, made, "returns", fn.place) end
	record.note(c, v, fn.first)
	return c
end

-- The graph form ----------------------------------------------------------------------------------------

local function append_likes(c, list)
	if c.poison or c.constant then return end
	for _, like in ipairs(likes_of(c)) do list[#list + 1] = like end
end

local function freeze(list)
	for i = 1, #list do list[i] = S.frozen(list[i]) end
	return list
end

-- Parameters take the places of what differs.
local function set_params(fn)
	for _, c in ipairs(fn.carried) do
		local likes, n = likes_of(c), 0
		c.value = assemble(c, function()
			n = n + 1
			local h = core.param(likes[n])
			S.T.origin[core.ref_of(h)] = { fn.causes, c.old }
			return h
		end)
		S.loc_set(c.loc, c.value)
	end
	S.relate_carried(record.all(fn.carried), fn.first)
end

-- f(i, c) for each result.
local function each_result(fn, f)
	for i = CODE, #fn.results do
		if fn.results[i] then f(i, fn.results[i]) end
	end
end

-- What the function gives back, at its end.
local function collect(fn, done)
	local list, places = {}, {}
	each_result(fn, function(i, c)
		if c.constant then return end
		if record.look(c, done[i], places) then fn.news = true end
		take_apart(c, done[i], list)
	end)
	for _, c in ipairs(fn.carried) do
		if not c.argument then take_apart(c, S.loc_get(c.loc), list) end
	end
	return freeze(list)
end

-- A call of the function with these arguments; its results. Where it never comes back nothing follows.
local function emit_call(fn, args)
	local operands, likes = {}, {}
	for _, c in ipairs(fn.carried) do
		if c.argument then take_apart(c, args[c.argument], operands)
		else take_apart(c, S.loc_get(c.loc), operands)
		end
	end
	freeze(operands)
	if not fn.returns then
		core.call_function(fn.number, operands, {})
		error(S.DEAD, 0)
	end
	each_result(fn, function(_, c) append_likes(c, likes) end)
	for _, c in ipairs(fn.carried) do
		if not c.argument then append_likes(c, likes) end
	end
	local values, n, related = core.call_function(fn.number, operands, likes), 0, {}
	local function next_value()
		n = n + 1
		return values[n]
	end
	local function value_of(c)
		if c.constant then return c.value end
		local own = carried.new(c.loc, c.old, c.first, c.start)
		own.alts, own.texts, own.poison, own.left = c.alts, c.texts, c.poison, c.left
		for _, part in ipairs(record.all { own }) do part.handles = nil end -- those of another call live on
		local v = assemble(own, next_value)
		related[#related + 1] = own
		return v
	end
	if fn.may[RAISED] and not S.caught() then
		try_plain(fn.form)
		S.unsupported("a recursive call that may raise an error, in the condition of a loop inside of a 'pcall'")
	end
	local done = { n = #fn.results, may = fn.may }
	each_result(fn, function(i, c) done[i] = value_of(c) end)
	done.count, done.code, done.raised = done[COUNT] or 0, done[CODE] or RETURNED, done[ERROR]
	for _, c in ipairs(fn.carried) do
		if not c.argument then S.loc_set(c.loc, value_of(c)) end
	end
	S.relate_carried(record.all(related), fn.first)
	return flow.values_of(S.go_on(done))
end

-- Calls ----------------------------------------------------------------------------------------------------

-- A call of the function inside of itself.
local function call_again(fn, ...)
	local T = S.T
	if T.co ~= fn.co then
		try_plain(fn.form)
		S.unsupported("a recursive call inside of a coroutine")
	end
	if #T.pending ~= fn.pending then
		try_plain(fn.form)
		S.unsupported("a recursive call inside of a block with a <close> variable")
	end
	if T.pcall ~= fn.pcall then
		-- errors of the function are met by the pcall of each call: it is traced as one that there is a pcall around
		local plain = T.catch == S.plain_catch and #T.pending == 0
		if plain and not fn.pcall then S.signal { kind = "restart", shielded = fn.form } end
		if not plain or fn.catch ~= S.plain_catch then
			try_plain(fn.form)
			S.unsupported("a recursive call inside of an 'xpcall', or of a 'pcall' that is")
		end
	end
	S.flush()
	if fn.vararg and select("#", ...) ~= fn.n then
		try_plain(fn.form)
		S.unsupported("a recursive call with another number of arguments")
	end
	local args = {}
	for i = 1, fn.n do
		local v = S.settle((select(i, ...)))
		local loc = fn.args[i]
		args[i] = v
		if fn.index[loc] or not same(v, loc.first) then
			local made = made_inside(fn, v)
			check_tensor(fn, v, "is given")
			local c = carry(fn, loc, loc.first, v)
			if made and c.poison then refuse_made(fn, made, "is given") end
			c.argument = i
		end
	end
	carry_state(fn)
	return emit_call(fn, args)
end

-- A round: the region of the function's body.
local function trace_body(fn, staged)
	local T = S.T
	T.functions[#T.functions + 1] = fn
	local r = S.run_region("function", function()
		fn.region, fn.number = T.region, T.region.number
		T.parted_at[fn.form] = T.parted
		set_params(fn)
		S.note(staged)
		local args = {}
		for i, loc in ipairs(fn.args) do args[i] = loc.value end
		local done = S.contained(function() return run_body(staged, unpack(args, 1, fn.n)) end)
		done[CODE], done[ERROR], done[COUNT] = done.code, done.raised, done.count
		local function result(i, name) fn.results[i] = carry_result(fn, fn.results[i], name, done[i]) end
		for code in next, done.may do fn.may[code] = true end
		if fn.may[RAISED] then result(CODE, "?") end
		if done.may[RAISED] then result(ERROR, "the error") end
		if done.n > #fn.results and not S.note_growth(fn.growth, "results", fn.round) then
			try_plain(fn.form)
			S.unsupported("a recursive function that returns more values with every call", fn.place)
		end
		for i = COUNT, done.may[RETURNED] and math.max(done.n, #fn.results) or -1 do result(i, "result " .. i) end
		if not fn.returns then fn.returns, fn.news = true, true end
		carry_state(fn)
		fn.yields = collect(fn, done)
	end)
	T.functions[#T.functions] = nil
	return r
end

-- A call from outside of the function: its body is traced until nothing new turns up.
local function call_first(staged, form, ...)
	S.flush()
	local T = S.T
	local info = debug.getinfo(staged, "uS")
	local fn = {
		staged = staged, form = form, start = T.clock, first = core.handles(),
		carried = {}, index = {}, results = {}, may = {}, growth = {}, args = {}, causes = { paths = {} },
		vararg = info.isvararg, n = info.isvararg and select("#", ...) or info.nparams,
		pcall = T.pcall, catch = T.catch, pending = #T.pending, co = T.co, written = {}, lists = {},
		place = ("%s:%d: "):format(info.short_src, info.linedefined),
	}
	for i = 1, fn.n do
		local name = i <= info.nparams and debug.getlocal(staged, i) or "?"
		fn.args[i] = virtual(name, S.settle((select(i, ...))))
		fn.args[i].first = fn.args[i].value
	end
	for id in next, T.object.deciding[form] or {} do fn.causes.paths[id] = true end
	local keeps, r = 0
	fn.round = 0
	repeat
		local size = 0
		fn.news, fn.fresh, fn.round = false, {}, fn.round + 1
		for _, c in ipairs(fn.carried) do size = size + 3 + c.changes end
		each_result(fn, function(_, c) size = size + 3 + c.changes end)
		for _, c in ipairs(record.all(fn.results, record.all(fn.carried))) do c.misfit = false end
		if fn.round > size + keeps + 10 then S.internal("what calls of a recursive function differ in does not settle") end
		local mark, counts = core.mark(), S.save_counts()
		r = trace_body(fn, staged)
		local kept = S.kept_since(counts, fn.start)
		if #kept > 0 then keeps, fn.news = keeps + 1, true end
		if fn.news then
			for id in next, S.paths_of(fn.fresh) do fn.causes.paths[id] = true end
			local grown = S.find_grown(fn.carried, fn.growth) -- while there are the values that this round found
			core.rollback(mark)
			S.restore_counts(counts)
			S.keep(kept)
			for _, storage in ipairs(fn.written) do S.touch(storage) end
			S.begin_lists(fn.lists)
			S.begin_grown(grown)
			S.drop_elements(fn.carried, fn.index)
			fn.written, fn.lists = {}, {}
		end
	until not fn.news
	for _, c in ipairs(record.all(fn.results, record.all(fn.carried))) do
		if c.misfit then S.internal("a recursive function does not carry what '" .. S.loc_name(c.loc) .. "' may be") end
	end
	if not r.dead then core.function_yields(r.id, fn.yields) end
	S.noted("call", "a function of the graph, which calls itself")
	S.forget_storages(fn.first, core.handles())
	local args = {}
	for i, loc in ipairs(fn.args) do args[i] = loc.first end
	return emit_call(fn, args)
end

-- Values that the trace knows: a call that is given no others is unrolled as long as that works.
local function all_plain(...)
	for i = 1, select("#", ...) do
		if not is_plain((select(i, ...))) then return false end
	end
	return true
end

-- Does the form run already, and does the run decide between that call and this one whether control gets here? So it is
-- when a region was opened since; and when there was one of whose paths one has raised an error, which is taken for
-- what ends a recursion only when that goes on and on. The second result says so. Where that guess can't be traced, the
-- recursion is unrolled after all, and if that does not end either, why is what is said.
local MOST_PARTED, MOST_UNROLLED = 100, 2000
local function entered_again(T, form)
	local depth, parted = T.entered[form], T.parted_at[form]
	if not depth or depth > T.depth then T.entered[form] = T.depth end
	T.parted_at[form] = T.parted
	if not depth or depth >= T.depth and parted == T.parted then return false end
	local opened = S.runs_outside(form, 4)
	if opened or opened == nil or parted == T.parted then return opened or false end
	local mark = T.recursive[form]
	T.met_again[form] = (T.met_again[form] or 0) + 1
	if mark == 0 and T.met_again[form] > MOST_UNROLLED then error(T.object.wrong_guess, 0) end
	return mark and mark > 0 or not mark and T.met_again[form] > MOST_PARTED, true
end

-- The function to be called for a staged form of a function.
function S.enter_again(staged, form)
	local T = S.T
	local again, guessed = entered_again(T, form)
	if (T.recursive[form] or 0) == 0 then
		if again then
			local deciding = S.paths_of(S.open_conditions())
			S.signal { kind = "restart", recursive = form, guessed = guessed, deciding = deciding }
		end
		return S.note(staged)
	end
	local fn, of_form
	for i = #T.functions, 1, -1 do
		local open = T.functions[i]
		if open.staged == staged then
			fn = open
			break
		end
		of_form = of_form or open.form == form and open
	end
	if fn and not again then return S.note(staged) end
	if not fn and again and T.recursive[form] == 1 then S.signal { kind = "restart", recursive = form } end
	if not fn and of_form and again then
		try_plain(form)
		S.unsupported("a recursive call of a function that was made in a call of the same function")
	end
	local function enter(...)
		if fn then return call_again(fn, ...) end
		if T.recursive[form] == 1 and all_plain(...) then return S.note(staged)(...) end
		if T.object.shielded[form] and not T.pcall and #T.pending == 0 then
			return S.shielded(call_first, staged, form, ...)
		end
		return call_first(staged, form, ...)
	end
	T.form_of[enter] = form
	return enter
end
