-- Errors in coroutines: levels, places in loops, identity of error values, operand names, tensors; counts of values passed.
local ms = require "moonstage"
local function show(...) print(select("#", ...), ...) end
local function try(name, f, ...) local s = ms.stage(f) for i = 1, 2 do print(name, pcall(s, ...)) end end
local x = ms.tensor { 1.0, 2.0 }
-- error levels and places
try("level", function(n)
  local function check(v, lvl) if v > 1 then error("lvl" .. lvl, lvl) end end
  for lvl = 0, 4 do
    local co = coroutine.create(function()
      local function mid()
        check(2, lvl)
      end
      mid()
    end)
    show(coroutine.resume(co))
    local w = coroutine.wrap(function()
      local function mid()
        check(2, lvl)
      end
      mid()
    end)
    show(pcall(function() w() end))
  end
end, 1)
try("in loops", function(n)
  local co = coroutine.create(function()
    for i = 1, 3 do
      while true do
        repeat
          if i == 2 then error("two") end
          coroutine.yield(i)
          break
        until false
        break
      end
    end
  end)
  show(coroutine.resume(co))
  show(coroutine.resume(co))
  show(coroutine.status(co))
end, 1)
try("error object identity", function(n)
  local e = { n }
  local co = coroutine.create(function() error(e) end)
  local ok, got = coroutine.resume(co)
  local ok2, got2 = pcall(coroutine.wrap(function() error(e) end))
  local cl, got3 = coroutine.close(co)
  return got == e, got2 == e, cl, got3 == e
end, 2)
try("string coercion", function(n)
  local co = coroutine.create(function() return "a" + 1 end)
  show(coroutine.resume(co))
  co = coroutine.create(function() return #n end)
  show(coroutine.resume(co))
  co = coroutine.create(function() return n.x.y end)
  show(coroutine.resume(co))
  co = coroutine.create(function() n() end)
  show(coroutine.resume(co))
  co = coroutine.create(function() return n < "x" end)
  show(coroutine.resume(co))
  co = coroutine.create(function() undefinedglobal() end)
  show(coroutine.resume(co))
  co = coroutine.create(function() local t = {} t.a.b = 1 end)
  show(coroutine.resume(co))
end, 2)
try("tensor errors", function(x)
  local co = coroutine.create(function() return x + ms.ones(5) end)
  show(coroutine.resume(co))
  co = coroutine.create(function() if x then return x:nomethod() end end)
  show(coroutine.resume(co))
  co = coroutine.create(function() if x > 0 then return 1 end end)
  show(coroutine.resume(co))
  show(pcall(coroutine.wrap(function() return x:reshape(7) end)))
end, x)
try("many values", function(...)
  local co = coroutine.wrap(function(...)
    local n = select("#", ...)
    while true do n = n + select("#", coroutine.yield(n, ...)) end
  end)
  show(co(...)) show(co()) show(co(nil, nil)) show((select("#", co(...))))
end, 1, nil, x, nil)
