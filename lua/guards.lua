-- What a trace read from outside: names for messages, names that hold from trace to trace, and the guards that are
-- known only at a trace's end. (The list itself is made by S.outside, checked by src/bind/guard.c.)
local _, core = ...
local S, _ENV = core.S, core.env
local type, tostring = type, tostring

-- A read is {source, base, key, check, expect, site, name =}: base and, for "keyed", key are slots, that is earlier
-- reads.

local function is_name(s) return s:find("^[%a_][%w_]*$") ~= nil end

-- A field of something called `from`, as the script would write it.
function S.field_name(from, key)
	if rawequal(key, S.LIST) then return from end
	if rawequal(key, S.KEY) then return from .. "[...]" end
	if S.is_tail(key) then return ("%s[#%s + %d]"):format(from, from, key.at) end
	if type(key) == "string" and is_name(key) then return from == "_ENV" and key or from .. "." .. key end
	if type(key) == "string" then return ("%s[%q]"):format(from, key) end
	if type(key) == "number" or type(key) == "boolean" then return ("%s[%s]"):format(from, tostring(key)) end
	return from .. "[an object]"
end

-- What read `slot` read, as the script would write it where that can be told.
local function read_name(reads, slot)
	local read = reads[slot]
	local source, base, key = read[1], read[2], read[3]
	if source == "arg" then return "argument " .. base end
	if source == "upvalue" then return read.name end
	if source == "const" then return read.name or "?" end
	if source == "weak" then return "a key" end
	if source == "output" then return "io.output()" end
	if source == "thread" then return "coroutine.running()" end
	if source == "yieldable" then return "coroutine.isyieldable()" end
	local from = read_name(reads, base)
	if source == "field" then return S.field_name(from, key) end
	if source == "keyed" then return from .. "[" .. read_name(reads, key) .. "]" end
	if source == "border" then return "#" .. from end
	if source == "meta" then return "the metatable of " .. from end
	if source == "cell" then return "the variables of " .. from end
	if read[4] == "keys" then return "the keys of " .. from end
	if read[4] == "length" then return "#" .. from end
	return from
end
S.read_name = read_name

-- A name of the place that a read would be of, the same in every trace of a function.
local function id_of(T, source, base, key)
	if source == "arg" then return "arg " .. base end
	if source == "const" or source == "weak" then
		if type(key) ~= "function" then return tostring(key) end
		local chunk, ordinal = core.find(key)
		return tostring(chunk) .. " " .. tostring(ordinal)
	end
	local read = T.guards[base]
	local from = id_of(T, read[1], read[2], read[3])
	if source == "keyed" then
		read = T.guards[key]
		return from .. " [" .. id_of(T, read[1], read[2], read[3]) .. "]"
	end
	return ("%s %s %s %s"):format(from, source, math.type(key) or type(key), tostring(key))
end
S.read_id = id_of

-- A value in a few words.
function S.describe(v)
	local k = core.kind(v)
	if k == "eager" then return "a tensor " .. core.spec(v) end
	local t = type(v)
	if t == "number" or t == "boolean" or t == "nil" then return tostring(v) end
	if t == "string" then return #v > 40 and ("%q..."):format(v:sub(1, 37)) or ("%q"):format(v) end
	if t ~= "function" then return "a " .. t end
	local info = debug.getinfo(v, "S")
	return info.what == "C" and "a C function" or ("the function of %s:%d"):format(info.short_src, info.linedefined)
end

-- What guard number n of an entry expects.
function S.describe_guard(entry, reads, n)
	local check, expected = core.guard(entry, n)
	if check == "raw" or check == "function" then
		if expected == nil then return "an object that is gone" end
		return S.describe(expected)
	elseif check == "same" then
		return "the same as " .. read_name(reads, expected)
	elseif check == "tensor" then
		return "a tensor " .. expected
	elseif check == "table" or check == "object" then
		return check == "object" and "an object" or "a table"
	elseif check == "int" or check == "float" then
		return check == "int" and "an integer" or "a float"
	elseif check == "present" then
		return "not nil"
	elseif check == "sequence" then
		return "a list without holes"
	elseif check == "keys" then
		return "others"
	end
	return tostring(expected)
end

-- Why an entry does not serve a call: {name, was, is}; n and value are as core.match gives them.
function S.difference(entry, reads, n, value)
	if n == 0 then return { "the number of arguments", tostring(core.entry_table(entry).nargs), tostring(value) } end
	local read = reads[n]
	local check = read[4]
	local was, is = S.describe_guard(entry, reads, n), S.describe(value)
	if check == "length" then is = tostring(#value) end
	if check == "keys" then is = "these" end
	if check == "sequence" then is = "a table with holes" end
	if check == "apart" or is == was then was, is = "another than all others", "shared" end
	return { read_name(reads, n), was, is }
end

-- An error of an operator speaks of events that are absent: from here on the trace depends on that, for every table it
-- met.
local events = { "__index", "__newindex", "__name" }
for _, event in ipairs(S.operators) do events[#events + 1] = "__" .. event end
function S.guard_events()
	local met = {}
	for _, proxy in next, S.T.proxy do met[#met + 1] = S.T.info[proxy] end
	for _, info in ipairs(met) do
		for _, event in ipairs(events) do
			if not S.meta(info) then break end
			S.handler(info, event)
		end
	end
end

-- Where io.write writes in this graph.
function S.guard_output()
	local T = S.T
	if not T.output then
		if T.hosted then S.note_late("output") end
		T.output = io.output()
		S.add_guard(T, "output", 0, nil, "raw", T.output)
	end
	return T.output
end

-- Functions that are known by their text only may be other closures in another call: their variables must then be
-- shared exactly as they are now.
function S.guard_cells(T)
	if not T.text_guards then return end
	local slot_of_cell = {}
	for _, cell in ipairs(T.shadows) do slot_of_cell[cell] = S.add_guard(T, "cell", cell.slot, cell.real_i, "apart") end
	for _, shared in ipairs(T.shared_cells) do
		S.add_guard(T, "cell", shared[1], shared[2], "same", slot_of_cell[shared[3]])
	end
end

-- A graph outlives its trace, the values it was traced with need not.
function S.forget_values(T)
	for _, read in ipairs(T.guards) do
		read[5] = nil
		local t = type(read[3])
		if t == "table" or t == "function" or t == "userdata" then read[3] = nil end
	end
	for _, info in next, T.info do info.real, info.data, info.keys, info.proxy, info.elems = nil, nil, nil, nil, nil end
	for _, list in ipairs { T.shadows, T.variables } do
		for _, cell in ipairs(list) do cell.f, cell.real, cell.maker = nil, nil, nil end
	end
end
