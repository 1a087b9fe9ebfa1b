-- ms.stage: a call finds an entry whose guards hold and runs its graph, or traces a new one. ms.grad and
-- ms.value_and_grad: eagerly over a tape, inside a trace over the graph's own nodes.
local ms, core = ...
local S, _ENV = core.S, core.env
local COND, YES, NO = S.COND, S.YES, S.NO
local class, kind, pack, unpack = S.class, core.kind, table.pack, table.unpack
local call, tape_active = core.call, core.tape_active
local attempt, results_of = core.attempt, core.results

local MOST_GRAPHS = 16
S.node_limit, S.level_limit, S.waste_limit = 200000, 30000, 250000

-- An object of ms.stage has no fields of the library's: stage object -> what is known of it.
local states = setmetatable({}, { __mode = "k" })
local kept, made = {}, 0 -- all stage objects when they are to be explained at the end; how many there were

-- Templates: how results are made of a run's outputs ---------------------------------------------------

-- The template of a result: {"out", k}, {"new", info, fields, meta} for a fresh table, or what S.template gives.
local result_template
function result_template(v, outs, seen)
	local c = class(v)
	if c == "traced" then
		if not seen[v] and (S.slot_of(v) or S.is_outer(v)) then
			seen[v] = S.tensor_template(v, function(at) return result_template(at, outs, seen) end)
		elseif not seen[v] then
			seen[v] = { "made", v, keeping = S.T.keeping }
			seen.tensors[#seen.tensors + 1] = seen[v]
		end
		return seen[v]
	elseif S.is_symbolic(v) then
		local known = seen[v]
		if not known then
			outs[#outs + 1] = v
			known = { "out", #outs }
			seen[v] = known
		end
		return known
	elseif c == "poison" then
		S.refuse_poison(v)
	elseif c == "choice" then
		if not seen[v] then
			seen[v] = { "choice", result_template(rawget(v, COND), outs, seen), result_template(rawget(v, YES), outs, seen),
				result_template(rawget(v, NO), outs, seen) }
		end
		return seen[v]
	elseif c == "text" then
		return { "text", S.text_parts(v, outs) }
	elseif c == "object" then
		outs[#outs + 1] = S.object_number(v)
		local pool = S.pool_of(v)
		if pool then return { "record", #outs, S.pool_template(pool, outs, seen) } end
		return { "node", #outs }
	elseif c == "table" then
		local info = S.T.info[v]
		if info.held then
			outs[#outs + 1] = info.held
			return { "held", #outs }
		end
		if not info.made or info.escaped or info.target then return S.template(v) end
		if seen[v] then return seen[v] end
		S.refuse_holes(info)
		S.keep_shared(info)
		local t = { "new", info, {}, nil }
		seen[v] = t
		if info.meta then t[4] = result_template(info.meta, outs, seen) end
		for k, x in next, info.data do
			local value = result_template(x, outs, seen)
			t[3][#t[3] + 1] = { result_template(k, outs, seen), value }
		end
		if info.elems ~= nil then
			outs[#outs + 1] = S.keep_list(info)
			t[5], t[6] = #outs, S.codes_template(info.codes, outs, seen)
		end
		return t
	end
	return S.template(v)
end

-- A tensor that shares the storage of another; one object for all uses of its handle in a run.
local build
local function build_tensor(t, run)
	local what, base, handle, at = t[1], t[2], t[3], t[4]
	local object = t[6] or handle
	local tensor = run.objects[object]
	if not tensor then
		if what == "view" then
			tensor = core.view(run.slots[base], handle, t[5], at and build(at, run))
		elseif what == "part" then
			tensor = core.view(run.outs[base], handle)
		else
			run.objects[base] = run.objects[base] or core.room(handle, base.numel, run.lengths)
			tensor = core.view(run.objects[base], handle, nil, nil, run.lengths)
		end
		run.objects[object] = tensor
	end
	return tensor
end

function build(t, run)
	local what = t[1]
	if what == "out" then return run.outs[t[2]] end
	if what == "plain" then return t[2] end
	if what == "node" then return run.nodes[run.outs[t[2]]] end
	if what == "held" then return run.held[run.outs[t[2]]] end
	if what == "record" then return S.value_of_code(t[3], run)(run.outs[t[2]]) end
	if what == "slot" then return run.slots[t[2]] end
	if what == "view" or what == "tensor" or what == "part" then return build_tensor(t, run) end
	if what == "text" then return S.text_from(t[2], run.outs, run) end
	if what == "function" then return S.build_function(t[2], run) end
	if what == "gradient" then
		run.objects[t] = run.objects[t] or t[2](build(t[3], run))
		return run.objects[t]
	end
	if what == "choice" then return build(build(t[2], run) and t[3] or t[4], run) end
	local object = run.objects[t[2]]
	if not object then
		local staged = t[2].staged -- what an object of ms.stage is made with
		object = staged and ms.stage(build(staged, run), { graphs = t[2].graphs }) or {}
		run.objects[t[2]] = object
		if what == "new" then
			for _, field in ipairs(t[3]) do rawset(object, build(field[1], run), build(field[2], run)) end
			if t[5] then S.set_elements(object, run.outs[t[5]], S.value_of_code(t[6], run)) end
			if t[4] then debug.setmetatable(object, build(t[4], run)) end
		end
	end
	return object
end

local function key_value(_, key, run)
	if S.is_tail(key) then return run.slots[key.border] + key.at end
	if rawequal(key, S.KEY) then return run.key end
	if type(key) == "table" or type(key) == "userdata" or type(key) == "function" then
		if run.entry.keys[key] then return build(run.entry.keys[key], run) end
	end
	return key
end

-- Makes the writes of a run real, in the order of the run.
local function apply(writes, run)
	local entry = run.entry
	for i = 1, #writes, 3 do
		local loc, constant = entry.locations[writes[i]], writes[i + 1]
		local v
		if constant then v = build(entry.constants[constant], run) else v = writes[i + 2] end
		if loc.of_key then
			run.key = v
		elseif loc.cell then
			local f, number = S.place_of_cell(loc.cell, run)
			core.setupvalue(f, number, v)
		else
			local info = loc.info
			if info.storage then
				local storage = run.slots[info.slot or 0] or run.objects[info]
				if storage then core.overwrite(storage, v) else run.objects[info] = v end
				goto continue
			end
			local t = info.made and build({ "object", info }, run) or run.slots[info.slot]
			if loc.key == S.META then debug.setmetatable(t, v)
			elseif loc.key == S.LIST then
				S.set_elements(t, v, S.value_of_code(info.codes and "text", run), run.slots[info.border])
			else rawset(t, key_value(info, loc.key, run), v) end
		end
		::continue::
	end
end

S.build, S.apply = build, apply

-- Tracing ------------------------------------------------------------------------------------------------

local function new_trace(object, ninputs, early, stable, exact)
	return {
		exact = exact, lengths = {}, nlengths = 0, length_values = {}, lengths_met = {},
		early = early, stable = stable, late = {}, refreshed = {}, hosted = false,
		object = object, ninputs = ninputs, inplace = object.inplace, apart = object.apart, marks = object.marks,
		no_lists = object.no_lists, sized = {}, found = {}, sizes = {},
		unroll = object.unroll, rolled = {},
		budget = object.budget, assumed = object.assumed, values = object.values, known_lengths = object.known_lengths,
		recursive = object.recursive, functions = {}, parted = 0, parted_at = {}, met_again = {},
		clock = 0, depth = 0, coroutines = {}, generators = {}, cell_list = {}, oldest = math.huge, region = nil,
		known = {}, rests = {}, pcall = nil, shelters = 0, catching = false, notes = {}, conditions = {}, jumps = {},
		pending = {}, leaving = {}, pools = {}, pooled = {}, choice_lengths = {}, info = {}, proxy = {}, handle = {},
		tensor_of = {}, slot_of = {},
		shared_cells = {},
		guards = {}, inputs = {}, input_id = {}, learned = {}, loops = {}, origin = {},
		cells = {}, cells_of = {}, shadow = {}, shadows = {}, variables = {}, flushed = {}, made = {}, kept = {},
		staged = {}, form_of = {}, forms_P = {},
		entered = {}, called = {}, tail_calls = setmetatable({}, { __mode = "k" }), body = {}, upvalue_names = {},
		dirty = {}, dirty_list = {}, escapes = {},
		locations = {}, location = {}, field_location = {}, constants = {}, loc_keys = {}, hosts = {},
		storage = {}, entry = {}, near = {}, vague = {}, loose = {}, hidden = {}, anonymous = {}, gradients = {},
		reachable = {}, reached = {}, scanned = {}, object_of = {}, object_in = {}, object_inputs = {}, object_reads = {},
		read_of = {}, joined = {}, listed = {}, identity = {}, key_of = {}, left_by = {}, tensor_keys = {}, outer = {},
		outer_list = {}, root_at = {},
	}
end

local function run_function(f, nargs, args)
	local T = S.T
	if core.odd_metatables() then S.unsupported("anything while nil, booleans, numbers or functions have a metatable") end
	S.begin_columns(T)
	local values = {}
	for i = 1, nargs do values[i] = S.outside(args[i], "arg", i) end
	-- an unmarked function comes as the last argument
	if not f then f, nargs = values[nargs], nargs - 1 end
	local results = pack(S.callable(f)(unpack(values, 1, nargs)))
	-- paths may return different numbers of values: then what comes last says how many
	local n, count = S.count_values(results, results.n)
	T.ended = T.object.name .. ": "
	for i = 1, n do
		T.keeping = "result " .. i
		S.keep_functions(results[i], {})
	end
	S.flush() -- which tensors are kept outside decides how results are given back
	local outs, seen, templates = {}, { tensors = {} }, { n = n }
	templates.count = n < results.n and result_template(count, outs, seen)
	for i = 1, n do
		T.keeping = "result " .. i
		templates[i] = result_template(results[i], outs, seen)
	end
	S.finish_tensors(seen.tensors, outs)
	S.flush()
	return { templates = templates, outs = outs, T = T }
end

-- The keys of locations that are values of the trace, as templates.
local function key_templates(T)
	local keys = T.tensor_keys
	T.keeping = "a key"
	for _, loc in ipairs(T.locations) do
		if loc.key and (T.info[loc.key] or S.slot_of(loc.key) or T.made[loc.key]) then keys[loc.key] = S.template(loc.key) end
	end
	return keys
end

-- The results as the executor can give them by itself: outputs once each, slots, plain values; else nil.
local function simple_results(templates)
	if not templates or templates.count then return nil end
	local given = {}
	for i = 1, templates.n do
		local what, number = templates[i][1], templates[i][2]
		if what ~= "out" and what ~= "slot" and what ~= "plain" or what == "out" and given[number] then return nil end
		if what == "out" then given[number] = true end
	end
	return templates
end

-- The entry of a trace that gave r, false when it always raises an error.
local function new_trace_entry(T, nargs, r)
	S.guard_cells(T)
	S.storage_guards()
	local table = {
		templates = r and r.templates, locations = T.locations, constants = T.constants, keys = key_templates(T),
		lists = T.lists, reads = T.guards, nargs = nargs, hosts = T.hosts, notes = T.notes, object_reads = T.object_reads,
		refuses = T.refuses, object_writes = T.object_writes, probe = T.probe,
	}
	S.watch(T)
	table.plan = core.finish(r and r.outs or nil)
	S.finish_objects(T, table.plan)
	local entry = core.entry(T.guards, nargs, table.plan, T.inputs, simple_results(table.templates), table)
	for number, n in next, T.found do core.found(entry, number, n) end
	S.forget_values(T)
	return entry
end

-- The signal of a trace that was stopped: it may start again in another way.
local function stopped(object, stop)
	local T = S.T
	local loops = S.loops_to_unroll(stop)
	if loops and stop.loops then return loops end
	if S.has_lengths() then return { kind = "restart", exact = stop.message, numbers = T.number_lengths } end
	stop.numbers = T.number_lengths
	if next(object.guessed) then return { kind = "restart", unguess = stop } end
	if loops then return loops end
	if T.lists then return { kind = "restart", lists = stop } end
	if #T.learned > 0 then return { kind = "restart", plain = T.learned } end
	return stop
end

-- The signal of a graph that may come to what it can't do when it has done what can't be undone, or nil.
local function late_refusal(T)
	local misfits = {}
	for i, constant in ipairs(T.constants) do
		if constant[1] == "misfit" or constant[1] == "size" then misfits[i] = true end
	end
	local may, constant, at, around = core.refusals(misfits, S.lasting_calls(T))
	T.refuses = may
	local misfit = constant and T.constants[constant]
	if misfit and misfit[1] == "size" then return { kind = "restart", no_sizes = true } end
	if misfit then
		local message = misfit[2]:gsub("can't be staged", "%0 after a call that can't be undone", 1)
		return misfit.again or { kind = "stop", message = message .. core.excerpt(message) }
	elseif at then
		local _, signal = pcall(function()
			S.unsupported(("what may fail inside of the 'pcall' (or <close> variable, or coroutine) of %s, after a call that "
				.. "can't be undone"):format(around), at .. ": ")
		end)
		return signal
	end
end

-- One attempt at a trace: an entry, or nil and the signal that ended it.
local function try_trace(object, ninputs, early, stable, numbers, exact, nargs, args)
	local T = new_trace(object, ninputs, early, stable, exact)
	S.T = T
	T.thread, T.main = coroutine.running()
	local _ <close> = setmetatable({}, { __close = function()
		object.wasted = core.abort()
		S.T = nil
	end })
	T.graph = core.begin(ninputs, object.wasted)
	if T.inplace then core.inplace() end
	S.begin_lengths(T, numbers)
	local ok, r = xpcall(run_function, S.failing, object.f, nargs, args)
	if #T.late > 0 then return nil, { kind = "restart", early = T.late } end
	if not ok and S.is_signal(r) and r ~= S.DEAD then
		if r.kind == "stop" then return nil, stopped(object, r) end
		r.numbers = T.number_lengths
		return nil, r
	end
	local dead = not ok
	if dead and r ~= S.DEAD then
		local known, e = pcall(S.raise_value, r)
		if not known and S.is_signal(e) then return nil, e.kind == "stop" and S.loops_to_unroll(e) or e end
		if not known then return nil, { kind = "stop", message = e } end
	end
	local other = core.check_lengths() or S.lengths_unmet(T)
	if other then return nil, { kind = "restart", exact = other, once = true } end
	if S.risky_objects(T) then return nil, { kind = "stop" } end -- and it starts again without
	local late = late_refusal(T)
	if late then return nil, late.kind == "stop" and stopped(object, late) or late end
	local good, entry = pcall(new_trace_entry, T, nargs, not dead and r)
	if good then return entry end
	if S.is_signal(entry) then return nil, entry.kind == "stop" and S.loops_to_unroll(entry) or entry end
	error(entry, 0)
end

-- What starting again changes: numbers that are plain, loops that are unrolled from then on.
function S.make_simpler(object, signal)
	for _, id in ipairs(signal.plain or {}) do object.marks[id] = false end
	-- what is plain now may decide how deep functions recurse
	if signal.plain then object.recursive, object.guessed, object.deciding = {}, {}, {} end
	if signal.loops then S.unroll(object, signal) end
	object.wide = object.wide or signal.wide
end

local function trace(object, nargs, args)
	local early, stable, numbers, exact = {}, {}, {}, nil
	local with_lists -- what stopped the trace in which tables became lists
	object.wasted = 0
	for _ = 1, 100 do
		local entry, signal = try_trace(object, object.inputs, early, stable, numbers, exact, nargs, args)
		if entry then
			if not object.budget then S.keep_objects(object) end
			object.misfit = nil
			return entry, exact
		end
		-- a special graph that needs more than the one before to be known is none for long
		local narrower = signal.plain or signal.exact and not object.may_be_exact
		if object.budget and (signal.kind ~= "restart" or narrower) then return nil end
		if signal.kind ~= "restart" and (S.roll_again(object, signal) or S.without_objects(object)) then goto again end
		if signal.kind ~= "restart" then
			local misfit = object.misfit
			signal = with_lists or misfit and { message = misfit .. core.excerpt(misfit), stack = signal.stack } or signal
			if with_lists or misfit then object.no_lists, object.misfit = nil, nil end
			local message = S.refusal(object, signal)
			core.failed(message, signal.stack)
			error(message, 0)
		end
		if signal.lists then with_lists, object.no_lists = signal.lists, true end
		if signal.inputs then object.inputs = signal.inputs end
		if signal.inplace then object.inplace = true end
		if signal.apart then object.apart = true end
		if signal.no_stores then object.no_stores = true end
		if signal.no_sizes then object.no_sizes = true end
		if signal.length then numbers[#numbers + 1] = signal.length end
		if signal.exact and signal.numbers and not signal.once then object.by_value = true
		elseif signal.exact then exact, object.exact = signal.exact, object.exact + (signal.once and 0 or 1) end
		S.make_simpler(object, signal)
		if signal.stable then stable[signal.stable] = true end
		for _, read in ipairs(signal.early or {}) do early[#early + 1] = read end
		if signal.recursive then
			object.recursive[signal.recursive] = (object.recursive[signal.recursive] or 0) + 1
			object.deciding[signal.recursive] = object.deciding[signal.recursive] or signal.deciding
			if signal.guessed then object.guessed[signal.recursive] = true end
		end
		if signal.shielded then object.shielded[signal.shielded] = true end
		if signal.unguess then
			for form in next, object.guessed do object.recursive[form] = 0 end
			object.guessed, object.wrong_guess = {}, signal.unguess
		end
		::again::
	end
	if object.budget then return nil end
	error(S.place() .. "staging does not settle: it was restarted 100 times", 0)
end
S.trace = trace

-- The Lua text of the staged form of a function.
local function code(f)
	local chunk, ordinal = core.find(f)
	if not chunk then error(S.place() .. "code: " .. (ordinal or "the function has no eager form"), 0) end
	local ok, form = pcall(S.form_of, chunk, ordinal)
	if not ok then error(S.is_signal(form) and form.message or form, 0) end
	return (form.text:gsub("^\n+", ""))
end

local function dump(object, entry, f)
	local what = core.option("dump")
	if what == "graph" then
		io.stdout:write("-- graph of ", object.name, "\n", core.graph_text(core.entry_table(entry).plan))
	elseif what == "code" then
		io.stdout:write("-- staged form of ", object.name, "\n", code(f), "\n")
	end
end

S.dump = dump

-- What differs from the graphs there are, the one used last first. Graphs that can never serve again are dropped, and a
-- number that was guarded by its value becomes an input of the next trace.
local function differences(object, ...)
	local list = {}
	for i = #object, 1, -1 do
		local entry = object[i]
		local fits, failed, value = core.match(entry, ...)
		local known = core.entry_table(entry)
		if core.stale(entry) then
			table.remove(object, i)
			if #object.dropped < object.graphs then table.insert(object.dropped, known.why) end
		elseif not fits then
			table.insert(list, 1, S.difference(entry, known.reads, failed, value))
			local read = known.reads[failed]
			local border = read and read.border
			if i == 1 then -- the one used last says what changed
				local learned = border and object.marks[border] ~= false
				if learned then S.note_border(object, border)
				else S.note_structure(object, known.reads, failed, value) end
			end
			if read and read[4] == "raw" and type(value) == "number" and read.number then
				if object.marks[read.number] == nil then object.marks[read.number] = true end
			end
		end
	end
	return list
end

-- A message whose position is that of a function outside: `beyond` says which, the caller being the first.
local function outside_message(t, operands, run)
	local at, where = 2, ""
	local function library(info) return info and info.source:sub(1, 11) == "=[moonstage" end
	while library(debug.getinfo(at, "S")) do at = at + 1 end
	at = at + 1 -- core.call
	while library(debug.getinfo(at, "S")) do at = at + 1 end
	local info = t[2] > 0 and debug.getinfo(at + t[2] - 1, "Sl")
	if info and info.currentline > 0 then where = ("%s:%d: "):format(info.short_src, info.currentline) end
	return where .. S.text_from(t[3], operands, run)
end

local SHOWN = 4
local function too_many(object, why)
	local reasons = { why }
	for i = 1, #object do
		local known = core.entry_table(object[i])
		if known.why[2] then reasons[#reasons + 1] = known.why end
	end
	local lines = {}
	for i = 1, math.min(SHOWN, #reasons) do lines[i] = ("\n\t%s: was %s, is %s"):format(unpack(reasons[i], 1, 3)) end
	error(("%sthe staged function of %s has %d graphs, its limit (ms.stage(f, { graphs = %d }) allows more); "
		.. "what changed, the last first:%s"):format(S.place(), object.name, #object, 2 * #object, table.concat(lines)), 0)
end

-- Puts a new graph, for these arguments, in front of the others.
local function new_entry(object, ...)
	if S.drop_unfit_special(object, ...) then return end
	local why = S.drop_unfit(object) or differences(object, ...)[1]
		or { object.count == 0 and "first call" or "nothing is left of the others" }
	if #object >= object.graphs then S.drop_special(object) end
	if #object >= object.graphs then
		if object.table then S.too_many_attempts(object, why) end
		too_many(object, why)
	end
	local entry, exact = trace(object, select("#", ...), { ... })
	object.count = object.count + 1
	local known = core.entry_table(entry)
	known.why, known.number, known.exact = why, object.count, exact
	table.insert(object, 1, entry)
	dump(object, entry, object.f or select(-1, ...))
end

-- What the executor leaves to Lua at the end of a run: writes become real, results are built, errors raised.
-- run: { entry =, slots =, objects =, lengths = }, which host calls of the run have seen already.
local function finish(run, outs, writes, message, number, operands, stack)
	local entry = run.entry
	run.outs = outs
	S.apply_log(run)
	if writes then apply(writes, run) end
	if not outs then
		if number > 0 then
			local value = entry.constants[number]
			if value[1] == "outside" then message = outside_message(value, operands, run)
			elseif value[1] == "operand" then message = operands[1]
			elseif value[1] == "misfit" then message = value[2]
			elseif value[1] == "size" then
				message = value[3] .. "can't stage a list taken whole whose length changes, after this many writes to objects"
			else message = build(value, run) end
		end
		core.failed(message, stack)
		error(message, 0)
	end
	local t = entry.templates
	if t.n == 1 and not t.count then return (build(t[1], run)) end
	local results, n = {}, t.count and build(t.count, run) or t.n
	for i = 1, n do results[i] = build(t[i], run) end
	return unpack(results, 1, n)
end

local function miss(object, ...)
	new_entry(object, ...)
	if object.try and not core.entry_table(object[1]).probe then S.check_attempt(object) end
end

core.hooks { miss = miss, finish = finish }

-- Stage objects -----------------------------------------------------------------------------------------------

local Stage = {}
Stage.__index = Stage
Stage.__name = "staged function"
function Stage.__call(object, ...)
	local state = states[object]
	if state.try then
		local done, v = attempt(state, ...)
		if done == true then return v end
		if done then return results_of(done) end
	end
	-- a gradient taken from outside records the function's own ops
	if not state.staged or tape_active() then return state.f(...) end
	return call(state, ...)
end

local function state_of(object, name)
	if states[object] then return states[object] end
	error(("%s%s: staged function expected, got %s"):format(S.place(), name, type(object)), 0)
end

function Stage:code() return code(state_of(self, "code").f) end

-- The text of the graph that a call with these arguments would run; it is traced if need be, not run.
function Stage:graph(...)
	local state = state_of(self, "graph")
	for _, entry in ipairs(state) do
		if core.match(entry, ...) then return core.graph_text(core.entry_table(entry).plan) end
	end
	core.with_room(new_entry, state, ...)
	return core.graph_text(core.entry_table(state[1]).plan)
end

-- What was traced and why.
function Stage:explain() return S.explain(state_of(self, "explain")) end

-- What is known of a staged function; nil when it is none.
function S.stage_state(real) return states[real] end

-- Of all staged functions that are alive, in the order they were made.
function S.stage_states()
	local list = {}
	for _, state in next, states do list[#list + 1] = state end
	table.sort(list, function(a, b) return a.number < b.number end)
	return list
end

function S.stage_target(real) return states[real] and states[real].f end

local function function_argument(f, name)
	if type(f) == "function" or states[f] then return f end
	error(("%s%s: function expected, got %s"):format(S.place(), name, type(f)), 0)
end

-- How many graphs the options of ms.stage allow.
local function graphs_allowed(options)
	if options == nil then return MOST_GRAPHS end
	if type(options) ~= "table" then error(S.place() .. "stage: options must be a table", 0) end
	local graphs = MOST_GRAPHS
	for k, v in next, options do
		if k ~= "graphs" then error(("%sstage: unknown option '%s'"):format(S.place(), tostring(k)), 0) end
		if math.type(v) ~= "integer" or v < 1 then error(S.place() .. "stage: graphs must be a positive integer", 0) end
		graphs = v
	end
	return graphs
end

-- What core.call needs to know of a function, and what its traces note in it; the array part is for the entries.
function S.new_state(f, name, graphs)
	return { f = f, name = name, count = 0, inputs = 64, dropped = {}, marks = {}, borders = {}, unroll = {}, fields = {},
		structures = {}, as_object = {}, recursive = {}, guessed = {}, deciding = {}, shielded = {},
		graphs = graphs or MOST_GRAPHS, lengths = {}, exact = 0, sizes = {}, untrue = {} }
end

-- ms.stage(f[, {graphs=16}]) -> callable: runs f through graphs when the context stages, else calls f.
function ms.stage(f, options)
	function_argument(f, "stage")
	if states[f] then return f end
	local info = debug.getinfo(f, "S")
	local state = S.new_state(f, ("%s:%d"):format(info.short_src, info.linedefined), graphs_allowed(options))
	made = made + 1
	local object = setmetatable({}, Stage)
	state.number, state.staged, state.try = made, core.option("mode") == "staged", core.option("mode") == "auto"
	states[object] = state
	if core.option("explain") == "on" then kept[made] = object end
	return object
end

-- A function of a trace, or an object that can be staged; f may be a proxy.
local function traced_function(f, name)
	local info = S.T.info[f]
	if type(f) == "function" or info and (info.target or states[info.real or 0]) then return f end
	error(("%s%s: function expected, got %s"):format(S.place(), name, S.type_name(f)), 0)
end

-- Inside a trace: a table of the trace, whose calls go to the function.
S.counterpart[ms.stage] = function(f, options)
	traced_function(f, "stage")
	if type(f) ~= "function" then return f end
	if S.T.info[options] then options = S.plain_table(options) end
	for _, v in next, type(options) == "table" and options or {} do
		if S.is_symbolic(v) then S.need(v, "an option of 'ms.stage'") end
	end
	local p = S.made {}
	local info = S.T.info[p]
	info.target, info.graphs, info.meta = f, graphs_allowed(options), S.constant(Stage)
	S.set_events(info)
	return p
end

-- Gradients ------------------------------------------------------------------------------------------------------

-- The conditions that decide which of its values a choice is.
local function conditions_of(v, list)
	if class(v) ~= "choice" then return list end
	list[#list + 1] = rawget(v, COND)
	return conditions_of(rawget(v, NO), conditions_of(rawget(v, YES), list))
end

-- Collects the tensors of a nested table in the order of sorted keys; get(t, k) reads, keys(t) lists.
local function leaves(value, where, walk, out, depth)
	local k = kind(value)
	if k == "eager" or k == "traced" then
		out[#out + 1] = value
		return { leaf = #out }
	end
	if S.T and (class(value) == "choice" or class(value) == "poison") then
		S.make_plain(conditions_of(S.readable(value), {}))
		S.unsupported("a gradient with respect to a variable that is another one on another path" .. S.kinds_of(value))
	end
	if type(value) ~= "table" then
		error(("%sgrad: %s is %s; only tensors and tables of them can be differentiated"):format(S.place(), where,
			value == nil and "nil" or "a " .. (S.T and S.type_name(value) or type(value))), 0)
	end
	if depth > 100 then error(S.place() .. "grad: the table of parameters is nested too deeply or contains itself", 0) end
	local shape = {}
	walk(value, function(key, v)
		shape[#shape + 1] = { key, leaves(v, where .. "." .. tostring(key), walk, out, depth + 1) }
	end)
	return shape
end

local function rebuild(shape, grads, make)
	if shape.leaf then return grads[shape.leaf] end
	local t = make()
	for _, field in ipairs(shape) do t[field[1]] = rebuild(field[2], grads, make) end
	return t
end

local function check_loss(loss, name)
	local k = kind(loss)
	if k == "eager" or k == "traced" then return end
	if S.T and class(loss) == "choice" then
		S.make_plain(conditions_of(loss, {}))
		S.unsupported("a gradient of what is another value on another path" .. S.kinds_of(loss))
	end
	error(("%s%s: the function must return a tensor of one number first, got %s"):format(S.place(), name,
		loss == nil and "nil" or S.T and S.type_name(loss) or type(loss)), 0)
end

local function walk_plain(t, f)
	for k, v in ms.pairs(t) do f(k, v) end
end

local function walk_traced(t, f)
	local step, s = S.counterpart[ms.pairs](t)
	local k, v = step(s)
	while k ~= nil do
		f(k, v)
		k, v = step(s)
	end
end

local function eager_gradient(name, f, first, wrt, ...)
	local tape <close> = core.tape_begin()
	local list = {}
	local shape = leaves(wrt, "argument 1", walk_plain, list, 0)
	for _, t in ipairs(list) do core.tape_watch(tape, t) end
	local results = pack(f(first, ...))
	check_loss(results[1], name)
	local grads = core.tape_gradient(tape, results[1], list)
	return rebuild(shape, grads, function() return {} end), results
end

local function traced_gradient(name, f, first, wrt, ...)
	local list = {}
	local shape = leaves(wrt, "argument 1", walk_traced, list, 0)
	for _, t in ipairs(list) do
		if t.dtype ~= "f32" and t.dtype ~= "f64" then
			error(("%sonly float tensors have gradients, not %s"):format(S.place(), core.spec(t)), 0)
		end
	end
	-- the gradient sums over the nodes as eager ops would be recorded: one each
	local sharing = core.share_nodes(false)
	local from = core.nodes()
	local nodes, stop = S.begin_gradient(list, from)
	local _ <close> = setmetatable({}, { __close = function()
		stop()
		core.share_nodes(sharing)
	end })
	local T = S.T
	local met = #T.conditions
	local results = pack(S.callable(S.stage_target(f) or f)(first, ...))
	check_loss(results[1], name)
	local known, grads = pcall(core.backward, from, results[1], nodes)
	if not known then
		if S.is_signal(grads) and grads.exact then error(grads, 0) end
		-- conditions and loops that numbers from outside decide can be plain
		for i = met + 1, #T.conditions do S.make_plain { T.conditions[i] } end
		error(grads, 0)
	end
	return rebuild(shape, grads, function() return S.made({}) end), results
end

local function with_gradient(name, f, give)
	function_argument(f, name)
	-- in C, so that `return ms.grad(f)(x)` keeps the frame that errors name
	local g = core.closure(function(first, ...)
		local grads, results = eager_gradient(name, f, first, first, ...)
		return give(grads, results)
	end)
	S.counterpart_of_closure(g, function(first, ...)
		local grads, results = traced_gradient(name, f, first, first, ...)
		return give(grads, results)
	end)
	return g
end

local closures = setmetatable({}, { __mode = "k" })
setmetatable(S.counterpart, { __index = closures })
function S.counterpart_of_closure(g, h) closures[g] = h end

-- ms.grad(f) -> function: the gradients of f's first result with respect to the tensors of its first argument
-- (a tensor, or a table of tensors nested at will: the same structure comes back), then f's results.
function ms.grad(f)
	return with_gradient("grad", f, function(grads, results) return grads, unpack(results, 1, results.n) end)
end

-- ms.value_and_grad(f) -> function: f's first result, the gradients, then f's other results.
function ms.value_and_grad(f)
	return with_gradient("value_and_grad", f, function(grads, results)
		return results[1], grads, unpack(results, 2, results.n)
	end)
end

for _, name in ipairs { "grad", "value_and_grad" } do
	local original = ms[name]
	S.counterpart[original] = function(f)
		traced_function(f, name)
		local function g() S.internal("a gradient's own function was called") end -- its counterpart is
		closures[g] = function(first, ...)
			local grads, results = traced_gradient(name, f, first, first, ...)
			if name == "grad" then return grads, unpack(results, 1, results.n) end
			return results[1], grads, unpack(results, 2, results.n)
		end
		S.T.made[g] = { false, 0, gradient = { original, f } }
		return g
	end
end
