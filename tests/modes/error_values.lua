-- Error values of every type, of every level, raised on some paths only, reach the caller as they are.
-- stock
local ms = require "moonstage"
local shared = setmetatable({}, { __tostring = function() return "shared" end })

local function show(...)
  local ok, e = ...
  if type(e) == "table" and e ~= shared then e = ("a table: %s %s"):format(e.code, e.list and #e.list) end
  print(ok, e, math.type(e))
end

local function try(f)
  local staged = ms.stage(f)
  for _, n in ipairs { 1, 5, 2.5 } do show(pcall(staged, n)) end
end

try(function(n) if n > 3 then error { code = n, list = { n, n } } end return n end)
try(function(n) if n > 3 then error(shared) end return n end)
try(function(n) if n > 3 then error(nil) end error() end)
try(function(n) if n > 3 then error(42) end error(n) end)
try(function(n) error(n > 3) end)
try(function(n) error(n, 2) end)
try(function(n) if n > 3 then error("no position", 0) end error("one " .. n, 1) end)
try(function(n)
  local function check(m) if m > 3 then error("where check is called", 2) end return m end
  local r = check(n)
  return r
end)
try(function(n) assert(n < 3, n) return n end)
try(function(n) assert(n < 3, { code = n }) return n end)
try(function(n) assert(n < 3, shared) return n end)
try(function(n) assert(n < 3, ("%.1f is too much"):format(n)) return n end)
try(function(n) assert(n < 3, nil) return n end)
try(function(n) assert(n < 3) return n end)
try(function(n) return select("#", assert(n, "message", nil)) end)

-- caught where it is raised
try(function(n)
  local ok, e = pcall(error, n)
  return ok == false and e * 2
end)
try(function(n)
  local ok, e = pcall(error, { code = n })
  return ok == false and e.code
end)
try(function(n) return select(2, xpcall(error, function(e) return e + n end, n)) end)
