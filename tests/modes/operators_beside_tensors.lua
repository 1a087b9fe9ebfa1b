-- Operators of a table beside a tensor: the first operand that has the event answers.
local ms = require "moonstage"

local beside, X = { v = 1 }, ms.ones(2)
local answering = {
	__lt = function() return "less" end, __le = function() return nil end, __add = function() return "sum" end,
	__concat = function() return "text" end,
}
local operations = {
	function() return X > beside end, function() return beside < X end, function() return X < beside end,
	function() return X >= beside end, function() return X <= beside end, function() return beside < 1 end,
	function() return 1 < beside end, function() return X + beside end, function() return beside + X end,
	function() return X .. beside end, function() return beside .. X end,
}
for i, f in ipairs(operations) do
	local staged = ms.stage(f)
	debug.setmetatable(beside, nil)
	print(i, pcall(staged))
	setmetatable(beside, answering)
	print(i, pcall(staged))
end
