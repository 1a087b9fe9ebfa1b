-- Functions that run as graphs when they can (mode "auto"), marked or not: which are tried, and which are given up.
-- src/bind/auto.c watches the calls of unmarked ones and undoes what fails.
local _, core = ...
local S, _ENV = core.S, core.env
local unpack = table.unpack

-- A call of a graph costs about what so many operations on small tensors cost eagerly, and some more for all it reads.
local CALL, READ = 4, 0.5
local FAILURES = 8 -- runs that may fail

-- An unmarked function of which a call is about to be tried: the table AUTO of its chunk, its ordinal there, where it
-- is and how many calls it had. all: whether it gains is not asked.
local function chosen(table, ordinal, name, calls, all)
	local state = S.new_state(nil, name)
	state.try, state.table, state.ordinal, state.calls, state.all = true, table, ordinal, calls, all
	return state
end

-- More graphs than a function may have.
function S.too_many_attempts(state, why)
	local change = why[2] and ("%s was %s, is %s"):format(unpack(why, 1, 3)) or why[1]
	error(("it has %d graphs; %s"):format(state.graphs, change), 0)
end

-- Raises when the graph that was just traced for an attempt is not to be used.
function S.check_attempt(state)
	if state.count > state.graphs then error("its graphs keep being outdated", 0) end
	local known = core.entry_table(state[1])
	local work, weight, loops, prints, calls = core.work(known.plan)
	if calls then error("its graph calls functions of the host", 0) end
	if state.all or not known.templates then return end -- one that only raises an error fails
	if prints then error("its graph prints in a loop, and prints are held back until it is over", 0) end
	if state.table and not loops and (work < 2 or weight < CALL + READ * #known.reads) then
		error(("its graph has %d operation%s on tensors, too few to gain anything"):format(work, work == 1 and "" or "s"), 0)
	end
end

-- An attempt came to nothing. failed: a graph was run that raised an error, which may not be so the next time; else
-- staging refuses the function, and so it stays eager.
local function refuse(state, why, failed)
	if failed then
		state.failures = (state.failures or 0) + 1
		if state.failures < FAILURES then return end
		why = ("%d of its runs failed%s"):format(FAILURES, why ~= "" and ", the last one: " .. why or "")
	end
	if state.table then state.table[state.ordinal] = false end
	state.try, state.refused = false, type(why) == "string" and why or "an error value that is no text"
	for i = #state, 1, -1 do state[i] = nil end
	state.dropped, state.marks, state.unroll, state.lengths, state.fields = {}, {}, {}, {}, {}
end

core.hooks { chosen = chosen, refuse = refuse }

-- Explanations of the unmarked functions that were called, in the order of the text.
function S.explain_watched()
	local list, texts = core.watches(), {}
	table.sort(list, function(a, b)
		if a.name ~= b.name then return a.name < b.name end
		return a.line < b.line
	end)
	for i, w in ipairs(list) do
		local why
		if w.object and w.object.try then
			texts[i] = S.explain(w.object)
		elseif w.object then
			why = w.object.refused
		elseif w.tensors == 0 then
			why = ("no tensors were given to it in %d calls"):format(w.calls)
		else
			why = ("%d of %d calls gave it tensors"):format(w.tensors, w.calls)
		end
		texts[i] = texts[i] or ("the function of %s:%d stays eager: %s"):format(w.name, w.line, why)
	end
	return texts
end
