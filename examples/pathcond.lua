-- A target of its own, in Lua alone: symbolic execution. ms.overload makes a function whose control flow asks the
-- metatables of its values; here a condition that depends on an unknown input runs both of its branches, and what
-- differs after them becomes a choice. For each path through a function this prints the conditions that lead there
-- and what it returns, or the error it raises.
-- expect: clamp
-- expect:   x < 0: 0
-- expect:   not x < 0 and 255 < x: 255
-- expect:   not x < 0 and not 255 < x: x
-- expect: price
-- expect:   n < 10: (n * 5), full
-- expect:   not n < 10 and member: (((n * 5) - 5) * 0.5), reduced
-- expect:   not n < 10 and not member: ((n * 5) - 5), reduced
-- expect: root
-- expect:   x < 0: error: no root of a negative number
-- expect:   not x < 0 and 1 <= x and 4 <= x and 9 <= x: error: more than 4 conditions
-- expect:   not x < 0 and 1 <= x and 4 <= x: 2
-- expect:   not x < 0 and 1 <= x and not 4 <= x: 1
-- expect:   not x < 0 and not 1 <= x: 0
-- expect: account
-- expect:   100 < amount: error: not enough
-- expect:   not 100 < amount: (100 - amount), 1
local ms = require "moonstage"

-- Values: an expression of the inputs, or one of two values, chosen by a condition --------------------------------

local Expr, Choice = { __name = "expression" }, { __name = "choice" }

local function expr(text) return ms.value(Expr, text) end
local function is(v, mt) return getmetatable(v) == mt end

local function text(v)
  if is(v, Expr) then return ms.payload(v) end
  return tostring(v)
end

local function choice(c, yes, no)
  if rawequal(yes, no) then return yes end
  return ms.value(Choice, { c = c, yes = yes, no = no })
end

-- An operator on choices is the choice of its results.
local function operator(format)
  local function apply(a, b)
    if is(a, Choice) then
      local c = ms.payload(a)
      return choice(c.c, apply(c.yes, b), apply(c.no, b))
    elseif is(b, Choice) then
      local c = ms.payload(b)
      return choice(c.c, apply(a, c.yes), apply(a, c.no))
    end
    return expr(format:format(text(a), text(b)))
  end
  return apply
end

for _, mt in ipairs { Expr, Choice } do
  mt.__add, mt.__sub, mt.__mul = operator "(%s + %s)", operator "(%s - %s)", operator "(%s * %s)"
  mt.__less, mt.__lesseq, mt.__equal = operator "%s < %s", operator "%s <= %s", operator "%s == %s"
end

-- Paths -------------------------------------------------------------------------------------------------------------

local MOST = 4       -- conditions on one path; then it is given up
local FAILED = {}    -- the error of a path whose message was printed
local assumed = {}   -- the conditions of the path that is being run: c, or "not " .. c

local function print_path(conditions, what) print(("  %s: %s"):format(table.concat(conditions, " and "), what)) end

local function known(c)
  for _, a in ipairs(assumed) do
    if a == c then return true end
    if a == "not " .. c then return false end
  end
end

-- Runs a branch under one more assumption: what it returns and the conditions at its end, or nil when it fails.
local function assume(condition, branch)
  local n = #assumed
  assumed[n + 1] = condition
  local results = table.pack(pcall(branch))
  local conditions = table.move(assumed, 1, #assumed, 1, {})
  for i = #assumed, n + 1, -1 do assumed[i] = nil end
  if results[1] then return table.pack(table.unpack(results, 2, results.n)), conditions end
  if results[2] ~= FAILED then print_path(conditions, "error: " .. tostring(results[2]):gsub("^.-:%d+: ", "")) end
end

-- The event of a condition. yes() and no() run the branches; one that returns runs to the end of the function. They
-- leave their variables in the state.
function Expr.__if(c, yes, no, state)
  c = text(c)
  local truth = known(c)
  if truth == true then return yes() end
  if truth == false then return no() end
  if #assumed == MOST then error("more than " .. MOST .. " conditions") end
  local a, conditions_a = assume(c, yes)
  local after_a = table.pack(state.get())
  state.set() -- all is again as it was at the condition
  local b, conditions_b = assume("not " .. c, no)
  if not a and not b then error(FAILED, 0) end
  if not (a and b) then -- the rest is run on the path that goes on
    assumed = conditions_a or conditions_b
    if a then state.set(table.unpack(after_a, 1, after_a.n)) else a = b end
    return table.unpack(a, 1, a.n)
  end
  state.join(after_a, table.pack(state.get()), function(x, y) return choice(c, x, y) end)
  for i = 1, math.max(a.n, b.n) do a[i] = choice(c, a[i], b[i]) end
  return table.unpack(a, 1, math.max(a.n, b.n))
end

-- A choice as a condition: an if on what it depends on, around ifs on its values.
function Choice.__if(v, yes, no, state)
  local c = ms.payload(v)
  local function on(side)
    return function()
      if is(side, Expr) or is(side, Choice) then return getmetatable(side).__if(side, yes, no, state) end
      if side then return yes() end
      return no()
    end
  end
  return Expr.__if(expr(c.c), on(c.yes), on(c.no), state)
end

-- The results of a function, path by path.
local function print_results(conditions, results)
  local c
  for i = 1, results.n do
    if is(results[i], Choice) then c = ms.payload(results[i]).c end
  end
  if not c then
    local out = {}
    for i = 1, results.n do out[i] = text(results[i]) end
    return print_path(conditions, table.concat(out, ", "))
  end
  for _, side in ipairs { "yes", "no" } do
    local one = { n = results.n }
    for i = 1, results.n do
      local v = results[i]
      while is(v, Choice) and ms.payload(v).c == c do v = ms.payload(v)[side] end
      one[i] = v
    end
    local more = table.move(conditions, 1, #conditions, 1, {})
    more[#more + 1] = (side == "yes" and "" or "not ") .. c
    print_results(more, one)
  end
end

local function explore(name, f, ...)
  print(name)
  assumed = {}
  local results = table.pack(ms.overload(f)(...))
  print_results(assumed, results)
end

-- Programs that know nothing of all this --------------------------------------------------------------------------

local function clamp(x)
  if x < 0 then
    return 0
  elseif x > 255 then
    return 255
  end
  return x
end

local function price(n, member)
  local kind = "reduced"
  local total = n * 5
  if n < 10 then
    kind = "full"
  else
    total = total - 5
    if member then total = total * 0.5 end
  end
  return total, kind
end

local function root(x)
  if x < 0 then error("no root of a negative number") end
  local r = 0
  while x >= (r + 1) * (r + 1) do r = r + 1 end
  return r
end

local Account = {}
Account.__index = Account

function Account:withdraw(amount)
  if amount > self.balance then error("not enough") end
  self.balance = self.balance - amount
  self.entries = self.entries + 1
end

local function account(amount)
  local a = setmetatable({ balance = 100, entries = 0 }, Account)
  a:withdraw(amount)
  return a.balance, a.entries
end

explore("clamp", clamp, expr "x")
explore("price", price, expr "n", expr "member")
explore("root", root, expr "x")
explore("account", account, expr "amount")
