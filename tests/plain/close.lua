-- Variables to be closed: the order, the error they get, every way out of a block.
local function var(name, f)
  return setmetatable({ name = name }, { __close = function(v, e)
    print("close", v.name, e == nil and "no error" or tostring(e))
    if f then return f(v, e) end
  end })
end
do
  local a <close> = var "a"
  local b <close> = nil
  local c <close> = false
  local d <close> = var "d"
  if a == d or a ~= a then print("never") end
end
local function ways(n)
  for i = 1, 3 do
    local x <close> = var("x" .. i)
    if i == n then return "returned", i end
    if n < 0 and i == -n then break end
    if n == 0 then goto continue end
    print("body", i)
    ::continue::
  end
  return "end"
end
print(ways(2)) print(ways(-1)) print(ways(0)) print(ways(9))
print(pcall(function()
  local x <close> = var "x"
  local y <close> = var("y", function() error("y", 0) end)
  local z <close> = var("z", function(_, e) error(e .. "+z", 0) end)
  error("first", 0)
end))
print(pcall(function() local x <close> = 1 end))
print(pcall(function() local x <close> = {} end))
print(pcall(function() local x <const> = 5 return x == 5, x ~= 5 end))
local function iterate(n)
  return function(_, i) if i < n then return i + 1 end end, nil, 0, var("iterator " .. n)
end
for i in iterate(3) do if i == 2 then break end print(i) end
for i in iterate(1) do print(i) end
print(pcall(function() for i in iterate(3) do if i > 1 then error("in the loop", 0) end end end))
local function tail() local x <close> = var "tail" return ways(1) end
print(tail())
while true do
  local x <close> = var "while"
  if x ~= nil and not nil then break end
end
repeat
  local x <close> = var "repeat"
  local done = x == x
until done
local f = coroutine.wrap(function()
  local x <close> = var("co", function() print("in co") end)
  coroutine.yield(1)
  return x == nil
end)
print(f(), f())
print(pcall(function()
  local x <close> = setmetatable({}, { __close = 5 })
end))
print(pcall(function()
  local x <close> = var "replaced"
  setmetatable(x, {})
end))
local function results() local x <close> = var "results" return 1, 2, x == nil end
print(results())
print((results()))
print(xpcall(function() local x <close> = var "handled" local y = {} y = y < 1 end, function(m) return "handler: " .. m end))
local deep <close> = var "main"
os.exit(3, true)
