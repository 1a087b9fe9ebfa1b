-- run: --staged -O0
-- run: --staged -O2
-- expect: 1	nil	nil	true	true
-- A run that is refused on its way leaves nothing: no prints, no writes, no draws of random numbers. So it does when a
-- graph may only come to what it can't do after calls that can't be undone: then it is refused before it runs.
local ms = require "moonstage"
local out = { v = 1 }

-- what f(...) left behind, and its error again
local function refused(f, ...)
  math.randomseed(7)
  ms.manual_seed(7)
  local a, b = math.random(1000), ms.rand(1):item()
  math.randomseed(7)
  ms.manual_seed(7)
  local ok, e = pcall(ms.stage(f), ...)
  print(out.v, out.t, out.s, math.random(1000) == a, ms.rand(1):item() == b)
  error(ok and "not refused" or e, 0)
end
local called = ms.host(function(v) out.s = v return v end, "int")

--- a failure that a pcall would catch
-- error: tests/errors/undone.lua:28: can't stage an error that comes up when the graph runs and that the 'pcall' or coroutine of tests/errors/undone.lua:28 would catch
refused(function(x, n)
  print("one", n, "text " .. tostring(n))
  out.v, out.t = n, "text " .. n
  print(math.random(1000), ms.rand(1):sum())
  print(pcall(function() return x[n] + 1 end))
end, ms.ones(2), 3)

--- a key that a table has not
-- error: tests/errors/undone.lua:42: a write to a key that is not among those of the table
refused(function(x, n)
  local t = { 1, 2 }
  for i = 1, n do
    local r = { i = i }
    out.t = r
    print("two", i, "text " .. i, math.random(1000))
    io.write("two " .. i, "\n")
    io.flush()
  end
  t[x:sum():item() // 1 + n | 0] = ms.rand(1):sum()
  return t[1], t[2]
end, ms.ones(2), 3)

--- more text than is held back
-- error: tests/errors/undone.lua:51: can't stage an error that comes up when the graph runs and that the 'pcall' or coroutine
refused(function(x, n)
  local line = ("x"):rep(100)
  for i = 1, n * 4000 do print(i, line) end
  return pcall(function() return x[n] end)
end, ms.ones(2), 3)

--- a failure that a pcall would catch, after a call
-- error: tests/errors/undone.lua:58: can't stage what may fail inside of the 'pcall' (or <close> variable, or coroutine) of tests/errors/undone.lua:58, after a call that can't be undone; do that call (an input, say) outside of the staged function
refused(function(x, n)
  print("three")
  print(pcall(function() return x[called(n)] + 1 end))
end, ms.ones(2), 3)

--- a key that a table has not, after a call in another trip of a loop
-- error: tests/errors/undone.lua:66: a write to a key that is not among those of the table and that only the run knows can't be staged after a call that can't be undone; give
refused(function(x, n)
  local t = { 1, 2 }
  for i = 1, n do
    t[i + x:sum():item() // 1 | 0] = 5
    called(n)
  end
  return t[1], t[2]
end, ms.ones(2), 3)

--- a hole in a list, after a call
-- error: tests/errors/undone.lua:77: a write to a list that leaves a hole can't be staged after a call that can't be undone; append
refused(function(x, n)
  local t = {}
  for i = 1, n do t[#t + 1] = i end
  t[called(n) + 2] = 5
  return t[1], t[2]
end, ms.ones(2), 3)
