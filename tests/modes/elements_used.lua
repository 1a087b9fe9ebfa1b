-- What scripts do with tables that are elements of lists of the run.
local ms = require "moonstage"
local function staged(f)
  local g = ms.stage(function(n, ...) return f(n:item(), ...) end)
  return function(n, ...) return g(ms.tensor(n), ...) end
end
local function show(f, ...) print(pcall(f, ...)) end
local function made(n)
  local t = {}
  for i = 1, n do t[#t + 1] = { i = i, s = "s" .. i, 10 * i, 20.5 } end
  return t
end
local cases = {
  function(t) return t[1] < t[2] end,
  function(t) return t[1]() end,
  function(t) return t[1]:run() end,
  function(t) return t[1].x.y end,
  function(t) return t[1] .. "x" end,
  function(t) return #t[1], type(t[2]), math.type(t[1]), tonumber(t[1]) end,
  function(t) return table.unpack(t[1]) end,
  function(t) return select("#", t[1], t[2]), select(2, t[1], t[2]).i end,
  function(t) return t[1].i + t[2].s end,
  function(t) table.sort(t) end,
  function(t) return table.concat(t) end,
  function(t) local s = 0 for i, v in ipairs(t[1]) do s = s + i * v end return s end,
  function(t) t[1][nil] = 1 end,
  function(t) return t[1][nil], t[1][0/0], t[1][true], t[1][1.0], t[1][t], t[1][t[2]] end,
  function(t) t[1][1.0] = 7 return t[1][1], rawequal(t[1], t[1]), t[1] == t[2], t[2] == t end,
  function(t) t[1], t[2] = t[2], t[1] return t[1].i, t[2].i, #t end,
  function(t) local a, b = t[1], t[2] a.i, b.i = b.i, a.i return t[1].i, t[2].i end,
  function(t) t[2] = t[1] t[1].s = "new" return t[2].s, t[2] == t[1], t[1] ~= t[2] end,
  function(t) local r = t[1] t[1] = t[2] r.i = 100 return t[1].i, r.i end,
  function(t) return -t[1] end,
  function(t) return t[1] & 1 end,
  function(t) for i = 1, t[1] do end end,
  function(t) local x = t[#t] or { i = 0 } return x.i end,
  function(t) local x = t[9] return x and x.i or "none" end,
  function(t) local u = {} for k = #t, 1, -1 do u[#u + 1] = t[k] end u[1].i = 55 return t[#t].i, u[1] == t[#t], u end,
  function(t) local u = {} for _, r in ipairs(t) do if r.i ~= 2 then table.insert(u, 1, r) end end return u, t end,
  function(t) while #t > 1 do table.remove(t, 1).i = 3 end return t end,
  function(t) local best for _, r in ipairs(t) do if not best or r.i % 3 > best.i % 3 then best = r end end best.s = "best" return best, t end,
  function(t) local a, b = t[1], nil for _, r in ipairs(t) do b = a a = r end return a.i, b and b.i, a == b end,
  function(t) t[#t + 1] = { i = 0, s = "", 1, 2.0 } return t end,
  function(t) local r = { i = 5, s = "r", 1, 2.0 } t[1] = r r.i = 6 return t[1].i, r == t[1], t end,
  function(t) error(t[1].s) end,
  function(t) local ok, e = pcall(function() t[1].i = 99 t[2].i = t[1].nope.x end) return ok, e, t end,
  function(t) local f = function(r) r.i = r.i * 2 return r end return f(t[1]) == t[1], f(t[1]).i end,
}
local function dump(v, seen)
  if type(v) ~= "table" then return tostring(v) end
  if seen[v] then return "@" .. seen[v] end
  seen.n = (seen.n or 0) + 1
  seen[v] = seen.n
  local out = {}
  for k, x in ms.pairs(v) do out[#out + 1] = tostring(k) .. "=" .. dump(x, seen) end
  return "{" .. table.concat(out, " ") .. "}"
end
for i, f in ipairs(cases) do
  local g = staged(function(n) return f(made(n)) end)
  for n = 2, 3 do print(i, dump({ pcall(g, n) }, {})) end
end

-- expect: 1	{1=false 2=tests/modes/elements_used.lua:14: attempt to compare two table values}
-- expect: 1	{1=false 2=tests/modes/elements_used.lua:14: attempt to compare two table values}
-- expect: 2	{1=false 2=tests/modes/elements_used.lua:15: attempt to call a table value (field 'integer index')}
-- expect: 2	{1=false 2=tests/modes/elements_used.lua:15: attempt to call a table value (field 'integer index')}
-- expect: 3	{1=false 2=tests/modes/elements_used.lua:16: attempt to call a nil value (method 'run')}
-- expect: 3	{1=false 2=tests/modes/elements_used.lua:16: attempt to call a nil value (method 'run')}
-- expect: 4	{1=false 2=tests/modes/elements_used.lua:17: attempt to index a nil value (field 'x')}
-- expect: 4	{1=false 2=tests/modes/elements_used.lua:17: attempt to index a nil value (field 'x')}
-- expect: 5	{1=false 2=tests/modes/elements_used.lua:18: attempt to concatenate a table value (field 'integer index')}
-- expect: 5	{1=false 2=tests/modes/elements_used.lua:18: attempt to concatenate a table value (field 'integer index')}
-- expect: 6	{1=true 2=2 3=table}
-- expect: 6	{1=true 2=2 3=table}
-- expect: 7	{1=true 2=10 3=20.5}
-- expect: 7	{1=true 2=10 3=20.5}
-- expect: 8	{1=true 2=2 3=2}
-- expect: 8	{1=true 2=2 3=2}
-- expect: 9	{1=false 2=tests/modes/elements_used.lua:22: attempt to add a 'number' with a 'string'}
-- expect: 9	{1=false 2=tests/modes/elements_used.lua:22: attempt to add a 'number' with a 'string'}
-- expect: 10	{1=false 2=attempt to compare two table values}
-- expect: 10	{1=false 2=attempt to compare two table values}
-- expect: 11	{1=false 2=tests/modes/elements_used.lua:24: invalid value (table) at index 1 in table for 'concat'}
-- expect: 11	{1=false 2=tests/modes/elements_used.lua:24: invalid value (table) at index 1 in table for 'concat'}
-- expect: 12	{1=true 2=51.0}
-- expect: 12	{1=true 2=51.0}
-- expect: 13	{1=false 2=tests/modes/elements_used.lua:26: table index is nil}
-- expect: 13	{1=false 2=tests/modes/elements_used.lua:26: table index is nil}
-- expect: 14	{1=true 5=10}
-- expect: 14	{1=true 5=10}
-- expect: 15	{1=true 2=7 3=true 4=false 5=false}
-- expect: 15	{1=true 2=7 3=true 4=false 5=false}
-- expect: 16	{1=true 2=2 3=1 4=2}
-- expect: 16	{1=true 2=2 3=1 4=3}
-- expect: 17	{1=true 2=2 3=1}
-- expect: 17	{1=true 2=2 3=1}
-- expect: 18	{1=true 2=new 3=true 4=false}
-- expect: 18	{1=true 2=new 3=true 4=false}
-- expect: 19	{1=true 2=2 3=100}
-- expect: 19	{1=true 2=2 3=100}
-- expect: 20	{1=false 2=tests/modes/elements_used.lua:33: attempt to perform arithmetic on a table value (field 'integer index')}
-- expect: 20	{1=false 2=tests/modes/elements_used.lua:33: attempt to perform arithmetic on a table value (field 'integer index')}
-- expect: 21	{1=false 2=tests/modes/elements_used.lua:34: attempt to perform bitwise operation on a table value (field 'integer index')}
-- expect: 21	{1=false 2=tests/modes/elements_used.lua:34: attempt to perform bitwise operation on a table value (field 'integer index')}
-- expect: 22	{1=false 2=tests/modes/elements_used.lua:35: bad 'for' limit (number expected, got table)}
-- expect: 22	{1=false 2=tests/modes/elements_used.lua:35: bad 'for' limit (number expected, got table)}
-- expect: 23	{1=true 2=2}
-- expect: 23	{1=true 2=3}
-- expect: 24	{1=true 2=none}
-- expect: 24	{1=true 2=none}
-- expect: 25	{1=true 2=55 3=true 4={1={1=20 2=20.5 i=55 s=s2} 2={1=10 2=20.5 i=1 s=s1}}}
-- expect: 25	{1=true 2=55 3=true 4={1={1=30 2=20.5 i=55 s=s3} 2={1=20 2=20.5 i=2 s=s2} 3={1=10 2=20.5 i=1 s=s1}}}
-- expect: 26	{1=true 2={1={1=10 2=20.5 i=1 s=s1}} 3={1=@3 2={1=20 2=20.5 i=2 s=s2}}}
-- expect: 26	{1=true 2={1={1=30 2=20.5 i=3 s=s3} 2={1=10 2=20.5 i=1 s=s1}} 3={1=@4 2={1=20 2=20.5 i=2 s=s2} 3=@3}}
-- expect: 27	{1=true 2={1={1=20 2=20.5 i=2 s=s2}}}
-- expect: 27	{1=true 2={1={1=30 2=20.5 i=3 s=s3}}}
-- expect: 28	{1=true 2={1=20 2=20.5 i=2 s=best} 3={1={1=10 2=20.5 i=1 s=s1} 2=@2}}
-- expect: 28	{1=true 2={1=20 2=20.5 i=2 s=best} 3={1={1=10 2=20.5 i=1 s=s1} 2=@2 3={1=30 2=20.5 i=3 s=s3}}}
-- expect: 29	{1=true 2=2 3=1 4=false}
-- expect: 29	{1=true 2=3 3=2 4=false}
-- expect: 30	{1=true 2={1={1=10 2=20.5 i=1 s=s1} 2={1=20 2=20.5 i=2 s=s2} 3={1=1 2=2.0 i=0 s=}}}
-- expect: 30	{1=true 2={1={1=10 2=20.5 i=1 s=s1} 2={1=20 2=20.5 i=2 s=s2} 3={1=30 2=20.5 i=3 s=s3} 4={1=1 2=2.0 i=0 s=}}}
-- expect: 31	{1=true 2=6 3=true 4={1={1=1 2=2.0 i=6 s=r} 2={1=20 2=20.5 i=2 s=s2}}}
-- expect: 31	{1=true 2=6 3=true 4={1={1=1 2=2.0 i=6 s=r} 2={1=20 2=20.5 i=2 s=s2} 3={1=30 2=20.5 i=3 s=s3}}}
-- expect: 32	{1=false 2=tests/modes/elements_used.lua:45: s1}
-- expect: 32	{1=false 2=tests/modes/elements_used.lua:45: s1}
-- expect: 33	{1=true 2=false 3=tests/modes/elements_used.lua:46: attempt to index a nil value (field 'nope') 4={1={1=10 2=20.5 i=99 s=s1} 2={1=20 2=20.5 i=2 s=s2}}}
-- expect: 33	{1=true 2=false 3=tests/modes/elements_used.lua:46: attempt to index a nil value (field 'nope') 4={1={1=10 2=20.5 i=99 s=s1} 2={1=20 2=20.5 i=2 s=s2} 3={1=30 2=20.5 i=3 s=s3}}}
-- expect: 34	{1=true 2=true 3=4}
-- expect: 34	{1=true 2=true 3=4}
