-- A sign of a NaN is seen where it is printed: of two NaNs the same one is kept as outside of a staged function.
local ms = require "moonstage"
local ops = {
  function(p, q) return p + q end, function(p, q) return p - q end, function(p, q) return p * q end,
  function(p, q) return p / q end, function(p, q) return p // q end, function(p, q) return p % q end,
  function(p, q) return -(p + q) end, function(p, q) return 0/0 + p end, function(p, q) return q + 0/0 end,
  function(p, q) return 0/0 * p end, function(p, q) return q * (0/0) end,
}
local signs = ms.stage(function(p, q)
  local t = {}
  for i, f in ipairs(ops) do t[i] = tostring(f(p, q)) end
  return table.concat(t, " ")
end)
local grown = ms.stage(function(p, n)
  for i = 1, n do p = -(0/0 + p) end
  return p
end)
local nan = 0/0
for _, p in ipairs { nan, -nan, 1 } do
  for _, q in ipairs { nan, -nan, 1 } do
    local t = {}
    for i, f in ipairs(ops) do t[i] = tostring(f(p, q)) end
    local r = p
    for i = 1, 3 do r = -(0/0 + r) end
    print(signs(p, q) == table.concat(t, " "), tostring(grown(p, 3)) == tostring(r))
  end
end
-- expect: true	true
-- expect: true	true
-- expect: true	true
-- expect: true	true
-- expect: true	true
-- expect: true	true
-- expect: true	true
-- expect: true	true
-- expect: true	true
