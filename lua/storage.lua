-- Storages of tensors while staging: what in-place ops write, what views share.
--
-- A traced tensor is a handle on a window of a storage, which its root names: the first handle made on it. As long as a
-- storage has not been written, handles have the values they were made with. A write gives the storage a flat value of
-- rank 1, of which all its handles' values are windows. That flat value is a location like a field (the one of a table
-- {storage = true}), so that regions undo it, joins join it, loops carry it, and writes to outer tensors are emitted in
-- order. The first in-place op of a trace restarts it with `inplace` set: only then is any of this kept.
local _, core = ...
local S, _ENV = core.S, core.env
local kind, rawequal = core.kind, rawequal

local VALUE = "value" -- the field that holds a storage's flat value, nil as long as it has not been written

-- The age of a handle's storage: that of the innermost region in which it was made.
local function age_of(T, root)
	local r = T.region
	while r do
		if not core.known_before(root, r.first) then return r.start + 1 end
		r = r.parent
	end
	return 0
end

local function info_of(root)
	local T = S.T
	local info = T.storage[root]
	if not info then
		local outer = T.outer[root]
		info = { storage = true, made = true, data = {}, root = root, outer = outer, age = outer and 0 or age_of(T, root) }
		info.numel = outer and outer.numel or S.ms.numel(root)
		if outer then info.escaped = "outer" end
		T.storage[root] = info
	end
	return info
end

-- Outer tensors -------------------------------------------------------------------------------

-- Notes the handle of an outer tensor: which storage it lies in, together with which others.
function S.note_outer(h, tensor, slot)
	local T = S.T
	local key, numel = core.place(tensor)
	local root = T.root_at[key]
	if not root then
		T.root_at[key], root = h, h
		T.outer[h] = { numel = numel, members = {} }
		T.outer_list[#T.outer_list + 1] = T.outer[h]
	else
		core.root(h, root)
	end
	local members = T.outer[root].members
	members[#members + 1] = { handle = h, tensor = tensor, slot = slot }
end

-- The flat value of an outer storage at the start of the run. One of the tensors may be all of it; else the storage as
-- a whole becomes an input.
local function outer_base(info)
	local outer = info.outer
	outer.written = true
	for _, m in ipairs(outer.members) do core.laid_out(m.handle) end
	for _, m in ipairs(outer.members) do
		if core.fills(m.handle, info.numel) then
			info.slot = m.slot
			return core.flat(m.handle, true)
		end
	end
	outer.placed = true
	local whole
	whole, info.slot = S.whole_input(core.whole(outer.members[1].tensor), outer.members[1].slot)
	outer.whole = info.slot
	return whole
end

-- The flat value of a storage before its first write; it stands in the open region.
function S.storage_base(info)
	if info.outer then return outer_base(info) end
	return core.flat(info.root, true)
end

-- The storage's flat value, which it has from now on.
function S.touch(info)
	local flat = S.get(info, VALUE)
	if flat == nil then
		flat = S.storage_base(info)
		S.put(info, VALUE, flat, true)
	end
	return S.readable(flat)
end

-- What must hold at later calls for a trace that wrote outer storages: where in them the tensors lie. (Which of them
-- share storage is part of every trace's guards.)
function S.storage_guards()
	local T = S.T
	for _, outer in ipairs(T.outer_list) do
		if outer.written and (outer.placed or #outer.members > 1) or outer.kept and #outer.members > 1 then
			for _, m in ipairs(outer.members) do
				S.add_guard(T, "slot", m.slot, nil, "place", { core.offset(m.handle), outer.numel })
			end
		end
	end
	-- before host calls writes become real; the graph goes on with what the inputs held at the start
	local written = {}
	for _, outer in ipairs(#T.hosts > 0 and T.outer_list or {}) do
		for _, m in ipairs(outer.written and outer.members or {}) do written[m.slot] = true end
		if outer.whole then written[outer.whole] = true end
	end
	for i, slot in ipairs(T.inputs) do
		if written[slot] then T.inputs[i] = -slot end
	end
end

S.storage_info, S.VALUE = info_of, VALUE

-- Values --------------------------------------------------------------------------------------

local function is_open(region)
	local r = S.T.region
	while r ~= region do
		if not r then return false end
		r = r.parent
	end
	return true
end
S.is_open = is_open

-- A symbolic position of a handle within its storage, added to its offset; nil when there is none.
local function place(e)
	if not e then return nil end
	local up = place(e.parent)
	if not e.index then return up end
	-- position i counts from the end when it is negative: then its sign bit is 1
	local from_end = core.emit("imul", core.emit("ishr", e.index, 63), e.n + 1)
	local at = core.emit("imul", core.emit("iadd", core.emit("isub", e.index, 1), from_end), e.stride)
	return up and core.emit("iadd", up, at) or at
end

-- Is it at a position that only the run knows?
local function moving(h)
	local e = S.T.entry[h]
	return e and (e.index or e.parent)
end
S.is_moving = moving

-- What a handle holds now, as a handle of its own; nil when it is what it was made with.
function S.value(h)
	local T = S.T
	local info = T.storage[core.root(h)]
	if not info then return nil end
	local flat = S.readable(S.get(info, VALUE))
	local e = T.entry[h]
	if not e then
		e = {}
		T.entry[h] = e
	end
	if rawequal(flat, e.home) then return nil end
	if not rawequal(e.flat, flat) or not is_open(e.region) then
		e.value = core.read(flat, h, place(e))
		e.flat, e.region = flat, T.region
	end
	return e.value
end

-- A view was made: of a storage that was written, it has been made with what that holds now.
function S.note_view(h, parent, index, n, stride)
	local T = S.T
	local info = T.storage[core.root(h)]
	local up = T.entry[parent]
	local moves = up and (up.index or up.parent)
	if not info and not index and not moves then return end
	local e = { home = info and S.get(info, VALUE), parent = moves and up or nil }
	if index then e.index, e.n, e.stride = index, n, stride end
	T.entry[h] = e
end

-- May the tensor be written here? What a gradient depends on may not, as in the eager run. No gradient flows through
-- what is written.
function S.writable(h)
	local T = S.T
	if not T.inplace then S.signal { kind = "restart", inplace = true } end
	for _, g in ipairs(T.gradients) do
		if T.depth > g.depth then
			S.unsupported("an in-place op under a condition or in a loop, in a function whose gradient is taken")
		end
		local refused = core.depends(g.from, h, g.wrt)
		for _, leaf in ipairs(g.leaves) do
			if core.overlap(leaf, h) then
				refused = true
			elseif rawequal(core.root(leaf), core.root(h)) then
				S.unsupported("an in-place op on a tensor that shares storage with one whose gradient is taken")
			end
		end
		if refused then error(S.place() .. "a tensor whose gradient is being recorded cannot be changed in place", 0) end
	end
end

-- The leaves of a gradient have values that are nobody else's, until the function given back is called.
function S.begin_gradient(leaves, from)
	local T = S.T
	local pinned, wrt = {}, {}
	for i, h in ipairs(leaves) do
		if not T.tensor_of[h] then
			local target = T.inplace and S.value(h) or h
			pinned[#pinned + 1] = { target, core.pin(target) }
		end
		wrt[i] = core.frozen(h)
	end
	local n = #T.gradients + 1
	T.gradients[n] = { from = from, wrt = wrt, leaves = leaves, depth = T.depth }
	return wrt, function()
		for i = #T.gradients, n, -1 do T.gradients[i] = nil end
		for i = #pinned, 1, -1 do core.pin(pinned[i][1], pinned[i][2]) end
	end
end

-- The tensor x gets the elements of v, of its shape and dtype.
function S.store(x, v)
	local T = S.T
	local info = info_of(core.root(x))
	S.check_writes(info.root)
	local flat = S.touch(info)
	local e = T.entry[x]
	if not e then
		e = {}
		T.entry[x] = e
	end
	local at = place(e)
	if not at and #T.gradients == 0 and core.fills(x, info.numel) then
		flat = core.flat(v)
		S.put(info, VALUE, flat)
		local now = core.frozen(v)
		if core.owned(now) then e.flat, e.region, e.value = flat, T.region, now end
	else
		S.put(info, VALUE, core.written(flat, x, v, at))
	end
	S.spoil_near(info.root)
end

-- Tensors that are kept after the run ------------------------------------------------------------

-- Written by its value, not as an object: a storage's flat value, a tensor that a trip of a staged loop makes, and one
-- that on some path is a tensor from outside, which the run finds.
function S.written_by_value(location, v)
	local T = S.T
	if location.info and location.info.storage or kind(v) == "list" then return true end
	S.check_kept(v)
	local r, root = T.region, core.root(v)
	if T.outer[root] or S.slot_of(v) then return false end
	if S.may_be_outer(v) then
		T.loose[root] = true
		return true
	end
	while r do
		if r.loop and not core.known_before(root, r.first) then
			T.loose[root] = true
			return true
		end
		r = r.parent
	end
	return false
end

local function refuse_moving()
	S.refuse_kept(nil, "a view at a position known only when the graph runs that is kept after the call")
end

function S.is_outer(v) return S.T.outer[core.root(v)] ~= nil end

-- What gives a handle's tensor: {"slot", n}; {"view", n, handle, at, base}: that lies to the tensor of slot n as the
-- handle lies to `base`, `at` elements further on; {"tensor", info, handle}: a view of the object that the run makes
-- for the storage, whose elements are written as those of an outer tensor from now on.
function S.tensor_template(v, result_of)
	local T = S.T
	if S.slot_of(v) then return { "slot", S.slot_of(v) } end
	S.check_kept(v)
	core.laid_out(v, true)
	for _, m in ipairs(T.outer[core.root(v)] and T.outer[core.root(v)].members or {}) do core.laid_out(m.handle) end
	local info = info_of(core.root(v))
	local at = moving(v) and (result_of or refuse_moving)(place(T.entry[v]))
	if info.outer then
		local base = info.outer.members[1]
		info.outer.kept = true
		return { "view", base.slot, v, at, base.handle, S.identity(v) }
	end
	if at then refuse_moving() end
	S.escape_storage(info)
	return { "tensor", info, v, nil, nil, S.identity(v) }
end

-- The flat value for the outside, of a storage that may never have been written.
local function flat_of(info)
	local flat = S.readable(info.data[VALUE])
	if flat == nil then return core.flat(info.root, true) end
	return flat
end

function S.escape_storage(info)
	local T = S.T
	local r = T.region
	while r do
		if info.escaped == r then return end
		r = r.parent
	end
	if info.escaped == "top" then return end
	T.escapes[#T.escapes + 1] = { info, info.escaped }
	info.escaped = T.region or "top"
	S.emit_write(T, S.field_location(T, info, VALUE), flat_of(info))
end

-- The results among whose templates are those of tensors, {"made", handle}: storages of which one handle is given back
-- need no object of their own.
function S.finish_tensors(list, outs)
	local T = S.T
	local count, flat_at = {}, {}
	for i, t in ipairs(list) do
		local root = core.root(t[2])
		count[root] = (count[root] or 0) + 1
		T.keeping = t.keeping
		S.check_kept(t[2])
		for k = 1, i - 1 do
			T.keeping = list[k].keeping .. ", " .. t.keeping
			S.check_apart(t[2], list[k][2])
		end
	end
	for _, t in ipairs(list) do
		local v = t[2]
		local root = core.root(v)
		local info = T.storage[root]
		if info and info.escaped then
			local kept = S.tensor_template(v)
			for i = 1, 6 do t[i] = kept[i] end
		elseif count[root] == 1 then
			outs[#outs + 1] = v
			t[1], t[2] = "out", #outs
		else
			if moving(v) then refuse_moving() end
			core.laid_out(v)
			if not flat_at[root] then
				outs[#outs + 1] = flat_of(info_of(root))
				flat_at[root] = #outs
			end
			t[1], t[2], t[3] = "part", flat_at[root], v
		end
	end
end

-- A tensor without a name, with what v holds now; other values are what they are.
function S.frozen(v)
	local T = S.T
	if not T.inplace or kind(v) ~= "traced" then return v end
	local value = core.frozen(v)
	T.anonymous[value] = true
	return value
end
