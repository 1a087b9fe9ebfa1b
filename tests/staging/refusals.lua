-- run: --staged
-- What staging refuses: every use of the shared error functions, with the line and the variable or construct in the message.
local ms = require "moonstage"
local t = dofile "tests/lib/tap.lua"

local lines, here = {}, debug.getinfo(1, "S").short_src
for line in io.lines(here) do lines[#lines + 1] = line end

-- The arguments with numbers as tensors, whose values no trace can know.
local function unknown(...)
  local args = table.pack(...)
  for i = 1, args.n do
    if type(args[i]) == "number" then args[i] = ms.tensor(args[i]) end
  end
  return table.unpack(args, 1, args.n)
end

-- f(...) staged, its numbers known only when the graph runs, is refused with a message that contains `text` and names
-- f's line that ends in the mark, if one does.
local function refused(text, f, ...)
  local info, line = debug.getinfo(f, "S"), nil
  for i = info.linedefined, info.lastlinedefined do
    if lines[i]:find("--!", 1, true) then line = i end
  end
  local start = line and ("%s:%d: "):format(here, line) or ""
  local number = type((...)) == "number"
  local staged = ms.stage(number and function(x, ...) return f(x:item(), ...) end or f)
  local good, message = pcall(staged, unknown(...))
  message = tostring(message)
  local fits = not good and message:sub(1, #start) == start and message:find(text, 1, true)
  t.ok(fits, text)
  if not fits then print("#   at       " .. start .. "\n#   got      " .. (good and "no error, " or "") .. message) end
  -- nothing is left of the attempt: the same call is refused in the same way
  local _, again = pcall(staged, unknown(...))
  local function words(m) return line and m or tostring(m):gsub("^%S+:%d+: ", ""):gsub("\n.*", "") end
  if words(again) ~= words(message) then t.is(again, message, "again: " .. text) end
end

local outside = {}
local one, three = ms.tensor(1.0), ms.ones(3)

-- loops
refused("can't stage a 'for' with a step known only when the graph runs", function(n)
  local s = 0
  for i = 1, 10, n + 1 do s = s + i end --!
  return s
end, 1)
refused("can't stage goto 'again' back under a condition that is known only when the graph runs", function(x)
  ::again::
  x = x / 2
  if x > 1 then goto again end --!
  return x
end, ms.tensor(9.0))
refused("can't stage a <close> variable that holds a userdata", function(n)
  for k in next, {}, nil, io.stdout do n = n + k end --!
  return n
end, 1)
refused("can't stage a <close> variable whose '__close' can't be called", function(n)
  local x <close> = setmetatable({}, { __close = n }) --!
end, 1)
refused("can't stage branches and <close> variables nested this deeply", function(n)
  local function nest(depth)
    local x <close> = setmetatable({}, { __close = print })
    return depth == 0 and n or (nest(depth - 1))
  end
  return nest(250)
end, 1)
refused("can't stage the address of a value in a text", function(n)
  return ("%d %p"):format(n, {}) --!
end, 1)
refused("can't stage an 'error' of level 2, whose position is where a variable is closed", function(n)
  local x <close> = setmetatable({}, { __close = function() error("message", 2) end }) --!
  return n
end, 1)
refused("the trace has grown past 200000 nodes: loops over plain values are unrolled, and what is done with a value of several kinds is traced for each; make the loop's bound a parameter, or do less in one staged call", function(n)
  local list = {}
  for i = 1, 300000 do list[i] = { n * i, print } end --!
  return #list
end, 1.5)
refused("can't stage a table that grows in a loop whose number of trips only the run knows", function(n)
  local seen = {}
  while n > 0 do --!
    seen[one + n] = true
    n = n - 1
  end
  return seen
end, 3)
local function nest(k)
  return k == 0 and "s = s + 1" or ("while s < n * %d do s = s // 1 %s s = s + 0.5 end"):format(k, nest(k - 1))
end
refused("the trace has taken 250000 steps that were thrown away: loops and branches in one another are traced again for every kind of value that their variables may have; give them one kind on every path",
  load("return function(n) local s = 0 " .. nest(16) .. " return s end", "=nest")(), 3)
refused("the trace has grown past 30000 calls in one another", function()
  local function down(p) return 1 + down(p + 1) end --!
  return down(1)
end, "")
refused("can't stage a table made inside a staged loop and kept outside of it", function(n)
  while n > 0 do --!
    local list = { n }
    if n > 1 then shared_list = list end
    last_list = list
    n = n - 1
  end
  return n
end, 3)
refused("can't stage a table made inside a staged loop and kept outside of it, here", function(n)
  while n > 0 do
    shared_list = { n }
    if n == 2 then error(shared_list) end --!
    n = n - 1
  end
end, 3)
local see = ms.host(function() return shared_list and #shared_list or 0 end, "int")
refused("can't stage a host call where tables made inside a staged loop are kept outside of it", function(n)
  while n > 0 do
    shared_list = { n }
    n = n - see() --!
  end
end, 3)
refused("can't stage a comparison of tables that a staged loop holds in several places", function(n)
  local last, best
  while n > 0 do
    last = { n }
    if n > 1 then best = last end
    n = n - 1
  end
  return last == best --!
end, 3)
refused("can't stage a write into a table that a staged loop holds in several places", function(n)
  local last, best
  while n > 0 do
    last = { n }
    if n > 1 then best = last end
    n = n - 1
  end
  if best then best[1] = 0 end --!
  return last
end, 3)
refused("can't stage as a table key, a table that a staged loop holds in several places", function(n)
  local last, best, seen = nil, nil, {}
  while n > 0 do
    last = { n }
    if n > 1 then best = last end
    n = n - 1
  end
  return best and seen[best] --!
end, 3)
refused("can't stage results or kept values that may be one table, that a staged loop holds in several places", function(n)
  local last, best
  while n > 0 do
    last = { n }
    if n > 1 then best = last end
    n = n - 1
  end
  return last, best
end, 3)
refused("can't stage a walk over a table from a staged loop with keys of numbers that are no list", function(n)
  local t
  while n > 0 do
    t = { [10] = n, [20] = n }
    n = n - 1
  end
  for k in pairs(t) do print(k) end --!
end, 3)

refused("can't stage a return of thread from inside a staged loop", function(n)
  while n > 0 do --!
    if n == 2 then return coroutine.create(print) end
    n = n - 1
  end
end, 3)

-- recursion
local function nest(n) --!
  if n <= 1 then return {} end
  return { nest(n - 1) }
end
refused("can't stage a table made in a recursive function, which returns it", nest, 5)
local function chain(n, list)
  if n > 1 then return chain(n - 1, { n = n, next = list }) end
  while list do list = list.next end --!
  return n
end
refused("variable 'list' can't be read here", chain, 5, nil)
local function inside(n, t)
  if n <= 1 then return t.f(n) end
  return inside(n - 1, { f = function(v) return v + n end }) --!
end
refused("can't stage a table made in a recursive function, which is given it", inside, 5, { f = print })
local function writes(n, t)
  if n <= 1 then return t.v end
  t.v = n --!
  return writes(n - 1, { v = n })
end
refused("can't stage a write into a table that a call of a recursive function is given, or leaves in a variable", writes, 5, { v = 1 })
local function written(n, t)
  if n <= 1 then return t.v end
  local s = { v = n }
  local r = written(n - 1, s)
  s.v = r --!
  return s.v
end
refused("can't stage a write into a table that a call of a recursive function is given, or leaves in a variable", written, 5, { v = 1 })
refused("can't stage a comparison of tables that a call of a recursive function is given, or leaves in a variable", function(n)
  local best
  local function go(k)
    local mine = { v = k }
    if not best then best = mine end
    if k > 0 then go(k - 1) end
    return best == mine --!
  end
  return go(n)
end, 5)
refused("can't stage as a table key, a table that a call of a recursive function is given, or leaves in a variable", function(n)
  local function go(k, t)
    local seen = {}
    seen[t] = k --!
    if k > 0 then return go(k - 1, { v = k }) end
    return seen[t]
  end
  return go(n, {})
end, 5)
refused("can't stage results or kept values that may be one table, that a call of a recursive function is given, or leaves in a variable", function(n)
  local best
  local function go(k)
    best = { v = k }
    if k > 0 then go(k - 1) end
  end
  go(n)
  local one = best
  go(n)
  return one, best
end, 5)
local function collect(n, t)
  if n <= 1 then return #t end
  t[#t + 1] = n
  t[#t + 1] = n / 2
  return collect(n - 1, t) --!
end
refused("can't stage a table that grows with every call of a recursive function", collect, 5, {})
local function all(n) --!
  if n <= 1 then return n end
  return n, all(n - 1)
end
refused("can't stage a recursive function that returns more values with every call", function(n) return select("#", all(n)) end, 5)
local function compose(n, f)
  if n <= 1 then return f(n) end
  return compose(n - 1, function(v) return f(v) + 1 end) --!
end
refused("can't stage a function made in a recursive function, which is given it", compose, 5, function(v) return v end)
local function halve(x)
  x:mul_(0.5)
  if x > 1 then return halve(x + 0) end --!
  return 0
end
refused("can't stage a tensor that a recursive function is given, in a staged function with in-place ops", halve, ms.tensor(9.0))
local function guarded(n)
  if n <= 1 then return n end
  return select(2, xpcall(guarded, print, n - 1)) --!
end
refused("can't stage a recursive call inside of an 'xpcall', or of a 'pcall' that is", guarded, 5)
local function tested(n)
  if n == 2 then error "two" end
  while n > 0 and tested(n - 1) do n = n - 1 end --!
  return pcall(tested, n - 1)
end
refused("can't stage a recursive call that may raise an error, in the condition of a loop inside of a 'pcall'", tested, 5)
local function closed(n)
  if n <= 1 then return n end
  local x <close> = setmetatable({}, { __close = function() end })
  return 1 + closed(n - 1) --!
end
refused("can't stage a recursive call inside of a block with a <close> variable", closed, 5)
local function resumed(n)
  if n <= 1 then return n end
  return coroutine.wrap(function() return (resumed(n - 1)) end)() --!
end
refused("can't stage a recursive call inside of a coroutine", resumed, 5)
local function varying(...)
  if (...) <= 1 then return select("#", ...) end
  return varying((...) - 1, ...) --!
end
refused("can't stage a recursive call with another number of arguments", varying, 5)
local function blames(n)
  if n <= 0 then error("yours", 2) end --!
  return n + blames(n - 1)
end
refused("can't stage an 'error' of level 2, whose position is where a recursive function is called", blames, 5)
local make = {}
function make.new(k) return function(m) return m <= 0 and k or make.new(k + 1)(m - 1) end end --!
refused("can't stage a recursive call of a function that was made in a call of the same function", function(n)
  return make.new(1)(n)
end, 5)
refused("the gradient of the recursive call at line ", function(x)
  local function steps(v) if v > 100 then return v end return steps(v * 2) end
  return (ms.grad(function(v) return steps(v) end)(x)) --!
end, one)

-- calls
local stripped = load(string.dump(function(x) return x + 1 end, true))
refused("can't stage a call of this function: its text is not known", function(n)
  return stripped(n) --!
end, 1)
-- more upvalues than the edits of the eager form leave room for
local outer, uses = "", {}
for block = 1, 3 do
  local names = {}
  for i = 1, 82 do
    names[i] = ("u%d_%d"):format(block, i)
    uses[#uses + 1] = names[i]
  end
  outer = outer .. (" return (function() local %s = 1"):format(table.concat(names, ", "))
end
local full = load(("%s return function(x) if x > 0 then x = #{ %s } end return x end%s"):format(outer,
  table.concat(uses, ", "), (" end)()"):rep(3)))()
refused("can't stage a call of a function so close to Lua's limits that it has no eager form; split it", full, 1)
-- as many registers as Lua has: the eager form fits or not, and so does the staged one
local locals, numbers, outcome = {}, {}, { equal = 0, staged = 0, eager = 0, other = 0 }
for i = 1, 198 do locals[i] = "v" .. i end
for n = 1, 60 do
  numbers[n] = n
  local make = n > 40 and load(("local g = ... return function(x) local %s = 1 if x.k == g(%s) then return 'equal' end end"):format(
    table.concat(locals, ", "), table.concat(numbers, ", ")), "=registers")
  if make then
    local good, message = pcall(ms.stage(make(function(...) return select("#", ...) end)), { k = n })
    local kind = good and message or message:find("^registers:1: this function can't be staged: .*too many registers") and "staged"
      or message:find("can't stage a call of a function so close to Lua's limits", 1, true) and "eager" or "other"
    outcome[kind] = outcome[kind] + 1
  end
end
t.ok(outcome.equal > 0 and outcome.eager > 0 and outcome.other == 0, "functions that need all registers")
refused("can't stage a call of a C function that has no staged counterpart ('debug.traceback')", function(n)
  return debug.traceback("x", n) --!
end, 1)
local binary = string.dump(function(x) return x end, true)
refused("can't stage a call of 'load' with a binary chunk inside a staged function", function(n)
  return load(binary)(n) --!
end, 1)
refused("the text that 'load' compiles must be known while staging", function(n)
  return load(function() return n end) --!
end, 1)
refused("can't stage a call of 'require' for a module that is not loaded yet", function(n)
  return require("nothing." .. "here"), n --!
end, 1)
refused("argument 1 of 'require' must be known while staging", function(n)
  return require("a" .. n) --!
end, 1)
for name, f in pairs { loadfile = loadfile, dofile = dofile } do
  refused(name, function(n)
    return f(n) --!
  end, 1)
end
refused("what 'string.gsub' puts into a string must be known while staging", function(n)
  return (("abc"):gsub("b", function() return n end)) --!
end, 1)
refused("can't stage a call of ms.host inside a staged function", function(n)
  return ms.host(print)(n) --!
end, 1)
refused("can't stage a call of ms.explain inside a staged function", function(n)
  return ms.explain(n) --!
end, 1)

refused("can't stage a call of 'os.date' with these arguments", function(n)
  return os.date("*t", n) --!
end, 1)

-- plain values needed
refused("argument 2 of 'string.find' must be known while staging, but depends on values that are known only when the graph runs; compute it outside of the staged function and pass it in", function(n)
  return ("x"):find(n:item() + 1) --!
end, ms.tensor(1))
refused("a table key must be known while staging, but depends on values that are known only when the graph runs", function(n)
  local list = { 1, 2, 3 }
  return list[n:item() > 1] --!
end, ms.tensor(1))
refused("a table key must be known while staging, but depends on values that are known only when the graph runs", function(n)
  local list = { 1, 2, 3 }
  list[n:item() / 2] = 4 --!
end, ms.tensor(1))
refused("a table key must be known while staging, but depends on values that are known only when the graph runs", function(n)
  local list = { 1, 2, 3 }
  rawset(list, n:item() / 2, 4) --!
end, ms.tensor(1))
refused("a key of a table that has floats for keys must be known while staging", function(n)
  local list = { 1, [2.5] = 3 }
  return list[n:item() / 2] --!
end, ms.tensor(5))
refused("a key of a table of more than 256 elements must be known while staging", function(n)
  local list = {}
  for i = 1, 257 do list[i] = i end
  return list[n] --!
end, 1)
refused("a key of a table with '__newindex' must be known while staging", function(n)
  local list = setmetatable({ 1, 2 }, { __newindex = function() end })
  list[n] = 1 --!
  return list
end, 1)
refused("a key of a table with holes must be known while staging", function(n)
  local list = { 1, 2, [7] = 7 }
  list[n] = 1 --!
  return list
end, 1)
refused("the key of an element that is removed must be known while staging", function(n)
  local list = { 1, 2, 3 }
  list[n] = nil --!
  return list
end, 1)
refused("nil assigned to an element of a table at a key that only the run knows can't be staged; assign false instead, or make the key a plain number", function(n)
  local list, v = { 1, 2, 3 }, nil
  if n > 2 then v = 1 end
  list[n] = v --!
  return list
end, 1)
refused("can't stage a text made of symbolic values as a table key", function(n)
  local fields = { n1 = 1 }
  return fields["n" .. n] --!
end, 1)
refused("can't stage the length of a table with holes, or whose elements are nil on some paths", function(n)
  local list = { 1, 2, 3 }
  if n > 2 then list[2] = nil end
  return #list --!
end, 1)
local function long()
  local t = {}
  for i = 1, 40 do t[i] = i end
  return t
end
refused("the length of a table in the middle of which 'table.insert' inserts must be known while staging", function(n)
  local list = long()
  if n > 2 then list[41] = n end
  table.insert(list, 1, n) --!
  return list
end, 1)
refused("the length of a table from the middle of which 'table.remove' removes must be known while staging", function(n)
  local list = long()
  if n > 2 then list[41] = n end
  return table.remove(list, 1) --!
end, 1)
refused("the length of a table that 'table.unpack' takes apart must be known while staging", function(n)
  local list = long()
  if n > 2 then list[41] = n end
  return table.unpack(list) --!
end, 1)
refused("argument 4 of 'table.concat' must be known while staging", function(n)
  local list = long()
  if n > 2 then list[41] = n end
  return table.concat(list, ",") --!
end, 1)
refused("can't stage 'ms.pairs' over a table with a field that is nil on some paths", function(n)
  local fields = { a = 1 }
  if n > 2 then fields.b = n end
  local step, t = ms.pairs(fields)
  return (step(t)) --!
end, 1)
refused("can't stage an 'error' of level 4, met by a pcall or <close> variable here, whose position is outside of the staged function", function(n)
  return pcall(function() error("message " .. n, 4) end) --!
end, 1)
refused("can't stage an error in the handler of 'xpcall'", function(n)
  return xpcall(error, function(e) error(e) end, "message"), n --!
end, 1)
refused("can't stage a call of a C function that has no staged counterpart ('debug.traceback')", function(n)
  return xpcall(error, debug.traceback, "message"), n --!
end, 1)
refused("the level of 'error' must be known while staging", function(n)
  error("message", n:item() + 1) --!
end, ms.tensor(1))
refused("argument 1 of 'select' must be known while staging", function(n)
  return (select(n:item() + 1, table.unpack(long()))) --!
end, ms.tensor(1))
refused("the position of 'table.insert' must be known while staging", function(n)
  local list = { 1, 2, 3 }
  table.insert(list, n:item() + 1, 0) --!
  return list
end, ms.tensor(1))
refused("the position of 'table.remove' must be known while staging", function(n)
  local list = { 1, 2, 3 }
  return table.remove(list, n:item() + 1) --!
end, ms.tensor(1))
refused("argument 2 of 'table.unpack' must be known while staging", function(n)
  return table.unpack({ 1, 2, 3 }, n:item() + 1) --!
end, ms.tensor(1))
refused("argument 3 of 'table.unpack' must be known while staging", function(n)
  return table.unpack({ 1, 2, 3 }, 1, n:item() + 1) --!
end, ms.tensor(1))
refused("the length of dim 1 of zeros must be known while staging", function(n)
  return ms.zeros(n:item() + 1) --!
end, ms.tensor(1))
refused("dim of sum must be known while staging", function(n)
  return ms.ones(2, 3):sum(n:item() - 1) --!
end, ms.tensor(2))
refused("keepdim must be known while staging", function(n)
  return ms.ones(2, 3):sum(1, n:item() > 1) --!
end, ms.tensor(2))

do
  local strings = getmetatable("")
  local index = strings.__index
  strings.__index = function(_, name) return index[name] end
  refused("can't stage a method of a string whose metatable has another '__index'", function(n)
    return ("x"):rep(3), n --!
  end, 1)
  strings.__index = index
end

debug.setmetatable(0, { __index = math })
refused("can't stage anything while nil, booleans, numbers or functions have a metatable", function(x)
  return x:floor()
end, 1.5)
debug.setmetatable(0, nil)

-- values of several types
refused("can't stage a table key that has several types", function(n)
  local key = "a"
  if n > 0 then key = 1 end
  return ({ [key] = n })[1] --!
end, 1)
refused("can't stage a value of several types in a table that a library function takes", function(n)
  local item = true
  if n > 0 then item = 1.5 end
  return ms.tensor({ item }) --!
end, 1)

-- texts
local text_of = "can't stage "
refused(text_of .. "a value of several types as an argument of a tensor function", function(n)
  local size = 2
  if n > 1 then size = "two" end
  return ms.ones(3)[{ { 1, size } }] --!
end, 1)
refused(text_of .. "an assignment to a field of a text made of symbolic values", function(n)
  local s = "n" .. n
  s.x = 1 --!
end, 1)
refused(text_of .. "a 'for' with a text as a bound", function(n)
  for i = 1, "1" .. n do n = n + i end --!
  return n
end, 1)
refused(text_of .. "a text made of symbolic values as an argument of 'string.gmatch'", function(n)
  return string.gmatch("n" .. n, "1") --!
end, 1)
refused(text_of .. "a text made of symbolic values as an argument of a library function", function(n)
  return ms.save("n" .. n, {}) --!
end, 1)
refused(text_of .. "a text made of symbolic values as a table key", function(n)
  return outside["n" .. n] --!
end, 1)
refused(text_of .. "a text made of symbolic values as a table key", function(n)
  outside["n" .. n] = 1 --!
end, 1)
refused(text_of .. "a text made of symbolic values as a table key", function(n)
  return { ["n" .. n] = 1 } --!
end, 1)

-- errors
refused("can't stage a tensor made in the staged call as an error value", function(x)
  error(x + 1) --!
end, one)

refused("can't stage an error value of this kind, raised for a pcall from inside a staged loop", function(x)
  return pcall(function()
    for i = 1, x:item() do
      if i > 2 then error(coroutine.create(print)) end
    end
  end)
end, ms.tensor(3))

-- tables and metatables
refused("can't stage a '__name' of a metatable that only the run knows", function(n)
  return setmetatable({}, { __name = "kind " .. n }) --!
end, 1)
refused("can't stage a metatable with '__gc'", function(n)
  return setmetatable({}, { __gc = function() end }), n --!
end, 1)
refused("can't stage 'getmetatable' of this value", function(x)
  return getmetatable(x) --!
end, three)
refused("can't stage a walk over a table from outside that got new keys", function(n)
  outside[-1] = n
  for _, v in pairs(outside) do n = n + v end --!
  return n
end, 1)
refused("can't stage a tensor made under a condition that is a key of a table used after it", function(n, x)
  local t = {}
  if n > 1 then --!
    t[x * 2] = 5
  end
  return t
end, 2, ms.zeros(2))
local walked = { 1, 2, 3 }
refused("can't stage a walk over a table that gets new keys on the way", function(n)
  for k, v in pairs(walked) do --!
    if k < 6 then walked[#walked + 1] = v end
    n = n + v
  end
  return n
end, 1)
refused("can't stage a walk over a table that gets new keys on the way", function(n)
  local k = next(walked)
  walked[#walked + 1] = 4
  return n, next(walked, k) --!
end, 1)
refused("can't stage a table with holes that is kept (an argument of a call that the run makes)", function(n)
  print({ nil, nil, n }) --!
  return n
end, 2)
refused("can't stage a table nested this deeply as an argument", function(n)
  local list = {}
  for _ = 1, 102 do list = { list } end
  return table.concat({ ms.tensor(list):sum():item() }), n --!
end, 1)

-- what would outlive the call
refused("can't stage a table with holes that is kept (result 1)", function(n)
  return { n, nil, 3 }
end, 1)
refused("can't stage a table with holes that is kept (result 1)", function(n)
  return { 1, n > 0 and n or nil, 3 }
end, 1)
refused("can't stage a function made inside a staged loop and kept outside of it (field 'outside.f')", function(n)
  while n > 0 do
    local m = n
    outside.f = function() return m end --!
    n = n - 1
  end
end, 3)
refused("can't stage an iterator of a library function that is kept (result 1)", function(n)
  return ("a b"):gmatch("%a"), n
end, 1)
refused("what '__len' gives to a function of the table library must be known while staging", function(n)
  return table.concat(setmetatable({}, { __len = function() return n / 2 end })) --!
end, 1)
refused("an option of 'ms.stage' must be known while staging", function(n)
  return ms.stage(print, { graphs = n }) --!
end, 1)
local kept
refused("can't stage a function made inside a staged loop and kept outside of it (variable 'kept')", function(n)
  while n > 0 do
    kept = function() return n end --!
    n = n - 1
  end
end, 3)
t.is(kept, nil, "no refused call wrote a variable")

-- variables of two kinds
refused("variable 'v' can't be read here: at tests/staging/refusals.lua", function(n)
  local v
  while n > 0 do
    v = coroutine.create(print)
    n = n - 1
  end
  print(v) --!
end, 3)
refused("it is a function on one path and a function on the other; give it one kind of value on every path", function(n)
  local up, down
  while n > 0 do
    local at = n
    up, down = function() at = at + 1 return at end, function() at = at - 1 return at end
    n = n - 1
  end
  return up() --!
end, 3)
refused("it is nil on one path and a coroutine on the other; give it one kind of value on every path", function(n)
  local v
  while n > 0 do
    v = coroutine.create(print)
    n = n - 1
  end
  if v == nil then n = 7 end --!
  return n
end, 3)

-- tensors
local mask = ms.tensor { true, false, true }
refused("can't stage tolist of a staged tensor", function(x)
  return x:tolist() --!
end, three)
refused("can't stage indexing with a mask", function(x)
  return x[mask] --!
end, three)
refused("can't stage indexing with a mask", function(x)
  return x[x > 0] --!
end, three)
refused("can't stage assignment of a tensor with a value for each place of a mask", function(x)
  x[x > 0] = x * 2 --!
  return x
end, three)
refused("can't stage an in-place op under a condition or in a loop, in a function whose gradient is taken", function(x, n)
  return ms.grad(function(p)
    local z = ms.zeros(3)
    if n > 0 then z:add_(1) end --!
    return (p * z):sum()
  end)(x)
end, three, 1)
refused("can't stage an in-place op on a tensor that shares storage with one whose gradient is taken", function(x)
  local y = x * 2
  local first, rest = y:narrow(1, 1, 1), y:narrow(1, 2, 2)
  return ms.grad(function(p)
    rest:add_(1) --!
    return (p * 2):sum()
  end)(first)
end, three)
refused("can't stage a tensor that is another one on another path where it is asked which one it is", function(x, n)
  local t = x
  while n > 0 do
    t = x:narrow(1, 1, 3)
    n = n - 1
  end
  return rawequal(t, x) --!
end, three, 2)
refused("can't stage a view at a position known only when the graph runs that is kept after the call", function(x, n)
  kept_view = x[n:item()]
end, three, ms.tensor(2))
t.is(kept_view, nil, "no refused call wrote a global")
refused("can't stage a tensor that may be one from outside, or share its storage, and is kept after the call", function(x, n)
  local row = x * 1
  for i = 1, n do row = x:narrow(1, 1, 3) end
  return row
end, three, 2)
refused("can't stage a tensor that may be one kept outside already", function(x, n)
  local h = x * 1
  local view = h
  kept_tensor = h
  for i = 1, n do view = h:narrow(1, 1, 3) end
  return view
end, three, 2)
refused("can't stage two results that may be one tensor, on some path", function(x, n)
  local h = x * 1
  local view = h
  for i = 1, n do view = h:narrow(1, 1, 3) end
  return h, view
end, three, 2)
refused("can't stage a tensor that a staged loop keeps outside of it and that is kept once more", function(x, n)
  for i = 1, n do
    local h = x * i
    kept_tensor, outside.h = h, h
  end
end, three, 2)
refused("can't stage an in-place op on a tensor that a staged loop keeps outside of it", function(x, n)
  for i = 1, n do
    local h = x * i
    kept_tensor = h
    print(x[i])
    h:add_(1) --!
  end
end, three, 2)
t.is(kept_tensor, nil, "no refused call wrote a global")
refused(" it may be any of more than 512 values; give it one kind of value on every path", function(n)
  local v = ""
  for i = 1, ms.unroll(20) do
    if n > i then v = string.format("%s%d", v, i) end --!
  end
  return v
end, 3)
refused("variable 'k' can't be read here: at tests/staging/refusals.lua", function(x, n)
  local y, k = x * 2, x * 3
  while n > 0 do
    if n > 2 then k = y:narrow(1, 1, 3) end
    y:add_(1)
    n = n - 1
  end
  print(k) --!
  return y
end, three, 4)
refused("may share", function(x, n)
  local y, k = x * 2, x * 3
  while n > 0 do
    if n > 2 then k = y:narrow(1, 1, 3) end
    y:add_(1)
    print(k) --!
    n = n - 1
  end
  return y
end, three, 4)
refused("can't stage ms.load", function(x)
  return ms.load("/nowhere/x.npz") + x --!
end, three)
refused("can't stage ms.save", function(x)
  ms.save("/nowhere/x.npz", x) --!
end, three)
refused("argument 4 of 'table.move' must be known while staging", function(n)
  return table.move({ 1, 2 }, 1, 2, n) --!
end, 1)
refused("the length of a table that 'table.sort' sorts must be known while staging", function(n)
  local list = long()
  if n > 2 then list[41] = n end
  table.sort(list) --!
  return list
end, 1)
refused("argument 4 of 'string.gsub' must be known while staging", function(n)
  return (("abc"):gsub("b", function() return "x" end, n)) --!
end, 1)
refused("can't stage 'table.sort' of values whose order only the run knows", function(x)
  table.sort({ x:item(), 0 }, function(a, b) print(a) return a < b end) --!
end, one)

-- values of libraries that overload control flow
local overloaded_value = ms.value({}, 1)
refused("can't stage a value that overloads control flow ('argument 1')", function(x)
  return x
end, overloaded_value)
refused("can't stage a value that overloads control flow ('overloaded_value')", function(n)
  return n, overloaded_value
end, 1)
refused("can't stage a call of ms.value inside a staged function", function(n)
  return ms.value({}, n) --!
end, 1)
refused("can't stage a call of ms.payload inside a staged function", function(n)
  return ms.payload(n) --!
end, 1)
refused("can't stage a call of ms.overload inside a staged function", function(n)
  return ms.overload(print)(n) --!
end, 1)
local overloaded_function = ms.overload(function(n) return n end)
refused("can't stage a call of a function that ms.overload made", function(n)
  return overloaded_function(n) --!
end, 1)

t.is(shared_list, nil, "no refused call wrote a global")
t.is(t.show(outside), "{}", "no refused call wrote a table")
t.done()
