-- ms.explain: what a staged function's graphs are and why each was made, in words.
local ms, core = ...
local S, _ENV = core.S, core.env
local concat = table.concat

-- Notes made while tracing ----------------------------------------------------------------------------

-- Notes what became of the construct at the user's line; what is said of it last holds, since loops are traced again
-- until they settle.
function S.noted(construct, text)
	local T = S.T
	local site = core.site() or "?"
	local id = site .. " " .. construct
	local note = T.notes[id]
	if not note then
		note = { site = site, construct = construct }
		T.notes[id] = note
		T.notes[#T.notes + 1] = note
	end
	note.text = text
end

-- A variable of the loop library's own, such as the counter of a for.
local function is_own(loc)
	return loc.f and debug.getinfo(loc.f, "S").source:sub(1, 11) == "=[moonstage" and not loc.real
end

-- loop: its record (rolled.lua).
function S.note_loop(carried, loop)
	local names = {}
	for _, c in ipairs(carried) do
		local types = {}
		for i, alt in ipairs(c.alts) do types[i] = alt.spec or alt.fields and "a table" or S.describe(alt.const) end
		local name = S.loc_name(c.loc)
		if name ~= "?" and not name:find("^result ") and not is_own(c.loc) then
			names[#names + 1] = ("%s (%s)"):format(name, c.poison and "not readable after a trip" or concat(types, " or "))
		end
	end
	local what = loop.how == "loop" and "made a loop of the graph by ms.loop"
		or loop.plain and "rolled into a loop of the graph"
		or "a loop of the graph"
	S.noted("loop", what .. (#names > 0 and ", which carries " .. concat(names, ", ") or ""))
end

-- why: that it was not rolled, or nil.
function S.note_trips(trips, why)
	S.noted("loop", (trips == 1 and "1 trip, unrolled" or trips .. " trips, unrolled") .. (why and ": " .. why or ""))
end

-- What is told ------------------------------------------------------------------------------------------

local TITLE = "  %-9s %s"
local function add(out, title, items)
	for i, item in ipairs(items) do out[#out + 1] = TITLE:format(i == 1 and title or "", item) end
end

local function with_site(text, site) return site and ("%s  (%s)"):format(text, site) or text end

-- The reads of an entry: what the graph takes as inputs, and what it was made for, checked at every call.
local function reads_of(entry, reads, own)
	local inputs, guards = {}, {}
	for n, read in ipairs(reads) do
		local check, expected = core.guard(entry, n)
		local name = S.read_name(reads, n)
		local is = S.describe_guard(entry, reads, n)
		local site = read[6]
		if check == "tensor" or check == "int" or check == "float" or check == "object" then
			inputs[#inputs + 1] = with_site(name .. ": " .. is, site)
		elseif check == "length" then
			guards[#guards + 1] = with_site(name .. " is " .. is, site)
		elseif check == "keys" then
			guards[#guards + 1] = with_site(name .. ", in their order", site)
		elseif check == "nil" or check == "same" or check == "function" or check == "raw" then
			local library = type(expected) == "function" and (S.counterpart[expected] or S.library_name(expected))
			local own_read = read[1] == "arg" and read[2] == own
			if not library and not own_read and read[1] ~= "output" and name ~= "?" and read[2] ~= nil then
				guards[#guards + 1] = with_site(name .. " is " .. (check == "nil" and "nil" or is), site)
			end
		end
	end
	return inputs, guards
end

local function writes_of(table, reads)
	local list, seen = {}, {}
	for _, loc in ipairs(table.locations) do
		local name
		if loc.cell then
			name = loc.cell.name
		elseif loc.info.slot then
			name = S.read_name(reads, loc.info.slot)
			name = loc.key == S.META and "the metatable of " .. name
				or S.field_name(name, (type(loc.key) == "string" or type(loc.key) == "number" or S.is_tail(loc.key)
					or rawequal(loc.key, S.KEY)) and loc.key or nil)
		end
		if name and not seen[name] then
			seen[name] = true
			list[#list + 1] = name
		end
	end
	return list
end

local function reason(why)
	return why[2] and ("%s was %s, is %s"):format(why[1], why[2], why[3]) or why[1]
end

-- What was traced and why: readable text.
function S.explain(object)
	if object.refused then return ("the staged function of %s stays eager: %s"):format(object.name, object.refused) end
	if not object.staged and not object.try then
		return ("the staged function of %s runs eagerly: no graphs"):format(object.name)
	end
	local entries = {}
	for i, entry in ipairs(object) do entries[i] = entry end
	table.sort(entries, function(a, b) return core.entry_table(a).number < core.entry_table(b).number end)
	local title = object.table and ("the function of %s, unmarked, staged at call %d"):format(object.name, object.calls)
		or "the staged function of " .. object.name
	local out = { ("%s: %d graph%s of at most %d"):format(title, #entries, #entries == 1 and "" or "s", object.graphs) }
	for _, entry in ipairs(entries) do
		local table = core.entry_table(entry)
		out[#out + 1] = ("graph %d: %s"):format(table.number, reason(table.why))
		local inputs, guards = reads_of(entry, table.reads, object.table and table.nargs)
		add(out, "inputs", inputs)
		add(out, "made for", guards)
		local staged, loops = {}, {}
		for _, note in ipairs(table.notes) do loops[note.site] = loops[note.site] or note.construct == "loop" end
		for _, note in ipairs(table.notes) do -- a loop makes branches of its own
			if note.construct == "loop" or not loops[note.site] then staged[#staged + 1] = note.site .. ": " .. note.text end
		end
		add(out, "lengths", { table.exact and "known, for " .. table.exact:match("^[^\n]*") })
		add(out, "staged", staged)
		add(out, "writes", writes_of(table, table.reads))
		if table.special then out[#out + 1] = TITLE:format("served", S.calls_served(entry)) end
	end
	for _, why in ipairs(object.dropped) do out[#out + 1] = "dropped: a graph made because " .. reason(why) end
	return concat(out, "\n")
end

-- ms.explain([f]) -> text: the graphs of a staged function, why each was made, what was staged or unrolled in it, what
-- it reads and writes outside. Without an argument: of all staged functions there are.
function ms.explain(f)
	if f == nil then
		local texts = {}
		for i, state in ipairs(S.stage_states()) do texts[i] = S.explain(state) end
		for _, text in ipairs(S.explain_watched()) do texts[#texts + 1] = text end
		return concat(texts, "\n\n")
	end
	local state = S.stage_state(f)
	if not state then error(S.place() .. "explain: staged function expected, got " .. type(f), 0) end
	return S.explain(state)
end

S.counterpart[ms.explain] = function() S.unsupported("a call of ms.explain inside a staged function") end
