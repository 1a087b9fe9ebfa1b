-- What debug.getinfo says about functions and running levels, on every line of code in all its forms.
local function show(t)
  local out = {}
  for k, v in pairs(t) do
    if k == "func" then v = type(v) end
    if k == "activelines" then
      local lines = {}
      for l in pairs(v) do lines[#lines + 1] = l end
      table.sort(lines)
      v = table.concat(lines, " ")
    end
    out[#out + 1] = k .. "=" .. tostring(v)
  end
  table.sort(out)
  print(table.concat(out, ", "))
end

local up1, up2 = 1, {}
local function plain(a, b)
  if a == b or a < b then return up1 end
  while not a do a = up2 end
  return a and b or a ~= b
end
local function variadic(x, ...)
  local y = ... or x
  return y
end
local t = {}
function t.field(x) return x == nil end
function t:method(x) if x then return self end end
global_function = function() end

for _, f in ipairs { plain, variadic, t.field, t.method, global_function, show } do
  show(debug.getinfo(f, "SluL"))
  show(debug.getinfo(f))
end
for _, f in ipairs { print, load, string.format, table.sort, math.random, ipairs, assert, pcall, require, next,
  io.write, coroutine.resume, coroutine.wrap, debug.getinfo, string.dump, tonumber, math.floor } do
  show(debug.getinfo(f, "SuL"))
  print(debug.getupvalue(f, 1) == nil, debug.setupvalue(f, 9, 1) == nil, (pcall(debug.upvalueid, f, 1)))
end

-- names of the running functions
local function who(level)
  local i = debug.getinfo(level or 2, "nSlutf")
  return ("%s/%s %s:%d tail=%s nups=%d params=%d vararg=%s"):format(i.name, i.namewhat, i.what, i.currentline,
    i.istailcall, i.nups, i.nparams, i.isvararg)
end
local function inner() print(who()) end
inner()
t.inner = inner
t.inner()
function t:go() print(who()) return self end
t:go():go()
global_inner = inner
global_inner()
local function tail() return inner() end
tail()
for _, f in ipairs { inner, tail } do f() end
pcall(inner)
table.sort({ 1, 2 }, function(a, b) print(who()) return a < b end)
local mt = setmetatable({}, {
  __add = function() print(who()) return 1 end,
  __eq = function() print(who()) return true end,
  __lt = function() print(who()) return true end,
  __le = function() print(who()) return false end,
  __index = function(_, k) print(who(), k) return k end,
  __newindex = function() print(who()) end,
  __call = function() print(who()) end,
  __concat = function() print(who()) return "c" end,
  __len = function() print(who()) return 3 end,
  __unm = function() print(who()) return 0 end,
  __close = function() print(who()) end,
})
local other = setmetatable({}, getmetatable(mt))
local results = { mt + 1, mt == other, mt ~= other, mt < other, mt <= other, mt > 1, mt >= 1, mt.key, mt .. "x", #mt, -mt }
print(#results, results[2], results[3], results[4], results[5], results[6], results[7])
if mt == other and mt < other and not (mt <= other) then print("condition") end
while mt == other do break end
mt.x = 1
mt()
do local c <close> = mt end
for k in function(_, c) print(who()) if not c then return 1 end end do print(k) end

local function upper()
  local lines = {}
  for level = 1, 3 do
    local i = debug.getinfo(level, "Sl")
    lines[#lines + 1] = i.what .. ":" .. i.currentline
  end
  return table.concat(lines, " ")
end
print(upper())
print(
  upper(),
  upper() == nil or
  upper(),
  not upper()
)
local x =
  (up1 == 1 and
    upper())
  or nil
print(x, debug.getinfo(1, "l").currentline)
print(pcall(debug.getinfo, 1, "X"), pcall(debug.getinfo, "x"), debug.getinfo(100))
print(pcall(debug.getinfo, 1, ">S"))
print(debug.getinfo(1, "S").source, debug.getinfo(1, "S").short_src, debug.getinfo(plain, "S").linedefined)
local info = debug.getinfo(2, "S")
print(info.what, info.short_src, debug.getinfo(3))
