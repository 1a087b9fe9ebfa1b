-- Messages name the operand that fails as Lua does, also where the other one is known only when the graph runs, and
-- where an operand is nil on one path only.
-- stock
local ms = require "moonstage"

local function try(f, ...) print(pcall(ms.stage(f), ...)) end
local outer, t, f = nil, { x = {} }, function() return 1 end

-- locals, upvalues, globals, fields, and what has no name
try(function(n) local x; return n + x end, 1)
try(function(n) local x; return x - n end, 1)
try(function(n) return n * outer end, 1)
try(function(n) return n / undefined_global end, 1)
try(function(n) return n % t.y end, 1)
try(function(n) return n // t.x.y end, 1)
try(function(n) return n + t[1] end, 1)
try(function(n) return n + t["a b"] end, 1)
try(function(n) local k = "key"; return n + t[k] end, 1)
try(function(n) local k <const> = "key"; return n + t[k] end, 1)
try(function(n) return n + (t.y) end, 1)
try(function(n) return n + (outer or nil) end, 1)
try(function(n) return n + (f)().z end, 1)
try(function(n) return n ^ {} end, 1)
try(function(n) return n + (n > 0) end, 1)
try(function(n) local b = n > 0; return n + b end, 1)
try(function(n) local b = n > 0; return -b end, 1)
try(function(n) local b = n > 0; return #b end, 1)

-- the right one of several on a line
try(function(n) local a, b, c = n, n; return a + b + c end, 1)
try(function(n) local a, b, c = n, nil, n; return a + b + c end, 1)
try(function(n) local a, b, c = nil, n, n; return a + b * c end, 1)
try(function(n) local a, b, c = n, n; return a + b * c + a end, 1)
try(function(n) return n + t.x.a + t.y end, 1)
try(function(n) t.a = 1 return n + t.a + t.y end, 1)
try(function(n) return n + f() + outer end, 1)

-- texts
try(function(n) local x; return n .. x end, 1)
try(function(n) local x; return n .. "a" .. x .. n end, 1)
try(function(n) return t.y .. n end, 1)
try(function(n) return n .. {} end, 1)

-- bits
try(function(n) return n & 1 end, 1.5)
try(function(n) local x = n + 0.25; return 3 | x end, 1.5)
try(function(n) return n & 7 end, 3.0)
try(function(n) return n << 1.5 end, 1)
try(function(n) return ~(n / 0) end, 1)
try(function(n) local x; return n ~ x end, 1)
try(function(n) local x = {}; return x >> n end, 1)

-- nil on one path
try(function(n) local v; if n > 5 then v = 1 end; return v + 1 end, 1)
try(function(n) local v; if n > 5 then v = 1 end; return 1 + v end, 7)
try(function(n) local v; if n > 5 then v = 1 end; return 1 .. v end, 1)
try(function(n) local v; if n > 5 then v = 1 end; return v.x end, 1)
try(function(n) local v; if n > 5 then v = 1 end; return v.x end, 7)
try(function(n) local v; if n > 5 then v = 1 end; v.x = n end, 1)
try(function(n) local v; if n > 5 then v = 1 end; return v() end, 1)
try(function(n) local v; if n > 5 then v = 1 end; return v() end, 7)
try(function(n) local v; if n > 5 then v = 1 end; return v:m() end, 1)
try(function(n) local v; if n > 5 then v = 1 end; return #v end, 7)
try(function(n) local v; if n > 5 then v = 1 end; return -v end, 1)
try(function(n) local v; if n > 5 then v = 1 end; return v < 1 end, 1)

-- in branches, loops and inner functions
try(function(n) if n > 0 then return n + t.y end end, 1)
try(function(n) for _ = 1, 3 do n = n + undefined_global end end, 1)
try(function(n) local v; while n > 0 do n = n - v end end, 1)
try(function(n) local v; local function g(m) return m + v end; return g(n) end, 1)
try(function(n) local v; for i = 1, n do if i > 2 then n = n + v end end end, 5)

-- calls and methods
try(function(n) local o; return o:m(n) end, 1)
try(function(n) return t.y:m(n) end, 1)
try(function(n) return n:m() end, 1)
try(function(n) return t.y(n) end, 1)
try(function(n) return t:y(n) end, 1)
try(function(n) return undefined_global(n) end, 1)
try(function(n) return n.x.y end, 1)

-- variables that an inner function assigns, too
try(function(n) local u = tostring(n); pcall(function() n = n + 2 end); n = true; if #u > 0 then u = u .. n end end, 1)
try(function(n) local u = tostring(n); local function g() u = u .. (n > 0) end; g() end, 1)

-- operands that Lua folds, constants and others on the line
try(function(n) return (false or n) & 3 end, 1.5)
try(function(n) local k = "k"; return (n + 0) + t[k] end, 1)
try(function(n) return t.zz or n > 1 and (nil):get(10) end, 1)
try(function(n) return n < ("t")[2]:item() end, 1)
try(function(n) return undefined_global:get(_ENV.another) end, 1)
try(function(n) return _ENV.another.x + _ENV.t end, 1)

-- methods and fields in a row; tables of which one may stand on another path
try(function(n) return (type(false))[1]:item() + n end, 1)
try(function(n) return t.x:item(t.y) + n end, 1)
try(function(n) local c = {}; if n > 1 then c = { 1 } end; return (c - (n * n)).v end, 2)

-- operands of `and` and `or` that Lua's compiler leaves out
local yes = true
try(function(n) return 10 // (false or yes) + n end, 1)
try(function(n) local k <const> = nil; return n - (k or yes) end, 1)
try(function(n) return n // (1 and yes) end, 1)
try(function(n) return (true and "t")(n) end, 1)
try(function(n) return (false or t[nil or "y"]).z + n end, 1)
try(function(n) if nil or n > 0 then return "yes" end; return not (false or n > 0) end, 1)
try(function(n, ...) return (false or "x"):rep(n), select("#", false or ...), 1 and n > 0 and 2 or 3 end, 2, 3, 4)
