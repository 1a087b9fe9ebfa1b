-- Tables and sorting: order functions, borders, iteration while clearing, metamethods of the library.
local function show(t) local s = {} for i = 1, #t do s[i] = tostring(t[i]) end print(table.concat(s, " ")) end
local function lcg(seed) return function(n) seed = (seed * 1103515245 + 12345) % 2147483648 return seed % n + 1 end end
local r = lcg(42)
for _, n in ipairs { 0, 1, 2, 3, 10, 97, 1000 } do
  local t, calls = {}, 0
  for i = 1, n do t[i] = r(50) end
  table.sort(t, function(a, b) calls = calls + 1 return a < b end)
  local good = true
  for i = 2, n do if t[i - 1] > t[i] then good = false end end
  print(n, good, calls)
end
local words = {}
for w in ("the quick brown fox jumps over the lazy dog and runs away from it all"):gmatch("%a+") do words[#words + 1] = w end
table.sort(words) show(words)
table.sort(words, function(a, b) if #a ~= #b then return #a < #b end return a > b end) show(words)
table.sort(words, function(a, b) return a > b and 1 or nil end) show(words)
local objects = {}
local om = { __lt = function(a, b) return a[1] < b[1] end, __tostring = function(o) return "o" .. o[1] end }
for i = 1, 8 do objects[i] = setmetatable({ r(9) }, om) end
table.sort(objects) show(objects)
print(pcall(table.sort, { 3, "x", 1 }))
print(pcall(table.sort, { 1, 2, 3, 4, 5, 6 }, function() return true end))
local limited = setmetatable({}, { __len = function() return 3 end, __index = function(_, i) return i <= 3 and 10 - i or nil end,
  __newindex = function(t, k, v) rawset(t, k, v) end })
table.sort(limited) print(rawget(limited, 1), rawget(limited, 2), rawget(limited, 3))
local t = { 1, 2, 3, nil, 5 }
print(#t == 5, select("#", table.unpack(t)), table.unpack(t, 4, 6))
table.insert(t, 6) table.insert(t, 1, 0) print(table.remove(t), table.remove(t, 1), table.remove({}), #t)
print(table.concat({ 1, 2.5, "x" }, "-"), table.concat({}, "x"), table.concat({ 1, 2, 3 }, ",", 2, 3))
show(table.move({ 1, 2, 3 }, 2, 3, 1)) show(table.move({ 1, 2, 3 }, 1, 3, 2)) show(table.move({ 1, 2 }, 1, 2, 1, { 9, 9, 9 }))
local p = table.pack(nil, 1, nil) print(p.n, p[1], p[2], p[3])
local keys = {}
local mixed = { 10, 20, 30, x = 1, y = 2, [1.5] = 3, [true] = 4 }
for k, v in pairs(mixed) do keys[#keys + 1] = tostring(k) .. "=" .. v mixed[k] = nil end
table.sort(keys) show(keys) print(next(mixed))
print(rawequal(t, t), rawlen({ 1, 2 }), rawlen("abc"), rawget(limited, 9), next({}), type(next), #"", -#{ 1 })
local proxy = setmetatable({}, { __pairs = function() return function(_, k) if k == nil then return 1, "one" elseif k == 1 then return 2, "two" end end end })
for k, v in pairs(proxy) do io.write(k, v, " ") end
for i, v in ipairs(setmetatable({}, { __index = function(_, i) if i < 4 then return i * i end end })) do io.write(i, ":", v, " ") end
print()
local class = {}
class.__index = class
function class.new(v) return setmetatable({ v = v }, class) end
function class:get() return self.v end
class.__eq = function(a, b) return a.v == b.v end
class.__lt = function(a, b) return a.v < b.v end
class.__le = function(a, b) return a.v <= b.v end
class.__call = function(self, x) return self.v == x end
class.__len = function(self) return self.v end
class.__concat = function(a, b) return (type(a) == "table" and a.v or a) .. "&" .. (type(b) == "table" and b.v or b) end
class.__unm = function(a) return class.new(-a.v) end
class.__bnot = function(a) return ~a.v end
class.__idiv = function(a, b) return "idiv" end
class.__shl = function(a, b) return "shl" end
local a, b = class.new(1), class.new(2)
print(a == b, a < b, a <= b, a > b, a >= b, a ~= b, a(1), a(2), #b, a .. b .. 3, 0 .. a, (-b).v, ~b, a // 1, 1 << a, a:get() == 1)
local sub = setmetatable({}, { __index = class })
sub.__index = sub
function sub:get() return class.get(self) == 5 and "five" or class.get(self) end
local s = setmetatable({ v = 5 }, sub)
print(s:get(), getmetatable(s) == sub, s.missing, rawget(s, "get"), pcall(function() return s < s end))
local deep = { v = "bottom" }
for i = 1, 50 do deep = setmetatable({}, { __index = deep }) end
print(deep.v, deep.w == nil)
local fibs = setmetatable({ 1, 1 }, { __index = function(t, n) local v = t[n - 1] + t[n - 2] t[n] = v return v end })
print(fibs[50], #fibs == 50)
local queue, first, last = {}, 1, 0
for i = 1, 20 do
  last = last + 1 queue[last] = i
  if i % 3 == 0 and first <= last then first = first + 1 queue[first - 1] = nil end
end
print(first, last, queue[first], queue[first - 1])
