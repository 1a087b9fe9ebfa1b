-- Metamethods of comparisons see the function that compares: its line, their own name, the level of an error.
local mt = {}
local function who()
  local i, caller = debug.getinfo(2, "n"), debug.getinfo(3, "Sl")
  print(i.name, i.namewhat, caller.what, caller.currentline)
end
mt.__eq = function(a, b) who() return a.v == b.v end
mt.__lt = function(a, b) who() return a.v < b.v end
mt.__le = function(a, b) who() return a.v <= b.v end
local function new(v) return setmetatable({ v = v }, mt) end
local t = { a = new(1), b = new(2), c = new(1), n = { a = new(1) } }
local a, b = new(1), new(2)
print(a == b, a ~= b, new(1) == new(1), new(1) ~= new(2), t.a == t.b, t.a ~= t.c, t["a"] == t.n.a, a == t.a, t.b ~= b)
print(new(1) == a, b ~= new(2), (new(1)) == (t.a), not (new(1) == new(2)), new(1) < new(2), t.a <= t.b, new(3) > a)
if new(1) == new(1) then print("if") end
while new(1) ~= new(1) do end
repeat until new(2) == new(2)
local x = new(1) == new(1) and "and" or new(1) == new(2) or "or"
local y = new(1) == new(2) and "and" or new(1) ~= new(2) and "or"
print(x, y, #{ new(1) == new(1), new(1) ~= new(1) }, ({ [new(1) == new(1)] = "key" })[true])
print((function(...) return ... == new(1), select(2, ...) ~= new(2) end)(new(1), new(2)))
print(
  new(1)
  ==
  new(1),
  t
  .a
  ~= new(1)
)

-- nested in each other: an __eq whose own work is comparing
local deep = {}
deep.__eq = function(p, q)
  if p.next and q.next then return new(p.v) == new(q.v) and p.next() == q.next() end
  return (p.next ~= nil) == (q.next ~= nil) and new(p.v) == new(q.v)
end
local function list(...)
  local l = nil
  for i = select("#", ...), 1, -1 do
    local rest = l
    l = setmetatable({ v = (select(i, ...)), next = rest and function() return rest end }, deep)
  end
  return l
end
print(list(1, 2, 3) == list(1, 2, 3), list(1, 2) == list(1, 3), list(1) ~= list(1, 2))

-- errors and yields in them
local bad = { __eq = function(p, q) error("no " .. tostring(p.v == q.v), 2) end, __lt = function() error("none", 2) end }
local function wrong() return setmetatable({ v = 1 }, bad) end
print(pcall(function() return wrong() == wrong() end))
print(pcall(function()
  local r = 1
  return wrong() ~= wrong()
end))
print(pcall(function() return wrong() < wrong() end))
print(new(1) == new(2), new(1).v == new(1).v, (wrong()) == nil, (wrong()) ~= 5, {} == {})
print(select(2, xpcall(function() if wrong() == wrong() then return end end, debug.traceback)))
local yields = { __eq = function(p, q) return coroutine.yield(p.v) == q.v end }
local function y2(v) return setmetatable({ v = v }, yields) end
local co = coroutine.wrap(function() return y2(1) == y2(2), y2(3) ~= y2(4), y2(5) == y2(6) and y2(7) == y2(8) or "last" end)
print(co(), new(1) == new(1), co(2), co(9), co(0))

-- a hook that compares between every two instructions
local n, hits = 0, 0
local quiet = { __eq = function(p, q) return p.v == q.v end }
local function q(v) return setmetatable({ v = v }, quiet) end
debug.sethook(function() n = n + 1 if (q(n)) == (q(n + 1)) or (q(n)) ~= (q(n)) then hits = hits + 1 end end, "crl", 1)
local results = { q(1) == q(1), q(1) == q(2), q(1) ~= q(2), q(1) ~= q(1), (q(1)) == 1, q(1) ~= nil, q(3) == q(3) and "yes" or "no" }
debug.sethook()
print(n > 20, hits, table.unpack(results))
local weak = setmetatable({ new(1), new(1) }, { __mode = "v" })
print((function() return weak[1] end)() == (function() return weak[2] end)())
collectgarbage()
print(weak[1], weak[2])
