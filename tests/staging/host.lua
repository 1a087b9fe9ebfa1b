-- run: --staged
-- What a host call may not do in a staged function: change what the graph depends on other than by value. The run stops,
-- naming the line and what changed; what was written before stays.
local ms = require "moonstage"
local t = dofile "tests/lib/tap.lua"
local here = debug.getinfo(1, "S").short_src

local function stops(text, f, ...)
  local line = debug.getinfo(f, "S").linedefined
  local good, message = pcall(ms.stage(f), ...)
  local want = ("%s:%d: can't stage this host call: it %s"):format(here, line, text)
  t.is(good, false, text)
  t.is(message, want, text)
end
local DEPENDS = "; the staged function, or its caller, depends on that"

local name, missing, list, keyed = "a", nil, { 1, 2, 3 }, { x = 1, y = 2 }
local count, object, replaced, weights = 0, setmetatable({ v = 1 }, {}), {}, ms.ones(3)
local function change(f) return ms.host(f) end

local call = change(function() name = name .. "b" end)
stops("changed 'name', from \"a\" to \"ab\"" .. DEPENDS, function(x) local s = name call() return s, name, x end, 1)
call = change(function() missing = 5 end)
stops("changed 'missing', from nil to 5" .. DEPENDS, function(x) call() return missing or x end, 1)
call = change(function() count = 0.5 end)
stops("changed 'count', from 0 to 0.5" .. DEPENDS, function(x) call() return count + x end, 1)
call = change(function() keyed.z = 3 end)
stops("changed the keys of a table" .. DEPENDS, function(x) call() for _, v in pairs(keyed) do x = x + v end return x end, 1)
call = change(function() list[4] = 3 end)
stops("changed the length of a table" .. DEPENDS, function(x) call() return x + #list end, 1)
call = change(function() setmetatable(object, { __index = function() return 7 end }) end)
stops("changed 'object.metatable', from a table to a table" .. DEPENDS, function() call() return object.w end)
call = change(function() replaced = {} end)
stops("changed 'replaced', from a table to a table" .. DEPENDS, function(x) call() replaced.v = x end, 1)
call = change(function(made) made.new = 5 end)
stops("changed the keys of a table" .. DEPENDS, function(x) local made = { x } call(made) return made.new end, 1)

local WROTE = "wrote into a tensor that the staged function uses"
call = change(function() weights:add_(1) end)
stops(WROTE, function(x) call() return weights + x end, 1)
call = change(function() weights[1] = 0 end)
stops(WROTE, function(x) call() return weights + x end, 1)
call = change(function() pcall(function() weights:narrow(1, 2, 2):mul_(2) end) end)
stops(WROTE, function(x) call() return weights + x end, 1)
call = change(function() Written:add_(1) end)
stops(WROTE, function(x) Written = x * 2 call() return Written end, ms.ones(2))
local inner = ms.stage(function(x) weights:add_(x) end)
call = change(function() inner(1) end)
stops(WROTE, function(x) call() return weights + x end, 1)
t.is(t.show(Written:tolist()), t.show({ 2.0, 2.0 }), "what was written before the call is real")

-- what nobody depends on may change
call = change(function() name, list, missing = 5, {}, 7 end)
t.is(ms.stage(function(x) call() return x end)(1), 1, "what the staged function has not read may change")

-- what an outer pcall would catch
local fails = ms.host(function(x) error { "no " .. x } end)
local good, message = pcall(ms.stage(function(x)
  local caught = pcall(fails, x)
  return caught
end), 1)
t.is(good, false, "an error of a host call that is no text, inside a pcall of the staged function")
t.ok(message:find("that the 'pcall' or coroutine of " .. here, 1, true) and message:find("would catch: "), message)
t.done()
