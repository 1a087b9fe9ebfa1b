-- The Huber loss: quadratic near zero, linear further out. The branch depends on a tensor, so the
-- staged run has an `if` in its graph. Run it with and without --staged: the output is the same.
-- expect: 8.5
-- expect: 0.125
-- expect: 2.5
local ms = require "moonstage"

local huber = ms.stage(function(a, delta)
	local loss
	if a:abs() <= delta then
		loss = a * a / 2
	else
		loss = delta * (a:abs() - delta / 2)
	end
	return loss
end)

print(huber(ms.tensor(9.0), 1.0))
print(huber(ms.tensor(-0.5), 1.0))
print(huber(ms.tensor(3.0), 1.0))
