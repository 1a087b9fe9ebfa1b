-- Real programs at work: luacheck on the files named in a list, penlight, dkjson, inspect. All of it is printed, so
-- that corpus.sh can compare what lua5.4 and moonstage make of it.
--   PROGRAM corpus_programs.lua ROOT LIST    ROOT: the unpacked packages
local root, list = arg[1], arg[2]
local paths = {}
for package, version in pairs { ["lua-check"] = "5.1", ["lua-argparse"] = "5.4", ["lua-penlight"] = "5.4",
  ["lua-dkjson"] = "5.4", ["lua-inspect"] = "5.3" } do
  local dir = ("%s/%s/usr/share/lua/%s/"):format(root, package, version)
  paths[#paths + 1] = dir .. "?.lua;" .. dir .. "?/init.lua"
end
package.path = table.concat(paths, ";")
package.preload.lfs = function() error("not here") end -- compiled modules stay out

local luacheck = require "luacheck"
local warnings, n = 0, 0
for path in io.lines(list) do
  n = n + 1
  if n % 9 == 0 then
    local f = assert(io.open(path))
    local text = f:read "a"
    f:close()
    local ok, report = pcall(luacheck.check_strings, { text })
    for _, w in ipairs(ok and report[1] or {}) do
      warnings = warnings + 1
      print(path, w.line, w.column, luacheck.get_message(w))
    end
    print(path, ok or report, ok and report[1].fatal)
  end
end
print(warnings)

local json, inspect = require "dkjson", require "inspect"
print(json.encode({ 1, 2, { a = true } }, { indent = true }))
print(inspect((json.decode '{"x":[1,2,{"y":null}],"z":1.5e3}')), json.decode "[1,")
local parser = require "argparse" "prog"
parser:argument "input"
parser:option "-o"
parser:flag "-v"
print(inspect(parser:parse { "f", "-o", "x", "-v" }), parser:pparse {}, parser:get_help())

local pl = {}
for _, m in ipairs { "List", "Set", "OrderedMap", "tablex", "stringx", "pretty", "class", "lexer", "data", "template",
  "comprehension", "utils", "stringio", "xml", "sip", "permute", "seq" } do
  pl[m] = require("pl." .. m)
end
print(pl.List { 3, 1, 2 }:sort():map("*", 2), pl.Set { 1, 2, 3 } * pl.Set { 2, 3, 4 }, pl.pretty.write { 1, { "x", true } })
print(pl.stringx.split "a b c":map(string.upper), pl.tablex.deepcompare({ 1, { 2 } }, { 1, { 2 } }), pl.List.range(1, 5):reduce "+")
local Class = pl.class()
function Class:_init(x) self.x = x end
function Class.__eq(a, b) return a.x == b.x end
function Class.__lt(a, b) return a.x < b.x end
print(Class(1) == Class(1), Class(1) < Class(2), Class(2) < Class(1), Class(1):is_a(Class))
print(pl.comprehension.new() "x^2 for x=1,5 if x % 2 == 1" ()[2], pl.xml.parse "<a x='1'><b>t</b></a>")
print(pl.template.substitute("# for i = 1,3 do\n$(i)\n# end", { _escape = "#" }))
for kind, v in pl.lexer.lua("local x = 1 == 2 -- c", {}) do io.write(kind, ":", v, " ") end
print(pl.data.read(pl.stringio.open "a b\n1 2\n3 4\n")[1][2])
for p in pl.permute.iter { 1, 2, 3 } do io.write(table.concat(p), " ") end
print()
