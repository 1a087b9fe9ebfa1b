-- Tensors and the collector: dropped tensors are freed in time, finalisers see no freed bytes, running
-- out of memory is an error that can be caught.
local ms = require "moonstage"
local t = dofile "tests/lib/tap.lua"
local T = ms.tensor

-- 6 GB pass through; a process that kept a tenth of it would not come back from its limit
local keep = {}
for i = 1, 50000 do keep[i] = {i} end
local sum = 0
for i = 1, 1500 do
  local x = ms.full({1024, 1024}, i % 7)
  if i % 100 == 0 then sum = sum + x[5][5]:item() end
end
t.ok(sum > 0, "dropped tensors are collected while the loop runs")

-- tensors that live for a while and are then replaced
local ring = {}
for i = 1, 1000 do ring[i % 20 + 1] = ms.ones(512, 1024) end
t.is(ring[1]:sum():item(), 524288.0)

for _, wanted in ipairs{1e6, 1e9} do
  t.throws("not enough memory", function() return ms.zeros(wanted // 1 | 0, 1000000) end)
end
t.throws("too large", function() return ms.zeros(1 << 31, 1 << 31, 1 << 31) end)
t.is(ms.ones(3):sum():item(), 3.0, "and afterwards all is well")

-- a finaliser runs after the tensors it can reach may have been finalised
local seen = 0
do
  for i = 1, 200 do
    local owner = setmetatable({}, {__gc = function(o)
      local good = pcall(function()
        seen = seen + 1
        return o.large:sum(), o.view:sum(), o.small:sum(), o.slice:sum(), tostring(o.large), o.view + 1, o.large[1]
      end)
      return good
    end})
    owner.large = ms.ones(2000)
    owner.view = owner.large:reshape(40, 50)[3]
    owner.small = ms.ones(4, 4)
    owner.slice = owner.small[2]
  end
end
collectgarbage()
collectgarbage()
t.is(seen, 200, "finalisers may touch tensors")

-- views keep the bytes of what they look at
local views = {}
for i = 1, 100 do views[i] = ms.full({10, 10}, i)[i % 10 + 1] end
for i = 101, 200 do views[i] = ms.full({100, 100}, i)[i % 10 + 1] end
collectgarbage()
local right = true
for i, v in ipairs(views) do right = right and v:amin():item() == i and v:amax():item() == i end
t.ok(right, "views outlive their roots")
collectgarbage("stop")
for _ = 1, 100 do local _ = ms.zeros(1024, 300) end
collectgarbage("restart")
t.ok(true, "a stopped collector stays stopped")
t.done()
