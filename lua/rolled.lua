-- Loops over plain values: they run in place, trip by trip, which unrolls them in the graph; one that goes on making
-- nodes is rolled, that is undone and made a loop of the graph. Rolling is only an optimisation: where it fails, or a
-- later use needs a plain value, the trace starts again with that loop unrolled. ms.unroll and ms.loop in the header of
-- a loop say what it is to be.
--
-- A loop has a record while it is traced: name (its place), line, how ("loop", "unroll": by its header), rolled (its
-- name, when it can be unrolled instead), plain (it was plain before), trips (how many, if known), cond, certain (a
-- trip is), peelable.
local ms, core = ...
local S, _ENV = core.S, core.env
local flow, P = S.flow, S.P
local completion, give, after, absorb = flow.completion, flow.give, flow.after, flow.absorb
local pack, unpack, select, next, rawget = table.pack, table.unpack, select, next, rawget
local alternative = S.carried.alternative
local MIX, TURN, PEEL = flow.MIX, flow.TURN, flow.PEEL
local BRK, CONT, RET, GOTO = P.BRK, P.CONT, P.RET, P.GOTO
local BROKE, CONTINUED = flow.BROKE, flow.CONTINUED

local LOOKED_AT = 3 -- trips, of those that a numeric for is known to have
local MOST_PEELED = 2 -- trips before a rolled loop, after which its variables have one kind
local FEW = 256 -- trips: a loop with a symbolic way out that can't be staged is unrolled up to so many
local MOST_FAILED = 16 -- restarts of one staged function, from which on only long loops are rolled

-- What a header says ------------------------------------------------------------------------------------

-- ms.loop(...) -> ...: in the header of a loop, that it is to be a loop of the graph, also if it is short.
function ms.loop(...) return ... end

-- ms.unroll(...) -> ...: in the header of a loop, that it is to be unrolled; numbers are made plain for that.
function ms.unroll(...) return ... end

local function mark(how)
	local file, line = core.where()
	S.T.mark = { how = how, file = file, line = line }
end

S.counterpart[ms.loop] = function(...)
	mark "loop"
	return ...
end

S.counterpart[ms.unroll] = function(...)
	mark "unroll"
	for i = 1, select("#", ...) do
		local v = select(i, ...)
		local c = S.class(v)
		if S.is_symbolic(v) or c == "choice" or c == "poison" or c == "text" then S.need(v, "an argument of 'ms.unroll'") end
	end
	return ...
end

function S.new_loop(like)
	if like then return { name = like.name, line = like.line, how = like.how, shelters = S.T.shelters } end
	return { name = S.place(), line = select(2, core.where()), shelters = S.T.shelters }
end

-- Notes what the header says, whose lines are those of the function f; header: they end where f begins.
function S.look_at_mark(loop, f, header)
	local said = S.T.mark
	if not said then return end
	local info = debug.getinfo(f, "S")
	local from, to = info.linedefined, info.lastlinedefined
	if header then from, to = loop.line, from end
	if said.file == info.short_src and said.line >= from and said.line <= to then loop.how, S.T.mark = said.how, nil end
end

-- What becomes of loops ---------------------------------------------------------------------------------

function S.unrolls(loop)
	return loop.how == "unroll" or loop.how ~= "loop" and S.T.unroll[loop.name]
end

-- An error caught in a loop of the graph may be one that only the run finds, which stops it.
local function sheltered(loop)
	local T = S.T
	return T.pcall or #T.pending > 0 or T.shelters ~= loop.shelters
end

local function rolls(loop, trips, made)
	local T = S.T
	if loop.how == "loop" then return true end
	local enough = T.object.roll or core.option "roll"
	return made >= trips and (trips >= enough or trips >= LOOKED_AT and loop.trips and loop.trips >= enough)
		and not S.unrolls(loop) and #T.gradients == 0 and not (T.object.rolls_few and (loop.trips or 0) <= FEW)
		and not sheltered(loop)
end

-- Why a loop of so many trips was unrolled, if there is more to say.
local function why_unrolled(loop, trips)
	local T = S.T
	if loop.how == "unroll" then return "by ms.unroll" end
	if T.unroll[loop.name] then return T.unroll[loop.name] end
	if trips < core.option "roll" then return nil end
	if #T.gradients > 0 then return "a gradient goes through it" end
	if sheltered(loop) then return "errors in it may be caught" end
	if T.object.rolls_few then return "too many loops could not be rolled" end
end

local function note_trips(loop, trips) S.note_trips(trips, why_unrolled(loop, trips)) end

-- Of the loops that are open, the innermost that can be unrolled, as a set.
function S.open_rolled()
	local T = S.T
	for i = T and not T.spent and #T.loops or 0, 1, -1 do
		local loop = T.loops[i]
		if loop.rolled and (loop.plain or loop.trips <= FEW) then return { [loop.rolled] = true } end
	end
end

-- The signal to start again without the loops that may have stopped staging; nil when there are none.
function S.loops_to_unroll(stop)
	local T = S.T
	local names = stop.loops or next(T.rolled) and T.rolled
	if not names or T.large then return nil end
	local loops = {}
	local why = stop.why or stop.message:match "^[^\n]*"
	for name in next, names do loops[name] = why:match "^(.-);" or why end
	return { kind = "restart", loops = loops }
end

function S.unroll(object, signal)
	for name, why in next, signal.loops do
		object.unroll[name] = object.unroll[name] or why
		object.unrolled = object.unrolled or ("; the loop at %s can't be rolled: %s"):format(name:match "^(.-):? ?$", why)
	end
	for name in next, signal.soft and signal.loops or {} do
		object.soft = object.soft or {}
		object.soft[name] = true
	end
	object.failed = (object.failed or 0) + 1
	if object.failed == MOST_FAILED then object.rolls_few = true end
end

-- A trace was stopped for its size: can it be tried again with loops rolled, of which a run may find something wrong?
function S.roll_again(object, stop)
	local soft = S.is_signal(stop) and stop.large and object.soft
	if not soft then return false end
	object.firm, object.soft, object.unrolled = object.firm or {}, nil, nil
	for name in next, soft do object.unroll[name], object.firm[name] = nil, true end
	return true
end

-- The message of a stop; of one for the size of the graph also that loops had to be unrolled.
function S.refusal(object, stop)
	if not (S.is_signal(stop) and stop.large and object.unrolled) then return stop.message end
	return (stop.message:gsub("^[^\n]*", function(first) return first .. object.unrolled end))
end

-- Unrolled loops --------------------------------------------------------------------------------------------

-- Trip after trip, each under the condition that the ones before went on; `done`: how the one before completed, when it
-- did so in several ways.
local unrolled
function unrolled(trip, done, loop)
	local c
	local trips = 0
	if not done then
		repeat
			c = pack(trip())
			trips = trips + 1
			S.check_size()
		until c[1] ~= nil and c[1] ~= CONT
		note_trips(loop, c[1] == false and trips - 1 or trips)
		if c[1] == false or c[1] == BRK then return end
		if c[1] == TURN then return unpack(c, 2, c.n) end
		if c[1] ~= MIX then return unpack(c, 1, c.n) end
		done = c[2]
	end
	done = absorb(done, CONTINUED)
	return give(absorb(completion(after(function() return unrolled(trip, nil, loop) end, give(done))), BROKE))
end
S.unrolled = unrolled

local function refuse_turn(loop, cond)
	if loop.how == "unroll" then S.need(cond, "the condition of a loop that ms.unroll unrolls") end
	S.make_plain { cond }
	S.unsupported("a loop in which a coroutine or iterator went on, and whose condition only the run knows from now on")
end

-- Rolled loops ------------------------------------------------------------------------------------------------

-- Would a trip before the loop leave its variables with fewer kinds of values? One has a kind before the loop that no
-- trip gives it.
function S.better_peeled(carried)
	local function gives(c, v, k)
		if S.class(v) == "choice" then return gives(c, rawget(v, S.YES), k) or gives(c, rawget(v, S.NO), k) end
		return alternative(c, v) == k
	end
	for _, c in ipairs(carried) do
		local old = S.class(c.old)
		if #c.alts > 1 and not c.poison and old ~= "choice" and old ~= "table" and old ~= "function"
			and not (old == "traced" and S.told_apart(c.old, c.first)) then
			local k = alternative(c, c.old)
			if k and not gives(c, c.new, k) then return true end
		end
	end
	return false
end

-- trips: so many are certain.
local function roll(begin, staged, loop, trips)
	local trip = begin()
	loop.plain = true
	if loop.how ~= "loop" then
		loop.rolled = loop.name
		S.T.rolled[loop.name] = true
	end
	for peeled = 0, MOST_PEELED do
		loop.certain, loop.peelable = peeled < trips, peeled < math.min(trips - 1, MOST_PEELED)
		local attempt = S.begin_attempt()
		local results = pack(staged(peeled))
		if results[1] ~= PEEL then
			S.keep_attempt(attempt)
			return unpack(results, 1, results.n)
		end
		S.undo_attempt(attempt)
		trip()
	end
end

-- Runs a loop whose tests are plain so far: begin() gives the function of a trip, which returns false at the end, nil
-- to go on, or a completion to leave with. When it turns symbolic (TURN), or is rolled, everything since the start is
-- undone, and staged(n) makes a loop of the graph of it, of which n trips have been made. (loop.each: the trip itself
-- has staged what is left when it gives TURN, how that ended behind it; it turns symbolic at its iterator only.)
function S.plain_first(begin, staged, loop)
	local attempt = S.begin_attempt()
	local trip = begin()
	local trips, before = 0, core.size()
	while true do
		local results = pack(trip())
		local first = results[1]
		trips = trips + 1
		local stays = attempt.fixed or loop.how == "unroll" -- what has been done can't be undone
		if loop.each and first == TURN then
			S.keep_attempt(attempt)
			return unpack(results, 2, results.n)
		elseif stays and first == TURN then
			refuse_turn(loop, results[2])
		elseif (stays or loop.each) and first == MIX then
			S.keep_attempt(attempt)
			return unrolled(function()
				local c = pack(trip())
				if c[1] == TURN and not loop.each then refuse_turn(loop, c[2]) end
				return unpack(c, 1, c.n)
			end, results[2], loop)
		elseif first == TURN or first == MIX then
			S.undo_attempt(attempt)
			return staged(0)
		elseif first == false or first == BRK or first == RET or first == GOTO then
			S.keep_attempt(attempt)
			note_trips(loop, first == false and trips - 1 or trips)
			if first == RET or first == GOTO then return unpack(results, 1, results.n) end
			return
		elseif not stays and rolls(loop, trips, core.size() - before) then
			S.undo_attempt(attempt)
			return roll(begin, staged, loop, trips)
		end
		S.check_size()
	end
end
