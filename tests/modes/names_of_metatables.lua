-- Messages call a table what its metatable says (__name), whoever makes them; chains of __index, __newindex and __call
-- end as in Lua.
-- stock
local ms = require "moonstage"
local point = { __name = "point" }
local p = setmetatable({}, point)

local function all()
  for _, f in ipairs {
    function(n) return p + n end,
    function(n) return n // p end,
    function() return p & 1 end,
    function() return -p end,
    function() return p .. "s" end,
    function(n) return "s" .. n .. p end,
    function(n) return p < n end,
    function() return p <= p end,
    function(n) return p(n) end,
    function(n) for _ = n, p do end end,
    function() for _ in p do end end,
    function() return (math.floor(p)) end,
    function(n) return (math.fmod(n, p)) end,
    function() return (("s"):rep(p)) end,
    function() return (select(p)) end,
    function() table.insert({}, p, 1) end,
    function(n) io.write(n, p) end,
    function() return (setmetatable(p, 5)) end,
    function(n) return n + setmetatable({}, { __name = "made inside" }) end,
    function(n) return n < setmetatable({}, { __name = "made inside" }) end,
  } do
    print(pcall(ms.stage(f), 1))
  end
end
all()

-- a graph that fails like this is for that name only
local add = ms.stage(function(n) return p + n end)
print(pcall(add, 1))
point.__name = "place"
print(pcall(add, 1))
point.__name = 5
print(pcall(add, 1))
point.__name = nil
all()

-- ends of chains
for _, f in ipairs {
  function() return setmetatable({}, { __index = 5 }).x end,
  function() setmetatable({}, { __newindex = true }).x = 1 end,
  function() return setmetatable({}, { __index = "s" }).len("abc") end,
  function(n) return setmetatable({}, { __call = 5 })(n) end,
  function(n) return setmetatable({}, { __call = setmetatable({}, { __call = function(_, _, x) return x end }) })(n) end,
  function() local t = {} setmetatable(t, { __index = t }) return t.x end,
  function() local t = {} setmetatable(t, { __newindex = t }) t.x = 1 end,
  function(n)
    local t = { x = n }
    for i = 1, 300 do t = setmetatable({}, { __index = t, __newindex = t }) end
    t.x = t.x + 1
    return t.x, rawget(t, "x")
  end,
} do
  print(pcall(ms.stage(f), 1))
end
