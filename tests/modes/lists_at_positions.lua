-- Lists in loops of the graph, assigned and read at positions that only the run knows.
local ms = require "moonstage"
local function staged(f)
  local g = ms.stage(function(n, ...) return f(n:item(), ...) end)
  return function(n, ...) return g(ms.tensor(n), ...) end
end

local primes = staged(function(n)
  local composite, found = {}, {}
  for i = 1, n do composite[i] = false end
  for i = 2, n do
    if not composite[i] then
      found[#found + 1] = i
      local j = i * i
      while j <= n do
        composite[j] = true
        j = j + i
      end
    end
  end
  return #found, table.concat(found, " ")
end)
for _, n in ipairs { 0, 1, 2, 30, 100 } do print(primes(n)) end

local fib = staged(function(n)
  local f = { 1, 1 }
  for i = 3, n do f[i] = f[i - 1] + f[i - 2] end
  return f[n], #f, f
end)
for _, n in ipairs { 1, 2, 3, 60, 100 } do
  local v, k, f = fib(n)
  print(v, k, #f, f[#f])
end

-- a queue in a ring, a histogram, a heap
local josephus = staged(function(n, k)
  local next_of = {}
  for i = 1, n do next_of[i] = i % n + 1 end
  local at, out = n, {}
  for _ = 1, n do
    for _ = 2, k do at = next_of[at] end
    out[#out + 1] = next_of[at]
    next_of[at] = next_of[next_of[at]]
  end
  return table.concat(out, " ")
end)
print(josephus(1, 3)) print(josephus(7, 3)) print(josephus(10, 2))

local counts = staged(function(n, m)
  local c = {}
  for i = 1, m do c[i] = 0 end
  local x = 12345
  for _ = 1, n do
    x = (x * 1103515245 + 12345) % 2147483648
    local k = x // 65536 % m + 1
    c[k] = c[k] + 1
  end
  return table.concat(c, " ")
end)
print(counts(100, 4)) print(counts(0, 3)) print(counts(50, 1))

local heap = staged(function(n)
  local h, x, out = {}, 7, {}
  for _ = 1, n do
    x = (x * 75 + 74) % 65537
    h[#h + 1] = x
    local i = #h
    while i > 1 and h[i // 2] > h[i] do
      h[i], h[i // 2] = h[i // 2], h[i]
      i = i // 2
    end
  end
  while #h > 0 do
    out[#out + 1] = h[1]
    h[1] = h[#h]
    h[#h] = nil
    local i, going = 1, true
    while going do
      local l, least = 2 * i, i
      if l <= #h and h[l] < h[least] then least = l end
      if l + 1 <= #h and h[l + 1] < h[least] then least = l + 1 end
      going = least ~= i
      if going then h[i], h[least] = h[least], h[i] end
      i = least
    end
  end
  return table.concat(out, " ")
end)
print(heap(0)) print(heap(1)) print(heap(12))

-- elements taken away; none before the first or after the last
local ends = staged(function(n)
  local t = {}
  for i = 1, n do t[i] = i / 2 end
  local before, after = t[0], t[n + 1]
  for i = n, n - 1, -1 do t[i] = nil end
  t[#t + 5] = nil
  return before, after, #t, t[#t], t[#t + 1]
end)
for n = 2, 4 do print(ends(n)) end

-- outside: assigned in place
local list, same = { 10, 20, 30 }, nil
same = list
local change = staged(function(n)
  for i = 1, n do
    list[i] = (list[i] or 0) + i
    if i == 5 then table.remove(list, 1) end
  end
  return #list
end)
for n = 0, 5 do print(change(n), rawequal(list, same), table.concat(list, " ")) end
print(pcall(staged(function(n)
  for i = 1, n do
    list[#list + 1] = i
    local x = list[i] + list[i * 2]
  end
end), 4))
print(#list, table.concat(list, " "))

-- keys that are floats are those integers
local floats = staged(function(n)
  local t = {}
  for i = 1, n do t[#t + 1] = i end
  t[2.0] = 7
  return t[1.0], rawget(t, 2.0), t[3.0], t[2.5], #t
end)
for n = 1, 3 do print(floats(n)) end

-- several lists: in a table, given to functions and back
local function push(t, v)
  t[#t + 1] = v
  return t
end
local groups = staged(function(n)
  local all = { even = {}, odd = {} }
  local last
  for i = 1, n do
    last = push(i % 2 == 0 and all.even or all.odd, i)
  end
  return all, last ~= nil and #last
end)
for n = 0, 5 do
  local all, k = groups(n)
  print(k, table.concat(all.even, " "), table.concat(all.odd, " "))
end
