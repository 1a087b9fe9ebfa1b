-- Random programs whose conditions are values of a library that runs the wrong branch first, undoes it with its state,
-- and then runs the right one. They must do what they do with plain conditions: paths meet where they must, and a state
-- misses nothing that a branch changes.
--   moonstage tests/staging/overloaded_paths.lua [PROGRAMS [SEED]]
local ms = require "moonstage"
local t = dofile "tests/lib/tap.lua"

local programs, seed = tonumber(arg[1]) or 400, tonumber(arg[2]) or 1

-- The library ---------------------------------------------------------------------------------------------------

local exploring, explored = false, 0
local function explore(branch)
  if exploring then return end
  exploring, explored = true, explored + 1
  pcall(branch)
  exploring = false
end

local Cond = { __name = "condition" }
local function value_of(c)
  if getmetatable(c) == Cond then return ms.payload(c) end
  return c
end
function Cond.__if(c, yes, no, state)
  local right, wrong = yes, no
  if not ms.payload(c) then right, wrong = no, yes end
  explore(wrong)
  state.set()
  return right()
end
function Cond.__not(c) return ms.value(Cond, not ms.payload(c)) end
function Cond.__and(c, thunk) if ms.payload(c) then return thunk() end return false end
function Cond.__or(c, thunk) if ms.payload(c) then return c end return thunk() end
local function while_event(_, test, body, state)
  while true do
    local before = table.pack(state.get())
    explore(body)
    state.set(table.unpack(before, 1, before.n))
    if not value_of(test()) then return end
    body()
  end
end

-- Programs ------------------------------------------------------------------------------------------------------

local out, random, names, in_loop, loops, budget, labels
local function put(...) out[#out + 1] = string.format(...) end
local function one_of(list) return list[random(#list)] end
local function number() return one_of(names) end
local function expression()
  return one_of {
    function() return tostring(random(0, 4)) end, number,
    function() return number() .. one_of { " + ", " - ", " * " } .. random(1, 3) end,
    function() return "tab.x" end, function() return "#list" end, function() return "object:get()" end,
    function() return "inc(" .. number() .. ")" end, function() return "early(" .. number() .. ", c)" end,
  }()
end
local function condition(depth)
  local kind = random(depth and 8 or 5)
  if kind == 6 then return condition() .. " and " .. condition() end
  if kind == 7 then return condition() .. " or " .. condition() end
  if kind == 8 then return "not " .. condition() end
  local test = ("%s %s %s"):format(number(), one_of { "<", "<=", ">", "==", "~=" }, random(0, 6))
  return kind == 5 and "(" .. test .. ")" or "c(" .. test .. ")"
end

local block
local serial = 0
local function fresh(stem)
  serial = serial + 1
  return stem .. serial
end

-- A block that a goto may leave, to the label behind it.
local function labelled_block(n)
  local label = fresh "label"
  labels[#labels + 1] = label
  put("do")
  block(n)
  put("end ::%s::", label)
  labels[#labels] = nil
end

local function body(header, footer)
  local outer = in_loop
  loops, in_loop = loops + 1, true
  put("%s", header)
  labelled_block(random(1, 3))
  put("%s", footer)
  in_loop, loops = outer, loops - 1
end

local LOOPS = 4 -- the first of
local statements = {
  function()
    local name = fresh "n"
    put("local %s = 0", name)
    body(("while %s do %s = %s + 1"):format(("c(%s < %d)"):format(name, random(0, 3)), name, name), "end")
  end,
  function()
    local name = fresh "n"
    put("local %s = 0", name)
    body(("repeat %s = %s + 1"):format(name, name), ("until %s >= 3 or %s"):format(name, condition()))
  end,
  function()
    local name = fresh "i"
    put("do local seen_%s = 0", name)
    body(("for %s = 1, %d do seen_%s = %s"):format(name, random(0, 3), name, name), "end")
    put("trail(seen_%s) end", name)
  end,
  function() body("for k, w in ipairs { 3, 1, 2 } do a = a + w", "end") end,
  function() put("%s = %s", number(), expression()) end,
  function() put("%s, tab.x = %s, %s", number(), expression(), number()) end,
  function() put("tab.%s = %s", one_of { "x", "y", "z" }, expression()) end,
  function() put("list[#list + 1] = %s", expression()) end,
  function() put("table.insert(list, 1, %s)", number()) end,
  function() put("table.remove(list)") end,
  function() put("table.sort(list, function(p, q) return p > q end)") end,
  function() put("rawset(tab, 'raw', %s)", number()) end,
  function() put("object:add(%s)", expression()) end,
  function() put("setmetatable(tab, Class)") end,
  function() put("GLOBAL = %s", expression()) end,
  function() put("inc(%s)", number()) end,
  function() put("trail(%s)", number()) end,
  function()
    put("if %s then", condition(true))
    block(random(1, 2))
    for _ = 1, random(0, 2) do
      put("elseif %s then", condition(true))
      block(random(1, 2))
    end
    if random(2) == 1 then
      put("else")
      block(random(1, 2))
    end
    put("end")
  end,
  function()
    local name = fresh "v"
    put("do local %s = %s", name, expression())
    names[#names + 1] = name
    block(random(1, 2))
    names[#names] = nil
    put("end")
  end,
  function()
    local name = fresh "f"
    put("do local function %s(m) %s = %s + m if %s then return m end %s = 0 end", name, number(), number(), condition(), number())
    put("%s(%s) trail(%s(1)) end", name, number(), name)
  end,
  function()
    put("do")
    labelled_block(random(1, 2))
    if random(2) == 1 then block(1) end
    put("end")
  end,
  function()
    local name = fresh "n"
    put("do local %s = 0 ::%s:: %s = %s + 1", name, name, name, name)
    block(random(1, 2))
    put("if %s < %d and (%s) then goto %s end end", name, random(1, 3), condition(true), name)
  end,
  function()
    put("do local ok, e = pcall(function()")
    local outer, visible = in_loop, labels
    in_loop, labels = nil, {}
    block(random(1, 2))
    put("if %s then error('failed', 0) end", condition())
    in_loop, labels = outer, visible
    put("end) trail(ok, e) end")
  end,
  function()
    if in_loop and random(3) == 1 then
      put("if %s then break end", condition(true))
    elseif #labels > 0 and random(2) == 1 then
      put("if %s then goto %s end", condition(true), one_of(labels))
    else
      put("if %s then return %s, %s end", condition(true), number(), expression())
    end
  end,
}
function block(n)
  for _ = 1, n do
    budget = budget - 1
    local i = in_loop and random(3) == 1 and #statements or random(#statements) -- the last leaves loops
    if budget > 0 and not (loops == 2 and i <= LOOPS) then statements[i]() end
  end
end

local function program()
  out, names, in_loop, loops, budget, serial, labels = {}, { "a", "b", "up" }, nil, 0, 25, 0, {}
  put [[
local function new(c, record)
local up, log = 1, {}
local tab, list = { x = 1 }, { 5, 2 }
local function trail(...) log[#log + 1] = table.concat({ tostring((...)), select("#", ...) }, ":") end
local function inc(n) up = up + 1 return n + up end
local function early(n, c) if c(n > 2) then return 1 end trail(n) return 2 end
local Class = {} Class.__index = Class
function Class:add(n) self.sum = (self.sum or 0) + n self.calls = self.calls + 1 return self end
function Class:get() if c(self.calls > 1) then return self.sum end return 0 end
local object = setmetatable({ calls = 0 }, Class)
local function run(a, b)]]
  block(6)
  put [[
return a, b
end
local function show() return up, tab, getmetatable(tab) ~= nil, list, object, GLOBAL, log end
return run, show
end
return new]]
  return table.concat(out, "\n")
end

-- The comparison --------------------------------------------------------------------------------------------------

local function outcome(make, ...)
  GLOBAL = nil
  local run, show = make(...)
  local result = {}
  for i = 1, 2 do result[i] = table.pack(pcall(run, i, 4 - i)) end
  -- a message may name a variable by another kind of variable
  for _, r in ipairs(result) do
    if not r[1] then r[2] = tostring(r[2]):gsub("%b()", "()") end
  end
  result[3] = { show() }
  return t.show(result)
end

local wrong = 0
for i = 1, programs do
  local state = seed * 1000003 + i
  function random(lo, hi)
    if not hi then lo, hi = 1, lo end
    state = (state * 6364136223846793005 + 1442695040888963407)
    return lo + (state >> 33) % (hi - lo + 1)
  end
  local text = program()
  local new, message = load(text, "=program")
  if not new then error(message .. "\n" .. text) end
  new = new()
  Cond.__while = i % 2 == 0 and while_event or nil
  local expected = outcome(new, function(b) return b end)
  local got = outcome(ms.overload(new), function(b) return ms.value(Cond, b) end)
  if got ~= expected then
    wrong = wrong + 1
    if wrong == 1 then
      for line in (("program %d of seed %d\nplain      %s\noverloaded %s\n%s"):format(i, seed, expected, got, text)):gmatch "[^\n]+" do
        print("# " .. line)
      end
    end
  end
end
t.is(wrong, 0, ("%d programs do the same with overloaded conditions"):format(programs))
t.ok(explored > programs, ("%d branches were run and undone"):format(explored))
t.done()
