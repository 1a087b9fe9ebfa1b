-- run: --staged
-- Objects: how many graphs they take, what a run does that meets something new in them, and what is refused.
local ms = require "moonstage"
local t = dofile "tests/lib/tap.lua"

local here, lines = debug.getinfo(1, "S").short_src, {}
for line in io.lines(here) do lines[#lines + 1] = line end

local function count(f) return tonumber(f:explain():match ": (%d+) graph") end
local function list(...)
  local head
  for i = select("#", ...), 1, -1 do head = { v = (select(i, ...)), next = head } end
  return head
end
local function summing()
  return ms.stage(function(node)
    local s = 0
    while node do
      s = s + node.v
      node = node.next
    end
    return s
  end)
end

-- one graph for all lists
local sum = summing()
t.is(sum(ms.object(list(1, 2, 3))), 6)
for n = 2, 50 do
  local values = {}
  for i = 1, n do values[i] = i end
  t.is(sum(ms.object(list(table.unpack(values)))), n * (n + 1) // 2)
end
t.is(count(sum), 1, "lists of any length go through one graph")
t.ok(sum:explain():find("argument 1: an object", 1, true), "explain says so")
t.ok(sum:explain():find("node (object or nil)", 1, true), "and what the loop carries")
t.is(sum(nil), 0)
t.is(count(sum), 2, "nil is no object")

-- an argument whose structure is another one each time
local total = summing()
local counts = {}
for n = 1, 6 do
  local values = {}
  for i = 1, n do values[i] = i end
  total(list(table.unpack(values)))
  counts[n] = count(total)
end
t.is(t.show(counts), t.show { 1, 2, 1, 1, 1, 1 }, "the third structure makes it an object")

-- what no other list held: a new graph instead of the old one, before anything has been done
local kinds = summing()
t.is(kinds(ms.object(list(1))), 1)
t.is(kinds(ms.object(list(1, 2))), 3)
t.is(kinds(ms.object(list(1, 2.5))), 3.5)
t.is(count(kinds), 1, "a graph that meets something new is replaced")
t.ok(kinds:explain():find("field 'v' of an object was an integer, is 2.5", 1, true), "explain says why")
t.is(kinds(ms.object(list(1, 2.5))), 3.5)
t.is(kinds(ms.object(list(1.5, 2))), 3.5)
t.ok(kinds:explain():find("graph 3:", 1, true), "and is made no more often than that")

-- what was done before it cannot be done again
local said = {}
local note = ms.host(function(v) said[#said + 1] = v end)
local spoil = ms.host(function(node) node.next = "x" end)
local noting = ms.stage(function(node)
  while node do
    note(node.v)
    if node.v == 4 then spoil(node) end
    node = node.next
  end
end)
noting(ms.object(list(1, 2)))
local message = select(2, pcall(noting, ms.object(list(3, 4, 5))))
t.ok(message:find(("^%s:%%d+: can't stage this read: field 'next' is a string, and the graph was made for "
  .. "a table or nil; it can't be made again, since this call has had effects"):format(here)), message)
t.is(t.show(said), t.show { 1, 2, 3, 4 }, "the effects are those of the eager run until then")

-- a table that the graph writes by another name
local shared = { v = 1, next = { v = 2 } }
local writing = ms.stage(function(node, other)
  local s = 0
  other.v = other.v + 10
  while node do
    s = s + node.v
    node = node.next
  end
  return s
end)
t.is(writing(ms.object(list(1, 2)), { v = 5 }), 3)
message = select(2, pcall(writing, ms.object(shared), shared.next))
t.ok(message:find(("^%s:%%d+: can't stage this read: the staged function writes to this table or tensor by another name")
  :format(here)), message)
t.is(shared.next.v, 2, "no write was made")

-- f(...) is refused with a message that contains `text` and names f's line that ends in the mark.
local function refused(text, f, ...)
  local info, line = debug.getinfo(f, "S"), nil
  for i = info.linedefined, info.lastlinedefined do
    if lines[i]:find("--!", 1, true) then line = i end
  end
  local start = line and ("%s:%d: "):format(here, line) or ""
  local good, e = pcall(ms.stage(f), ...)
  e = tostring(e)
  t.ok(not good and e:sub(1, #start) == start and e:find(text, 1, true), text)
  if good or not e:find(text, 1, true) then print("#   got " .. (good and "no error " or "") .. e) end
end

local function object() return ms.object { v = 1, s = "a", sub = { 1, 2 }, x = ms.ones(2), y = ms.ones(2), f = io.stdout } end
refused("can't stage a table as a field of an object; return it, and write it outside of the staged function", function(o)
  o.v = {} --!
end, object())
refused("can't stage a tensor as a field of an object", function(o)
  o.v = o.x + 1 --!
end, object())
refused("a key of an object that is written must be known while staging", function(o)
  o[o.v + 1] = 2 --!
end, object())
local outer = { v = 1 }
refused("can't stage this write: the staged function knows the table by another name too", function(o)
  o.sub.v = outer.v --!
end, ms.object { sub = outer })
refused("can't stage this write: the metatable of the object has a '__newindex'", function(o)
  o.v = 2 --!
end, ms.object(setmetatable({}, { __newindex = function() end })))
t.is(outer.v, 1, "no refused write was made")
refused("can't stage a read of an object by a key that is a table; read fields", function(o)
  return o[{}] --!
end, object())
refused("can't stage a read of an object by a key that is a text made of symbolic values", function(o)
  return o["a" .. o.v] --!
end, object())
refused("a key of an object must be known while staging", function(o)
  return o[o.v / 2] --!
end, object())
refused("can't stage a read of field 'f' of an object, which may be a userdata; keep it elsewhere", function(o)
  return o.f --!
end, object())
local many = {}
for i = 1, 5 do many[i] = ms.ones(i) end
refused("can't stage a read of an element of an object, which holds too many different values", function(o)
  return #o[#o] --!
end, ms.object(many))
refused("can't stage an object as a table key; keep a number in a field", function(o)
  local seen = {}
  seen[o] = true --!
end, object())
refused("can't stage an object as a table key", function(o)
  local seen = { [o] = true } --!
end, object())
refused("can't stage an object as an argument of a library function", function(o)
  return math.floor(o) --!
end, object())
refused("can't stage an object in a table that a library function takes", function(o)
  return ms.tensor { o } --!
end, object())
local named = setmetatable({}, { __name = "named" })
refused("can't stage this text: the metatable of the object has a '__tostring' or '__name'", function(o)
  print(o) --!
end, ms.object(named))
refused("can't stage a call of a function on tables with an object", function(o)
  for k, v in pairs(o) do --!
    return k
  end
end, object())
refused("can't stage an object that is kept here", function(o)
  error(o) --!
end, object())
refused("can't stage a tensor of an object that is kept; use its clone()", function(o)
  return o.x
end, object())
refused("can't stage an in-place op on a tensor of an object; use its clone()", function(o)
  o.x:add_(1) --!
end, object())
refused("can't stage a tensor of an object where it is asked which one it is; use its clone()", function(o)
  return rawequal(o.x, o.y) --!
end, object())
refused("can't stage a tensor of an object as a table key; use its clone()", function(o)
  local seen = {}
  seen[o.x] = true --!
end, object())
local Equal = { __eq = function() return true end }
refused("can't stage a comparison of an object by '__eq'; use rawequal", function(o)
  return o == setmetatable({}, Equal) --!
end, object())
local keep
refused("can't stage a comparison of an object with a table that is kept outside", function(o)
  keep = {}
  note(o.v)
  return o == keep --!
end, object())
-- what only the run finds
refused("can't stage this comparison: the metatable of an object has an '__eq'; compare fields, or use rawequal", function(o)
  return o[1] == o[2] --!
end, ms.object { setmetatable({}, Equal), setmetatable({}, Equal) })
refused("can't stage this length: the metatable of the object has a '__len'; keep the length in a field", function(o)
  return #o --!
end, ms.object(setmetatable({}, { __len = function() return 3 end })))
refused("can't stage this operation: the object has a metatable; call the function that does it by its name", function(o)
  return o + 1 --!
end, ms.object(setmetatable({}, { __add = function() return 3 end })))
refused("can't stage this operation: the object has a metatable", function(o)
  return o(1) --!
end, ms.object(setmetatable({}, { __call = function() return 3 end })))
refused("can't stage this read: the metatable of the object has an '__index' that is no table; keep what it gives in fields", function(o)
  return o.v --!
end, ms.object(setmetatable({}, { __index = function() return 3 end })))
t.is(keep, nil, "refused calls kept nothing")

-- without being asked for, what can't be an object is none
local cases = 0
local by_index = ms.stage(function(o) return o.sub.v end)
for i = 1, 5 do
  local o = { sub = setmetatable({}, { __index = function(_, k) return k .. i end }) }
  for k = 1, i do o.sub["x" .. k] = {} end
  if by_index(o) == "v" .. i then cases = cases + 1 end
end
t.is(cases, 5, "an __index that is a function")
t.done()
