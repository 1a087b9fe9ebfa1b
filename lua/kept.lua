-- Functions made in a staged call and kept after it, in what it returns or writes outside.
--
-- A run makes them anew from the text of their chunk (core.remake). Of their variables, those of functions from outside
-- are joined to that very variable; the others are variables of the run, which its closures share: their cells escape
-- like tables, and are written from then on like variables outside.
local _, core = ...
local S, _ENV = core.S, core.env
local YES, NO = S.YES, S.NO
local class, upvalueid = S.class, core.upvalueid

local function refuse_in_loops(f, age)
	local r = S.T.region
	while r do
		if r.loop and age > r.start then
			S.make_plain(S.open_conditions())
			S.refuse_kept(f, "a function made inside a staged loop and kept outside of it")
		end
		r = r.parent
	end
end

-- The trace's cell of a kept function becomes reachable from outside.
local function escape(f, cell)
	local T = S.T
	if cell.real then return end
	local r = T.region
	while r do
		if cell.escaped == r then return end
		r = r.parent
	end
	if cell.escaped == "top" then return end
	refuse_in_loops(f, cell.age)
	if not cell.listed then
		cell.listed = true
		T.variables[#T.variables + 1] = cell
	end
	T.escapes[#T.escapes + 1] = { cell, cell.escaped }
	cell.escaped, cell.maker, cell.gone = T.region or "top", f, nil
	S.write_cell(T, cell)
end

-- A host call looks at all that was kept on some path: then it is kept on all of them.
function S.escape_again()
	local list = S.T.escapes
	for i = 1, #list do
		local escaped = list[i][1]
		if escaped.escaped and not escaped.gone then
			if escaped.maker then escape(escaped.maker, escaped)
			elseif escaped.proxy then S.escape_table(escaped) end
		end
	end
end

-- What was kept since the counts were saved, of what is older than `start`: a loop or function of the graph gets there
-- again, and what it writes into that before is then to be seen outside.
function S.kept_since(counts, start)
	local list, kept = S.T.escapes, {}
	for i = counts[1] + 1, #list do
		if list[i][1].age <= start then kept[#kept + 1] = list[i][1] end
	end
	return kept
end

-- Keeps it before.
function S.keep(kept)
	for _, escaped in ipairs(kept) do
		if escaped.maker then escape(escaped.maker, escaped)
		elseif escaped.storage then S.escape_storage(escaped)
		else S.escape_table(escaped)
		end
	end
end

-- What a run makes of a function: { "function", { chunk =, ordinal =, [number of the upvalue] = cell } }; of one that
-- ms.grad made { "gradient", ms.grad, template of its function }.
function S.function_template(f)
	local T = S.T
	local made, kept = T.made[f], T.kept[f]
	if made.gradient then
		kept = kept or { "gradient", made.gradient[1], S.template(made.gradient[2]) }
		T.kept[f] = kept
		return kept
	end
	refuse_in_loops(f, made[3])
	if not kept then
		kept = { chunk = made[1], ordinal = made[2], last = 0 }
		T.kept[f] = kept
		local numbers = {}
		core.remake(made[1], made[2], numbers)
		local from = S.upvalue_numbers(f)
		for name, i in next, numbers do
			if not from[name] then S.internal("a kept function has a variable '" .. name .. "' that its original has not") end
			kept[i] = T.cells[upvalueid(f, from[name])]
			kept.last = math.max(kept.last, i)
		end
	end
	for i = 1, kept.last do
		if kept[i] then escape(f, kept[i]) end
	end
	return { "function", kept }
end

-- The functions among what a call gives back, so that what they reach is written before the results are looked at.
function S.keep_functions(v, seen)
	local c = class(v)
	if c == "function" then
		if S.T.made[v] then S.template(v) end
	elseif c == "choice" then
		S.keep_functions(rawget(v, YES), seen)
		S.keep_functions(rawget(v, NO), seen)
	elseif c == "table" and not seen[v] then
		local info = S.T.info[v]
		seen[v] = true
		if not info.made or info.escaped then return end
		if info.target then S.template(v) end
		if info.meta then S.keep_functions(info.meta, seen) end
		for k, x in next, info.data do
			S.keep_functions(k, seen)
			S.keep_functions(x, seen)
		end
	end
end

-- A variable of a run, as the only upvalue of a function.
local function variable(cell, run)
	local holder = run.objects[cell]
	if not holder then
		local v = nil
		holder = function() return v end
		run.objects[cell] = holder
	end
	return holder
end

-- The function and the number of its upvalue that a location of the outside is in a run.
function S.place_of_cell(cell, run)
	if cell.slot then return run.slots[cell.slot], cell.real_i end
	return variable(cell, run), 1
end

function S.build_function(kept, run)
	local f = run.objects[kept]
	if not f then
		f = core.remake(kept.chunk, kept.ordinal)
		run.objects[kept] = f
		for i = 1, kept.last do
			if kept[i] then core.upvaluejoin(f, i, S.place_of_cell(kept[i], run)) end
		end
	end
	return f
end
