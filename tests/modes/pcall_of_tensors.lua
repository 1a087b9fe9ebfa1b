-- Errors that hang on tensors' values, caught by pcall: in-place ops before them stay.
local ms = require "moonstage"
local weights = ms.tensor { 1.0, 2.0 }

local step = ms.stage(function(x)
  local view = weights[{ { 1, 1 } }]
  local ok, e = pcall(function()
    weights:add_(1)
    if x:sum() > 3 then error("diverged", 0) end
    view:mul_(2)
    return weights:sum()
  end)
  return ok, e, weights, view
end)
for _, x in ipairs { 1.0, 5.0, 2.0 } do print(step(ms.tensor { x, 0.5 })) end

local best = ms.stage(function(x)
  local found
  local ok, e = pcall(function()
    for i = 1, #x do
      if x[i] < 0 then error({ at = i, value = x[i] * 2 }) end
      found = x[i]
    end
  end)
  return ok, ok and found or e.at, not ok and e.value
end)
print(best(ms.tensor { 1.0, 2.0 }))
print(best(ms.tensor { 1.0, -2.0 }))
