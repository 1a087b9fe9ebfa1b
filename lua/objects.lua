-- Objects: tables that only the run knows, such as the nodes of a tree that a loop or recursion walks through.
--
-- In the graph an object is an integer, its number among the tables that the run has met (src/bind/object.c). Its
-- fields are read by the run. What a field may hold is what it holds in all tables that can be reached from those that
-- the trace was called with, and what other calls have met there: kinds of values, strings and functions one by one.
-- Where a run meets anything else, and nothing has been done yet that could be seen, it starts again with a new graph.
local ms, core = ...
local S, _ENV = core.S, core.env
local Object, class, kind = S.Object, S.class, core.kind
local type, rawget, rawequal, next, ipairs, setmetatable = type, rawget, rawequal, next, ipairs, setmetatable
local mathtype, rawmeta, select, rawset, error = math.type, debug.getmetatable, select, rawset, error

local asked = setmetatable({}, { __mode = "k" }) -- tables given to ms.object
local NUMBER, POOL = {}, {} -- raw keys of objects, which no script has
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

local function admit_texts(field)
	field.text = true
	for i = #field.constants, 1, -1 do
		if type(field.constants[i]) == "string" then table.remove(field.constants, i) end
	end
end

-- What a key may hold is kept as long as the function's graphs. Nobody is to see that of one that was not marked.
local function refuse_holding(v)
	local message = ("a field of an object holds a %s, which a graph would keep alive"):format(type(v))
	if S.T then S.stop(message) end
	error(message, 0)
end

-- Adds v to what a key may hold in calls of the staged function; many strings become texts.
local function admit(field, v, object)
	local what = kind_of(v)
	if what then
		field[what] = true
	elseif kind(v) == "eager" then
		field.tensors[core.spec(v)] = true
	elseif object.try and type(v) ~= "string" then
		refuse_holding(v)
	elseif not (type(v) == "string" and field.text) then
		local strings = type(v) == "string" and 1 or 0
		for _, c in ipairs(field.constants) do
			if rawequal(c, v) then return end
			if type(c) == "string" then strings = strings + 1 end
		end
		table.insert(field.constants, v)
		if strings > MOST_STRINGS then admit_texts(field) end
	end
end

local function copy_of(field)
	local copy = {}
	for k, v in next, field do
		copy[k] = v
		if type(v) == "table" then
			copy[k] = {}
			for i, x in next, v do copy[k][i] = x end
		end
	end
	return copy
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
				if mathtype(k) == "integer" then admit(field, v, T.object) end
			end
		else
			admit(field, look_up(t, key), T.object)
		end
	end
	T.scanned[key] = #T.reachable
	return field
end

-- Adds the tables that can be reached from one through fields.
local MOST_REACHED = 100000
local function add_reachable(list, seen, real)
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

local function reach(real)
	local T = S.T
	local list, from = T.reachable, #T.reachable
	add_reachable(list, T.reached, real)
	for i = from + 1, #list do
		local m = rawmeta(list[i])
		local h = m and rawget(m, "__index")
		if h ~= nil and type(h) ~= "table" then T.odd_objects = true end
	end
end

-- A run met a value that its graph was not made for: what the graphs of the function know from now on.
function S.learn(object, key, v)
	object.fields[key] = object.fields[key] or new_field()
	admit(object.fields[key], v, object)
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

-- The object whose number a symbolic integer is: one value for all uses of it. pool: of an element of a list
-- (pools.lua).
local function object_of(number, pool)
	local known_ones = pool and pool.objects or S.T.object_of
	local known = known_ones[core.ref_of(number)]
	if not known or not core.same(rawget(known, NUMBER), number) then
		known = setmetatable({ [NUMBER] = number, [POOL] = pool }, Object)
		known_ones[core.ref_of(number)] = known
	end
	return known
end
S.object_of = object_of

function S.object_number(v) return rawget(v, NUMBER) end
function S.pool_of(v) return rawget(v, POOL) end

-- The object like v of another number; objects of one kind, and only these, are one value of the graph.
function S.object_like(v, number) return object_of(number, rawget(v, POOL)) end
function S.object_kind(v)
	local pool = rawget(v, POOL)
	return pool and pool.name or "object"
end

-- Are both objects, of one kind?
function S.same_kind(a, b) return class(a) == class(b) and S.object_kind(a) == S.object_kind(b) end

-- The proxy of a table made in the trace is an object of that number from now on.
function S.become_object(p, number, pool)
	debug.setmetatable(p, Object)
	rawset(p, NUMBER, number)
	rawset(p, POOL, pool)
end

function S.become_table(p, meta)
	for _, key in ipairs { NUMBER, POOL } do rawset(p, key, nil) end
	debug.setmetatable(p, meta)
end

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
		known = copy_of(S.T.object.fields[constant and key or AT]),
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
		S.note_last_read(o, key, value)
		note_read(o, key, value)
	end
	return value
end

-- Notes what was read last of a field of an object, for messages that name it. The region that is open keeps it: with
-- it the value is gone.
function S.note_last_read(o, key, value)
	local holder = S.T.region or S.T
	holder.last = holder.last or {}
	holder.last[o] = holder.last[o] or {}
	holder.last[o][key] = { value }
end

function S.last_read(o, key)
	local r = S.T.region
	while true do
		local last = (r or S.T).last
		local known = last and last[o] and last[o][key]
		if known or not r then return known and known[1] end
		r = r.parent
	end
end

local function refuse_key(what) S.unsupported("a read of an object by a key that is " .. what) end

-- The value of a field, metatables' __index included.
local index
function index(o, key)
	local c = class(key)
	if c == "choice" then return (S.choose(key, function(k) return index(o, k) end)) end
	if c == "poison" then S.read_poison(key) end
	local pool = rawget(o, POOL)
	if pool and c ~= "text" then
		local v = S.pool_read(o, key)
		if c == "string" then S.note_last_read(o, key, v) end
		return v
	end
	if c == "int" then return read_field(o, nil, key) end
	if c == "float" or c == "bool" then S.need(key, "a key of an object") end
	if key == nil or key ~= key then return read_field(o, NO_KEY) end
	if c == "string" or c == "number" or c == "boolean" then return read_field(o, S.table_key(key)) end
	refuse_key(c == "text" and "a text made of symbolic values" or "a " .. S.type_name(key))
end
Object.__index = index

local function bare(v)
	if class(v) == "object" and not rawget(v, POOL) then emit({ kind = "bare" }, { S.object_number(v) }, {}) end
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
Object.__len = function(o)
	if rawget(o, POOL) then return S.pool_length(o) end
	return emit({ kind = "length" }, { S.object_number(o) }, { "int" })[1]
end

-- Writes are made by the run at once, by a call of its own, and undone when it starts again or refuses something. What
-- they leave in a field is among what the graph expects there.
local function expect(T, key, what, v)
	local field = T.object.fields[key] or new_field()
	T.object.fields[key] = field
	local before = field[what or "text"] or false
	local constants = #field.constants
	if what == "text" then admit_texts(field) elseif what then field[what] = true else admit(field, v, S.T.object) end
	local after = field[what or "text"] or false
	if T.scanned[key] and (before ~= after or constants ~= #field.constants) then S.signal { kind = "restart" } end
end

-- Tables that the trace knows by other names have been read at the start of the run.
local function known_by_name(run, t)
	if not run.named then
		run.named = {}
		for i, v in ipairs(run.slots) do
			if type(v) == "table" and run.entry.reads[i][4] == "table" then run.named[v] = true end
		end
	end
	return run.named[t]
end

local MOST_UNDONE = 1000000 -- writes of a run that are remembered
local function note_old(run, t, key)
	if run.lasting then return end
	run.undo = run.undo or {}
	local undo, n = run.undo, #run.undo
	if n == 3 * MOST_UNDONE then
		run.lasting, run.undo = true, nil
		core.touch()
	else
		local old = rawget(t, key)
		undo[n + 1], undo[n + 2], undo[n + 3] = t, key, old == nil and undo or old
	end
end

-- Why a table can't be written as an object, if so.
local NAMED = "can't stage this write: the staged function knows the table by another name too"
local HANDLER = "can't stage this write: the metatable of the object has a '__newindex'"
local function not_written(run, t)
	local m = rawmeta(t)
	return known_by_name(run, t) and NAMED or m and rawget(m, "__newindex") ~= nil and HANDLER
end

local written_as = { int = "int", float = "float", bool = "bool", number = true, boolean = "bool", ["nil"] = "nil",
	object = "object", text = "text", string = false, ["function"] = false }

local function write(o, key, v)
	local T = S.T
	local place, c = S.place(), class(v)
	local info = c == "table" and T.info[v]
	if info and not info.made then
		v, c = to_object(v), "object"
	end
	local what = written_as[c]
	if what == nil or c == "function" and (T.made[v] or S.native[v]) then
		S.unsupported(("a %s as a field of an object"):format(S.type_name(v)))
	end
	if what == true then what = kind_of(v) end
	expect(T, key, what or nil, v)
	if mathtype(key) == "integer" then expect(T, AT, what or nil, v) end
	T.object_writes = T.object_writes or place
	S.call_in_run(function(run, t, x)
		local why = not_written(run, t)
		if why and (why ~= HANDLER or rawget(t, key) == nil) then
			run.refused = true
			error(place .. why, 0)
		end
		note_old(run, t, key)
		rawset(t, key, x)
	end, o, v)
end

local newindex
function newindex(o, key, v)
	local c = class(key)
	if c == "choice" then return (S.choose(key, function(k) newindex(o, k, v) end)) end
	if c == "poison" then S.read_poison(key) end
	if class(v) == "poison" then S.read_poison(v) end
	local pool = rawget(o, POOL)
	if c == "int" and pool then return S.choose(v, function(x) S.pool_write(o, key, x) end) end
	if c == "int" or c == "float" or c == "bool" then S.need(key, "a key of an object that is written") end
	if key == nil or key ~= key then error(("%stable index is %s"):format(S.place(), key == nil and "nil" or "NaN"), 0) end
	if c ~= "string" and c ~= "number" and c ~= "boolean" then
		refuse_key("a " .. (c == "text" and "text made of symbolic values" or S.type_name(key)))
	end
	S.choose(v, function(x)
		if pool then S.pool_write(o, key, x) else write(o, S.table_key(key), x) end
	end)
end
Object.__newindex = newindex

-- a == b, where one is an object and neither is a choice; raw: as rawequal has it.
function S.same_object(a, b, raw)
	if rawequal(a, b) then return true end
	local pool = class(a) == "object" and rawget(a, POOL) or class(b) == "object" and rawget(b, POOL)
	if pool then
		if class(a) ~= class(b) or rawget(a, POOL) ~= rawget(b, POOL) then return false end
		return core.equal(rawget(a, NUMBER), rawget(b, NUMBER))
	end
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
	core.objects(plan, T.object_reads, T.object_inputs, written, next(S.lasting_calls(T)) ~= nil)
	for _, read in ipairs(T.object_reads) do read.alts = nil end
end

-- A graph that does what can't be undone looks at all objects before it begins: { number of a read, value } that it is
-- not made for, or nil.
local function admitted(known, v)
	local what = kind_of(v)
	if what then return known[what] end
	if kind(v) == "eager" then return known.tensors[core.spec(v)] end
	if type(v) == "string" and known.text then return true end
	for _, c in ipairs(known.constants) do
		if rawequal(c, v) then return true end
	end
	return false
end

local function unfit_of(reads, t)
	for number, read in ipairs(reads) do
		if read.kind == "field" then
			local v = look_up(t, read.key)
			if not admitted(read.known, v) then return { number, v } end
		elseif read.kind == "at" then
			for k, v in next, t do
				if mathtype(k) == "integer" and not admitted(read.known, v) then return { number, v } end
			end
		end
	end
end

core.hooks {
	scan = function(run)
		local list, seen = {}, {}
		for i, read in ipairs(run.entry.reads) do
			if read[4] == "object" then add_reachable(list, seen, run.slots[i]) end
		end
		for _, t in ipairs(list) do
			local met = unfit_of(run.entry.object_reads, t)
			if met then return met end
			local place = run.entry.object_writes
			local why = place and not_written(run, t)
			if why then return place .. why end
		end
	end,
}

-- The entry that ran last met what it was not made for: it is dropped, for the reason that is returned.
function S.drop_unfit(object)
	local met, entry = object.met, object[1]
	if not met then return nil end
	object.met = nil
	if met[1] == "size" then return S.learn_size(object, met) end
	if type(met) == "string" then -- what can't be staged like this: otherwise it may
		local known, again = core.entry_table(entry), nil
		for _, constant in ipairs(known.constants) do again = constant[2] == met and constant.again or again end
		local found = known.lists and not again and not object.no_lists
		if found then object.no_lists, object.misfit = true, met end
		found = again or S.without_objects(object) or found
		if again then S.make_simpler(object, again) end
		if not found and not met:find "^[^\n]-:%d+: " then met = ("%s: %s"):format(object.name, met) end
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
		if is then object.as_object[arg], found = false, true end
	end
	return found
end

-- Nobody asked for such an object. So it is none where a run that meets what it is not made for, or what can't be
-- staged with objects, may have done something already, and so could not start again.
function S.risky_objects(T)
	if not next(T.object.as_object) or #T.object_inputs == 0 then return false end
	return next(S.lasting_calls(T)) ~= nil or T.odd_objects
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
