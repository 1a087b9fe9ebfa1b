-- Tables made in a staged loop and kept outside of it: a run makes one whenever the graph gets there, and the graph
-- knows it by its number among those of the run, which is in info.held. It is carried by loops like other values of
-- the graph.
local _, core = ...
local S, _ENV = core.S, core.env
local next, rawequal, rawset, debug = next, rawequal, rawset, debug

local object_type = { { base = "object", text = "object" } }

-- Is the table, when it is kept now, one of those?
function S.needs_hold(info)
	if info.held then return true end
	if not info.made or info.escaped or info.storage then return false end
	local r = S.T.region
	while r do
		if r.loop and info.age > r.start then return true end
		r = r.parent
	end
	return false
end

-- A copy, made in the innermost region, of a table from a region around it: on other paths that table is not kept.
local function copy_here(info)
	local data = {}
	for k, v in next, info.data do data[k] = v end
	local copy = S.T.info[S.made(data)]
	copy.meta, copy.len, copy.list, copy.disturbed, copy.no_order = info.meta, info.len, info.list, true, info.no_order
	copy.elems, copy.codes, copy.mixed = info.elems, info.codes, info.mixed
	S.set_events(copy)
	info.shared, copy.shared = true, true
	return copy
end

-- Has the run make the table that is kept at a location; the table that stands there from now on.
local function hold(info, loc)
	local T = S.T
	if info.held then return info end
	if info.shared or info.target then
		S.make_plain(S.open_conditions())
		S.refuse_kept(info.proxy, "a table made inside a staged loop and kept outside of it")
	end
	if info.elems == nil then S.refuse_holes(info) end
	if info.age <= T.region.start then
		info = copy_here(info)
		S.loc_set(loc.cell or loc, info.proxy)
	end
	T.holds = true
	local call, number = S.emit_call(function() return { {} } end, object_type, false)
	call.pure = true
	info.held, info.escaped = number, "held"
	if info.meta then S.emit_write(T, S.field_location(T, info, S.META), info.meta) end
	for k, v in next, info.data do S.emit_write(T, S.field_location(T, info, k), v) end
	if info.elems ~= nil then S.emit_write(T, S.field_location(T, info, S.LIST), info.elems) end
	return info
end

local function set_field(_, object, key, value)
	rawset(object, key, value)
	return {}
end

local function set_copy(_, object, key, tensor)
	rawset(object, key, core.copy(tensor))
	return {}
end

local function set_list(run, object, list, texts)
	S.set_elements(object, list, S.value_of_code(texts and "text", run))
	return {}
end

local function set_meta(_, object, meta)
	debug.setmetatable(object, meta)
	return {}
end

-- Emits the write of v to a location when one of the two is, or becomes, such a table; else gives false.
function S.write_held(T, number, v)
	local loc = T.locations[number]
	local is_table = S.class(v) == "table" and S.needs_hold(T.info[v])
	local into = loc.info and loc.info.held and loc.info
	if is_table then v = hold(T.info[v], loc).proxy end
	if into then
		local set = set_field
		if S.class(v) == "traced" then
			if S.written_by_value(loc, v) then set = set_copy else v = { template = S.template(v) } end
		end
		if rawequal(loc.key, S.META) then
			S.emit_call(set_meta, {}, false, into.proxy, v).pure = true
		elseif rawequal(loc.key, S.LIST) then
			local call = S.emit_call(set_list, {}, false, into.proxy, v, into.codes ~= nil)
			call.pure, call.of_run = true, true
		else
			S.emit_call(set, {}, false, into.proxy, loc.key, v).pure = true
		end
	elseif is_table then
		S.emit_call(function() return {} end, {}, false, v).late = number
	end
	return into or is_table
end
