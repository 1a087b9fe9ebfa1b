-- run: --staged -O0
-- run: --staged -O2
-- Text that has no staged form: the place of the construct, what to write instead, the line and a caret.
local ms = require "moonstage"

--- goto back
-- error: tests/errors/conversion.lua:11: goto 'again' can't be staged: only a jump to the end of the innermost loop's body can; write it with if, break or return
ms.stage(function(n)
  ::again::
  n = n - 1
  if n > 0 then goto again end
  return n
end)(3)

--- goto out of two loops
-- error: tests/errors/conversion.lua:20: goto 'done' can't be staged: only a jump to the end of the innermost loop's body can; write it with if, break or return
ms.stage(function(n)
  for i = 1, n do
    for j = 1, n do
      if i * j > 4 then goto done end
    end
  end
  ::done::
  return n
end)(3)

--- goto in repeat
-- error: tests/errors/conversion.lua:32: goto 'continue' can't be staged inside repeat: put the statements it jumps over into an if, or write the loop with while
ms.stage(function(n)
  repeat
    n = n - 1
    if n > 5 then goto continue end
    n = n - 1
    ::continue::
  until n < 1
  return n
end)(9)
