-- run: --staged -O0
-- run: --staged -O2
-- Coroutines that can't be staged: where they may be in several states, or are not the staged call's own.
local ms = require "moonstage"
local x = ms.tensor { 1.0, 2.0 }

--- a yield to outside
-- error: tests/errors/coroutines.lua:11: can't stage a 'coroutine.yield' to outside of the staged function; return the value, and let the caller yield it
coroutine.wrap(function()
  ms.stage(function(n)
    coroutine.yield(n)
  end)(1)
end)()

--- a coroutine from outside
-- error: tests/errors/coroutines.lua:19: can't stage a coroutine from outside of the staged call as an argument of 'coroutine.resume'; make it in the staged function, or pass in what it gives
local co = coroutine.create(print)
ms.stage(function(n)
  return coroutine.resume(co, n)
end)(1)

--- its status
-- error: tests/errors/coroutines.lua:25: can't stage a coroutine from outside of the staged call as an argument of 'coroutine.status'; make it in the staged function, or pass in what it gives
ms.stage(function(co)
  return coroutine.status(co)
end)(coroutine.create(print))

--- a generator from outside
-- error: tests/errors/coroutines.lua:32: can't stage a call of what 'coroutine.wrap' gave outside of the staged call; make it in the staged function, or pass in what it gives
local numbers = coroutine.wrap(function() coroutine.yield(1) end)
ms.stage(function(n)
  for i in numbers do n = n + i end
  return n
end)(1)

--- resumed on both paths
-- error: tests/errors/coroutines.lua:43: can't stage the use of a coroutine or iterator outside of the branch or staged loop in which it was made or went on last; make and finish it in one branch, or make the condition plain
ms.stage(function(x)
  local next_one = coroutine.wrap(function() coroutine.yield(1) coroutine.yield(2) end)
  if x:sum() > 0 then
    x = x + next_one()
  else
    x = x - next_one()
  end
  return x
end)(x)

--- resumed after a branch
-- error: tests/errors/coroutines.lua:53: can't stage the use of a coroutine or iterator outside of the branch or staged loop in which it was made or went on last; make and finish it in one branch, or make the condition plain
ms.stage(function(x)
  local co = coroutine.create(function() coroutine.yield(1) end)
  if x:sum() > 0 then coroutine.resume(co) end
  return coroutine.status(co)
end)(x)

--- made in branches
-- error: tests/errors/coroutines.lua:65: can't stage the use of a coroutine or iterator outside of the branch or staged loop in which it was made or went on last; make and finish it in one branch, or make the condition plain
ms.stage(function(x)
  local g
  if x:sum() > 0 then
    g = coroutine.wrap(function() coroutine.yield(1) end)
  else
    g = coroutine.wrap(function() coroutine.yield(2) end)
  end
  return g()
end)(x)

--- resumed in a loop
-- error: tests/errors/coroutines.lua:73: can't stage going on with a coroutine or iterator inside of a staged loop before which it was made; make it inside the loop, or take what it gives before the loop
ms.stage(function(x)
  local next_one = coroutine.wrap(function() for i = 1, 99 do coroutine.yield(i) end end)
  while x:sum() < 10 do
    x = x + next_one()
  end
  return x
end)(x)

--- a loop that turns
-- error: tests/errors/coroutines.lua:83: can't stage a loop in which a coroutine or iterator went on, and whose condition only the run knows from now on; make the condition plain
ms.stage(function(x)
  local next_one = coroutine.wrap(function() for i = 1, 99 do coroutine.yield(i) end end)
  local go, n = true, 0
  while go do
    n = n + next_one()
    if n > 5 then go = x:sum() > n end
  end
  return n
end)(x)

--- a yield in a branch
-- error: tests/errors/coroutines.lua:95: can't stage a 'coroutine.yield' to outside of the branch or staged loop it stands in; yield after it, or make the condition plain
ms.stage(function(x)
  for v in coroutine.wrap(function()
    if x:sum() > 0 then
      coroutine.yield(x)
    end
  end) do x = x + v end
  return x
end)(x)

--- a yield in a loop
-- error: tests/errors/coroutines.lua:107: can't stage a 'coroutine.yield' to outside of the branch or staged loop it stands in; yield after it, or make the condition plain
ms.stage(function(x)
  local co = coroutine.create(function()
    while x:sum() < 10 do
      x = x + 1
      coroutine.yield(x)
    end
  end)
  return coroutine.resume(co)
end)(x)

--- a yield out of a comparison
-- error: tests/errors/coroutines.lua:116: can't stage a 'coroutine.yield' out of what moonstage itself calls, such as a metamethod of '<' or the function of a gradient; let that give the value back, and yield it after
local meta = { __lt = function()
  coroutine.yield(1)
  return true
end }
ms.stage(function(x)
  local a = setmetatable({}, meta)
  return coroutine.wrap(function() return a < a end)(), x
end)(x)

--- kept
-- error: tests/errors/coroutines.lua:128: can't stage a coroutine made in the staged call and kept after it (field 'shared.task'); keep what it gives, in a table
local shared = {}
ms.stage(function(x)
  shared.task = coroutine.create(function() coroutine.yield(x) end)
end)(x)

--- given back
-- error: tests/errors/coroutines.lua:134: can't stage a coroutine made in the staged call and kept after it (result 1); keep what it gives, in a table
ms.stage(function(x)
  local list = coroutine.wrap(function() coroutine.yield(x) end)
  list()
  return list
end)(x)

--- its text
-- error: tests/errors/coroutines.lua:142: can't stage the text of a coroutine or iterator made in the staged call (its address is not known yet); print a name of its own
ms.stage(function(x)
  print(coroutine.create(function() coroutine.yield(x) end))
end)(x)

--- a failure that only the run knows
-- error: tests/errors/coroutines.lua:148: can't stage an error that comes up when the graph runs and that the 'pcall' or coroutine of tests/errors/coroutines.lua:148 would catch: tests/errors/coroutines.lua:148: negative
ms.stage(function(x)
  return coroutine.resume(coroutine.create(function() if x:sum() > 0 then error("negative") end end))
end)(x)

--- an iterator on both paths
-- error: tests/errors/coroutines.lua:156: can't stage the use of a coroutine or iterator outside of the branch or staged loop in which it was made or went on last; make and finish it in one branch, or make the condition plain
ms.stage(function(x)
  local letter = ("abc"):gmatch(".")
  if x:sum() > 0 then letter() end
  return letter()
end)(x)

--- an iterator of the library that is kept
-- error: tests/errors/coroutines.lua:162: can't stage an iterator of a library function that is kept (result 1); keep what it gives, in a table
ms.stage(function(x)
  return ("abc"):gmatch(".")
end)(x)
