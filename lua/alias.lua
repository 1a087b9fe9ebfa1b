-- Which tensors may be one and the same while staging.
--
-- After a join, and in a loop, a variable may be one tensor on one path and another on the other. Where it may matter
-- (`inplace` traces) an if's join keeps tensors from before it apart as a choice. What is left, mostly in loops, is a
-- handle with a storage of its own that may be that of others: they are near each other. Writing one makes it unknown
-- what the others hold; that is an error where it is read.
local _, core = ...
local S, _ENV = core.S, core.env
local YES, NO = S.YES, S.NO
local kind, next, rawequal, type = core.kind, next, rawequal, type
local info_of, moving, VALUE = S.storage_info, S.is_moving, S.VALUE

local APART = {} -- a key: of a poison that there is not where loops tell tensors apart
local nothing = {}

local function near(root) return S.T.near[root] or nothing end

local function add_edge(a, b)
	local T = S.T
	if rawequal(a, b) then return end
	for _, root in ipairs(near(a)) do
		if rawequal(root, b) then return end
	end
	T.near[a], T.near[b] = T.near[a] or {}, T.near[b] or {}
	table.insert(T.near[a], b)
	table.insert(T.near[b], a)
end

local function add_edges(edges)
	for i = 1, #edges, 2 do add_edge(edges[i], edges[i + 1]) end
end

-- May the two storages be one?
local function meet(a, b)
	if rawequal(a, b) then return true end
	for _, root in ipairs(near(a)) do
		if rawequal(root, b) then return true end
	end
	return false
end

local function near_and_itself(root) return { root, table.unpack(near(root)) } end

local function each_handle(v, f)
	if kind(v) == "traced" then
		f(v)
	elseif type(v) == "table" and S.class(v) == "choice" then
		each_handle(rawget(v, YES), f)
		each_handle(rawget(v, NO), f)
	end
end

-- What the script calls a storage: where it was read, or a variable that holds a tensor of it now.
local function name_of(info)
	local name = info.slot and S.loc_name { info = info, key = VALUE }
	if not name and info.outer then name = S.read_name(S.T.guards, info.outer.members[1].slot) end
	if name then return name end
	for _, cell in next, S.T.cells do
		each_handle(S.loc_get(cell), function(h)
			if rawequal(core.root(h), info.root) and not (name and name < cell.name) then name = cell.name end
		end)
	end
	return name
end

-- Was the handle made in a region that is closed? Then it stands for nothing on the path that is being traced.
local function hidden(h)
	for _, r in ipairs(S.T.hidden) do
		if not core.known_before(h, r.first) and core.known_before(h, r.last) then return true end
	end
	return false
end

-- The storage has been written.
function S.spoil_near(root)
	local T = S.T
	for _, other in ipairs(near(root)) do
		local info = not hidden(other) and info_of(other)
		if info and info ~= T.storage[root] and S.class(info.data[VALUE]) ~= "poison" then
			local spoilt = S.poison(name_of(info), " a tensor is changed in place that may share its storage")
			rawset(spoilt, APART, true)
			S.put(info, VALUE, spoilt)
		end
	end
end

-- Handles made before the regions of a join are the same after it; so are the storages of those made since.
function S.is_old(J, h) return core.known_before(h, J.first) end
local function old_storage(J, h) return core.known_before(core.root(h), J.first) end

local function is_kept(h)
	local info = S.T.storage[core.root(h)]
	return info and info.escaped and not info.outer
end

local function need_inplace()
	if not S.T.inplace then S.signal { kind = "restart", inplace = true } end
end

-- Which object a tensor is must be known here: joins keep tensors from before them apart, then loops do, too.
local function need_apart()
	need_inplace()
	if not S.T.apart then S.signal { kind = "restart", apart = true } end
end

-- Must it be remembered which of two tensors is meant? It may be written, or is an object outside already.
function S.stay_apart(J, a, b)
	local T = S.T
	if T.anonymous[a] or T.anonymous[b] then return false end
	if is_kept(a) or is_kept(b) then
		need_inplace()
		return true
	end
	return T.inplace and (old_storage(J, a) or old_storage(J, b))
end

-- The object that a handle stands for: of those that leave a region, the one inside.
function S.identity(h) return S.T.identity[h] or h end

-- A storage that one path made, and wrote or keeps outside, leaves its region with the first of its handles that does.
local function move_storage(J, v, h)
	local T = S.T
	local root = core.root(h)
	local moved = J.moved[root]
	if moved then
		core.like(v, h)
		core.root(v, moved)
		return
	end
	J.moved[root] = v
	core.like(v, h)
	core.root(v, v)
	local info = T.storage[root]
	T.storage[v], info.root = info, v
	for _, other in ipairs(near(root)) do
		other = J.moved[other] or core.known_before(other, J.first) and other
		if other then add_edge(v, other) end
	end
end

-- The flat value to leave the region with the handle, and the function that takes it after; nil when none has to.
function S.leaving_storage(J, h)
	local info = S.T.storage[core.root(h)]
	if not info or old_storage(J, h) or moving(h) or J.leaving[info] or S.class(info.data[VALUE]) ~= "traced" then
		return nil
	end
	J.leaving[info] = true
	return info.data[VALUE], function(flat) info.data[VALUE] = flat end
end

-- May a handle be a view of an outer tensor, or an outer tensor that was written? A run that gives back an outer tensor
-- as it was can tell which one it is; else it can't.
local function is_vague(h)
	local T = S.T
	local root = core.root(h)
	local info = T.storage[root]
	return T.vague[root] or T.outer[root] and (not S.slot_of(h) or info and info.data[VALUE] ~= nil) or false
end

-- v may be a tensor that is `listed`: "put" into a list, or "any" of those that were.
local function note_listed(v, listed)
	local root = core.root(v)
	S.T.listed[root] = S.T.listed[root] == "any" and "any" or listed or S.T.listed[root]
end

-- `v` is the result of a join: a or b (nil: never) of the two paths.
function S.joined(J, v, a, b)
	local T = S.T
	local only = a == nil and b or b == nil and a
	local known = only or core.alike(a, b) and a
	if only then
		T.left_by[v], T.identity[v], T.joined[v] = J.cond, S.identity(only), T.joined[only]
	else
		T.joined[v] = true
	end
	if known and old_storage(J, known) and not moving(a or b) and not moving(b or a) then
		core.like(v, known)
	elseif only and T.storage[core.root(only)] and not old_storage(J, only) and not moving(only) then
		move_storage(J, v, only)
	else
		J.joined[#J.joined + 1] = { v = v, a = a and core.root(a), b = b and core.root(b) }
		T.vague[v] = a and is_vague(a) or b and is_vague(b)
		T.loose[v] = a and T.loose[core.root(a)] or b and T.loose[core.root(b)]
	end
	note_listed(v, a and T.listed[core.root(a)])
	note_listed(v, b and T.listed[core.root(b)])
end

-- At the end of a join: which results may share storage, with what was there before and with each other.
function S.relate_joined(J)
	local edges = {}
	for i, x in ipairs(J.joined) do
		for _, root in ipairs { x.a or x.b, x.b } do
			for _, other in ipairs(near_and_itself(root)) do
				other = J.moved[other] or core.known_before(other, J.first) and other
				if other then edges[#edges + 1], edges[#edges + 2] = x.v, other end
			end
		end
		for k = 1, i - 1 do
			local y = J.joined[k]
			if x.a and y.a and meet(x.a, y.a) or x.b and y.b and meet(x.b, y.b) then
				edges[#edges + 1], edges[#edges + 2] = x.v, y.v
			end
		end
	end
	add_edges(edges)
end

-- Loops -----------------------------------------------------------------------------------------

-- Does a loop tell this tensor apart from the others that it carries? So it is with those made before the loop, each an
-- alternative of its own, once it matters which one a variable is.
function S.told_apart(h, first) return S.T.apart and core.known_before(h, first) and not S.T.anonymous[h] end

-- What is to be known of a value that a trip of a loop leaves: its storages, those near, which of them were there
-- before the loop. It is noted before the round is forgotten.
function S.note_left(v, first)
	local T = S.T
	local note = { roots = {}, near = {}, known = {} }
	each_handle(v, function(x)
		if S.told_apart(x, first) then return end
		local root = core.root(x)
		note.roots[#note.roots + 1] = root
		note.vague = note.vague or is_vague(x)
		note.listed = note.listed == "any" and "any" or T.listed[root] or note.listed
		for _, other in ipairs(near_and_itself(root)) do
			note.near[other] = true
			note.loose = note.loose or T.loose[other] -- by now: it may be kept after a join that made v
			if core.known_before(other, first) then
				note.known[#note.known + 1] = other
				note.loose_before = note.loose_before or T.loose[other]
			end
		end
	end)
	return note
end

-- The tensors that a loop carries (the handles of the carried locations, made in this round) may be those from before
-- the loop, or those that the last round left. kept_again: what trips kept outside is kept once more after them.
-- certain: after the loop, of which a trip is certain, the last round: what a trip replaces is none from before.
function S.relate_carried(carried, first, kept_again, certain)
	local T = S.T
	local list, edges = {}, {}
	local function edge(a, b) edges[#edges + 1], edges[#edges + 2] = a, b end
	local function are_twins(x, y)
		for _, twin in ipairs(x.c.twins) do
			if rawequal(twin.other, y.c) then return true end
		end
	end
	local function may_meet(x, y)
		if are_twins(x, y) then return false end -- a boolean tells
		for _, a in ipairs(x.old) do
			for _, b in ipairs(y.old) do
				if meet(a, b) then return true end
			end
		end
		for _, b in ipairs(y.left.roots) do
			if x.left.near[b] then return true end
		end
		return false
	end
	for _, c in ipairs(carried) do
		for _, h in ipairs(not (c.loc.info and c.loc.info.storage) and c.handles or {}) do
			local x = { h = h, c = c, old = {}, left = c.left }
			T.joined[h], T.vague[h], T.listed[h] = true, c.left.vague, c.left.listed
			T.loose[h] = kept_again and c.left.loose_before or not kept_again and c.left.loose
			each_handle(c.old, function(old)
				if S.told_apart(old, first) then return end
				local root = core.root(old)
				if certain and c.round == certain and not c.left.near[root] then return end
				x.old[#x.old + 1] = root
				T.vague[h] = T.vague[h] or is_vague(old)
				note_listed(h, T.listed[root])
				T.loose[h] = T.loose[h] or T.loose[root]
				for _, other in ipairs(near_and_itself(root)) do edge(h, other) end
			end)
			for _, root in ipairs(c.left.known) do edge(h, root) end
			for _, y in ipairs(list) do
				if may_meet(x, y) then edge(h, y.h) end
			end
			list[#list + 1] = x
		end
	end
	add_edges(edges)
end

-- Trips keep the tensors that they make outside by their values. They are seen there only by host calls and after the
-- loop: without such calls the last ones are kept once more at its end, as objects.
function S.keep_again(carried)
	for _, c in ipairs(carried) do
		if c.left.loose and not c.loc.virtual then S.write_again(c.loc) end
	end
end

-- The poison that a tensor has become, if it has.
function S.spoilt(v)
	local poison
	each_handle(v, function(h)
		local info = S.T.storage[core.root(h)]
		if info and S.class(info.data[VALUE]) == "poison" then poison = info.data[VALUE] end
	end)
	return poison
end

-- Handles that stand for nothing any more: the round of the loop or the attempt that made them is over.
local function forget(T, root)
	for _, other in ipairs(near(root)) do
		local list = T.near[other]
		for i = #list, 1, -1 do
			if rawequal(list[i], root) then table.remove(list, i) end
		end
	end
	T.near[root], T.storage[root] = nil, nil
end

function S.forget_handles(list)
	for _, h in ipairs(list or nothing) do forget(S.T, h) end
end

-- The handles made after the first `from`, and (with `to`) up to number `to`, stand for nothing any more: their regions
-- are closed, or rolled back.
function S.forget_storages(from, to)
	local T = S.T
	while #T.hidden > 0 and T.hidden[#T.hidden].first >= from do T.hidden[#T.hidden] = nil end
	for _, map in ipairs { T.near, T.storage } do
		for root in next, map do
			if not core.known_before(root, from) and (not to or core.known_before(root, to)) then forget(T, root) end
		end
	end
end

-- What can't be told apart ------------------------------------------------------------------------

-- Which tensor a handle is must be known here.
local function certain(h)
	if not S.T.joined[h] then return end
	need_apart()
	S.unsupported("a tensor that is another one on another path where it is asked which one it is")
end

-- Is it known whether the handles are those of one tensor?
function S.can_tell(a, b)
	local T = S.T
	return not (T.joined[a] or T.joined[b]) or rawequal(a, b) or not meet(core.root(a), core.root(b))
end

-- Are the handles those of one tensor?
function S.same_tensor(a, b)
	for _, root in ipairs { core.root(a), core.root(b) } do
		if S.T.loose[root] == "object" then S.unsupported("a tensor of an object where it is asked which one it is") end
	end
	if S.T.listed[core.root(a)] and S.T.listed[core.root(b)] then
		S.refuse_list("a tensor of a list where it is asked which one it is")
	end
	if not S.can_tell(a, b) then
		certain(a)
		certain(b)
	end
	return rawequal(S.identity(a), S.identity(b))
end

-- A poison is read: what a tensor holds of which it was not known which one it is, perhaps.
function S.meet_poison(p)
	if rawget(p, APART) then need_apart() end
end

-- Is the handle that of a join or a loop which may be a tensor from outside?
function S.may_be_outer(h)
	local T = S.T
	local root = core.root(h)
	for _, other in ipairs((T.joined[h] or T.joined[root]) and near(root) or nothing) do
		if T.outer[other] then return true end
	end
	return false
end

-- A tensor is a key: it must be known which one it is, and under one handle only.
function S.check_key(h)
	local T = S.T
	certain(h)
	if T.loose[core.root(h)] == "object" then S.unsupported("a tensor of an object as a table key") end
	if T.listed[core.root(h)] then S.refuse_list("a tensor of a list as a table key") end
	local id = S.identity(h)
	local known = T.key_of[id]
	if known == nil then T.key_of[id] = h
	elseif not rawequal(known, h) then
		S.make_plain { T.left_by[h] or T.left_by[known] }
		S.unsupported("a tensor made under a condition that is a key of a table used after it")
	end
end

-- A tensor is given back or kept outside: it must be known which one it is.
function S.check_kept(h)
	local T = S.T
	S.check_listed(h)
	local root = core.root(h)
	if S.slot_of(h) or T.outer[root] and not T.joined[h] then return end
	if T.vague[root] or T.joined[h] and (T.outer[root] or T.loose[root] and S.may_be_outer(h)) then
		need_apart()
		S.refuse_kept(h, "a tensor that may be one from outside, or share its storage, and is kept after the call")
	end
	for _, other in ipairs(near(root)) do
		if is_kept(other) then
			need_apart()
			S.refuse_kept(h, "a tensor that may be one kept outside already")
		end
	end
	for _, other in ipairs(near_and_itself(root)) do
		if T.loose[other] == "object" then S.refuse_kept(h, "a tensor of an object that is kept") end
		if T.loose[other] then
			need_apart()
			S.refuse_kept(h, "a tensor that a staged loop keeps outside of it and that is kept once more")
		end
	end
end

-- Two tensors are given back: on no path may they be one.
function S.check_apart(a, b)
	a, b = core.root(a), core.root(b)
	if rawequal(a, b) or not meet(a, b) then return end
	need_apart()
	S.refuse_kept(a, "two results that may be one tensor, on some path")
end

-- A storage is written: of what a loop keeps outside of it no object is known.
function S.check_writes(root)
	local T = S.T
	for _, other in ipairs(near_and_itself(root)) do
		if T.listed[other] then S.refuse_list("an in-place op on a tensor that may be an element of a list") end
		if T.loose[other] == "object" then S.unsupported("an in-place op on a tensor of an object") end
		if T.loose[other] then
			need_apart()
			S.unsupported("an in-place op on a tensor that a staged loop keeps outside of it")
		end
	end
end

-- Regions -------------------------------------------------------------------------------------

-- What the tensors hold that leave a region: by the handle, for the join after its end.
function S.frozen_at_end(r)
	local T = S.T
	local out, seen = {}, {}
	local walk
	function walk(v)
		local c = S.class(v)
		if c == "traced" then
			local info = T.storage[core.root(v)]
			if info and not out[v] then
				if info.age > r.start and info.data[VALUE] == nil then S.touch(info) end
				local flat = info.data[VALUE]
				out[v] = S.class(flat) == "poison" and flat or core.frozen(v)
			end
		elseif c == "choice" then
			walk(rawget(v, YES))
			walk(rawget(v, NO))
		elseif c == "table" then
			local info = T.info[v]
			if not info.made or info.age <= r.start or seen[info] then return end
			seen[info] = true
			for _, x in next, info.data do walk(x) end
		elseif c == "function" and T.made[v] and not seen[v] then
			seen[v] = true
			local i, name, x = 1, core.getupvalue(v, 1)
			while name do
				walk(x)
				i = i + 1
				name, x = core.getupvalue(v, i)
			end
		end
	end
	for _, cell in ipairs(r.cells) do walk((S.loc_get(cell))) end
	for _, field in ipairs(r.fields) do
		if not field.info.storage then walk(S.loc_get(field)) end
	end
	for i = 1, r.done and r.done.n or 0 do walk(r.done[i]) end
	return out
end

