-- What Lua calls the operand that an operation fails on: "local 'x'", "field 'y'". Stock finds it in its bytecode. An
-- operation on a value that only the graph knows is the library's; the name is that of an operand of such an operation
-- on the line that failed (core.operands), chosen by what variables and fields hold.
local _, core = ...
local S, _ENV = core.S, core.env
local COND, YES, NO = S.COND, S.YES, S.NO
local class, rawget = S.class, rawget
local getupvalue = core.getupvalue

-- The form that the code of the frame at `level` belongs to, and its function: a body's is that of its owner, further
-- up.
local function form_at(level)
	level = level + 1
	while true do
		local info = debug.getinfo(level, "f")
		if not info then return nil end
		local form = S.T.form_of[info.func]
		if form then return form, info.func end
		level = level + 1
	end
end

-- The frame of the user's function that is running, and its level as the caller counts.
local function user_frame()
	local level = 3
	local info
	repeat
		info = debug.getinfo(level, "Slf")
		if not info then return nil end
		level = level + 1
	until info.what ~= "C" and info.source:sub(1, 11) ~= "=[moonstage"
	return info, level - 2
end

-- A function that tells whether the user's function that is running is the one that runs now, in the same call.
function S.frame_watch()
	local function running()
		local _, level = user_frame()
		return coroutine.running(), level and core.depth() - level
	end
	local thread, at = running()
	return function()
		local now, there = running()
		return now == thread and there == at
	end
end

-- Is the variable that a message names one of a function around the one that fails, which is still running? Else: is
-- there one of that name in any function of the trace?
function S.is_upvalue(message, name)
	local info, level = user_frame()
	local place = info and ("%s:%d:"):format(info.short_src, info.currentline)
	local form, f = nil, nil
	if place and message:sub(1, #place) == place then form, f = form_at(level) end
	if not form then return S.T.upvalue_names[name] end
	local i, n = 1, getupvalue(f, 1)
	while n and n ~= name do
		i = i + 1
		n = getupvalue(f, i)
	end
	return n ~= nil
end

-- The value of a variable seen from a frame: is there one, and what it holds.
local function variable(level, f, name)
	local found, value, i = false, nil, 1
	while true do
		local n, v = debug.getlocal(level, i)
		if not n then break end
		if n == name then found, value = true, v end
		i = i + 1
	end
	i = 1
	while not found do
		local n, v = getupvalue(f, i)
		if not n then break end
		if n == name then found, value = true, v end
		i = i + 1
	end
	return found, value
end

-- Is what v holds, by the names of the operand from number i on, the value? nil: that is not known; NOT_HERE: control
-- does not get here where v is that.
local NOT_HERE = {}
local function leads_to(v, operand, i, value)
	v = S.settle(v)
	if class(v) == "choice" then
		local yes, no = value, value
		if class(value) == "choice" then
			if not core.same(rawget(v, COND), rawget(value, COND)) then return nil end
			yes, no = rawget(value, YES), rawget(value, NO)
		end
		yes, no = leads_to(rawget(v, YES), operand, i, yes), leads_to(rawget(v, NO), operand, i, no)
		if yes == NOT_HERE or yes == no then return no end
		if no == NOT_HERE then return yes end
		return nil
	end
	if i <= #operand then
		local info = S.T.info[v]
		if class(v) == "object" then
			v = S.last_read(v, operand[i])
			if v == nil then return nil end
		elseif info then v = S.get(info, operand[i])
		elseif core.kind(v) == "traced" then v = v[operand[i]]
		elseif type(v) == "table" or type(v) == "string" then return nil
		else return NOT_HERE end
		return leads_to(v, operand, i + 1, value)
	end
	if class(value) == "choice" then return false end
	if type(v) == "table" and type(value) == "table" and not rawequal(v, value) then
		return nil -- perhaps a proxy of it
	end
	return rawequal(v, value)
end

-- Does the operand hold the value? nil: that is not known.
local function holds(level, f, operand, value)
	if operand.value ~= nil then return rawequal(operand.value, value) end
	if not operand[3] then return nil end
	local found, v = variable(level + 1, f, operand[3])
	if not found then return false end -- of another body
	local verdict = leads_to(v, operand, 4, S.settle(value))
	return verdict ~= NOT_HERE and verdict
end

-- " (local 'x')" for the first (which = 1) or second operand of a failed operation; "" when it has no name. method: the
-- name for which it was indexed.
function S.operand_name(event, which, value, method)
	local info, level = user_frame()
	local form = info and form_at(level)
	if not form then return "" end
	local unknown
	for _, operand in ipairs(core.operands(form.chunk, form.ordinal, info.currentline, event, which, method)) do
		local verdict = holds(level + 1, info.func, operand, value)
		if verdict then
			unknown = operand
			break
		end
		if verdict == nil then unknown = unknown or operand end
	end
	if not unknown or unknown[1] == "" then return "" end
	return (" (%s '%s')"):format(unknown[1], unknown[2])
end

-- A float as the operand of a bitwise operation.
function S.to_integer(x, event, which)
	local message = ("number%s has no integer representation"):format(S.operand_name(event, which, x))
	local whole = core.emit("ffloor", x)
	S.P.if_(S.P.and_(core.equal(whole, x), function() return core.emit("ffits", whole) end), function() end,
		function() S.raise(message, 1) end)
	return core.emit("ftoi", x)
end
