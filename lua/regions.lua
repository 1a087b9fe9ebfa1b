-- Regions of a trace: what a branch or a loop's trip changes, its undoing, and the locations that joins set. Errors met
-- while tracing become raise nodes of their region; their words and stacks are those of the user's functions.
local _, core = ...
local S, _ENV = core.S, core.env
local same, kind = core.same, core.kind
local next, pcall, xpcall, error, type = next, pcall, xpcall, error, type
local NIL, META, LEN, place, get, put, template = S.NIL, S.META, S.LEN, S.place, S.get, S.put, S.template
local cells = S.cells
local cell_get, cell_set, snapshot, held, raw_put = cells.get, cells.set, cells.snapshot, cells.held, cells.raw_put

local function copy(t)
	local c = {}
	for k, v in next, t do c[k] = v end
	return c
end

local function leave(T, r)
	r.changes = {}
	for _, cell in ipairs(r.cells) do
		local old, new = r.snap[cell], cell_get(cell)
		if old == NIL then old = nil end
		if not same(old, new) then
			r.changes[#r.changes + 1] = { loc = cell, old = old, new = new }
			cell_set(cell, old)
		end
	end
	for _, field in ipairs(r.fields) do
		local info, key = field.info, field.key
		local new = held(info, key)
		if new == NIL then new = nil end
		if not same(field.old, new) then
			r.changes[#r.changes + 1] = { loc = field, old = field.old, new = new }
			raw_put(info, key, field.old)
			info.disturbed = true
			if key == META then S.set_events(info) end
		end
	end
	S.leave_pools(r)
	T.flushed = r.flushed
	T.region = r.parent
	-- what escaped in the region is written from now on when it changes; what was made in it is gone, unless a join has it
	for i = r.escapes + 1, #T.escapes do
		local escaped = T.escapes[i][1]
		if escaped.age > r.start then escaped.gone = true end
		if escaped.maker and T.flushed[escaped] == nil then
			local v = cell_get(escaped)
			T.flushed[escaped] = v == nil and NIL or v
		end
	end
end

-- An attempt is a stretch of the trace that may be undone: a region without one in the graph.
local function open_region(T, loop)
	local r = { start = T.clock, parent = T.region, loop = loop, first = core.handles(), snap = {}, noted = {}, cells = {},
		log = {}, fields = {}, flushed = copy(T.flushed), escapes = #T.escapes,
		pooled = #T.pooled }
	T.clock = T.clock + 1
	T.region = r
	return r
end

function S.begin_attempt()
	S.flush() -- what is due is none of it
	local T = S.T
	local mark, counts = core.mark(), S.save_counts()
	local r = open_region(T, false)
	r.mark, r.counts = mark, counts
	r.rests, r.known, r.depth = #T.rests, #T.known, T.depth
	return r
end

-- (A coroutine that has yielded in it goes on in the region of who resumed it.)
function S.keep_attempt(r)
	local T = S.T
	local inner = T.region -- perhaps rests (caught.lua) that are open in it
	if inner == r then T.region = r.parent end
	while inner and inner.parent ~= r do inner = inner.parent end
	if inner then inner.parent = r.parent end
end

-- Has what was there before the attempt been written in it?
function S.has_changed(r)
	for _, cell in ipairs(r.cells) do
		local old = r.snap[cell]
		if not same(old ~= NIL and old or nil, cell_get(cell)) then return true end
	end
	for _, field in ipairs(r.fields) do
		local new = held(field.info, field.key)
		if not same(field.old, new ~= NIL and new or nil) then return true end
	end
	return false
end

function S.undo_attempt(r)
	local T = S.T
	for i = #T.rests, r.rests + 1, -1 do T.rests[i] = nil end
	for i = #T.known, r.known + 1, -1 do T.known[i] = nil end
	T.depth = r.depth
	T.dirty_list, T.dirty = {}, {}
	leave(T, r)
	core.rollback(r.mark)
	S.restore_counts(r.counts)
end

-- What core.rollback does not undo: tables that escaped since, conditions met, places where lists were taken whole.
function S.save_counts() return { #S.T.escapes, #S.T.conditions, #S.T.sized } end

function S.restore_counts(counts)
	local list, conditions = S.T.escapes, S.T.conditions
	S.T.choice_lengths = {}
	S.forget_storages(core.handles())
	for i = #list, counts[1] + 1, -1 do
		local escaped = list[i][1]
		escaped.escaped, escaped.gone = list[i][2], nil
		if not escaped.escaped then S.T.flushed[escaped] = nil end -- of a variable
		list[i] = nil
	end
	for i = #conditions, counts[2] + 1, -1 do conditions[i] = nil end
	for i = #S.T.sized, counts[3] + 1, -1 do S.T.sized[i] = nil end
end

-- Stops a trace that grows without end.
local function too_large()
	if core.size() > S.node_limit then
		S.T.large = true
		S.stop(("the trace has grown past %d nodes: loops over plain values are unrolled, and what is done with a value of "
			.. "several kinds is traced for each; make the loop's bound a parameter, or do less in one staged call")
			:format(S.node_limit))
	end
	S.T.spent = true
	S.stop(("the trace has taken %d steps that were thrown away: loops and branches in one another are traced again for "
		.. "every kind of value that their variables may have; give them one kind on every path"):format(S.waste_limit))
end
function S.check_size()
	if S.T.budget then S.spend() end
	if core.size() > S.node_limit then too_large() end
end

-- A region of the graph, until leave_region. loop: it may run more than once; "function": it is one of the graph's.
local function enter_region(loop)
	S.flush()
	local T = S.T
	local r = open_region(T, loop)
	T.depth = T.depth + 1
	local wasted, size
	if loop == "function" then r.id, wasted, size, r.number = core.open_function()
	else r.id, wasted, size = core.open()
	end
	r.flushing = T.flushing -- a write of a choice runs regions of its own
	r.across = T.co and T.co.across
	r.spent = wasted > S.waste_limit + 8 * size or size > S.node_limit
	return r
end
S.enter_region = enter_region

-- Ends a region, whose outcome is ok, e as xpcall gives it: notes whether it is dead, and its changes, which are
-- undone.
local function leave_region(r, ok, e)
	local T = S.T
	if not ok then e = S.close_pending(e, r) end
	if ok then ok, e = pcall(S.flush) end
	if ok and (T.inplace or #T.escapes > 0) then r.frozen = S.frozen_at_end(r) end
	T.flushing = r.flushing
	if T.co then T.co.across = r.across end
	if not ok and S.is_signal(e) and e ~= S.DEAD then
		T.dirty_list, T.dirty = {}, {}
		leave(T, r)
		T.depth = T.depth - 1
		error(e, 0)
	end
	if not ok then
		if e ~= S.DEAD then S.raise_closed(e) end
		T.failed, T.met = nil, nil
		r.dead = true
		T.dirty_list, T.dirty = {}, {}
	end
	core.close(r.dead or false)
	r.last = core.handles()
	T.hidden[#T.hidden + 1] = r
	leave(T, r)
	T.depth = T.depth - 1
end
S.leave_region = leave_region

-- Runs fn(...) inside a new graph region. The record returned has its id, what fn returned (done), whether the
-- region is dead, and its changes, which are undone.
function S.run_region(loop, fn, ...)
	local r = enter_region(loop)
	local rests = #S.T.rests
	local ok, e = xpcall(r.spent and too_large or fn, S.failing, ...)
	if S.T.pcall then ok, e = S.rejoin(rests, ok, e) end
	r.done = e
	leave_region(r, ok, e)
	return r
end

-- The value of a location now, and a new one after a join (its writes were emitted inside the regions).
function S.loc_get(loc)
	if loc.f then return cell_get(loc) end
	if loc.virtual then return loc.value end
	return get(loc.info, loc.key)
end

function S.loc_set(loc, v)
	local T = S.T
	if loc.f then
		snapshot(T, loc, cell_get(loc))
		cell_set(loc, v)
		if loc.real or loc.escaped then T.flushed[loc] = v == nil and NIL or v end
	elseif loc.virtual then
		loc.value = v
	else
		if loc.key == LEN and type(v) == "table" then v = false end -- a number on some paths only: it hangs on the path
		loc.info.disturbed = true
		put(loc.info, loc.key, v, true)
		if loc.key == META then S.set_events(loc.info) end
	end
end

function S.loc_key(loc)
	if loc.f or loc.virtual then return loc end
	local T = S.T
	T.loc_keys[loc.info] = T.loc_keys[loc.info] or {}
	local keys = T.loc_keys[loc.info]
	keys[loc.key] = keys[loc.key] or {}
	return keys[loc.key]
end

function S.loc_name(loc)
	if loc.f then return loc.name end
	if loc.virtual then return loc.name end
	local from = loc.info.slot and S.read_name(S.T.guards, loc.info.slot) or "?"
	return loc.info.storage and from or S.field_name(from, loc.key)
end

-- An ordinary error: the run raises it here. Strings carry their position already.
function S.raise_value(e)
	S.flush()
	if type(e) == "string" then
		S.guard_events()
		core.raise_text { S.reword(e) }
	elseif S.is_text(e) then
		S.raise_pieces(e)
	elseif S.is_symbolic(e) and kind(e) ~= "traced" then
		S.raise_constant({ "operand" }, { e })
	elseif S.is_symbolic(e) and not S.slot_of(e) then
		S.unsupported("a tensor made in the staged call as an error value")
	else
		S.T.keeping = "the value of an error"
		S.raise_constant(template(e), {})
	end
end

-- The run raises what it builds from the template and the operands.
function S.raise_constant(t, operands)
	local T = S.T
	T.constants[#T.constants + 1] = t
	core.raise(#T.constants, operands)
end

-- Inside a body function Lua says "upvalue 'v'" where the user's text has a local.
function S.reword(message, at)
	-- an error of the library's own frames, as when the stack runs out: the place is the user's
	message = message:gsub("^%[moonstage%][^:]*:%d+: ", at or place)
	return (message:gsub("%(upvalue '([%a_][%w_]*)'%)", function(name)
		if S.is_upvalue(message, name) then return nil end
		return "(local '" .. name .. "')"
	end))
end

core.hooks {
	flush = function() if S.T then S.flush() end end,
	wrap = S.adopt,
	need = S.need,
	unsupported = S.unsupported,
	outer = function(tensor) return S.constant(tensor) end,
	host = function(...) return S.host_call(...) end,
	value = function(handle) return S.value(handle) end,
	writable = function(handle) S.writable(handle) end,
	store = function(handle, value) S.store(handle, value) end,
	view = function(...) S.note_view(...) end,
	stack = function() return S.calls() end,
	operand = function(...) return S.operand_name(...) end,
	exact = function(why) S.exact(why) end,
	divisor = function(...) S.check_divisor(...) end,
	integer = function(...) return S.to_integer(...) end,
}
