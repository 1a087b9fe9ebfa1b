-- run: --staged -O0
-- run: --staged -O2
-- Text that has no staged form: the place of the construct, what to write instead, the line and a caret.
local ms = require "moonstage"

--- goto back under a condition of the run
-- error: tests/errors/conversion.lua:11: can't stage goto 'again' back under a condition that is known only when the graph runs; write the loop with while or repeat
ms.stage(function(x)
  ::again::
  x = x / 2
  if x > 1 then goto again end
  return x
end)(ms.tensor(3.0))

--- goto back over another jump
-- error: tests/errors/conversion.lua:23: goto 'back' can't be staged: another goto jumps into what it repeats; write the loop with while or repeat
ms.stage(function(n)
  if n > 5 then goto on end
  ::back::
  n = n + 1
  ::on::
  n = n + 2
  if n < 20 then goto back end
  return n
end)(3)

--- goto back in repeat
-- error: tests/errors/conversion.lua:33: goto 'back' can't be staged: the condition of the repeat sees the locals of what it repeats; put that into a block, do ... end
ms.stage(function(n)
  repeat
    ::back::
    n = n - 1
    if n > 5 then goto back end
  until n < 1
  return n
end)(9)

