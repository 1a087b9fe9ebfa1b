-- The line on which a tensor is said to be no condition: conditions and statements that span lines in all ways.
local ms = require "moonstage"
local conditions = {
  "b\n<\nx", "(b\n<\n(x\n\n)\n)", "b\n==\nx", "g(\nb)\n==\nx", "b\n==\ng(\nx)", "g(\nm\n)", "(\ng(\nm\n)\n)", "\nm\n", "t\n.m",
  "t[\n'm'\n]", "t\n:get(\n)", "m\n|\nm", "\nb\n~=\nx", "\nb ~= x\n", "\nb < x\n", "g(m)", "not\nnot\n(\ng(x\n)\n== b)",
}
local statements = {
  "if % then end", "if b > 100 then elseif\n % then end", "while % do break end", "repeat local z = 1\n until %",
  "local z = (%) and 1", "local z =\n (%) or\n 1", "local z = not (%)", "local z =\n 1 and (%) and 2", "if (%) and b then end",
  "if b and (%) then end", "if not (%) then end", "g(1, (%) or 2)", "return (%) and 1", "assert(not\n(%))",
  "if b > 50 or\n (%) or 2 then end", "if b > 50 or\n not (%) then end", "if b > 50\n or (b > 70 or (%)) then end",
  "local z = (b and (%)) and 1", "local z = ((%) or b) and 1", "while b == 1\n and\n not (%) do b = 2 end",
}
local text = "local ms, x, g = ...\nreturn ms.stage(function(b)\nlocal m = x > 0\nlocal t = { m = m, get = function(s) return s.m end }\n%s\nend)"
for _, c in ipairs(conditions) do
  local lines = {}
  for i, s in ipairs(statements) do
    s = s:gsub("%%", function() return c end)
    local f = assert(load(text:format(s), "=text"))(ms, ms.ones(3), function(...) return ... end)
    local ok, e = pcall(f, 1)
    lines[i] = ok and "-" or e:match("^text:(%d+): a bool tensor %[3%] used as a condition") or e
  end
  print(table.concat(lines, " "))
end
-- expect: 7 8 7 8 7 8 7 8 7 7 7 7 7 8 8 8 8 7 7 9
-- expect: 9 10 9 10 9 10 9 10 9 9 9 9 9 10 10 10 10 9 9 11
-- expect: 7 8 7 8 7 8 7 8 7 7 7 7 7 8 8 8 8 7 7 9
-- expect: 5 6 5 6 5 6 5 6 5 5 5 5 5 6 6 6 6 5 5 7
-- expect: 5 6 5 6 5 6 5 6 5 5 5 5 5 6 6 6 6 5 5 7
-- expect: 7 8 7 8 5 6 7 6 7 7 7 5 5 8 8 8 8 5 7 9
-- expect: 8 9 8 9 6 7 8 7 8 8 8 6 6 9 9 9 9 6 8 10
-- expect: 6 7 6 7 6 7 6 7 6 6 6 6 6 7 7 7 7 6 6 8
-- expect: 6 7 6 7 5 6 6 6 6 6 6 5 5 7 7 7 7 5 6 8
-- expect: 7 8 7 8 5 6 7 6 7 7 7 5 5 8 8 8 8 5 7 9
-- expect: 7 8 7 8 5 6 7 6 7 7 7 5 5 8 8 8 8 5 7 9
-- expect: 7 8 7 8 5 6 7 6 7 7 7 5 5 8 8 8 8 5 7 9
-- expect: 8 9 8 9 8 9 8 9 8 8 8 8 8 9 9 9 9 8 8 10
-- expect: 6 7 6 7 6 7 6 7 6 6 6 6 6 7 7 7 7 6 6 8
-- expect: 6 7 6 7 6 7 6 7 6 6 6 6 6 7 7 7 7 6 6 8
-- expect: 5 6 5 6 5 6 5 6 5 5 5 5 5 6 6 6 6 5 5 7
-- expect: 8 9 8 9 8 9 8 9 8 8 8 8 8 9 9 9 9 8 8 10
