-- Control flow overloaded by metatables: ms.value, ms.payload, ms.overload. What each event gets, what a state restores,
-- where paths of branches that return, break or continue meet, and the errors.
local ms = require "moonstage"
local t = dofile "tests/lib/tap.lua"

local here = debug.getinfo(1, "S").short_src
local function line_of(f) return debug.getinfo(f, "S").linedefined end

-- A condition whose __if runs both branches and keeps the yes branch's variables; `seen` tells what came of them.
local Both, seen = { __name = "unknown" }, nil
function Both.__if(c, yes, no, state)
  local one = { c = ms.payload(c), where = state.where, names = state.names, before = table.pack(state.get()) }
  seen[#seen + 1] = one
  local results = table.pack(no())
  one.no, one.no_state = results, table.pack(state.get())
  state.set(table.unpack(one.before, 1, one.before.n))
  results = table.pack(yes())
  one.yes, one.yes_state = results, table.pack(state.get())
  state.set(table.unpack(one.no_state, 1, one.no_state.n))
  one.no_state = table.pack(state.get()) -- with what only the yes branch brought up
  state.set(table.unpack(one.yes_state, 1, one.yes_state.n))
  return table.unpack(results, 1, results.n)
end
local function unknown(name) return ms.value(Both, name) end

-- f overloaded and called with what f's arguments are; what was seen of its ifs.
local function run(f, ...)
  seen = {}
  return ms.overload(f)(...)
end

-- What variable `name` was after the branch "yes" or "no" of the i-th if.
local function after(i, branch, name)
  local one = seen[i]
  for k, n in ipairs(one.names) do
    if n == name then return one[branch .. "_state"][k] end
  end
  error("no variable " .. name .. " in: " .. table.concat(seen[i].names, " "))
end

-- values
local mt = { __index = function(v, k) return ms.payload(v)[k] end, __add = function(a, b) return ms.payload(a).n + b end }
local v = ms.value(mt, { n = 5 })
t.is(type(v), "userdata", "a value is a userdata")
t.ok(getmetatable(v) == mt, "with the metatable it was made with")
t.is(ms.payload(v).n, 5, "and holds its payload")
t.is(v.n + (v + 1), 11, "Lua's own events work on it")
t.is(ms.payload(ms.value({}, nil)), nil, "a payload may be nil")
t.ok(v and true, "a value without events of conditions is true")
t.throws("value: the metatable must be a table, got nil", ms.value)
t.throws("payload: a value made by ms.value expected, got table", ms.payload, {})
t.throws("payload: a value made by ms.value expected, got userdata", ms.payload, io.stdout)
t.throws("payload: a value made by ms.value expected, got userdata", ms.payload, ms.tensor(1))
t.throws("overload: function expected, got table", ms.overload, {})
t.throws("overload: a C function has no Lua text", ms.overload, print)
t.throws("overload: its text is not known", ms.overload, load(string.dump(function() end)))

-- plain values: an overloaded function does what the function does
local function sum(n, ...)
  local s, list = 0, { ... }
  for i = 1, n do
    if i % 2 == 0 then goto continue end
    s = s + i
    ::continue::
  end
  for _, x in ipairs(list) do s = s + x end
  repeat s = s - 1 until s < 10 or n == 0
  while true do
    s = s + 1
    if s > 12 then return s, "left" end
  end
end
t.is({ ms.overload(sum)(5, 20, 30) }, { sum(5, 20, 30) }, "plain values: the same results")
t.ok(ms.overload(sum) == ms.overload(sum), "a function is made once")
t.is({ ms.overload(ms.stage(sum))(3) }, { sum(3) }, "a staged function is the function it was made of")
t.is({ ms.overload(function(a) return (a > 1):any() and a:sum(), a > 3, 1 >= a end)(ms.tensor { 1, 2 }) },
  "{i64[]3,bool[2]{false,false},bool[2]{true,false}}", "tensors are plain values")

-- if: both branches, the state before and after them
local outer = 1
local function bump() outer = outer + 1 end
local box = { n = 1 }
local function branches(c)
  local x, same = 1, "same"
  if c then
    x = x + 1
    box.n = 2
    bump()
    global_of_branch = same
  else
    x = 5
  end
  return x, outer, box.n, global_of_branch
end
t.is({ run(branches, unknown "c") }, { 2, 2, 2, "same" }, "if: what the handler leaves in the state holds after it")
t.is(seen[1].where, ("%s:%d: "):format(here, line_of(branches) + 2), "state.where is the line of the if")
t.is(after(1, "no", "x"), 5, "a local, in the other branch")
t.is(after(1, "yes", "outer"), 2, "an upvalue of a function that the branch calls")
t.is(after(1, "yes", "box.n"), 2, "a field that the branch assigns")
t.is(after(1, "yes", "global_of_branch"), "same", "a global that the branch assigns")
t.is(after(1, "yes", "same"), "same", "a variable that is only read is in the state too")

-- state.set() without values restores what was at the condition
local Undo = { __name = "undone", __if = function(_, yes, no, state)
  yes()
  no()
  state.set()
end }
local Class = {}
Class.__index = Class
function Class:put(k, x) self[k] = x end
local function undone(c, list, other)
  local n, object = 0, setmetatable({}, Class)
  local made_before = { 1 }
  if c then
    n = 7
    bump()
    object:put("key", 1)
    list[2] = "x"
    table.insert(list, 1, "first")
    table.sort(list, function(a, b) return a > b end)
    table.remove(list)
    rawset(list, "raw", true)
    table.move({ 1, 2 }, 1, 2, 2, list)
    setmetatable(list, Class)
    made_before[1], made_before[2] = 2, 3
    function other.method() end
    other.deep.er = 1
    another_global = 1
    local made_inside = {}
    made_inside.x = 1
    made_inside.y = made_inside
  end
  return n, object.key, #list, list[1], list.raw, getmetatable(list), made_before[1], made_before[2], other.method, other.deep.er,
    another_global
end
outer = 1
local list, other = { "a", "b", "c" }, { deep = {} }
t.is(table.pack(ms.overload(undone)(ms.value(Undo), list, other)),
  { 0, nil, 3, "a", nil, nil, 1, nil, nil, nil, nil, n = 11 }, "state.set() restores variables, fields, elements, metatables")
t.is({ outer, list }, { 1, { "a", "b", "c" } }, "also those of others")

-- what was made inside of a branch is no part of its state
local function inner(c, d)
  local r = 0
  if c then
    local young, young_table = 1, {}
    local function grow() young = young + 1 end
    young_table.field = 1
    if d then
      grow()
      young_table.field = 2
    end
    r = young + young_table.field
  end
  return r
end
t.is(run(inner, unknown "c", unknown "d"), 4, "an if in a branch of another")
t.is(#seen, 2, "both are asked once, the inner one in one branch")
t.is({ after(2, "yes", "young"), after(2, "no", "young") }, { 2, 1 }, "the inner state has the variables of the branch")
t.is({ after(2, "yes", "young_table.field"), after(2, "no", "young_table.field") }, { 2, 1 }, "and its tables")
table.sort(seen[1].names)
t.is(table.concat(seen[1].names, " "), "d r", "the outer state has neither")

-- elseif: a chain of ifs
local function chain(a, b, c)
  local r
  if a then r = "a" elseif b then r = "b" elseif c then r = "c" else r = "none" end
  return r
end
t.is(run(chain, false, unknown "b", unknown "c"), "b", "elseif")
t.is({ #seen, after(1, "no", "r"), after(2, "no", "r") }, { 2, "c", "none" }, "its else is an if on the next condition")
t.is(run(chain, false, false, unknown "c"), "c", "the last condition of a chain")
t.is(run(chain, unknown "a", true), "a", "a plain condition in a branch")
t.is({ #seen, after(1, "no", "r") }, { 1, "b" }, "is decided there")

-- return: paths go on to the end of the function, whose results the handler gives
local function returns(c, n)
  local x = 0
  if c then return "early", n end
  x = x + n
  do
    if n > 100 then return "large" end
  end
  return "late", x, nil
end
t.is({ run(returns, unknown "c", 3) }, { "early", 3 }, "return in a branch: the handler's results are the function's")
t.is({ seen[1].no.n, seen[1].no[1], seen[1].no[2] }, { 3, "late", 3 }, "the other path returns at the function's end")
local function falls(c) if c then return 1 end end
run(falls, unknown "c")
t.is({ seen[1].yes.n, seen[1].no.n }, { 1, 0 }, "a path that only ends returns nothing")
local function calls(c) return (returns(c, 1)) .. "!" end
t.is(run(calls, unknown "c"), "early!", "in a function that is called: its paths meet at its own end")
local function tail(c) return returns(c, 2) end
t.is({ run(tail, unknown "c") }, { "early", 2 }, "in a tail call")
local function varargs(c, ...)
  if c then return ... end
  return select("#", ...)
end
t.is({ run(varargs, unknown "c", 1, 2) }, { 1, 2 }, "varargs in a path")
t.is(seen[1].no[1], 2, "and in the other")

-- loops over plain values
local function continues(c)
  local n = 0
  for i = 1, 3 do
    if c and i == 2 then goto continue end
    n = n + i
    ::continue::
  end
  return n
end
Both.__and = function(a, other_one) if other_one() then return a end return false end
t.is(run(continues, unknown "c"), 4, "goto continue: the paths meet at the end of the trip")
t.is({ #seen, after(1, "yes", "n"), after(1, "no", "n") }, { 1, 1, 3 }, "with the variables of that trip")
local function breaks(c)
  local n = 0
  for i = 1, 4 do
    n = n + i
    if i == 2 and c then break end
  end
  n = n * 10
  return n
end
t.is(run(breaks, unknown "c"), 30, "break: the paths meet at the end of the loop")
t.is({ #seen, after(1, "yes", "n"), after(1, "no", "n") }, { 1, 3, 10 }, "where the other path made the rest of the trips")
local function leaves_while(c)
  local n = 0
  while n < 5 do
    n = n + 1
    if n == 2 and c then return "out", n end
    if n == 4 then break end
  end
  return "end", n
end
t.is({ run(leaves_while, unknown "c") }, { "out", 2 }, "return out of a loop")
t.is(seen[1].no, { "end", 4, n = 2 }, "the other path goes on with the loop and what follows it")
local function leaves_each(c, keys)
  local out = {}
  for i, k in ipairs(keys) do
    if k == "stop" and c then break end
    out[#out + 1] = k .. i
  end
  return table.concat(out, " ")
end
t.is(run(leaves_each, unknown "c", { "a", "stop", "b" }), "a1", "break out of a generic for")
t.is(run(function(c)
  local names = ""
  for _, k in ipairs { "a", "b" } do
    for _, l in ipairs { "x", "y" } do
      if l == "y" and c then break end
      names = names .. k .. l .. " "
    end
  end
  return names
end, unknown "c"), "ax bx ", "break out of the inner one of two loops")
t.is(after(1, "no", "names"), "ax ay ", "its paths meet at the end of the inner one")
local function nested_return(c)
  for i = 1, 2 do
    for j = 1, 2 do
      if i * j == 2 and c then return i, j end
    end
  end
  return "none"
end
t.is({ run(nested_return, unknown "c") }, { 1, 2 }, "return out of two loops")
t.is({ #seen, seen[1].no[1], seen[2].no[1] }, { 2, 2, "none" }, "later trips ask again, inside of the path that goes on")
local function leaves_repeat(c)
  local n = 0
  repeat
    local m = n
    n = n + 1
    if n == 2 and c then break end
  until m == 3
  return n
end
t.is({ run(leaves_repeat, unknown "c"), after(1, "no", "n") }, { 2, 4 }, "break out of repeat")

local steps = 0
local counter = setmetatable({ n = 0 }, { __call = function(self)
  self.n, steps = self.n + 1, steps + 1
  if self.n <= 3 then return self.n end
end })
t.is({ run(function(c)
  local sum = 0
  for k in counter do
    sum = sum + k
    if c and k == 1 then break end
  end
  return sum, counter.n, steps
end, unknown "c") }, { 1, 1, 1 }, "what an iterator keeps is restored with the rest")
t.is({ after(1, "no", "sum"), after(1, "no", "steps") }, { 6, 4 }, "its other path went on")

-- loops over conditions of a library
local Loop = { __name = "loop", __while = function(c, test, body, state)
  local trips = 0
  while rawequal(c, test()) and trips < 3 do
    body()
    trips = trips + 1
  end
  state.set(state.get())
end }
Loop.__not = function(c) return c end
Loop.__or = function(c) return c end
local function loops(c)
  local n = 0
  while c do n = n + 1 end
  return n
end
t.is(ms.overload(loops)(ms.value(Loop)), 3, "while: __while runs test and body")
t.is(ms.overload(function(c)
  local n = 0
  while n < 2 or c do n = n + 1 end
  return n
end)(ms.value(Loop)), 5, "a loop that begins over plain conditions")
t.is(ms.overload(function(c)
  local n = 0
  repeat
    local last = c
    n = n + 1
  until last
  return n
end)(ms.value(Loop)), 4, "repeat: one trip, then __while over the reverse of its condition")
local Times = { __name = "times" }
function Times.__if(c, yes, no)
  local p = ms.payload(c)
  p.n = p.n - 1
  if p.n >= 0 then return yes() end
  return no()
end
t.is(ms.overload(loops)(ms.value(Times, { n = 3 })), 3, "without __while, __if is asked trip by trip")
t.is({ ms.overload(function(c)
  local n = 0
  while c do
    n = n + 1
    if n == 2 then return "out", n end
  end
  return "end"
end)(ms.value(Times, { n = 9 })) }, { "out", 2 }, "a loop that return may leave goes through __if")
t.is(ms.overload(function(c)
  local n = 0
  while c do
    n = n + 1
    if n == 4 then break end
  end
  return n
end)(ms.value({ __if = Times.__if, __while = error }, { n = 9 })), 4, "and one that break may leave")
local Bound = { __name = "bound" }
function Bound.__for(i0, i1, step, body, state)
  for i = i0, ms.payload(i1), step do body(i) end
  state.set(state.get())
end
function Bound.__lesseq(a, b) return a <= ms.payload(b) end
t.is(ms.overload(function(n)
  local s = 0
  for i = 1, n do
    if i == 2 then goto continue end
    s = s + i
    ::continue::
  end
  return s
end)(ms.value(Bound, 4)), 8, "for: a bound with __for")
t.is(ms.overload(function(n)
  local s = 0
  for i = 1, n do
    s = s + i
    if i == 3 then break end
  end
  return s
end)(ms.value(Bound, 4)), 6, "a for that break may leave compares its counter")
t.is(ms.overload(function(list_of)
  local s = ""
  for k, x in list_of do s = s .. k .. x end
  return s
end)(ms.value({ __each = function(seq, body)
  for i, x in ipairs(ms.payload(seq)) do body(i, x) end
end }, { "a", "b" })), "1a2b", "generic for: __each")
t.is(ms.overload(function(walk)
  local s = ""
  for k in walk do s = s .. k end
  return s
end)(ms.value({ __call = function(w)
  local p = ms.payload(w)
  p.n = p.n - 1
  return p.n > 0 and p.n or nil
end }, { n = 3 })), "21", "a value with __call is an iterator")

-- operators
local log
local Ops = { __name = "ops" }
for _, name in ipairs { "__less", "__lesseq", "__equal" } do
  Ops[name] = function(a, b)
    log = { name, type(a) == "userdata" and "v" or a, type(b) == "userdata" and "v" or b }
    return "result"
  end
end
Ops.__not = function() return "not" end
Ops.__and = function(_, thunk) return "and " .. thunk() end
Ops.__or = function(_, thunk) return "or " .. thunk() end
local o = ms.value(Ops)
local function ops(f) return { ms.overload(f)(o), log } end
t.is(ops(function(a) return a < 1 end), { "result", { "__less", "v", 1 } }, "a < b: __less, any result")
t.is(ops(function(a) return a > 1 end), { "result", { "__less", 1, "v" } }, "a > b is b < a")
t.is(ops(function(a) return a <= 1 end), { "result", { "__lesseq", "v", 1 } }, "a <= b: __lesseq")
t.is(ops(function(a) return 2 >= a end), { "result", { "__lesseq", "v", 2 } }, "a >= b is b <= a")
t.is(ops(function(a) return a == "x" end), { "result", { "__equal", "v", "x" } }, "==: __equal, whatever the other operand is")
t.is(ops(function(a) return a ~= 3 end), { false, { "__equal", "v", 3 } }, "~= is not ==")
t.is(ms.overload(function(a) return a == nil, nil ~= a end)(o), false, "comparisons with nil are Lua's")
t.is(ms.overload(function(a) return not a end)(o), "not", "not: __not")
t.is(ms.overload(function(a) return a and "b" end)(o), "and b", "and: __and gets its right side as a function")
t.is(ms.overload(function(a) return a or "b" end)(o), "or b", "or: __or")
local lt = setmetatable({}, { __lt = function() return o end })
t.is(ms.overload(function(a) return not (a < a) end)(lt), "not", "a metamethod of a table may give a condition")

local less_only = setmetatable({}, { __lt = function(a, b) return rawequal(a, b) end })
t.is(ms.overload(function(a) return a <= a, a >= {} end)(less_only), less_only <= less_only, "__lt answers <= where there is no __le")

-- assert is: if not c then error
run(function(c)
  local n = 1
  local ok, message = pcall(function()
    assert(c, "told")
    n = 2
  end)
  return ok, message, n
end, ms.value({ __if = function(_, _, no) seen[1] = { pcall(no) } end }, "c"))
t.is(seen[1][1], false, "assert: the other branch raises")
t.ok(tostring(seen[1][2]):find(":%d+: told$"), "its message, with the line")

-- code in eager form: __truth, __less, __equal
local truths = 0
local Truth = { __name = "truth", __truth = function(x)
  truths = truths + 1
  return ms.payload(x)
end }
Truth.__less = function(a, b) return ms.value(Truth, ms.payload(a) < ms.payload(b)) end
Truth.__equal = function(a, b) return ms.value(Truth, ms.payload(a) == ms.payload(b)) end
local yes, no = ms.value(Truth, true), ms.value(Truth, false)
local one, two = ms.value(Truth, 1), ms.value(Truth, 2)
local function eager(a) if a then return 1 else return 2 end end
t.is({ eager(yes), eager(no), truths }, { 1, 2, 2 }, "__truth in code that is not overloaded")
t.is({ ms.overload(eager)(yes), ms.overload(eager)(no) }, { 1, 2 }, "and in code that is, without __if")
local function compares(a, b)
  local out = {}
  if a < b then out[1] = "less" end
  if a > b then out[1] = "greater" end
  if a == b then out[2] = "equal" end
  if a ~= b then out[3] = "different" end
  return out[1], out[2], out[3]
end
t.is(table.pack(compares(one, two)), { "less", nil, "different", n = 3 }, "__less and __equal in code that is not overloaded")
t.is(table.pack(compares(two, two)), { nil, "equal", nil, n = 3 }, "of equal values")
t.is(table.pack(ms.overload(compares)(two, one)), { "greater", nil, "different", n = 3 }, "and in code that is")
local sorted = { two, one }
table.sort(sorted)
t.ok(rawequal(sorted[1], one), "functions of C get the truth of __less")
t.is(select("#", assert(yes, 1)), 2, "assert asks __truth")
t.throws("assertion failed", function() assert(no) end)
t.throws("a condition on a unknown in code that is not overloaded: its metatable has no __truth", eager, unknown "x")
t.throws("a condition on a unknown in code that is not overloaded", function() return unknown "x" and 1 end)

-- missing events name the event, the variable and the line
local function refused(text, f, ...)
  local ok, message = pcall(ms.overload(f), ...)
  local start = ("%s:%d: "):format(here, line_of(f) + 1)
  local fits = not ok and message:sub(1, #start) == start and message:find(text, 1, true)
  t.ok(fits, "error: " .. text)
  if not fits then print("#   expected " .. start .. "\n#   got      " .. tostring(message)) end
end
local half = ms.value({ __name = "half", __not = function(x) return x end }, 1)
refused("'c' (a half) is a condition, but its metatable has no __if", function(c)
  if c then return 1 end
end, half)
refused("'half' (a half) is a condition, but its metatable has no __if", function()
  if half then return 1 end
end)
refused("'c' (a half) is the condition of a loop, but its metatable has no __while", function(c)
  while c do return_of = 1 end
end, half)
refused("'c' (a half) is the condition of a loop, but its metatable has no __if", function(c)
  while c do return 1 end
end, half)
refused("'c' (a half) is an operand of 'and', but its metatable has no __and", function(c)
  return c and 1
end, half)
refused("'c' (a half) is an operand of 'or', but its metatable has no __or", function(c)
  return c or 1
end, half)
refused("'c' (a unknown) is the operand of 'not', but its metatable has no __not", function(c)
  return not c
end, unknown "c")
refused("'c' (a half) is compared, but its metatable has no __less", function(c)
  return 1 < c
end, half)
refused("'c' (a half) is compared, but its metatable has no __lesseq", function(c)
  return c >= 1
end, half)
refused("'c' (a half) is a bound of a 'for', but its metatable has no __for", function(c)
  for _ = 1, c do return_of = 1 end
end, half)
refused("'c' (a half) is walked over by a 'for', but its metatable has no __each", function(c)
  for _ in c do return_of = 1 end
end, half)

refused("the event __if of a metatable must be a function, got string", function(c)
  if c then return 1 end
end, ms.value { __if = "x" })

-- a library without a bound: the stack ends, not the program
local endless = ms.value { __if = function(_, continue) return continue() end }
t.throws("stack overflow", ms.overload(function(c)
  local n = 0
  while c do n = n + 1 end
end), endless)

-- what a state can't restore is refused
local x = ms.ones(2)
refused("an assignment to elements of a tensor in a branch of an overloaded condition can't be undone", function(c)
  if c then x[1] = 5 end
end, unknown "c")
seen = {}
refused("the in-place operation 'add_' in a branch of an overloaded condition can't be undone", function(c)
  if c then x:add_(1) end
end, unknown "c")
t.is(x, "f32[2]{1.0,1.0}", "and nothing is changed")
refused("coroutine.yield in a branch of an overloaded condition can't be undone", function(c)
  if c then coroutine.yield() end
end, unknown "c")
local wrapped = ms.overload(function() return coroutine.wrap(function() coroutine.yield(1) end) end)()
refused("resuming a coroutine in a branch of an overloaded condition can't be undone", function(c)
  if c then wrapped() end
end, unknown "c")
refused("an overloaded condition leaves a block with a <close> variable", function(c)
  do local x <close> = setmetatable({}, { __close = function() end }) if c then return 1 end end
  return 2
end, unknown "c")
refused("variable 'x' got a non-closable value", function(c)
  local x <close> = c
end, 5)
local closed = 0
t.is(ms.overload(function(c)
  local x <close> = setmetatable({}, { __close = function() closed = closed + 1 end })
  for i = 1, 3 do
    local y <close> = x
    if i == 2 then return c end
  end
end)(7), 7, "variables are closed")
t.is(closed, 3, "on all ways out")
refused("an overloaded condition leaves a loop whose iterator can't be run again for its other path", function(c)
  for w in ("a b"):gmatch "%a" do if c then return w end end
end, unknown "c")
refused("break or return out of a loop over an overloaded sequence", function(c)
  for w in c do return w end
end, ms.value { __each = error })
refused("a 'for' with an overloaded step that break or return leaves: write it with while", function(c)
  for w = 1, c, c do return w end
end, ms.value { __for = error })
t.is(wrapped(), 1, "outside of branches coroutines run")
t.throws("state.set: 9 values given, the state has 0 variables", ms.overload(function(c) if c then end end),
  ms.value { __if = function(_, _, _, state) state.set(1, 2, 3, 4, 5, 6, 7, 8, 9) end })

-- errors in handlers
local fails = ms.value { __if = function(_, _, _, state) error(state.where .. "in __if", 0) end,
  __less = function() error("in __less", 2) end }
refused("in __if", function(c)
  if c then return 1 end
end, fails)
refused("in __less", function(c)
  return c < 1
end, fails)
local function fails_inside(c)
  local n = 0
  pcall(function()
    if c then
      n = 1
      error("inside")
    end
  end)
  n = n + 10
  return n
end
t.is(run(fails_inside, unknown "c"), 11, "after an error in a branch the region is over")
local co = coroutine.create(ms.overload(function(c) if c then error "in a coroutine" end end))
seen = {}
coroutine.resume(co, unknown "c")
t.is(ms.overload(function()
  x:add_(1)
  return x[1]:item()
end)(), 2.0, "also when a coroutine failed inside")

-- callbacks and functions that leave the overloaded function
local maker = ms.overload(function()
  return function(c)
    if c then return "yes" end
    return "no"
  end
end)
seen = {}
t.is(maker()(unknown "c"), "yes", "a function made by an overloaded one is overloaded")
t.is({ run(function(c, f) return f(c, 1) end, unknown "c", function(c) if c then return "called" end end) }, { "called" },
  "a function that is passed in is entered")
t.is(ms.overload(function(s, c)
  return (s:gsub("%a", function(l) if c then return l:upper() end end))
end)("ab", unknown "c"), "AB", "callbacks of the standard library are entered")
local calls_object = setmetatable({}, { __call = function(_, c) if c then return "object" end end })
t.is(run(function(c) return calls_object(c) end, unknown "c"), "object", "so are tables that can be called")

-- positions of errors: as in the function itself
refused("tonumber: a tensor of 2 elements is no number", function()
  return tonumber(x)
end)
refused("in the iterator", function()
  for _ in coroutine.wrap(function() error("in the iterator", 0) end) do return_of = 1 end
end)
local function levels(n)
  if n > 0 then
    for _ = 1, 2 do
      if n == 1 then error("m1") end
      if n == 2 then error("m2", 2) end
      if n == 3 then local none; none() end
      if n == 4 then none_at_all.x = 1 end
    end
  end
end
for n = 1, 4 do
  local function call(f) f(n) end
  local _, expected = pcall(call, levels)
  local _, got = pcall(call, ms.overload(levels))
  t.is(got, expected, "error: " .. expected)
end
t.done()
