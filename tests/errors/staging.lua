-- run: --staged -O0
-- run: --staged -O2
-- What can't be staged: the variable or the construct, what it was, what to write instead, the line and a caret.
local ms = require "moonstage"
local shared = {}

--- a function of a loop's trip that is kept
-- error: tests/errors/staging.lua:10: can't stage a function made inside a staged loop and kept outside of it (field 'shared.f'); make it before the loop
ms.stage(function(n)
  for i = 1, n:item() do shared.f = function() return i end end
end)(ms.tensor(2))

--- a date as a table
-- error: tests/errors/staging.lua:16: can't stage a call of 'os.date' with these arguments; call it outside of the staged function and pass in what it gives
ms.stage(function(n)
  shared.date = os.date("*t", n)
end)(1)

--- a handler that fails
-- error: tests/errors/staging.lua:22: can't stage an error in the handler of 'xpcall'; let the handler return what it is given
ms.stage(function(n)
  return xpcall(error, function(e) error(e) end, "n"), n
end)(1)

--- a coroutine of a loop's trip as a result
-- error: tests/errors/staging.lua:28: variable 'f' can't be kept after this (result 1): it is nil on one path and a coroutine on the other; give it one kind of value on every path
ms.stage(function(n, f)
  for i = 1, n:item() do f = coroutine.create(print) end
  return f
end)(ms.tensor(2))

--- a text as an argument
-- error: tests/errors/staging.lua:35: can't stage a text made of symbolic values as an argument of 'string.gmatch'; have a function made by ms.host do it
ms.stage(function(n)
  return string.gmatch("n" .. n, "1")
end)(1)

--- a tensor of several shapes
-- error: tests/errors/staging.lua:43: can't stage a value of several types in a table that a library function takes (variable 'y': it is a tensor f32[3] on one path and a tensor f32[6] on the other); give it one type on every path
ms.stage(function(x)
  local y = x
  while y:sum() < 10 do
    y = ms.cat({ y, y }, 1)
  end
  return y
end)(ms.ones(3))

--- a host call declared
-- error: tests/errors/staging.lua:51: can't stage a call of ms.host inside a staged function; call it outside of the staged function and pass in what it gives
ms.stage(function(n)
  return ms.host(print)(n)
end)(1)

--- a character
-- error: tests/errors/staging.lua:57: argument 1 of 'string.char' must be known while staging, but depends on values that are known only when the graph runs; compute it outside of the staged function and pass it in
ms.stage(function(n)
  return string.char(n:sum():item())
end)(ms.ones(2))

--- a shape
-- error: tests/errors/staging.lua:63: the length of dim 1 of zeros must be known while staging, but depends on values that are known only when the graph runs; compute it outside of the staged function and pass it in
ms.stage(function(n)
  return ms.zeros(n:argmax():item())
end)(ms.ones(2))

--- a dim
-- error: tests/errors/staging.lua:69: dim of sum must be known while staging, but depends on values that are known only when the graph runs; compute it outside of the staged function and pass it in
ms.stage(function(n)
  return ms.ones(2, 3):sum(n:argmax():item())
end)(ms.ones(2))

--- a step
-- error: tests/errors/staging.lua:75: can't stage a 'for' with a step known only when the graph runs; use a 'while' loop, or make the step plain
ms.stage(function(x) local n = x:item()
  for i = 1, 10, n + 1 do print(i) end
end)(ms.tensor(1))

--- a variable of two kinds
-- error: tests/errors/staging.lua:82: variable 'v' can't be kept after this (result 1): it is an integer on one path and a coroutine on the other; give it one kind of value on every path
ms.stage(function(x) local n = x:item()
  local v = 1
  while n > 0 do
    v = coroutine.create(print)
    n = n - 1
  end
  return v
end)(ms.tensor(3))

--- a variable of two kinds that is kept
-- error: tests/errors/staging.lua:93: variable 'v' can't be kept after this (field 'shared.v'): it is nil on one path and a coroutine on the other; give it one kind of value on every path
ms.stage(function(x) local n = x:item()
  local v
  while n > 0 do
    v = coroutine.create(print)
    n = n - 1
  end
  shared.v = v
end)(ms.tensor(3))

--- too much of a loop
-- error: tests/errors/staging.lua:104: the trace has grown past 200000 nodes: loops over plain values are unrolled, and what is done with a value of several kinds is traced for each; make the loop's bound a parameter, or do less in one staged call
ms.stage(function(n)
  local list = {}
  for i = 1, 300000 do list[i] = { n * i, print } end
  return #list
end)(1.5)

--- a gradient of a loop
-- error: tests/errors/staging.lua:111: can't stage the gradient of the loop at line 112: give it plain bounds, so that it is unrolled
ms.stage(function(x)
  return (ms.grad(function(y)
    while y:sum() < 100 do y = y * 2 end
    return y:sum()
  end)(x))
end)(ms.ones(2))

--- a key that the table has not, which no pcall catches
-- error:   print(pcall(function() t[x:sum():item() // 1 | 0] = 5 end))
-- error: a write to a key that is not among those of the table and that only the run knows can't be staged; give the table the key before, or make the key a plain number
ms.stage(function(x)
  local t = { 1, 2 }
  print(pcall(function() t[x:sum():item() // 1 | 0] = 5 end))
end)(ms.ones(9))

--- a key that the table has not
-- error: a write to a key that is not among those of the table and that only the run knows can't be staged
ms.stage(function(x)
  local t = { 1, 2 }
  t[x:sum():item() // 1 | 0] = 5
end)(ms.ones(9))

--- a walk over a table that is to be a loop
-- error: tests/errors/staging.lua:135: can't stage a walk over a table as a loop of the graph; leave out ms.loop
ms.stage(function(t)
  for _, v in ms.loop(ipairs(t)) do print(v) end
end)({ 1, 2 })

--- a tensor decides the trips of a loop that is to be unrolled
-- error: tests/errors/staging.lua:141: an argument of 'ms.unroll' must be known while staging, but depends on values that are known only when the graph runs; compute it outside of the staged function and pass it in
ms.stage(function(x)
  while ms.unroll(x:sum() > 0) do x = x - 1 end
end)(ms.ones(2))

--- and so does a part of the condition
-- error: tests/errors/staging.lua:148: the condition of a loop that ms.unroll unrolls must be known while staging, but depends on values that are known only when the graph runs; compute it outside of the staged function and pass it in
ms.stage(function(x)
  local i = 0
  while ms.unroll(i < 3) and x:sum() > 0 do i, x = i + 1, x - 1 end
end)(ms.ones(2))

--- a gradient with respect to what may be a number
-- error: tests/errors/staging.lua:156: can't stage a gradient with respect to a variable that is another one on another path (variable '?.w': it is a tensor f32[2] on one path and an integer on the other); make the condition plain
ms.stage(function(x)
  local p = { w = 1 }
  if x:sum() > 0 then p.w = x end
  return (ms.grad(function(v) return v.w:sum() end)(p))
end)(ms.ones(2))

--- a gradient of what may be one of two values
-- error: tests/errors/staging.lua:162: can't stage a gradient of what is another value on another path (variable 'result 1': it is a tensor f32[] on one path and nil on the other); make the condition plain
ms.stage(function(x)
  return (ms.grad(function(v) return x:sum() > 0 and (v * v):sum() or nil end)(x))
end)(ms.ones(2))

--- a key that only the run knows, for next
-- error: the key that 'next' is given must be known while staging
ms.stage(function(x) return next({ 5, 6 }, x:item()) end)(ms.tensor(1))

--- a key of a table without elements
-- error: a key of a table without elements must be known while staging, but depends on values that are known only when the graph runs; compute it outside of the staged function and pass it in
ms.stage(function(x)
  local t = {}
  t[x:sum():item() // 1 | 0] = 5
end)(ms.ones(9))
