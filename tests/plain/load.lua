-- load, loadfile, dofile: pieces, modes, names of chunks, and what is said about bad ones.
local function pieces(list)
  local i = 0
  return function() i = i + 1 return list[i] end
end
print(load(pieces { "return ", "1", " == ", "1" })())
print(load(pieces { "return 'a'", "", "never read" })())
print(type(load(pieces {})))
print(load(pieces { "x = ", "= 1" }))
print(load(pieces { "return 1", 5 })())
print(load(pieces { "return 1", {} }))
print(load(function() error("in the reader") end))
print(load(function() error({}) end) == nil)
print(type(load(function() return nil end)))
print(pcall(load, 5), pcall(load), pcall(load, {}))
print(load(5) ~= nil, pcall(load, true))
local asked = 0
print(load(function() asked = asked + 1 return asked == 3 and "1 = 2 " or "x = 1 " end), asked)
print(xpcall(load, function(m) return "handled: " .. m end, function() error("in a reader", 0) end))
print(pcall(coroutine.wrap(load), coroutine.yield))
for _, name in ipairs { "=title", "@file.lua", "text", "a long text that goes on and on and on and on and on and on and on",
  "two\nlines", "=" .. ("t"):rep(100), "@" .. ("f"):rep(100), "" } do
  local f, m = load("x = = 1", name)
  print(f, m)
  f = load("return debug.getinfo(1, 'S')", name)()
  print(f.source == name, f.short_src, select(2, pcall(load("if x == 1 then end error('e')", name))))
end
for _, text in ipairs {
  "x", "x =", "x = 1 1", "for", "for i", "for i = 1", "for i = 1 do", "for i = 1, 2, 3, 4 do end", "for 1 = 2 do end",
  "if x", "if x then", "if x then else elseif", "while true", "repeat until", "return return", "return 1 2", "break",
  "goto l", "::l:: ::l::", "goto l local a ::l:: print(a)", "local x <const> = 1 x = 2", "local x <what> = 1",
  "local x <close>, y <close> = 1, 2", "local function f.x() end", "function f(a, b, ..., c) end", "return ...",
  "function f() return ... end", "'unfinished", '"a\nb"', "[[unfinished", "[==[ ]=]", "--[[ unfinished", "x = 'a\\q'",
  "x = '\\400'", "x = '\\xZZ'", "x = '\\u{110000000000}'", "x = 0x", "x = 1e", "x = 3x", "x = 1..2", "a.b:c = 1",
  "a:b", "f() = 1", "(x) = 1", "x, f() = 1", "a.1 = 2", "x = }", "x = {", "x = {1, 2", "f(", "f(1,", "x = #", "x = not",
  "x = a and", "x = a ==", "x = 1 ~ ", "@", "x = $", "\n\n\nx = = y", "x = 'é' é", "local a, local b", "local", "and",
  "x = function", "x = function(", "x = function() ", "do", "end", "x = a.", "x = a[", "x = a[1", "local x <", "x = ~",
  "goto", "::", "::a", "goto 1", "x //= 2", "x != 1", "x++", "if x = 1 then end", "return\n;;", "x = 'a' 'b' 'c' .. ",
} do
  local f, m = load(text, "=t")
  print(f and "loads" or m)
end
print(load("return 1", "n", "x"))
print(load("return 1", "n", "b"))
print(pcall(load, "return 1", "n", 5))
print(pcall(load, "return 1", {}))
print(loadfile("no such file"))
print(pcall(dofile, "no such file"))
print(loadfile("."))
local file = os.tmpname()
local function write(s)
  local f = io.open(file, "wb")
  f:write(s)
  f:close()
end
write("#!shebang\nlocal a = ... return a == 1, debug.getinfo(1, 'l').currentline")
print(loadfile(file)(1))
write("\239\187\191return 'mark'")
print(dofile(file))
write("\239\187\191#first\nreturn 'both'")
print(dofile(file))
write("# only a comment")
print(dofile(file))
write("return x == 1, y", "t")
print(loadfile(file, "t", { x = 1, y = "env" })())
print(loadfile(file, "b") == nil)
write("x = = 1")
print((select(2, loadfile(file)):gsub("^.-:1:", "FILE:1:")))
print((select(2, pcall(dofile, file)):gsub("^.-:1:", "FILE:1:")))
write("return coroutine.yield(1) == 2")
local co = coroutine.wrap(function() return "end", dofile(file) end)
print(co(), co(2))
os.remove(file)
local deep = ("("):rep(150) .. "1 == 1" .. (")"):rep(150)
print(load("return " .. deep)())
local f, m = load("return " .. ("("):rep(300) .. "1" .. (")"):rep(300), "=deep")
print(f, m)
f, m = load(("do "):rep(250) .. ("end "):rep(250), "=deep")
print(f, m)
f, m = load("return " .. ("not "):rep(300) .. "x", "=deep")
print(f, m)
f, m = load("x = " .. ("{"):rep(300), "=deep")
print(f, m)
f, m = load("return 1" .. (" .. 1"):rep(300), "=deep")
print(f, m)
local names = {}
for i = 1, 201 do names[i] = "v" .. i end
f, m = load("local " .. table.concat(names, ", ") .. " = 1", "=many")
print(f, m)
f, m = load("local " .. table.concat(names, ", ", 1, 200) .. " = 1 if v1 == v2 and v200 then v1 = v2 < v3 end return v1", "=many")
print(f and f(), m)
