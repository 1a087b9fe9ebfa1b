-- require: loaded, preload, searchers, paths, what is passed and returned, what is said when nothing is found.
print(package.config)
print(#package.searchers, type(package.loadlib), package.cpath ~= nil)
local names = {}
for k in pairs(package.loaded) do names[#names + 1] = k end
table.sort(names)
print(table.concat(names, " "))
for k, v in pairs(package.loaded) do if k ~= "_G" and _G[k] ~= v then print(k) end end
names = {}
for k in pairs(_G) do if k ~= "arg" then names[#names + 1] = k end end
table.sort(names)
print(table.concat(names, " "))
package.path = "./?.nothing;./?/none.lua"
package.cpath = "./?.none"
print(pcall(require, "a.b"))
package.preload.x = function(...) print("loader of x", ...) return nil end
print(require "x", package.loaded.x)
print(require "x")
package.preload.y = function(name) package.loaded[name] = "set by itself" end
print(require "y")
package.preload.z = function() return false end
print(require "z", package.loaded.z)
print(pcall(require), pcall(require, {}))
package.preload.bad = function() error("while loading") end
print(pcall(require, "bad"))
print(package.loaded.bad)

local dir = os.tmpname()
os.remove(dir)
assert(os.execute("mkdir '" .. dir .. "'"))
local function write(name, text) local f = assert(io.open(dir .. "/" .. name, "w")) f:write(text) f:close() end
package.path = dir .. "/?.lua;" .. dir .. "/?/init.lua"
local function short(s) return (tostring(s):gsub(dir, "DIR", nil)) end
local function plain(...) local t = table.pack(...) for i = 1, t.n do t[i] = type(t[i]) == "string" and t[i]:gsub(dir:gsub("%W", "%%%0"), "DIR") or tostring(t[i]) end print(table.unpack(t)) end
write("mod.lua", "local name, file = ... if name == 'mod' and file ~= nil then return { name = name, file = file, eq = name ~= file } end")
local m, file = require "mod"
plain(m.name, m.file, m.eq, file)
plain(select("#", require "mod"), require "mod" == m)
os.execute("mkdir '" .. dir .. "/sub'")
write("sub/init.lua", "return ...")
write("sub/inner.lua", "x_inner = (x_inner or 0) + 1 if x_inner == 1 then return 'first' end return 'again'")
plain(require "sub")
plain(require "sub.inner", require "sub.inner")
package.loaded["sub.inner"] = nil
plain(require "sub.inner")
write("broken.lua", "local x = = 1")
plain(pcall(require, "broken"))
write("raises.lua", "\nif true then error('at run time') end")
plain(pcall(require, "raises"))
write("a.lua", "local b = require 'b' return 'a knows ' .. tostring(b)")
write("b.lua", "return 'b while a is ' .. tostring(package.loaded.a)")
plain(require "a")
write("loop1.lua", "return require 'loop2'")
write("loop2.lua", "local n = (loops or 0) + 1 loops = n if n < 3 then return require 'loop1' end return n")
plain(require "loop1")
plain(package.searchpath("mod", package.path))
plain(package.searchpath("sub.inner", package.path))
plain(package.searchpath("no.such", package.path))
plain(package.searchpath("sub-inner", package.path, "-"))
plain(package.searchpath("no.such", package.path, "", "/"))
plain(pcall(package.searchpath, "x"))
for i, s in ipairs(package.searchers) do
  if i ~= 3 and i ~= 4 then plain(i, s("mod") and "found", s("nothing")) end
end
table.insert(package.searchers, 2, function(name)
  if name == "made" then return function(...) return table.concat({ ... }, "|") end, "extra" end
  return "\n\tno made module '" .. name .. "'"
end)
plain(require "made")
plain(pcall(require, "not made"))
package.searchers[2] = function() return nil end
plain(pcall(require, "not made"))
local saved = package.searchers
package.searchers = nil
plain(pcall(require, "q"))
package.searchers = {}
plain(pcall(require, "q"))
package.searchers = saved
package.path = nil
plain(pcall(require, "q"))
package.path = 5
plain(pcall(require, "q2"))
package.path = {}
plain(pcall(require, "q3"))
plain(package.loadlib(dir .. "/nothing.so", "f") == nil, select(3, package.loadlib(dir .. "/nothing.so", "f")))
os.execute("rm -r '" .. dir .. "'")
