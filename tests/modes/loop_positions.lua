-- Positions of what loops raise themselves: of an iterator's call the first line of its list, of bounds that of the `do`,
-- also where the loop is the last statement of a function or block.
-- stock
local ms = require "moonstage"
local function show(...) print(select("#", ...), ...) end
local f = ms.stage(function(c, x)
  show(pcall(function()
    if c then
      do
        for i = nil, 2 do
          return 2
        end
      end
    end
  end))
  show(pcall(function()
    if c then
      do
        for i = 1, 2,
          0 do
          return 2
        end
      end
    end
  end))
  show(pcall(function()
    if c then
      do
        for i = 1,
          x do
          return 2
        end
      end
    end
  end))
  show(pcall(function()
    if c then
      do
        while x do
          for i = 1,
            c do
            return 2
          end
        end
      end
    end
  end))
end)
f(true, {})
local g = ms.stage(function(c, x)
  local dead = coroutine.wrap(function() return 1 end) dead()
  show(pcall(function()
    if c then
      do
        for v in dead do
          return 2
        end
      end
    end
  end))
  show(pcall(function()
    if c then
      do
        for v in

          nil do
          return 2
        end
      end
    end
  end))
  show(pcall(function()
    if c then
      do
        for v in

          coroutine.wrap(function() local x = nil + 1 end) do
          return 2
        end
      end
    end
  end))
  show(pcall(function()
    if c then
      return dead(
      1)
    end
  end))
  show(pcall(function()
    local t = setmetatable({}, { __index = dead, __add = dead, __call = dead })
    if c then
      show(pcall(function() return t.x end))
      show(pcall(function() return t + 1 end))
      show(pcall(function() return t(1) end))
      show(pcall(t))
      return (t.y
      )
    end
  end))
  for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i * x) end end) do
     if v then
        for w in coroutine.wrap(function() coroutine.yield(1) if v > 0 then coroutine.yield(2) end end) do
           show(v, w)
        end
     end
  end
end)
g(true, 3)
