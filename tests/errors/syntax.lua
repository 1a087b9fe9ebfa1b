-- error: tests/errors/syntax.lua:3: unexpected symbol near '='
print("never printed")
local x = = 1
