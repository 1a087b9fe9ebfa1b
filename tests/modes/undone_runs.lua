-- Runs that come to what their graph can't do start again with another one: what they printed is dropped, what they drew
-- is drawn again.
local ms = require "moonstage"
local out = {}

-- Lists that turn out to have holes, after prints of texts, of files, of random numbers.
local holes = ms.stage(function(n, at)
  local t = {}
  for i = 1, n do t[#t + 1] = i * 2 end
  print("list " .. table.concat(t, "-"), #t)
  io.write("of ", "a text " .. n, "\n")
  io.flush()
  print(math.random(1000), math.random(5, 9) >= 5, ms.rand(2):sum())
  out.n, out.text = n, "text " .. n
  t[at] = 7
  return t[at], t[1]
end)
math.randomseed(3)
ms.manual_seed(3)
for _, at in ipairs { 1, 3, 5, 2 } do print(holes(2, at)) print(out.n, out.text) end
print(math.random(1000), ms.rand(2):sum())

-- Tables that are made in a loop and kept, before that.
local kept = ms.stage(function(n, at)
  local t = {}
  for i = 1, n do
    t[#t + 1] = i
    if i % 2 == 1 then out.last = { i = i } out.count = i end
  end
  t[at] = 1
  return #t
end)
print(kept(2, 2), out.last.i, out.count)
print(kept(5, 3), out.last.i, out.count)
print(kept(6, 7), out.last.i, out.count)

-- More text than a run holds back: it is made again, when it ends well and when it fails.
local long = ms.stage(function(n, at)
  local t, drawn = {}, 0
  for i = 1, n do
    t[#t + 1] = i
    drawn = drawn + math.random(10)
    io.write(("%06d"):format(i), ("."):rep(200), "\n")
  end
  t[at] = 1
  out.drawn = drawn
  if at == 3 then error("after " .. n) end
  return drawn
end)
math.randomseed(5)
local a = long(6000, 2)
math.randomseed(5)
print(pcall(long, 6000, 3), out.drawn == a)
print(math.random(1000))

-- Clocks and the environment are read anew, and nothing else happens.
local clock = ms.stage(function(n, at)
  local t, before = {}, os.clock()
  for i = 1, n do t[#t + 1] = i end
  local late = os.time() > 0 and os.date("%Y"):len() == 4 and os.getenv("no such") == nil
  t[at] = 1
  return os.clock() >= before, late, #t
end)
print(clock(3, 2)) print(clock(3, 4))

-- Keys that the table has not: they are plain then.
local memo = ms.stage(function(n, v)
  local t = { 10, 20 }
  print("before", n, "text " .. n)
  out.memo = v
  t[n] = v
  return t[1], t[2], t[3], #t
end)
for _, n in ipairs { 1, 3, 2, 3 } do print(memo(n, n * 1.5)) end
local floors = ms.stage(function(x)
  print("before", x > 1)
  return math.floor(x), math.ceil(-x)
end)
print(floors(2.5)) print(floors(1e300)) print(floors(3.5)) print(pcall(floors, 0 / 0))
