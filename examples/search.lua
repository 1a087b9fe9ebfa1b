-- A search that stops early and may find nothing.
--
-- It walks along the rows of a tensor to one that is close enough to the target, and gives up when a few of them in a
-- row were no better than the best so far. What it gives back is a table or nil: `found` holds nothing until something
-- is found, `best` is a new table whenever a row is better. The loop becomes one loop of the graph.
-- expect: to (1, 1): row 4 is it, exactly; row 4 is nearest, 0.0000 away
-- expect: to (1.25, 1.75): row 3 is it, closely; row 3 is nearest, 0.3536 away
-- expect: to (-3, -3): nothing found; row 5 is nearest, 4.6098 away
-- expect: to (0, 3): nothing found; row 3 is nearest, 1.8028 away
local ms = require "moonstage"

local search = ms.stage(function(rows, target, enough, patience)
	local found, best = nil, nil
	local worse = 0
	for i = 1, #rows do
		local distance = ((rows[i] - target) ^ 2):sum():item()
		if best == nil or distance < best.distance then
			best, worse = { at = i, distance = distance }, 0
		else
			worse = worse + 1
		end
		if distance <= enough then
			found = { at = i, how = distance == 0 and "exactly" or "closely" }
			break
		end
		if worse == patience then break end
	end
	return found, best
end)

local rows = ms.tensor {
	{ 4.0, 4.0 }, { 3.0, 2.5 }, { 1.5, 2.0 }, { 1.0, 1.0 }, { 0.5, 0.0 }, { 2.0, 0.0 }, { 3.0, 1.0 }, { 0.0, 3.0 },
}
for _, target in ipairs { { 1.0, 1.0 }, { 1.25, 1.75 }, { -3.0, -3.0 }, { 0.0, 3.0 } } do
	local found, best = search(rows, ms.tensor(target), 0.2, 2)
	local answer = found and ("row %d is it, %s"):format(found.at, found.how) or "nothing found"
	print(("to (%g, %g): %s; row %d is nearest, %.4f away"):format(target[1], target[2], answer, best.at,
		best.distance ^ 0.5))
end
