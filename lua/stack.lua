-- The calls of staged functions that a trace is in, as lines of a traceback: what failures are shown with.
local _, core = ...
local S, _ENV = core.S, core.env

local MOST = 10 -- lines at each end of a long one, as in Lua's own
local WALKED = 100 -- levels looked at from each end: asking for one takes as long as it is deep

-- The threads that wait for the running coroutine of the trace, the nearest first.
local function waiting()
	local co = S.T.co
	return function()
		if not co then return nil end
		co = co.before.co
		return co and co.thread or not co and S.T.thread
	end
end

-- Does the form run (else nil): in the caller's frames from a level on, or in a coroutine that waits? And was a region
-- of the graph opened by what its innermost call has called? (A rest, caught.lua, leaves no frame: then it may have
-- been.)
function S.runs_outside(form, level)
	local form_of, opened = S.T.form_of, #S.T.rests > 0
	while true do
		level = level + 1
		local info = debug.getinfo(level, "f")
		if not info then break end
		if form_of[info.func] == form then return opened end
		opened = opened or info.func == S.run_region
	end
	for thread in waiting() do
		level = 0
		while true do
			local info = debug.getinfo(thread, level, "f")
			if not info then break end
			if form_of[info.func] == form then return opened end
			opened = opened or info.func == S.run_region
			level = level + 1
		end
	end
end

-- The innermost first, without the frames below the staged call; bodies of the dispatch library count as the function
-- they belong to. Returns what the innermost function is called, and the lines of those around it.
local function calls()
	local T = S.T
	local lines, region, innermost, long, left = {}, nil, nil, false, false -- left: by a tail call
	local function add(info)
		if T.tail_calls[info.func] then
			left = true
		elseif info.what ~= "C" and info.source:sub(1, 11) ~= "=[moonstage" then
			region = region or info
			if T.form_of[info.func] or not S.in_form(info) then
				local name = T.called[info.func] or ("function <%s:%d>"):format(info.short_src, info.linedefined)
				if left then
					left = false
				elseif innermost then
					lines[#lines + 1] = ("\n\t%s:%d: in %s"):format(region.short_src, region.currentline, name)
				else
					innermost = { name, region }
				end
				region = nil
			end
		end
	end
	local at = 3
	local depth = core.depth() + 1
	local last = depth - (T.co and 0 or T.base or depth)
	while at < last do
		add(debug.getinfo(at, "Slf"))
		at = at + 1
		if at == WALKED and at < last - WALKED then at, long = last - WALKED, true end
	end
	for thread in waiting() do
		last = core.depth(thread)
		if thread == T.thread then last = last - T.base end
		for level = 0, math.min(last, WALKED) do add(debug.getinfo(thread, level, "Slf")) end
	end
	if not innermost then return nil, "" end
	local rest = table.concat(lines)
	if long then
		rest = table.concat(lines, "", 1, math.min(MOST - 1, #lines)) .. "\n\t...\t(skipping many levels)"
			.. table.concat(lines, "", math.max(#lines - MOST + 1, 1))
	elseif #lines > 2 * MOST then
		rest = table.concat(lines, "", 1, MOST - 1) .. ("\n\t...\t(skipping %d levels)"):format(#lines - 2 * MOST + 1)
			.. table.concat(lines, "", #lines - MOST + 1)
	end
	return innermost[1], rest, innermost[2]
end

-- The hook of nodes that may fail: what the running function is called (nil: all lines are in the second), the lines of
-- the calls around it.
function S.calls()
	if S.T.failed then return nil, S.T.failed end
	local name, rest = calls()
	return name, rest
end

function S.stack()
	if S.T.failed then return S.T.failed end
	local name, rest, frame = calls()
	return name and ("\n\t%s:%d: in %s%s"):format(frame.short_src, frame.currentline, name, rest) or rest
end

-- Regions and <close> variables take levels of the C stack that eager code does not need.
local function too_deep() S.unsupported("branches and <close> variables nested this deeply") end

-- Message handler of what a region runs: keeps the stack of the error until it is raised.
function S.failing(e)
	e = S.exact_error(e)
	if S.is_signal(e) then return e end
	if type(e) == "string" and e:find("C stack overflow", 1, true) then
		return (select(2, pcall(too_deep)))
	end
	if not S.was_met(e) then S.T.failed = S.stack() end
	return type(e) == "string" and S.reword(e) or e -- while the stack still tells the place
end
