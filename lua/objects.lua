-- Objects: tables that only the run knows, such as the nodes of a tree that a loop or recursion walks through.
--
-- In the graph an object is an integer, its number among the tables that the run has met (src/bind/object.c). Its
-- fields are read by the run. What a field may hold is what it holds in all tables that can be reached from those that
-- the trace was called with, and what other calls have met there: kinds of values, strings and functions one by one.
-- Where a run meets anything else, and nothing has been done yet that could be seen, it starts again with a new graph.
local ms, core = ...
local S, _ENV = core.S, core.env
local P, Object, class, kind = S.P, S.Object, S.class, core.kind
local type, rawget, rawequal, next, ipairs, setmetatable = type, rawget, rawequal, next, ipairs, setmetatable
local mathtype, rawmeta, select = math.type, debug.getmetatable, select

local asked = setmetatable({}, { __mode = "k" }) -- tables given to ms.object
local NUMBER, READS = {}, {} -- raw keys of objects, which no script has
local NO_KEY = {} -- stands for nil and NaN, which no table has as keys
local AT = {} -- stands for all integer keys that only the run knows

-- Kinds of values ------------------------------------------------------------------------------------------

-- What a key may hold is { [kind] = true, constants = { strings, functions }, tensors = { spec = true } }.
local MOST_STRINGS, MOST_CONSTANTS, MOST_SHAPES = 6, 6, 4
local kinds = { "bool", "int", "float", "object", "text", "nil" }

local function kind_of(v)
	local t = type(v)
	if t == "number" then return mathtype(v) == "integer" and "int" or "float" end
	if t == "boolean" then return "bool" end
	if t == "table" then return "object" end
	return t == "nil" and t or nil
end

-- Adds v to what a key may hold; many strings become texts.
local function admit(field, v)
	local what = kind_of(v)
	if what then
		field[what] = true
	elseif kind(v) == "eager" then
		field.tensors[core.spec(v)] = true
	elseif not (type(v) == "string" and field.text) then
		local strings = type(v) == "string" and 1 or 0
		for _, c in ipairs(field.constants) do
			if rawequal(c, v) then return end
			if type(c) == "string" then strings = strings + 1 end
		end
		table.insert(field.constants, v)
		if strings > MOST_STRINGS then
			field.text = true
			for i = #field.constants, 1, -1 do
				if type(field.constants[i]) == "string" then table.remove(field.constants, i) end
			end
		end
	end
end

local function new_field() return { constants = {}, tensors = {} } end

-- The field of a table as the run reads it.
local MOST_LINKS = 2000
local function look_up(t, key)
	for _ = 1, MOST_LINKS do
		local v = rawget(t, key)
		local m = v == nil and rawmeta(t)
		if not m then return v end
		t = rawget(m, "__index")
		if type(t) ~= "table" then return nil end
	end
end

-- What the key may hold, as far as this trace and the calls before know.
local function known_of(key)
	local T = S.T
	local field = T.object.fields[key]
	if not field then
		field = new_field()
		T.object.fields[key] = field
	end
	for i = (T.scanned[key] or 0) + 1, #T.reachable do
		local t = T.reachable[i]
		if rawequal(key, AT) then
			field["nil"] = true
			for k, v in next, t do
				if mathtype(k) == "integer" then admit(field, v) end
			end
		else
			admit(field, look_up(t, key))
		end
	end
	T.scanned[key] = #T.reachable
	return field
end

-- The tables that can be reached from one through fields.
local MOST_REACHED = 100000
local function reach(real)
	local T = S.T
	local list, seen = T.reachable, T.reached
	local i = #list
	local function add(t)
		if type(t) ~= "table" or seen[t] or #list == MOST_REACHED then return end
		seen[t] = true
		list[#list + 1] = t
	end
	add(real)
	while i < #list do
		i = i + 1
		for _, v in next, list[i] do add(v) end
	end
end

-- A run met a value that its graph was not made for: what the graphs of the function know from now on.
function S.learn(object, key, v)
	object.fields[key] = object.fields[key] or new_field()
	admit(object.fields[key], v)
end

-- The alternatives as a list, those that most operations are for first.
local function alternatives_of(key, name)
	local field, list = known_of(key), {}
	local function add(what, spec) list[#list + 1] = { what, spec } end
	for _, what in ipairs(kinds) do
		if what == "object" then
			for _, c in ipairs(field.constants) do
				if type(c) ~= "string" and type(c) ~= "function" then
					S.unsupported(("a read of %s of an object, which may be a %s"):format(name, type(c)))
				end
				add("const", c)
			end
			local shapes = {}
			for spec in next, field.tensors do shapes[#shapes + 1] = spec end
			table.sort(shapes)
			for _, spec in ipairs(shapes) do
				local dtype, dims = spec:match("^(%w+)%[(.*)%]$")
				local t = { dtype }
				for n in dims:gmatch("%d+") do t[#t + 1] = math.tointeger(n) end
				add("tensor", t)
			end
			if #shapes > MOST_SHAPES or #field.constants > MOST_STRINGS + MOST_CONSTANTS then
				S.unsupported(("a read of %s of an object, which holds too many different values"):format(name))
			end
		end
		if field[what] then add(what) end
	end
	if #list == 0 then add "nil" end
	return list
end

local said = { bool = "a boolean", int = "an integer", float = "a float", object = "a table", text = "a string" }
local function describe(alts)
	local words = {}
	for i, alt in ipairs(alts) do
		if alt[1] == "const" then words[i] = S.describe(alt[2])
		elseif alt[1] == "tensor" then words[i] = ("a tensor %s[%s]"):format(alt[2][1], table.concat(alt[2], "x", 2))
		else words[i] = said[alt[1]] or alt[1] end
	end
	return table.concat(words, " or ")
end

-- Objects as values ------------------------------------------------------------------------------------------

-- The object whose number a symbolic integer is: one value for all uses of it.
function S.object_of(number)
	local known = S.T.object_of[core.ref_of(number)]
	if not known or not core.same(rawget(known, NUMBER), number) then
		known = setmetatable({ [NUMBER] = number }, Object)
		S.T.object_of[core.ref_of(number)] = known
	end
	return known
end

function S.object_number(v) return rawget(v, NUMBER) end

-- The table in a slot as an object.
local function in_slot(real, slot)
	local T = S.T
	local known = T.object_in[slot]
	if not known then
		known = S.object_of(S.new_input(T, 0, slot))
		T.object_in[slot] = known
		T.object_inputs[#T.object_inputs + 1] = #T.inputs
		reach(real)
	end
	return known
end

-- A table from outside as an object, when it was asked for or found that it is one; else nil.
function S.outer_object(real, source, base, key)
	if not asked[real] and not (source == "arg" and S.T.object.as_object[base]) then return nil end
	return in_slot(real, S.add_guard(S.T, source, base, key, "object"))
end

-- An object, or a table from outside as one.
local function to_object(v)
	local info = S.T.info[v]
	return info and in_slot(info.real, info.slot) or v
end

-- Reads --------------------------------------------------------------------------------------------------

-- Emits a read that the run makes: its results, of the graph types given.
local function emit(read, operands, types)
	local T = S.T
	local id = read.kind .. " " .. (read.made_for or "")
	T.read_of[id] = T.read_of[id] or {}
	local key = read.key == nil and id or read.key
	local number = T.read_of[id][key]
	if not number then
		number = #T.object_reads + 1
		T.object_reads[number], T.read_of[id][key] = read, number
	end
	return core.host(-number, operands, types)
end

-- Reads of one field of an object are one, as long as nothing can have been written since: until a host call, and not
-- from outside of a loop or function of the graph to inside.
local function read_before(o, key)
	local T = S.T
	local r = T.region
	while true do
		local reads = (r or T).reads
		local known = reads and reads[o] and reads[o][key]
		if known and known.hosts == #T.hosts then return known end
		if not r or r.loop then return nil end
		r = r.parent
	end
end

local function note_read(o, key, value)
	local T = S.T
	local holder = T.region or T
	holder.reads = holder.reads or {}
	holder.reads[o] = holder.reads[o] or {}
	holder.reads[o][key] = { hosts = #T.hosts, value = value }
end

local function read_field(o, key, index)
	local constant = not index
	local name = constant and key ~= NO_KEY and "field '" .. S.field_name("", key):gsub("^%.", "") .. "'" or "an element"
	local known = constant and read_before(o, key)
	if known then return known.value end
	local alts = alternatives_of(constant and key or AT, name)
	local types = {}
	if #alts > 1 then types[1] = "int" end
	for _, alt in ipairs(alts) do
		local what = alt[1]
		if what == "object" or what == "text" then types[#types + 1] = "int"
		elseif what == "tensor" then types[#types + 1] = alt[2]
		elseif what ~= "nil" and what ~= "const" then types[#types + 1] = what end
	end
	local results, n = emit({
		kind = constant and "field" or "at", key = constant and key or AT, name = name, alts = alts,
		made_for = describe(alts),
	}, { S.object_number(o), index }, types), 0
	local function next_value()
		n = n + 1
		return results[n]
	end
	local tag = #alts > 1 and next_value()
	local values = {}
	for i, alt in ipairs(alts) do
		local what = alt[1]
		if what == "const" then values[i] = alt[2]
		elseif what == "object" then values[i] = S.object_of(next_value())
		elseif what == "text" then values[i] = S.text_of { { S.STRING, next_value() } }
		elseif what ~= "nil" then values[i] = next_value() end
		if what == "tensor" then S.T.loose[values[i]] = "object" end
	end
	local value = values[#alts]
	for i = #alts - 1, 1, -1 do
		value = S.choice(core.equal(tag, i), values[i], value, constant and tostring(key) or "?",
			S.flow.why_not(values[i], value))
	end
	if tag then S.tagged(value, tag, values, #alts) end
	if constant then
		if not rawget(o, READS) then rawset(o, READS, {}) end
		rawget(o, READS)[key] = value
		note_read(o, key, value)
	end
	return value
end

-- What was read last of a field of an object, for messages that name it.
function S.last_read(o, key)
	local reads = rawget(o, READS)
	return reads and reads[key]
end

local function refuse_key(what) S.unsupported("a read of an object by a key that is " .. what) end

-- The value of a field, metatables' __index included.
local index
function index(o, key)
	local c = class(key)
	if c == "choice" then return (S.choose(key, function(k) return index(o, k) end)) end
	if c == "poison" then S.read_poison(key) end
	if c == "int" then return read_field(o, nil, key) end
	if c == "float" or c == "bool" then S.need(key, "a key of an object") end
	if key == nil or key ~= key then return read_field(o, NO_KEY) end
	if c == "string" or c == "number" or c == "boolean" then return read_field(o, S.table_key(key)) end
	refuse_key(c == "text" and "a text made of symbolic values" or "a " .. S.type_name(key))
end
Object.__index = index

local function bare(v)
	if class(v) == "object" then emit({ kind = "bare" }, { S.object_number(v) }, {}) end
end
S.bare_object = bare

-- Operations that mean something only by a metatable, which the run checks that there is none.
for name in next, S.operator do
	local event = "__" .. name
	Object[event] = Object[event] or function(a, b)
		if class(a) == "choice" or class(b) == "choice" then return S.Choice[event](a, b) end
		bare(a)
		if name ~= "unm" and name ~= "bnot" then bare(b) end
		local h, fork = S.binary_handler(event, a, b)
		if fork then return (S.fork(fork, S.operator[name], a, b)) end
		if h ~= nil then return (S.callable(h)(a, b)) end
		return S.plain_operation(event, a, b)
	end
end
Object.__len = function(o) return emit({ kind = "length" }, { S.object_number(o) }, { "int" })[1] end
Object.__newindex = function() S.unsupported("a write to a field of an object") end

-- a == b, where one is an object and neither is a choice; raw: as rawequal has it.
function S.same_object(a, b, raw)
	if rawequal(a, b) then return true end
	for i = 1, 2 do
		local v = select(i, a, b)
		local info = S.T.info[v]
		if class(v) ~= "object" and not info then return false end
		if info and info.made then
			if info.escaped and S.T.hosted then S.unsupported("a comparison of an object with a table that is kept outside") end
			if not raw then
				if S.handler(info, "__eq") ~= nil then S.unsupported("a comparison of an object by '__eq'") end
				bare(a)
				bare(b)
			end
			return false
		end
		if info and not raw and S.handler(info, "__eq") ~= nil then S.unsupported("a comparison of an object by '__eq'") end
	end
	local x, y = S.object_number(to_object(a)), S.object_number(to_object(b))
	if raw then return core.equal(x, y) end
	return emit({ kind = "same" }, { x, y }, { "bool" })[1]
end

-- What functions on numbers say of tables.
for _, f in ipairs { math.type, tonumber } do
	local g = S.counterpart[f]
	S.counterpart[f] = function(...)
		if class((...)) == "object" and select("#", ...) == 1 then return nil end
		return g(...)
	end
end

-- Traces ---------------------------------------------------------------------------------------------------

-- What the plan of a trace knows of objects.
function S.finish_objects(T, plan)
	if #T.object_inputs == 0 then return end
	local written = {}
	for _, loc in ipairs(T.locations) do
		local info = loc.info
		if info and info.slot and (info.storage or not info.made) then written[#written + 1] = info.slot end
		for _, m in ipairs(info and info.outer and info.outer.members or {}) do written[#written + 1] = m.slot end
	end
	core.objects(plan, T.object_reads, T.object_inputs, written)
	for _, read in ipairs(T.object_reads) do read.alts = nil end
end

-- The entry that ran last met what it was not made for: it is dropped, for the reason that is returned.
function S.drop_unfit(object)
	local met, entry = object.met, object[1]
	if not met then return nil end
	object.met = nil
	if type(met) == "string" then -- a read that can't be staged: without objects it may
		local found = core.entry_table(entry).lists and not object.no_lists
		if found then object.no_lists, object.misfit = true, met end
		for arg, is in next, object.as_object do
			if is then object.as_object[arg], found = false, true end
		end
		if not found then error(met .. core.excerpt(met), 0) end
		table.remove(object, 1)
		return { met }
	end
	local read = core.entry_table(entry).object_reads[met[1]]
	S.learn(object, read.key, met[2])
	table.remove(object, 1)
	return { read.name .. " of an object", read.made_for, S.describe(met[2]) }
end

-- Arguments that turn out to be objects ---------------------------------------------------------------------

-- The argument that a read is part of, below its first level.
local function argument_below(reads, number)
	local read, levels = reads[number], 0
	while read[1] == "field" or read[1] == "keyed" or read[1] == "meta" or read[1] == "slot" do
		levels = levels + 1
		read = reads[read[2]]
	end
	return read[1] == "arg" and levels > 0 and read[2]
end

local structural = { ["nil"] = true, table = true, keys = true, length = true, sequence = true, same = true }
local MOST_STRUCTURES = 2

-- A call does not fit a graph by guard `failed`: an argument whose structure is yet another one will be an object.
function S.note_structure(object, reads, failed, value)
	local arg = reads[failed] and argument_below(reads, failed)
	if not arg or object.as_object[arg] ~= nil then return end
	local check = reads[failed][4]
	if not structural[check] and value ~= nil then return end
	object.structures[arg] = (object.structures[arg] or 0) + 1
	if object.structures[arg] >= MOST_STRUCTURES then object.as_object[arg] = true end
end

-- What can't be staged with objects may be without: are there arguments that were only tried as such?
function S.without_objects(object)
	local found = false
	for arg, is in next, object.as_object do
		if is == true then
			object.as_object[arg], found = false, true
		end
	end
	return found
end

-- The trace succeeded: arguments that are objects stay so, and the graphs for their structures go.
function S.keep_objects(object)
	for arg, is in next, object.as_object do
		if is == true then
			object.as_object[arg] = "always"
			for i = #object, 1, -1 do
				local known = core.entry_table(object[i])
				for number, read in ipairs(known.reads) do
					if structural[read[4]] and argument_below(known.reads, number) == arg then
						table.remove(object, i)
						if #object.dropped < object.graphs then table.insert(object.dropped, known.why) end
						break
					end
				end
			end
		end
	end
end

-- ms.object(t) -> t: in staged functions the table is one that only the run knows, whose fields are read when the
-- graph runs: one graph serves for all tables.
function ms.object(t)
	if type(t) ~= "table" and t ~= nil then
		error(("%sobject: table expected, got %s"):format(S.place(), type(t)), 0)
	end
	if t ~= nil then asked[t] = true end
	return t
end
S.counterpart[ms.object] = function(v)
	local info = S.T.info[v]
	if info and info.real then return in_slot(info.real, info.slot) end
	if v ~= nil and not info and class(v) ~= "object" then
		error(("%sobject: table expected, got %s"):format(S.place(), S.said_type(v)), 0)
	end
	return v
end
