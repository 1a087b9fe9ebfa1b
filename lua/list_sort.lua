-- table.sort of a list that grew in a staged loop: the quicksort of src/bind/sort.c as loops of the graph, so that the
-- order function is called for the same pairs in the same order. It is written as staged forms are: the bodies of loops
-- and branches are functions, whose variables the trace sees. The parts that are still to be sorted, on whose order
-- nothing hangs, lie on a list, the smaller first.
local _, core = ...
local S, _ENV = core.S, core.env
local P = S.P

local LARGE, UNBALANCED = 100, 0x9E3779B97F4A7C15

-- The number UNBALANCED, as Lua's unsigned integers have it, modulo n.
local function unbalanced_modulo(n) return (((UNBALANCED >> 1) % n) * 2 + (UNBALANCED & 1)) % n end

-- A table of the library's own that is a list of integers.
local function own_list()
	local info = S.T.info[S.made {}]
	S.put(info, S.LIST, core.list_new(0))
	return info
end

function S.sort_list(info, less)
	local todo, lo, up, off, sorting = own_list(), 1, S.list_length(info), 0, true
	local function at(i) return S.list_at(info, i) end
	local function swap(i, j)
		local a, b = at(i), at(j)
		S.list_put(info, i, b)
		S.list_put(info, j, a)
	end
	local function order(i, j)
		P.if_(less(at(j), at(i)), function() swap(i, j) end)
	end
	local function invalid() error(S.place() .. "invalid order function for sorting", 0) end
	local function push(v) S.list_put(todo, S.list_length(todo) + 1, v) end
	local function pop()
		local n = S.list_length(todo)
		local v = S.list_at(todo, n)
		S.list_put(todo, n, nil)
		return v
	end
	-- The part from `from` to `to` comes after the one that is sorted now, which has `size` places.
	local function later(from, to, size)
		push(from)
		push(to)
		push(S.value_if(core.logic("and", core.lt(from, to), core.lt(size, (to - from) // 128)), function() return 1 end,
			function() return off end))
	end
	local function pivot_place()
		local quarter = (up - lo) // 4
		return S.value_if(core.logic("and", P.ne(off, 0), core.le(LARGE, up - lo)),
			function() return lo + quarter + unbalanced_modulo(quarter * 2) end, function() return (lo + up) // 2 end)
	end
	P.while_(function() return sorting end, function()
		P.if_(core.lt(lo, up), function()
			order(lo, up)
			P.if_(core.equal(up - lo, 1), function() up = lo end, function()
				local p = pivot_place()
				P.if_(less(at(p), at(lo)), function() swap(p, lo) end, function() order(p, up) end)
				P.if_(core.equal(up - lo, 2), function() up = lo end, function()
					local pivot = at(p)
					swap(p, up - 1)
					local i, j, moving = lo, up - 1, true
					P.while_(function() return moving end, function()
						i = i + 1
						P.while_(function() return less(at(i), pivot) end, function()
							P.if_(core.equal(i, up - 1), invalid)
							i = i + 1
						end)
						j = j - 1
						P.while_(function() return less(pivot, S.get(info, j)) end, function() -- perhaps none
							P.if_(core.lt(j, i), invalid)
							j = j - 1
						end)
						P.if_(core.lt(j, i), function()
							swap(up - 1, i)
							moving = false
						end, function() swap(i, j) end)
					end)
					P.if_(core.lt(i - lo, up - i), function()
						later(i + 1, up, i - lo)
						up = i - 1
					end, function()
						later(lo, i - 1, up - i)
						lo = i + 1
					end)
				end)
			end)
		end, function()
			P.if_(core.equal(S.list_length(todo), 0), function() sorting = false end, function()
				off = pop()
				up = pop()
				lo = pop()
			end)
		end)
	end)
end
