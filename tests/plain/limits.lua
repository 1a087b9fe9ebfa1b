-- Functions at stock Lua's limits, and texts past them.
local function locals(n) local t = {} for i = 1, n do t[i] = "v" .. i end return table.concat(t, ", ") end
local function try(text, ...) local f, m = load(text, "=limit") if not f then return m end return select(2, pcall(f, ...)) end
print(try("local " .. locals(200) .. " = ... if v1 == v2 or v3 and v1 < v3 then v4 = 1 end return v4 or v1 ~= v200", 1, 2, 3))
print(try("local " .. locals(201)))
local ups, names = {}, {}
for block = 1, 3 do ups[block] = {} for i = 1, 80 do ups[block][i] = ("u%d_%d"):format(block, i) names[#names + 1] = ups[block][i] end end
local function nested(count)
  local parts = {}
  for b = 1, 3 do parts[b] = "local " .. table.concat(ups[b], ", ") .. " = " .. b .. " return (function() " end
  local uses = {}
  for i = 1, count do uses[i] = names[i] end
  return table.concat(parts) .. " return function(x) local t = { " .. table.concat(uses, ", ") .. " } if x == u1_1 or not x then return u2_1 end return x < u3_1 end end)() end)() end)()"
end
for _, n in ipairs { 10, 200, 240 } do
  local f = try(nested(n))
  print(n, type(f) == "function" and f(1) or f, type(f) == "function" and f(2), type(f) == "function" and f(nil))
end
local many = {}
for i = 1, 300 do many[i] = ("if x == %d or y and x < %d then r = r + %d end"):format(i, i, i) end
print(try("local x, y = ... local r = 0 " .. table.concat(many, " ") .. " return r", 150, true))
print(try("return " .. ("x == "):rep(150) .. "x"))
print(try("local x = 1 return " .. ("x < 2 and "):rep(2000) .. "x"))
print(try("local x return " .. ("x or "):rep(2000) .. "'end'"))
print(try("local x = ... return " .. ("not "):rep(190) .. "x", 1))
print(try("local a, b = ... " .. ("if a == b then "):rep(150) .. " a = 'deep' " .. ("end "):rep(150) .. " return a", 1, 1))
print(try(("while true do "):rep(150) .. "goto out " .. ("end "):rep(150) .. "::out:: return 'out'"))
print(try("local t = { " .. ("1 == 1, "):rep(1000) .. " } return #t"))
print(try("return #{ " .. ("nil == x, "):rep(3000) .. " }"))
local function concat(n) return "return " .. ("(a == b) .. "):rep(n):gsub("%(a == b%)", "tostring(a == b)") .. "''" end
print(#try("local a, b = 1, 2 " .. concat(100), 1))
print(try("local function f(" .. locals(199) .. ", ...) return v1 == v199, ... end return (f(" .. ("1, "):rep(198) .. "1, 'x'))"))
local long = {}
for i = 1, 70000 do long[i] = ("x = x + %d"):format(i % 3) end
print(try("local x = 0 while x == 0 do " .. table.concat(long, " ") .. " end return x"))
print(try("for i = 1, 3 do " .. ("if i == 2 then break end "):rep(300) .. " end return 'loop'"))
print(try("return function() " .. ("return function() if x == 1 then "):rep(60) .. ("end end "):rep(60) .. "end") ~= nil)
print(select("#", string.byte(("x"):rep(5000), 1, -1)), pcall(string.byte, ("x"):rep(1e7), 1, -1))
local depth = 0
local function recurse(n) depth = n if n == 10000 then return n == depth end return recurse(n + 1) or false end
print(recurse(1))
local function deep(n) if n == 0 then return 0 end return 1 + deep(n - 1) end
print(deep(15000))
print((select(2, pcall(function() local function f() return f() == 1 end return f() end)):gsub("\n.*", "")))
print(pcall(string.find, "x", ("(x"):rep(40)), pcall(string.match, ("x"):rep(300000), ("x?"):rep(300) .. "y$") )
local m = {}
m.__index = m
setmetatable(m, m)
print((select(2, pcall(function() return m.x == 1 end))))
