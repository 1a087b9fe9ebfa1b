-- run: --staged
-- How many graphs a staged function makes: what changes freely, what makes a new one, the limit, and what a graph
-- keeps alive.
local ms = require "moonstage"
local t = dofile "tests/lib/tap.lua"

local function count(f) return tonumber(f:explain():match ": (%d+) graph") end

-- Calls f once for each of the lists of arguments; the number of graphs must be as expected.
local function graphs(expected, title, f, ...)
  local staged = ms.stage(f)
  for i = 1, select("#", ...) do staged(table.unpack((select(i, ...)))) end
  t.is(count(staged), expected, title)
end

-- arguments
graphs(1, "numbers of one subtype", function(x) return x + 1 end, { 1 }, { 2 }, { -7 }, { math.mininteger })
graphs(2, "integers and floats", function(x) return x + 1 end, { 1 }, { 1.0 }, { 0 / 0 }, { -0.0 }, { 5 })
graphs(3, "a number that must be known", function(n) return ms.ones(n) end, { 1 }, { 2 }, { 3 }, { 2 }, { 1 })
graphs(2, "booleans", function(b) return not b end, { true }, { false }, { true })
graphs(2, "strings", function(s) return #s end, { "a" }, { "b" }, { "a" })
graphs(3, "the number of arguments", function(a, b) return a end, { 1 }, { 1, 2 }, { 1, 2, 3 }, { 1, 3 })
graphs(1, "tensors of one dtype, shape and layout", function(x) return x + 1 end, { ms.ones(3) }, { ms.zeros(3) }, { ms.full({ 3 }, 2.0) })
graphs(4, "shapes and dtypes", function(x) return x + 1 end, { ms.ones(3) }, { ms.ones(4) }, { ms.ones(1, 3) }, { ms.tensor { 1, 2, 3 } })
graphs(1, "tables of one structure", function(p) return p.x.y + p[1] end, { { x = { y = ms.ones(2) }, ms.ones(2) } },
  { { x = { y = ms.zeros(2), more = 1 }, ms.ones(2) } })
local one, two = ms.ones(2), ms.zeros(2)
graphs(2, "tensors that are one", function(a, b) return a + b end, { one, two }, { two, one }, { one, one }, { two, two })
graphs(2, "tensors that share bytes", function(a, b) return a + b end, { one, two }, { one, one:reshape(2) }, { two, two:reshape(2) })
graphs(1, "functions of one text", function(f) return f(1) end, { function(x) return x end })
local function adder(n) return function(x) return x + n end end
graphs(2, "their variables are inputs once they change", function(f) return f(1) end, { adder(1) }, { adder(2) }, { adder(3) }, { adder(4) })

-- outside
local counter, name, params = 0, "a", { w = ms.ones(2), n = 0 }
local step = ms.stage(function(x)
  counter = counter + 1
  params.w = params.w * x
  params.n = params.n + 0.5
  params.note = name
  return params.w
end)
step(1.0)
t.is(count(step), 1)
for i = 1, 50 do
  if i % 10 == 0 then params = { w = ms.ones(2), n = i * 0.5, note = i } end
  step(0.5)
end
t.is(count(step), 3, "a counter and a float become inputs one after the other; rebound parameters are")
name = "b"
step(1.0)
t.is(count(step), 4, "a string that changes")
name = "a"
step(1.0)
t.is(count(step), 4, "back to what was known")
graphs(1, "a field that is only written", function(k) params.label = k end, { "x" })
local label = ms.stage(function(x) params.seen = x end)
for _, v in ipairs { "a", 1, 2.5, true } do
  params.seen = v
  label(ms.ones(1))
end
t.is(count(label), 1, "what a field held that is only written")

-- the limit
local list = { 1 }
local grows = ms.stage(function() return #list, list[#list] end, { graphs = 3 })
for i = 1, 3 do
  t.is(grows(), i)
  list[#list + 1] = 1
end
t.throws([[the staged function of tests/staging/graphs.lua:66 has 3 graphs, its limit ]]
  .. [[(ms.stage(f, { graphs = 6 }) allows more); what changed, the last first:]]
  .. "\n\t#list: was 3, is 4\n\t#list: was 2, is 3\n\t#list: was 1, is 2", grows)
list[4] = nil
t.is(grows(), 3, "the graphs there are still serve")
t.throws("stage: graphs must be a positive integer", ms.stage, grows.f or print, { graphs = 0 })
t.throws("stage: unknown option 'limit'", ms.stage, print, { limit = 3 })
t.throws("stage: options must be a table", ms.stage, print, 3)

-- a graph keeps nothing alive that it was traced with
local alive = setmetatable({}, { __mode = "k" })
local function fresh(v)
  alive[v] = true
  return v
end
local last
local keeps = ms.stage(function(x, p, f, o)
  last = p.inner
  return x + p.w, f(1), p, o, p[o]
end)
do
  local o = fresh {}
  keeps(fresh(ms.ones(2)), fresh { w = fresh(ms.ones(2)), inner = fresh {}, [o] = 1 }, fresh(adder(1)), o)
  last = nil
end
collectgarbage()
collectgarbage()
t.is(next(alive), nil, "nothing is kept")

-- a graph whose object is gone can't serve again and does not count
local same = ms.stage(function(f) return f == print, tostring(f):sub(1, 1) end, { graphs = 2 })
for i = 1, 6 do
  same(adder(i))
  collectgarbage()
end
t.ok(count(same) <= 2, "graphs of objects that are gone")
-- lengths
graphs(3, "lengths that change", function(x) return x:sum() * #x end, { ms.ones(2) }, { ms.ones(3) }, { ms.ones(4) }, { ms.ones(5) },
  { ms.ones(9) }, { ms.ones(3) }, { ms.ones(4) })
graphs(5, "lengths of 0 and 1 are known always", function(x) return x + 1 end, { ms.ones(2, 4) }, { ms.ones(3, 4) }, { ms.ones(4, 4) },
  { ms.ones(1, 4) }, { ms.ones(0, 4) }, { ms.ones(7, 4) })
graphs(4, "a number that shapes are made of", function(n) return ms.ones(n, 2):sum() end, { 2 }, { 3 }, { 4 }, { 5 }, { 9 }, { 1 }, { 7 })
graphs(3, "tensors that are kept", function(x) params.kept = x * 2 end, { ms.ones(2) }, { ms.ones(3) }, { ms.ones(4) }, { ms.ones(5) })
graphs(7, "lengths that must be known", function(x) return x:flatten() end, { ms.ones(2, 4) }, { ms.ones(3, 4) }, { ms.ones(4, 4) },
  { ms.ones(5, 4) }, { ms.ones(6, 4) }, { ms.ones(7, 4) }, { ms.ones(8, 4) })

t.done()
