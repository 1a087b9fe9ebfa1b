-- <close> variables in coroutines: closed by coroutine.close, at the failure of what coroutine.wrap gave, in blocks and
-- loops that yield; never when the coroutine is left suspended.
-- stock
local ms = require "moonstage"
local function show(...) local t = table.pack(...) for i = 1, t.n do t[i] = type(t[i]) == "table" and "table" or tostring(t[i]) end print(table.unpack(t, 1, t.n)) end
local f = ms.stage(function(x)
  local log = {}
  local function closer(name, fail) return setmetatable({}, { __close = function(_, m) log[#log + 1] = name .. ":" .. tostring(m) if fail then error(fail, 0) end end }) end
  local function flush() print(table.concat(log, " ")) log = {} end
  -- suspended, closed
  local c = coroutine.create(function()
    local a <close> = closer "a"
    local b <close> = closer "b"
    coroutine.yield(x)
  end)
  show(coroutine.resume(c)) flush()
  show(coroutine.close(c)) flush()
  show(coroutine.status(c), coroutine.close(c))
  -- error, resume: pending until close
  c = coroutine.create(function() local a <close> = closer "a" error("e" .. x) end)
  show(coroutine.resume(c)) flush()
  show(coroutine.status(c)) 
  show(coroutine.close(c)) flush()
  show(coroutine.close(c)) flush()
  -- wrap closes
  local w = coroutine.wrap(function() local a <close> = closer "a" local b <close> = closer("b", "other") error("e") end)
  show(pcall(w)) flush()
  w = coroutine.wrap(function() local a <close> = closer "a" coroutine.yield(1) local b <close> = closer "b" end)
  show(w()) flush()
  show(w()) flush()
  -- yields in blocks and close functions
  w = coroutine.wrap(function()
    do
      local t <close> = setmetatable({}, { __close = function() coroutine.yield("closing") end })
      coroutine.yield("in block")
    end
    return "end"
  end)
  show(w()) show(w()) show(w())
  -- generic for closing
  for i in (coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)), nil, nil, closer "for" do
    show(i)
    if i == 2 then break end
  end
  flush()
  -- abandoned
  w = coroutine.wrap(function() local a <close> = closer "never" coroutine.yield(1) end)
  show(w()) flush()
  -- close fails
  c = coroutine.create(function() local a <close> = closer("a", "bad") coroutine.yield() end)
  coroutine.resume(c)
  show(coroutine.close(c)) flush()
  show(coroutine.close(c))
  -- yield across close
  c = coroutine.create(function() local a <close> = setmetatable({}, { __close = function() coroutine.yield(1) end }) coroutine.yield() end)
  coroutine.resume(c)
  show(coroutine.close(c)) flush()
  -- resumed by itself
  w = coroutine.wrap(function() local a <close> = closer "self" show(pcall(function() return w() end)) flush() coroutine.yield(1) end)
  show(w()) flush()
  show(w()) flush()
  -- pcall inside
  c = coroutine.create(function()
    show(pcall(function() local a <close> = closer "p" coroutine.yield(1) error("in") end)) flush()
    local b <close> = closer "q"
    coroutine.yield(2)
    error(setmetatable({}, { __tostring = function() return "E" end }))
  end)
  show(coroutine.resume(c)) flush()
  show(coroutine.resume(c)) flush()
  show(coroutine.resume(c)) flush()
  show(coroutine.close(c)) flush()
end)
f(3)
f(4)
