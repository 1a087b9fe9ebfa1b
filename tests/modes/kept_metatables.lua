-- Tables kept under a condition, whose metatables have functions that share variables made there.
local ms = require "moonstage"
local calls = 0
local asked = ms.host(function(p) calls = calls + 1 return p end, "number")
local o = {}
local f = ms.stage(function(a, b)
  local last
  for j = 1, 2 do
    if a > 1 then
      local v = asked(b * j)
      local t = setmetatable({ n = j }, {
        __index = function(_, k) return k .. v end,
        __call = function(_, p) v = v + p return v end,
      })
      o.made = t
      last = t(1)
    end
  end
  return last, o.made and o.made.x
end)
for _, a in ipairs { 2, 1, 3 } do
  for _, b in ipairs { 4, 2.5 } do
    print(f(a, b))
    print(calls, o.made and o.made.y, o.made and o.made(10), o.made and o.made.z, o.made and o.made.n)
  end
end
