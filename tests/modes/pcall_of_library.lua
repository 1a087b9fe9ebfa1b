-- Library functions that pcall and xpcall call themselves: their messages have no position, those of the script's
-- functions that they call have one.
-- stock
local ms = require "moonstage"

local f = ms.stage(function(n)
  local t = {}
  for i = 1, n do t[#t + 1] = "k" .. i end
  local function show(ok, ...) print(ok, ok and "" or ..., (select("#", ...))) end
  show(pcall(table.concat, t, ",", 1, #t + 1))
  show(pcall(table.concat, t, ",", 1, n + 1))
  show(pcall(table.sort, { 3, 1, 2 }, function(a, b)
    if n == 3 then error("three") end
    return a > b
  end))
  show(pcall(string.gsub, "abc", "b", function(c)
    if n == 2 then error("four") end
    return c:upper()
  end))
  show(pcall(table.sort, { 3, 1, "x" }))
  show(pcall(table.insert, t, n + 3, 5))
  show(pcall(select, n - 2))
  show(pcall(assert, n > 2, "five " .. n))
  show(pcall(error, "six" .. n))
  show(pcall(coroutine.wrap(function() if n > 1 then error("seven" .. n) end end)))
end)
for n = 0, 4 do f(n) end

-- on the same line
local same = ms.stage(function(n)
  print(pcall(table.sort, { 3, 1, 2 }, function(a, b) if n == 3 then error("two") end return a > b end))
end)
for n = 2, 4 do same(n) end

local g = ms.stage(function(n)
  local t = {}
  for i = 1, n do t[#t + 1] = i end
  local function handler(m) return "<" .. m .. ">" end
  print(xpcall(table.concat, handler, t, ",", 1, n + 1))
  print(xpcall(function() return table.concat(t, ",", 1, n + 1) end, handler))
  print(xpcall(table.sort, handler, { 3, 1, 2 }, function(a, b) if n == 3 then error("two") end return a > b end))
end)
for n = 0, 3 do g(n) end
