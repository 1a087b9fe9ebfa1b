-- run: --staged -O0
-- run: --staged -O2
local ms = require "moonstage"
local x = ms.tensor { 1.0, 2.0 }
local function loop(f) ms.stage(function(n, ...) return f(n:item(), ...) end)(ms.tensor(3), x) end
local function upto(n)
  local t = {}
  for i = 1, n do t[#t + 1] = i end
  return t
end

--- elements of two types
-- error: tests/errors/lists.lua:17: can't stage a table that grows in a loop whose number of trips only the run knows; give it elements of one type, or make the loop's bound a plain number
-- error:   for i = 1, n do
loop(function(n)
  local t = {}
  for i = 1, n do
    t[#t + 1] = i
    t[#t + 1] = i / 2
  end
end)

--- another type afterwards
-- error: can't stage a list of integers that gets a float; give it elements of one type
loop(function(n) table.insert(upto(n), 0.5) end)

--- a table as an element
-- error: tests/errors/lists.lua:31: can't stage a list of integers that gets a value of another type; give it elements of one type
loop(function(n)
  local t = upto(n)
  t[#t + 1] = print
end)

--- a tensor of another shape
-- error: can't stage a list of tensors f32[2] that gets a tensor f32[3]; give it elements of one type
loop(function(n, x)
  local t = {}
  for i = 1, n do t[#t + 1] = x end
  t[1] = ms.ones(3)
end)

--- a hole
-- error: tests/errors/lists.lua:46: a write to a list that leaves a hole can't be staged; append to it, or assign to the elements it has
loop(function(n)
  local t = upto(n)
  t[#t + 2] = 1
end)

--- a hole made by nil
-- error: tests/errors/lists.lua:53: a write to a list that leaves a hole can't be staged
loop(function(n)
  local t = upto(n)
  t[1] = nil
end)

--- nil inserted
-- error: can't stage 'table.insert' of nil into a list; assign false instead of nil
loop(function(n)
  local t = upto(n)
  table.insert(t, 1, nil)
end)

--- other keys that are walked
-- error: tests/errors/lists.lua:68: can't stage a walk over a list that grew in a staged loop and has other keys, too; walk the positions from 1 to its length
loop(function(n)
  local t = upto(n)
  t.x = 1
  for k in pairs(t) do print(k) end
end)

--- sorted keys
-- error: tests/errors/lists.lua:75: can't stage a walk over a list that grew in a staged loop, other than by a 'for'; walk the positions
loop(function(n)
  local t = upto(n)
  for k in ms.pairs(t) do print(k) end
end)

--- an __index behind the last
-- error: can't stage 'ipairs' over a list that has an '__index'; walk the positions from 1 to its length
loop(function(n)
  local t = setmetatable(upto(n), { __index = function() return 1 end })
  for i in ipairs(t) do if i > 9 then break end end
end)

--- keys before the first
-- error: a key of a list that has elements before the first, too must be known while staging
loop(function(n)
  local t = upto(n)
  t[0] = 7
  return t[n - 3]
end)

--- removed beside other keys
-- error: can't stage 'table.remove' from a list that has other keys, too; give it no other keys
loop(function(n)
  local t = upto(n)
  t[0] = 7
  return table.remove(t, n - 3)
end)

--- an element written in place
-- error: can't stage an in-place op on a tensor that may be an element of a list; put its clone() into the list
loop(function(n, x)
  local t = {}
  for i = 1, n do t[#t + 1] = x * i end
  t[1]:add_(1)
end)

--- what is written after it became an element
-- error: can't stage an in-place op on a tensor that may be an element of a list; put its clone() into the list
loop(function(n, x)
  local t, h = {}, x * 1
  for i = 1, n do
    t[#t + 1] = h
    h:add_(1)
  end
end)

--- an element that is kept, too
-- error: can't stage a tensor that may be an element of a list, and is kept like the list; keep its clone()
loop(function(n, x)
  local t, h = {}, x
  for i = 1, n do
    h = h + 1
    t[#t + 1] = h
  end
  return t, h
end)

--- one tensor in all places
-- error: can't stage a list of tensors that is kept, and of whose elements one may be a tensor met elsewhere, too; put the clone() of each into the list
loop(function(n, x)
  local t = {}
  for i = 1, n do t[#t + 1] = x end
  return t
end)

--- which element it is
-- error: can't stage a tensor of a list where it is asked which one it is; keep its position instead
loop(function(n, x)
  local t = {}
  for i = 1, n do t[#t + 1] = x * i end
  return rawequal(t[1], t[2])
end)

--- a key
-- error: can't stage a tensor of a list as a table key; keep its position instead
loop(function(n, x)
  local t, seen = {}, {}
  for i = 1, n do t[#t + 1] = x * i end
  seen[t[1]] = true
end)

--- stacked in a loop that makes it longer
-- error: tests/errors/lists.lua:161: can't stage a list that is taken whole; take it once, before or after the loop and host calls, or walk its positions
-- error:     s = s + ms.stack(t):sum()
loop(function(n, x)
  local t, s = {}, 0
  for i = 1, n do
    t[#t + 1] = x * i
    s = s + ms.stack(t):sum()
  end
  return s
end)

--- taken apart inside of a pcall
-- error: can't stage a list that 'table.unpack' takes apart; take it once
loop(function(n) print(pcall(function() return table.unpack(upto(n)) end)) end)

--- stacked after a call of the host's
-- error: can't stage a list that is taken whole
local ask = ms.host(function() return 1 end, "int")
loop(function(n, x)
  local t = {}
  for i = 1, n + ask() do t[#t + 1] = x end
  return ms.stack(t)
end)

--- taken whole with other keys
-- error: can't stage a list that has other keys, too, taken whole; give it no other keys
local list = { n = 1 }
loop(function(n, x)
  for i = 1, n do list[#list + 1] = x * i end
  return ms.stack(list)
end)

--- too much done before it is known how long it is
-- error: can't stage a list taken whole whose length changes, after this many writes to objects
local o = ms.object { v = 0 }
loop(function(n)
  for i = 1, n * 333334 do o.v = i end
  return table.unpack(upto(n))
end)

--- a call of the host's
-- error: can't stage a call of the host's while a list that grew in a staged loop is kept; let the host's function make the list, or call it before the loop
local ask, list = ms.host(function() return 1 end, "int"), {}
loop(function(n)
  for i = 1, n do list[#list + 1] = i end
  list[1] = ask()
end)

--- a list in a coroutine's branch
-- error: can't stage a table that grows in a staged loop on some paths only; make it grow on all of them, or before the loop
loop(function(n)
  local t = { 1 }
  local co = coroutine.wrap(function()
    coroutine.yield()
    for i = 1, n do t[#t + 1] = i end
    coroutine.yield()
  end)
  co()
  if n > 1 then co() else t[1] = 2 end
  return #t
end)

--- a length of a shape
-- error: a length of the shape of 'ms.list' must be known while staging
loop(function(n) return ms.list("f32", { n }) end)

--- shapes of lists
-- error: list: length 1 of the shape is no integer from 0 on
ms.list("f32", { -1 })

--- two elements that may be one
-- error: can't stage a tensor of a list that is kept, and may be another one that is kept, too; keep its clone()
loop(function(n, x)
  local t = {}
  for i = 1, n do t[#t + 1] = x * i end
  return t[1], t[n]
end)

--- an element that may be a tensor from outside
-- error: can't stage a tensor of a list that is kept, and may be one met elsewhere, too; keep its clone()
loop(function(n, x)
  local t = {}
  for i = 1, n do t[#t + 1] = x end
  return t[1]
end)

--- a table among integers
-- error: can't stage a list of integers that gets a table; give it elements of one type
loop(function(n)
  local t = upto(n)
  t[#t + 1] = { print }
end)

--- a table with other fields
-- error: can't stage a list of tables that gets a table of another kind; give it elements of one type
loop(function(n)
  local t = {}
  for i = 1, n do t[#t + 1] = { x = i } end
  t[#t + 1] = { x = 0.5 }
end)

--- a new field of an element
-- error: can't stage a new field of a table that is an element of a list; give it all its fields where it is made
loop(function(n)
  local t = {}
  for i = 1, n do t[#t + 1] = { x = i } end
  t[1].y = 2
end)

--- a field of an element that is taken away
-- error: can't stage nil as a field of a table that is an element of a list; assign values of the type that it was made with
loop(function(n)
  local t = {}
  for i = 1, n do t[#t + 1] = { x = i } end
  t[1].x = nil
end)

--- a field of an element that changes its type
-- error: can't stage a value of another type as a field of a table that is an element of a list; assign values of the type that it was made with
loop(function(n)
  local t = {}
  for i = 1, n do t[#t + 1] = { x = i } end
  t[1].x = "one"
end)

--- a key of an element that only the run knows
-- error: a key of a table that is an element of a list must be known while staging
loop(function(n)
  local t = {}
  for i = 1, n do t[#t + 1] = { i, "text" } end
  return t[1][n - 1]
end)

--- lists of two types in a list
-- error: can't stage a list of lists that gets a table of another kind; give it elements of one type
loop(function(n)
  local t = { upto(n) }
  for i = 1, n do t[#t + 1] = {} end
  local u = {}
  for i = 1, n do u[#u + 1] = i / 2 end
  t[#t + 1] = u
end)

--- an element of another type in a list of a list
-- error: can't stage a list of integers that gets a text; give it elements of one type
loop(function(n)
  local t = {}
  for i = 1, n do t[#t + 1] = upto(n) end
  t[1][2] = "two"
end)

--- nothing that a list can hold in a list of a list
-- error: can't stage a list of elements of one type that gets a value of another type; give it elements of one type
loop(function(n)
  local t = {}
  for i = 1, n do t[#t + 1] = {} end
  t[1][1] = print
end)

--- a list that gets itself
-- error: can't stage a walk over a table that becomes an element of a list on the way; walk it before
loop(function(n)
  local t = {}
  for i = 1, n do t[#t + 1] = t end
end)

--- an element as a key
-- error: can't stage an object as a table key; keep a number in a field, and use that as the key
loop(function(n)
  local t, seen = {}, {}
  for i = 1, n do t[#t + 1] = { i = i } end
  seen[t[1]] = true
end)

--- a key that becomes an element
-- error: can't stage a table that grows in a loop whose number of trips only the run knows
loop(function(n)
  local t, seen = {}, {}
  for i = 1, n do
    local r = { i = i }
    seen[r] = true
    t[#t + 1] = r
  end
end)

--- a list of tables that is kept
-- error: can't stage a list of tables, or an element of one, that is kept here; return it, or keep what its elements hold
local kept = {}
loop(function(n)
  local t = {}
  for i = 1, n do t[#t + 1] = { i = i } end
  kept.list = t
end)

--- an element that is kept
-- error: can't stage a list of tables, or an element of one, that is kept here; return it, or keep what its elements hold
local kept = {}
loop(function(n)
  local t = {}
  for i = 1, n do t[#t + 1] = { i = i } end
  kept.last = t[#t]
end)

--- an element that a host function gets
-- error: can't stage a list of tables, or an element of one, that is kept here; return it, or keep what its elements hold
local ask = ms.host(function() end)
loop(function(n)
  local t = {}
  for i = 1, n do t[#t + 1] = { i = i } end
  ask(t[1])
end)

--- an element on the way
-- error: can't stage a walk over a table that becomes an element of a list on the way; walk it before
loop(function(n)
  local t = {}
  for i = 1, n do
    local r = { x = i, y = i }
    for k in pairs(r) do if #t < i then t[#t + 1] = r end end
  end
end)

--- an element under a condition after a caught error
-- error: can't stage a table that grows in a staged loop on some paths only; make it grow on all of them, or before the loop
loop(function(n)
  local t, r = {}, { x = n }
  for i = 1, n do t[#t + 1] = { x = i } end
  pcall(function()
    if n > 1 then error "n" end
    t[#t + 1] = r
  end)
  return r.x
end)

--- tables of a list in a recursion
-- error: can't stage a list of tables in a function that calls itself; give it lists of numbers, one for each field
loop(function(n)
  local t = {}
  for i = 1, n do t[#t + 1] = { v = i } end
  local function sum(k)
    if k < 1 then return 0 end
    return t[k].v + sum(k - 1)
  end
  return sum(n)
end)
