-- Errors on their way to a pcall of the trace, under conditions that only the run knows.
--
-- A path that raises completes its region as a return would, with the code RAISED and the error's value. Where it joins
-- paths that do not raise, what follows, in this function and its callers, goes on in a region of its own: a rest,
-- which is left where something wants both outcomes again: at the end of the region around it, of a trip of a staged
-- loop, of a block with a <close> variable, and of the pcall, where the value becomes a result.
local _, core = ...
local S, _ENV = core.S, core.env
local flow = S.flow
local RAISED, MIX = flow.RAISED, flow.MIX
local pcall, xpcall, error, type = pcall, xpcall, error, type
local P, pack, unpack = S.P, table.pack, table.unpack

-- Is there a pcall that gets the errors met here?
local function caught() return S.T.pcall and S.T.catching end
S.caught = caught

-- The completion of a path that raises e, which the pcall has met (T.catch).
local function raised(e) return { code = RAISED, may = { [RAISED] = true }, n = 0, count = 0, raised = e } end

S.raised = raised

-- Raises e from here, whatever path the run takes to get here.
function S.throw(e) S.signal { kind = "raised", value = e } end

function S.is_raised(e) return S.is_signal(e) and e.kind == "raised" end

-- What xpcall gave for a function that returns a completion, with errors for the pcall as completions.
local function outcome(ok, e)
	local T = S.T
	if ok or S.is_signal(e) and e.kind ~= "raised" or not S.is_signal(e) and not caught() then return ok, e end
	T.failed = nil
	if S.is_signal(e) then return true, raised(e.value) end
	return true, raised(T.catch(type(e) == "string" and S.reword(e) or e))
end

-- Leaves the rests that were opened since there were `base`, whose outcome is ok, e as xpcall gives it: the outcome for
-- all paths. as(e): what becomes of those that raised e, when that is not to raise it.
function S.rejoin(base, ok, e, as)
	local T = S.T
	ok, e = outcome(ok, e)
	while #T.rests > base do
		local rest = table.remove(T.rests)
		rest.done = e
		S.leave_region(rest, ok, e)
		T.known[#T.known] = nil
		local other = flow.run_branch(function()
			if as then return as(rest.raised) end
			return MIX, raised(rest.raised)
		end, rest.cond, true)
		ok, e = pcall(flow.join_regions, rest.cond, other, rest, rest.start)
		if not ok and e ~= S.DEAD then error(e, 0) end
	end
	return ok, e
end

-- A division by zero that a pcall catches is raised by a branch, not by the operation. So is one of texts, which Lua's
-- string library divides: it has no position.
function S.check_divisor(v, event, texts)
	if not texts and not caught() then return end
	S.P.if_(core.equal(v, 0), function()
		S.raise(event == "mod" and "attempt to perform 'n%0'" or "attempt to divide by zero", texts and 0 or 1)
	end)
end

-- Goes on where some paths may have raised: the completion of those that have not.
function S.go_on(done)
	if not done.may[RAISED] then return done end
	if done.code == RAISED then S.throw(done.raised) end
	local left = flow.without(done, RAISED)
	local T = S.T
	local cond = core.equal(done.code, RAISED)
	local rest = S.enter_region(false)
	S.note_all()
	rest.cond, rest.raised = cond, done.raised
	T.rests[#T.rests + 1] = rest
	T.known[#T.known + 1] = S.fact(rest.cond, false)
	return left
end

-- body() and its completion, with all it opened left again.
function S.contained(body)
	if not caught() then return flow.completion(body()) end
	local base = #S.T.rests
	local ok, e = S.rejoin(base, xpcall(function() return flow.completion(body()) end, S.failing))
	if not ok then error(e, 0) end
	return e
end

-- What a pcall that changes nothing about an error does to it.
function S.plain_catch(e)
	if type(e) == "string" then S.guard_events() end
	return e
end

-- f(...), of which an error on any path is raised here again: in f it is that of a call under a pcall, so that f may
-- call itself inside of one (recursion.lua).
function S.shielded(f, ...)
	local T = S.T
	if S.has_lengths() then S.exact("a call of 'pcall'") end
	local here, line, catch, catching, rests = S.here(), core.protect(true), T.catch, T.catching, #T.rests
	T.shelters = T.shelters + 1
	local function shield() T.pcall, T.catch, T.catching = here.depth, S.plain_catch, true end
	local function unshield()
		T.pcall, T.catch, T.catching = here.pcall, catch, catching
		S.unprotect(line)
	end
	local function raise_again(e)
		unshield()
		local _, signal = pcall(S.choose, e, function(x) S.raise(x, 0) end)
		shield()
		core.protect(true)
		error(signal, 0)
	end
	shield()
	local results = pack(xpcall(f, function(e) return type(e) == "string" and S.reword(e) or e end, ...))
	local ok, e = results[1], results[2]
	if not ok and (not S.is_signal(e) or S.is_raised(e)) then
		S.back_to(here)
		if #T.rests > rests then T.region = T.rests[#T.rests] end
		if S.is_signal(e) then e = e.value else e = S.meet(e) end
		T.met = nil
		ok, e = pcall(raise_again, e)
	end
	if #T.rests > rests then
		ok, e = S.rejoin(rests, ok, ok and flow.completion(P.RET, unpack(results, 2, results.n)) or e, raise_again)
		S.back_to(here)
		if ok then results = pack(true, flow.values_of(e)) end
	end
	unshield()
	if not ok then error(e, 0) end
	return unpack(results, 2, results.n)
end
