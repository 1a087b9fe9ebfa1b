-- string.dump: the same bytes as stock gives, what comes back from them, and what does not.
local function sum(s)
  local h = 5381
  for i = 1, #s do h = (h * 33 + s:byte(i)) & 0xffffffff end
  return h
end
local up = 5
local function f(x, ...)
  if x == up or x and not up then return "equal", ... end
  for i = 1, x do if i >= up then return i end end
  return x < up
end
local plain, stripped = string.dump(f), string.dump(f, true)
print(#plain, sum(plain), #stripped, sum(stripped))
for _, text in ipairs { "", "return 1", "return ...", "local a = ... return a == b, a < b",
  "return function(x) return function() return x and y end end", "goto l ::l::",
  "local t <close> = nil for k, v in next, {} do if k == v then break end end" } do
  local d, s = string.dump(load(text, "=text")), string.dump(load(text, "@text"), true)
  print(#d, sum(d), #s, sum(s))
end
local g = load(plain, "dumped", "b")
print(pcall(g, 1))
debug.setupvalue(g, 1, 5)
print(g(5, "a", "b"), g(7), g(2))
print(debug.getupvalue(g, 1), debug.getupvalue(g, 2))
local s = load(stripped)
print((debug.getupvalue(s, 1)))
debug.setupvalue(s, 1, 5)
print(s(5), s(7), s(2))
print(pcall(s, {}))
print(pcall(g, {}))
print(debug.getinfo(g, "S").short_src, debug.getinfo(s, "S").short_src, debug.getinfo(g, "S").linedefined,
  debug.getinfo(s, "l").currentline)
print(sum(string.dump(g)) == sum(plain), sum(string.dump(s, true)) == sum(stripped))
print(load(plain, "x", "t"))
print(load("return 1", "x", "b"))
print(load(plain:sub(1, 20)))
print(pcall(string.dump, print))
print(pcall(string.dump))
local h = load(string.dump(load("if x == 1 then x = 2 end return x")), "h", "b", { x = 1 })
print(h(), h())
local nested = load(string.dump(function(a)
  return function(b) return a == b, a ~= b and a < b end
end))
print(nested(1)(1), nested(1)(2))
local file = os.tmpname()
local out = io.open(file, "wb")
out:write(string.dump(assert(load("local a = ... return a == 'arg' and 'yes' or 'no'"))))
out:close()
print(loadfile(file)("arg"), loadfile(file)("other"), loadfile(file, "t") == nil)
print(pcall(dofile, file))
os.remove(file)
