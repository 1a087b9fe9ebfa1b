-- The lengths of tables that get an element, or nil, on some paths.
local ms = require "moonstage"
local f = ms.stage(function(n)
  n = n:item()
  local u, v = {}, nil
  if n > 1 then v = 7 end
  if n % 2 == 0 then u[1] = v end
  return u[#u], v, #u
end)
for i = 0, 4 do print(f(ms.tensor(i))) end
local f = ms.stage(function(n)
  n = n:item()
  local u, v = {}, nil
  if n > 1 then v = 7 end
  if n % 2 == 0 then if n > 1 then u[1] = v end end
  return u[#u], v, #u
end)
for i = 0, 4 do print(f(ms.tensor(i))) end
local f = ms.stage(function(n)
  n = n:item()
  local u, v = {}, nil
  if n > 1 then v = 7 end
  if n > 0 then u[1] = v end
  return #u
end)
for i = 0, 4 do print(f(ms.tensor(i))) end
local f = ms.stage(function(n)
  n = n:item()
  local t, u = {}, {}
  for i = 1, n do t[#t + 1] = i end
  if n % 2 == 0 then if t[1] then u[1] = t[2] u[#u + 1] = 5 end end
  return u[#u], t[2], #u
end)
for i = 0, 5 do print(f(ms.tensor(i))) end
