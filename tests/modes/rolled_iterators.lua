-- Generic for over iterators of the script's own with many plain trips: rolled where that is exact, unrolled elsewhere.
local ms = require "moonstage"
local x = ms.tensor { 1.0, 2.0 }
local function upto(n) local i = 0 return function() i = i + 1 if i <= n then return i end end end
local function stateless(s, i) i = i + 1 if i <= s then return i, i * 0.5 end end
local log = {}

local function show(name, f, ...) print(name, pcall(ms.stage(f), ...)) end

show("closure", function(x)
  local w = x
  for i in upto(500) do w = w * 0.5 + i end
  return w
end, x)
show("stateless", function(x)
  local w, last = x, nil
  for i, h in stateless, 300, 0 do w, last = w * 0.25 + h, i end
  return w, last
end, x)
show("left early", function(x)
  local w = x
  for i in upto(100) do
    w = w * 0.5 + i
    if i % 3 == 0 then goto continue end
    if i == 40 then break end
    w = w - 1
    ::continue::
  end
  for i in upto(100) do
    w = w * 0.5 + i
    if w:sum() > 60 then return w, i end
  end
  return w
end, x)
show("state outside", function(x)
  local seen, w = 0, x
  log.at = upto(1000)
  for i in log.at do
    seen, log.n = seen + i, i
    w = w * 0.5
    if i == 30 then break end
  end
  return seen, w, log.at(), log.at()
end, x)
print(log.n, log.at())
show("prints", function(x)
  local w = x
  local function loud()
    local i = 0
    return function()
      i = i + 1
      print("next", i)
      if i < 12 then return i end
    end
  end
  for i in loud() do
    w = w + i
    print(i, w:sum())
  end
  return w
end, x)
show("fails in the iterator", function(x)
  local w, i = x, 0
  for k in function() i = i + 1 if i > 20 then error("too far " .. i) end return i end do
    w = w + k
    log.w = k
  end
end, x)
print(log.w)
show("fails in the body", function(x)
  local w = x
  for i in upto(40) do
    w = w + i
    log.w = i
    if i == 33 then w = w + nil end
  end
end, x)
print(log.w)

-- what it gives is a table, of a table, of several kinds, nil after a while
local data = {}
for i = 1, 30 do data[i] = ms.ones(2) * i end
local function each(t) local i = 0 return function() i = i + 1 return t[i] end end
show("tensors of a table", function(t)
  local w = ms.zeros(2)
  for v in each(t) do w = w + v end
  return w
end, data)
show("tables", function(x)
  local w, i = x, 0
  for r in function() i = i + 1 if i <= 25 then return { v = i, w = w } end end do w = r.w * 0.5 + r.v end
  return w
end, x)
show("several kinds", function(x)
  local w, i, s = x, 0, ""
  for v in function()
    i = i + 1
    if i > 24 then return nil end
    if i % 3 == 0 then return i end
    if i % 3 == 1 then return i + 0.5 end
    return "s" .. i
  end do
    if type(v) == "number" then w = w * 0.5 + v else s = s .. v end
  end
  return w, s
end, x)
show("functions made", function(x)
  local fs, w = {}, x
  for i in upto(12) do
    fs[i] = function() i = i + 1 return i end
    w = w + fs[i]()
  end
  return w, fs[1](), fs[12]()
end, x)
show("in one another", function(x)
  local w = x
  for i in upto(20) do
    for j in upto(i % 3 + 10) do w = w * 0.5 + i * j end
  end
  return w
end, x)
show("closed", function(x)
  local w = x
  local held = setmetatable({}, { __close = function() print "closed" end })
  local it = upto(30)
  for i in it, nil, nil, held do
    w = w + i
    if i == 20 then break end
  end
  return w, it()
end, x)
show("other iterators inside", function(x)
  local w, words = x, ("a b c d e f g h i j k l"):gmatch "%a"
  local n = 0
  for c in function() return words() end do w, n = w * 0.5 + #c, n + 1 end
  local go = coroutine.wrap(function() for i = 1, 15 do coroutine.yield(i) end end)
  for i in function() return go() end do w = w * 0.5 + i end
  for i in coroutine.wrap(function() for i = 1, 15 do coroutine.yield(i) end end) do w = w * 0.5 + i end
  return w, n
end, x)
show("a table that is called", function(x)
  local w = x
  local counter = setmetatable({ n = 0 }, { __call = function(self, limit, last)
    self.n = self.n + 1
    if self.n <= limit then return self.n, last end
  end })
  for i, last in counter, 20 do w = w * 0.5 + i + (last or 0) end
  return w, counter.n
end, x)
show("numbers that decide", function(x, n)
  local w = x
  for i in upto(n) do w = w * 0.5 + i end
  for i in upto(n * 3) do w = w * 0.5 + i end
  return w
end, x, 10)
show("a gradient", function(x)
  return ms.grad(function(w)
    local y = w
    for i in upto(12) do y = y * 0.9 + i end
    return y:sum()
  end)(x)
end, x)
show("caught", function(x)
  local w = x
  local ok, e = pcall(function()
    for i in upto(20) do
      w = w + i
      if i == 15 then error("at " .. i) end
    end
  end)
  return w, ok, e
end, x)
show("by its header", function(x)
  local w = x
  for i in ms.loop(upto(5)) do w = w * 0.5 + i end
  for i in ms.unroll(upto(20)) do w = w * 0.5 + i end
  return w
end, x)
