-- The script's coroutines while staging.
--
-- Which coroutine goes on when is known while tracing. So one made in the trace is one of Lua's, which runs the staged
-- form of its function. What it has done can't be undone, nor can it be in two states: it goes on only in the region
-- where it ran last or inside of that (`home`), never in a staged loop that is younger, and it yields only in the
-- region in which it was resumed. A plain loop that may have to be undone, to be staged, is kept for good once an older
-- coroutine was resumed in it, or one has yielded out of it. Who is left suspended at the end is forgotten. Iterators
-- of the library that keep a state are like coroutines in this.
local _, core = ...
local S, _ENV = core.S, core.env
local counterpart, class = S.counterpart, S.class
local pcall, type, select, pack, unpack, error = pcall, type, select, table.pack, table.unpack, error
local status, resume, yield = coroutine.status, coroutine.resume, coroutine.yield

-- A record: thread, age; of the last resumption: entry (the region open then), depth (how many of the graph), runs (its
-- number), site (the number of its line); home; pcalls: how many are open in it; pending: its open <close> variables;
-- catch: what its innermost pcall does; across: what keeps it from yielding.

-- The innermost region of the graph.
local function graph_region(T)
	local r = T.region
	while r and not r.id do r = r.parent end
	return r
end

-- What is known of a coroutine depends on no condition here.
local function check_state(co)
	local r, home = S.T.region, co.home
	while home and r and r ~= home do r = r.parent end
	if r ~= home and home then
		S.make_plain { home.cond }
		S.unsupported("the use of a coroutine or iterator outside of the branch or staged loop in which it "
			.. "was made or went on last")
	end
end

-- Before the coroutine goes on, or is closed.
local function check_run(co)
	local T = S.T
	T.oldest = math.min(T.oldest, co.age)
	check_state(co)
	local r = T.region
	while r and r.start >= co.age do
		if r.id and r.loop then
			S.make_plain(S.open_conditions())
			S.unsupported("going on with a coroutine or iterator inside of a staged loop before which it was made")
		end
		r.fixed = true
		r = r.parent
	end
	-- its functions may write to any variable, also the suspended ones
	if T.region and co.thread then S.note_all() end
end

-- The place of the user's function in which a coroutine failed.
local function failed_at(thread)
	local level = 0
	while true do
		local info = debug.getinfo(thread, level, "Sl")
		if not info then return "" end
		if info.currentline > 0 and info.source:sub(1, 11) ~= "=[moonstage" then
			return ("%s:%d: "):format(info.short_src, info.currentline)
		end
		level = level + 1
	end
end

-- After the coroutine has stopped: what resume gives.
local function back(co, ok, ...)
	local T = S.T
	core.protect(co.before.line)
	co.pending, co.catch, T.met = T.pending, T.catch, nil
	T.co, T.region, T.pcall = co.before.co, co.before.region, co.before.pcall
	T.pending, T.catch = co.before.pending, co.before.catch
	co.catching, T.catching, T.rests = T.catching, co.before.catching, co.before.rests
	core.entered(S.level_limit) -- another stack: what is known of the calls around is not of this one
	co.home = graph_region(T)
	if ok then return true, ... end
	local e = ...
	if type(e) == "string" then
		S.guard_events()
		e = S.reword(e, function() return failed_at(co.thread) end)
	end
	if status(co.thread) == "dead" then
		co.failed, co.failure = true, e
		coroutine.close(co.thread) -- what this library has to close there
	end
	e = S.exact_error(e)
	if S.is_signal(e) then error(e, 0) end
	return false, e
end

-- f, a function of C, as what 'coroutine.wrap' gave outside of the trace.
function S.refuse_wrapped(f)
	for i = 1, 2 do
		local _, v = core.getupvalue(f, i)
		if type(v) == "thread" then S.unsupported("a call of what 'coroutine.wrap' gave outside of the staged call") end
	end
end

-- at: what is put before the message of an error, when this is a call of what 'coroutine.wrap' gave.
local function run(co, at, ...)
	local T = S.T
	if status(co.thread) ~= "suspended" then
		check_state(co)
		return resume(co.thread, ...)
	end
	check_run(co)
	co.before, co.at = { co = T.co, region = T.region, pcall = T.pcall, pending = T.pending, catch = T.catch,
		catching = T.catching, rests = T.rests }, at
	if at then co.before.line, co.site = core.through(at) else co.before.line, co.site = core.protect(true) end
	co.entry, co.depth, co.runs = T.region, T.depth, co.runs + 1
	T.co, T.pcall, T.pending, T.catch, T.shelters = co, T.depth, co.pending, co.catch, T.shelters + 1
	T.catching, T.rests = co.catching, {} -- it yields with no rest (caught.lua) open
	core.entered(S.level_limit)
	return back(co, resume(co.thread, ...))
end

-- Closes the variables that the coroutine has left open for the error e, if there was one; the error that goes on.
local function close_variables(co, e)
	if #co.pending == 0 then return e end
	local T = S.T
	co.before, co.across = { co = T.co }, "library"
	T.co = co
	local ok, new = pcall(S.close_all, co.pending, e)
	T.co, co.across = co.before.co, nil
	if not ok then error(new, 0) end
	return new
end

local function make(f)
	local T = S.T
	local co = { age = T.clock, runs = 0, pcalls = 0, catching = false, pending = {}, home = graph_region(T),
		place = S.place() }
	co.thread = coroutine.create(function(...)
		local g = S.callable(f)
		S.site, S.given = { what = "function " .. (S.library_name(f) or "'?'") }, select("#", ...)
		return g(...)
	end)
	core.thread_room(co.thread)
	T.coroutines[co.thread] = co
	return co
end

-- g is a function that goes on where it was left.
local function generator(g, co)
	S.native[g] = true
	S.T.made[g] = { false, 0, S.T.clock }
	S.T.generators[g] = co
	return g
end

-- An iterator of the library with a state of its own, as one that goes on only where a coroutine could.
function S.stateful(f)
	local it = { age = S.T.clock, home = graph_region(S.T), place = S.place() }
	return generator(function(...)
		check_run(it)
		it.home = graph_region(S.T)
		return f(...)
	end, it)
end

-- A function that gets the alternatives of the choice that its first argument is.
local function first_settled(f)
	return function(...)
		local v = ...
		if type(v) ~= "table" or class(v) ~= "choice" then return f(...) end
		local all = pack(...)
		return S.choose(v, function(x) return f(x, unpack(all, 2, all.n)) end)
	end
end

local function define(name, f)
	counterpart[coroutine[name]] = f
	S.stores[coroutine[name]] = true
end

-- What Lua calls a coroutine in its messages, as it does not in all versions alike.
local thread_word = select(2, pcall(coroutine.status, 1)):match("%((%a+) expected")

-- The record of the coroutine that is argument 1 of a library function.
local function argument(v, f)
	if type(v) == "thread" then
		local co = S.T.coroutines[v]
		if not co then
			S.unsupported("a coroutine from outside of the staged call as an argument of " .. S.library_name(f))
		end
		return co
	end
	S.bad_argument(1, S.said_type(S.readable(v)), thread_word)
end

for _, name in ipairs { "create", "wrap" } do
	define(name, first_settled(function(f)
		if type(f) ~= "function" then S.bad_argument(1, S.said_type(S.readable(f)), "function") end
		local co = make(f)
		if name == "create" then return co.thread end
		local function wrapped(...)
			local at = S.iterator_place or S.position(1) or ""
			S.iterator_place = nil
			local out = pack(run(co, at, ...))
			if out[1] then return unpack(out, 2, out.n) end
			local e = out[2]
			if co.failed then e = close_variables(co, e) end
			if type(e) == "string" or S.is_text(e) then e = at .. e end
			return S.raise(e, 0)
		end
		return generator(wrapped, co)
	end))
end

define("resume", first_settled(function(v, ...) return run(argument(v, coroutine.resume), nil, ...) end))

define("status", first_settled(function(v)
	local co = argument(v, coroutine.status)
	check_state(co)
	return status(co.thread)
end))

define("close", first_settled(function(v)
	local co = argument(v, coroutine.close)
	local now = status(co.thread)
	if now == "suspended" then check_run(co) else check_state(co) end
	if now == "running" or now == "normal" then error(("%scannot close a %s coroutine"):format(S.place(), now), 0) end
	co.home = graph_region(S.T)
	local e = close_variables(co, co.failure)
	if co.failed or e ~= nil then
		co.failed, co.failure = false, nil
		coroutine.close(co.thread)
		return false, e
	end
	return coroutine.close(co.thread)
end))

-- The coroutine that called the staged function, and whether that one could yield.
local function outer_thread()
	local T = S.T
	if not T.thread_known then
		T.thread_known = S.add_guard(T, "thread", 0, nil, "raw", T.thread)
		T.slot_of[T.thread] = T.thread_known
	end
	return T.thread, T.main
end

local function outer_yieldable()
	local T = S.T
	local yieldable = core.yieldable()
	if not T.yieldable_known then S.add_guard(T, "yieldable", 0, nil, "raw", yieldable) end
	T.yieldable_known = true
	return yieldable
end

define("running", function()
	local co = S.T.co
	if co then return co.thread, false end
	return outer_thread()
end)

define("isyieldable", first_settled(function(...)
	local co = S.T.co
	if select("#", ...) > 0 then co = argument((...), coroutine.isyieldable) end
	if not co then return outer_yieldable() end
	check_state(co)
	return not co.across
end))

local function yielded(co, site, ...)
	if co.pcalls > 0 or #S.T.pending > 0 then core.protect(site) end
	return ...
end

define("yield", function(...)
	local T = S.T
	local co = T.co
	if not co then
		if outer_yieldable() then S.unsupported("a 'coroutine.yield' to outside of the staged function") end
		local _, main = outer_thread()
		error(main and "attempt to yield from outside a coroutine" or "attempt to yield across a C-call boundary", 0)
	end
	if co.across == "library" then error("attempt to yield across a C-call boundary", 0) end
	if T.depth ~= co.depth then
		S.make_plain(S.open_conditions())
		S.unsupported("a 'coroutine.yield' to outside of the branch or staged loop it stands in")
	end
	if co.across or not coroutine.isyieldable() then
		S.unsupported("a 'coroutine.yield' out of what moonstage itself calls, such as a metamethod of '<' "
			.. "or the function of a gradient")
	end
	local r = T.region
	while r ~= co.entry do
		r.fixed = true
		r = r.parent
	end
	return yielded(co, core.protect(0), yield(...))
end)

-- After a pcall or the block of a <close> variable: what it stands in. (A coroutine may have been resumed elsewhere
-- since.)
function S.unprotect(before)
	local co = S.T.co
	if co and co.pcalls == 0 and #S.T.pending == 0 then before = co.site end
	core.protect(before)
end

-- What the coroutines that run put before the message of an error, which only goes through them.
function S.put_by_wraps()
	local co, text = S.T.co, ""
	while co do
		text = (co.at or "") .. text
		co = co.before.co
	end
	return text
end

-- Functions that call back ----------------------------------------------------------------------------

local function left(co, before, ...)
	co.across = before
	return ...
end

-- g as what stands for a library function that calls back in C: no coroutine yields out of it.
function S.atomic(g, how)
	return function(...)
		local co = S.T.co
		if not co then return g(...) end
		local before = co.across
		co.across = how
		return left(co, before, g(...))
	end
end

-- What a place in a trace is, as far as an error that is caught there would change it; back to it.
function S.here()
	local T = S.T
	local co = T.co
	return { co = co, region = T.region, runs = co and co.runs, across = co and co.across, caught = T.pcall == T.depth,
		pcall = T.pcall, pcalls = co and co.pcalls, depth = T.depth }
end

function S.back_to(here)
	local T = S.T
	local co = here.co
	T.co, T.region = co, here.region -- loops that were under way keep what they did
	if not co then return end
	co.across = here.across
	if co.runs ~= here.runs then T.region = co.entry end -- it has been resumed elsewhere since
end
