-- The ways out of a block: jumps to labels, and <close> variables.
--
-- A variable is closed where its block ends, on all paths at once. An error that is met while tracing closes it on its
-- way to a pcall; one that the run is to raise ends a region, and there, before the raise, all variables that are still
-- to be closed are. What fails only when the graph runs can't close them: such nodes have a site that says so, and the
-- run stops.
local _, core = ...
local S, _ENV = core.S, core.env
local P, flow = S.P, S.flow
local class, kind = S.class, core.kind
local pack, unpack, error, xpcall, rawequal = table.pack, table.unpack, error, xpcall, rawequal
local entering, after, give, absorb = flow.entering, flow.after, flow.give, flow.absorb
local MIX, GOTO = flow.MIX, P.GOTO

-- Jumps ------------------------------------------------------------------------------------------

-- The completion given of what stands before the label: a jump to it goes on there.
local function landed(name, ...)
	local first, second = ...
	if first == GOTO and second == name then return end
	if first ~= MIX then return ... end
	return give(absorb(second, flow.label_code(name)))
end

function P.jump(name, body) landed(name, entering(body)()) end

function P.jumpk(name, body)
	body = entering(body)
	return function(rest)
		rest = rest and entering(rest)
		return after(rest, landed(name, body()))
	end
end

-- Repeats what follows a label as long as it jumps back to it.
local function again(name, body)
	body = entering(body)
	local code = flow.label_code(name)
	while true do
		local done = pack(body())
		local first, second = done[1], done[2]
		if first == MIX and second.may[code] then
			S.make_plain { second.code }
			local file = core.where()
			S.unsupported(("goto '%s' back under a condition that is known only when the graph runs"):format(name),
				("%s:%d: "):format(file, S.T.jumps[code]))
		end
		if first ~= GOTO or second ~= name then return unpack(done, 1, done.n) end
		S.check_size()
	end
end

function P.again(name, body) again(name, body) end
P.againk = again

-- <close> variables ---------------------------------------------------------------------------------

local function close_handler(v)
	local c = class(v)
	if c == "table" then return S.handler(S.T.info[v], "__close") end
	if c == "string" or c == "text" then return S.get(S.T.info[S.constant(debug.getmetatable(""))], "__close") end
	local meta = c == "userdata" and debug.getmetatable(v)
	if meta and rawget(meta, "__close") ~= nil then S.unsupported("a <close> variable that holds a userdata") end
end

function S.check_closable(name, v, at)
	local function fail() error(("%svariable '%s' got a non-closable value"):format(at, name), 0) end
	v = S.readable(S.settle(v))
	if class(v) == "choice" then
		S.choose(v, function(x) S.check_closable(name, x, at) end)
	elseif kind(v) == "bool" then
		P.if_(v, fail, function() end)
	elseif v ~= nil and v ~= false then
		local h, fork = close_handler(v)
		if fork then return S.fork(fork, S.check_closable, name, v, at) end
		if h == nil then fail() end
	end
end

-- A frame of this function on the stack is that of a call by Lua itself.
local close
function close(v, e)
	v = S.settle(v)
	if class(v) == "choice" then
		S.choose(v, function(x) close(x, e) end)
	elseif v ~= nil and v ~= false and kind(v) ~= "bool" then
		local h, fork = close_handler(v)
		if fork then return S.fork(fork, close, v, e) end
		local g = S.callable(h)
		if not g then S.unsupported("a <close> variable whose '__close' can't be called") end
		S.T.called[g] = "metamethod 'close'"
		local site, given = S.site, S.given -- of what is called now, whose arguments may be looked at yet
		g(v, e)
		S.site, S.given = site, given
	end
end
S.close_frame = close

-- Closes v for the error e; the error that goes on.
local function close_for(v, e)
	local T = S.T
	if T.pcall and (T.pcall == T.depth or T.catching) then e = S.meet(e) end
	if S.is_signal(e) then return e end
	local failed = T.failed
	T.failed = nil
	local ok, new = xpcall(close, S.failing, v, e)
	if not ok then
		T.met = nil
		return new
	end
	T.failed, T.met = failed, { e }
	return e
end

-- What an error is to the pcall that catches it, or to a variable that it closes on the way there.
function S.meet(e)
	local T = S.T
	if S.was_met(e) then return e end
	if T.catch then e = T.catch(e) end
	T.met = { e }
	return e
end

function S.was_met(e)
	local met = S.T.met
	return met and rawequal(met[1], e)
end

-- Closes v on all paths out of a block: `done` is what its body gave with rests open, of those that have not raised.
local function close_all(v, rests, done)
	local T = S.T
	local function for_error(e)
		local ok, new = xpcall(close, S.failing, v, e)
		if ok then return MIX, S.raised(e) end
		if S.is_signal(new) and not S.is_raised(new) then error(new, 0) end
		return MIX, S.raised(S.is_raised(new) and new.value or T.catch(new))
	end
	local ok, e = xpcall(function()
		if done[1] then
			close(v, nil)
			return flow.completion(unpack(done, 2, done.n))
		elseif not S.is_signal(done[2]) then
			return flow.completion(for_error(S.meet(done[2])))
		elseif S.is_raised(done[2]) then
			return flow.completion(for_error(done[2].value))
		end
		error(done[2], 0)
	end, S.failing)
	S.T.met = nil
	ok, e = S.rejoin(rests, ok, e, for_error)
	if not ok then error(e, 0) end
	return give(S.go_on(e))
end

-- Runs body with v to be closed when it ends.
function S.closing(name, v, body)
	if v == nil or v == false or kind(v) == "bool" then return body() end
	local T = S.T
	if S.has_lengths() then S.exact("a <close> variable") end
	local here, rests, n = S.here(), #T.rests, #T.pending + 1
	local before = core.protect(name)
	T.pending[n], T.shelters = { value = v, before = before }, T.shelters + 1
	local done = pack(xpcall(body, S.failing))
	-- an error that ends a coroutine leaves its variables open
	if not done[1] and T.co and T.co.pcalls == 0 then error(done[2], 0) end
	T.pending[n] = nil
	S.unprotect(before)
	if #T.rests > rests or not done[1] and S.is_raised(done[2]) then return close_all(v, rests, done) end
	if done[1] then
		close(v, nil)
		return unpack(done, 2, done.n)
	end
	local e = done[2]
	if not S.is_signal(e) then
		S.back_to(here)
		e = close_for(v, e)
	end
	error(e, 0)
end

-- Closes all variables of a list as what a pcall catches; the error that goes on.
function S.close_all(list, e)
	local T = S.T
	local pcall, catch, pending, line = T.pcall, T.catch, T.pending, core.protect(true)
	T.pcall, T.catch, T.pending = T.depth, nil, list
	for n = #list, 1, -1 do
		local v = list[n].value
		list[n] = nil
		e = close_for(v, e)
		if S.is_signal(e) then break end
	end
	T.pcall, T.catch, T.pending, T.met = pcall, catch, pending, nil
	core.protect(line)
	if S.is_signal(e) then error(e, 0) end
	return e
end

local function block(name, v)
	S.check_closable(name, v, S.place())
	return function(body) return S.closing(name, v, entering(body)) end
end

P.closek = block
function P.close(name, v)
	local run = block(name, v)
	return function(body) run(body) end
end

-- The error e ends the region r: closes all there is to close. Returns the error that goes on.
function S.close_pending(e, r)
	local T = S.T
	local all = T.pending
	if S.is_signal(e) or T.pcall or #all == 0 then return e end
	T.region = r
	local mark
	for n = #all, 1, -1 do
		T.pending = table.move(all, 1, n - 1, 1, {})
		local own = core.protect(all[n].before)
		mark = mark or own
		e = close_for(all[n].value, e)
		if S.is_signal(e) then break end
	end
	T.pending = all
	core.protect(mark)
	return e
end

-- The run raises e, for which all variables have been closed.
function S.raise_closed(e)
	local first = not S.T.pcall and S.T.pending[1]
	local mark = first and core.protect(first.before)
	S.raise_value(e)
	if mark then core.protect(mark) end
end
