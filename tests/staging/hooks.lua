-- run: --staged
-- A debug hook runs in eager form also while a function is staged, and debug.getlocal shows it values that only the
-- graph knows. Whatever it does with one is a staging error at the hook's own line, never an answer made up.
local ms = require "moonstage"
local t = dofile "tests/lib/tap.lua"

local here = debug.getinfo(1, "S").short_src

-- look(v), called by a hook with what the variable `seen` of f holds, is refused with a message that contains `text`.
local function refused(text, look, f, ...)
  local staged = ms.stage(f)
  local looked = false
  debug.sethook(function()
    for i = 1, 250 do
      local name, v = debug.getlocal(2, i)
      if not name then return end
      if name == "seen" and v ~= nil then
        debug.sethook()
        looked = true
        look(v)
        return
      end
    end
  end, "l")
  local good, message = pcall(staged, ...)
  debug.sethook()
  t.ok(looked, "the hook sees a value")
  t.is(good, false, "it fails")
  local expected = ("%s:%d: %s"):format(here, debug.getinfo(look, "S").linedefined, text)
  t.is(message:sub(1, #expected), expected, text)
end

local function more(x)
  local seen = x + 1
  return seen
end
local function positive(x)
  local seen = x > 0
  return seen
end
local one = ms.tensor(1.0)
local COMPARISON = "can't stage a comparison of symbolic values in code that is not staged"

refused(COMPARISON, function(v) return v > 1 end, more, 1)
refused(COMPARISON, function(v) return v <= v end, more, 1.5)
refused(COMPARISON, function(v) return v == 1 end, more, one)
refused(COMPARISON, function(v) return v < 1 end, more, one)
local CONDITION = "can't stage a condition on a symbolic value in code that is not staged"
refused(CONDITION, function(v) if v then return 1 end end, positive, one)
refused(CONDITION, function(v) if v then return 1 end end, positive, 1)
local ASSERT = "can't stage assert of a symbolic value in code that is not staged"
refused(ASSERT, function(v) assert(v) end, positive, one)
refused(ASSERT, function(v) assert(v) end, positive, 1)
local NUMBER = "can't stage a symbolic tensor where a number is needed in code that is not staged"
refused(NUMBER, function(v) return math.floor(v) end, more, one)
refused(NUMBER, function(v) return ("%d"):format(v) end, more, one)
refused(NUMBER, function(v) for _ = 1, v do break end end, more, one)
refused("can't stage table.sort of tensors in code that is not staged", function(v) table.sort { v, v } end, more, one)
refused("can't stage the text of a symbolic value in a library function", function(v) return tostring(v) end, more, 1)
refused("can't stage the text of a symbolic value in a library function", function(v) return tostring(v) end, positive, 1)
refused("can't stage the text of a staged tensor", function(v) return tostring(v) end, more, one)
refused("a condition must be known while staging, but depends on values that are known only when the graph runs",
  function(v) table.sort({ 1, 2 }, function() return v end) end, positive, one)

-- What a hook keeps is of no use after the trace. (The hook ends the trace itself, so that a value is left over.)
local function left_over(x)
  local kept
  t.throws(COMPARISON, function()
    debug.sethook(function()
      local name, v = debug.getlocal(2, 2)
      if name == "seen" and v ~= nil then
        debug.sethook()
        kept = v
        return v > 1
      end
    end, "l")
    ms.stage(more)(x)
  end)
  return kept
end
local x, n = left_over(one), left_over(1)
local USED = "a symbolic value was used outside of the trace that made it"
t.throws("a value of a staged run that has ended cannot be used", function() return x + 1 end)
t.throws("a comparison of symbolic values in code that is not staged: " .. USED, function() return x < 1 end)
t.throws("tolist of a staged tensor: " .. USED, function() return x:tolist() end)
t.throws("the text of a staged tensor: " .. USED, function() return tostring(x) end)
t.throws("ms.save: " .. USED, function() ms.save("/nowhere/x.npy", x) end)
t.throws("ms.save: " .. USED, function() ms.save("/tmp/nowhere/x.npz", { x }) end)
t.throws("a staged value written into an eager tensor: " .. USED, function() ms.zeros(1):add_(x) end)
t.throws("a write into a tensor: " .. USED, function() x:zero_() end)
t.throws("a staged value written into an eager tensor: " .. USED, function() ms.zeros(2)[1] = x end)
t.throws("a staged value written into an eager tensor: " .. USED, function() ms.zeros(2)[1] = n end)
t.throws(USED, function() return n + 1 end)
t.throws("a comparison of symbolic values in code that is not staged: " .. USED, function() return n < 1 end)
t.throws("a condition on a symbolic value in code that is not staged: " .. USED, function() return not n end)
t.done()
