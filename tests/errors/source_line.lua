-- Below the message of an error that nobody caught stands the line, and a caret below what the message speaks of.
local ms = require "moonstage"
local t = {}

--- a field
-- error: tests/errors/source_line.lua:9: attempt to index a nil value (field 'names')
-- error: local first = t.names[1]
-- error:                ^~~~~
local first = t.names[1]

--- the function a message begins with
-- error: tests/errors/source_line.lua:16: reshape: [2x3] has 6 elements, [4] would need 4
-- error:   return x:exp():reshape(4)
-- error:                  ^~~~~~~
ms.stage(function(x)
  return x:exp():reshape(4)
end)(ms.ones(2, 3))

--- an operator, and signs of several bytes before it
-- error: tests/errors/source_line.lua:24: add: shapes [2] and [3] do not broadcast
-- error:   t["größe"] = x + ms.ones(3)
-- error:                  ^
ms.stage(function(x)
  t["größe"] = x + ms.ones(3)
end)(ms.ones(2))

--- tabs before it
-- error: tests/errors/source_line.lua:33: too small
-- error: 		if x < 5 then error("too small") end
-- error: 		              ^~~~~
ms.stage(function(x)
	do
		if x < 5 then error("too small") end
	end
end)(1)

--- an error value of several lines keeps them
-- error: tests/errors/source_line.lua:43: one
-- error: two
-- error:   error("one\ntwo")
-- error:   ^~~~~
ms.stage(function()
  error("one\ntwo")
end)()
