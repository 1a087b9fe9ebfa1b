-- Lists taken whole: by ms.stack and ms.cat, by table.unpack, by what else takes a table apart while it is traced.
--
-- Such a list is taken to be as long as it was in the last run that got there, which the graph checks. The first run
-- that gets there only finds that out. A run that finds another length has done nothing yet that could be seen: it
-- starts again, with the graph that was made for that length, or a new one.
local _, core = ...
local S, _ENV = core.S, core.env
local ipairs, next, select = ipairs, next, select

local MOST = 4096 -- elements
local MOST_TRIES = 64 -- lengths found in one call

-- Can a run start again that finds another length here?
local function may_guess()
	local T = S.T
	if T.object.no_sizes or T.no_lists or T.pcall or T.co or #T.pending > 0 or #T.gradients > 0 then return false end
	return next(S.lasting_calls(T)) == nil
end

-- What the place is known by, in all traces, and what all places of its line in the text are. (Loops of the graph are
-- traced in rounds.)
local function place_key()
	local T = S.T
	local key = S.place() .. S.stack()
	local r = T.region
	while r and not r.loop do r = r.parent end
	if r then
		T.sized_in_loop = true
		return key, key
	end
	local sized, count = T.sized, 0
	sized[#sized + 1] = key
	for _, k in ipairs(sized) do
		if k == key then count = count + 1 end
	end
	return ("%s %d"):format(key, count), key
end

-- The length of the list in the last run that got here, which the run must find again; vary: or the number of an
-- unknown length that was that long then, if it often is another one.
local function found_size(info, what, vary)
	local T = S.T
	local n, list = S.list_length(info), S.list_of(info)
	if not S.is_symbolic(n) then return n end
	local checked = T.sizes[list]
	if checked and S.is_open(checked.region) and (vary or not checked.number) then return checked.n, checked.number end
	if not may_guess() then S.refuse_list(what) end
	local key, line = place_key()
	local known = T.object.sizes[key] or not vary and T.object.sizes[line] or nil
	local number
	local function other()
		S.flush()
		S.raise_constant({ "size", key, S.place(), number = number, line = line }, { n })
		error(S.DEAD, 0)
	end
	if known == nil then
		if T.budget then S.stop "a list whose length is not known yet" end
		T.probe = true
		other()
	end
	if known > MOST then S.refuse_list(what) end
	number = vary and S.unknown_size(known, key)
	if number then T.found[number] = known end
	S.P.if_(core.equal(n, number and core.length(number, known) or known), function() end, other)
	T.sizes[list] = { n = known, number = number, region = T.region }
	return known, number
end

-- The length of the list, plain. what: it is needed for.
function S.list_size(info, what) return (found_size(info, what)) end

-- The last run found a list of another length than its graph was made for: { "size", key, place, line =, n = }.
function S.learn_size(object, met)
	local known = core.entry_table(object[1])
	local tried = object.tried or { n = 0 }
	local id = ("%s %d"):format(met[2], met.n)
	object.tried, tried.n = tried, tried.n + 1
	if tried[id] or tried.n > MOST_TRIES then object.no_sizes = true end
	tried[id] = true
	local before = object.sizes[met[2]]
	object.sizes[met[2]], object.sizes[met.line] = met.n, met.n
	if core.served(object[1]) == 0 then -- it is the one that was made for this call
		table.remove(object, 1)
		object.count = object.count - 1
		return known.why
	end
	return { ("%sthe length of a list"):format(met[3]), ("%d"):format(before or 0), ("%d"):format(met.n) }
end

-- f(k, v) for all that a list holds: its elements, then what other keys it has, in no order that could be relied on.
function S.each_in_list(info, f)
	if not info.made then
		for k in next, info.real do
			if math.type(k) ~= "integer" or k < 1 then S.refuse_list("a list that has other keys, too, taken whole") end
		end
	end
	for k = 1, S.list_size(info, "a list that is taken whole") do f(k, S.list_at(info, k)) end
	for k, v in next, info.data do
		if v ~= S.NIL then f(k, S.get(info, k)) end
	end
end

-- The tensors of a list as one: ms.stack and ms.cat along the first dim; nil where it is another case.
local function in_a_row(joined)
	return function(t, dim, ...)
		local info = S.T.info[t]
		if not info or info.elems == nil or info.codes or dim ~= nil and dim ~= 1 or select("#", ...) > 0 then return nil end
		local rank = core.list_rank(S.list_of(info))
		if not rank or joined and rank == 0 or next(info.data) ~= nil or not info.made and next(info.real) ~= nil then
			return nil
		end
		local n, number = found_size(info, "a list that is taken whole", true)
		if n == 0 then return nil end
		return core.list_stack(S.list_of(info), n, number, joined)
	end
end
S.whole_list = { [S.ms.stack] = in_a_row(false), [S.ms.cat] = in_a_row(true) }
