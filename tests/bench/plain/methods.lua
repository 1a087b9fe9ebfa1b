-- Classes with inheritance: method calls, fields, a little dispatch on conditions.
local Shape = {}
Shape.__index = Shape
function Shape.new(class, x, y) return setmetatable({ x = x, y = y, moves = 0 }, class) end
function Shape:move(dx, dy)
	self.x = self.x + dx
	self.y = self.y + dy
	self.moves = self.moves + 1
	return self
end
function Shape:area() return 0 end
function Shape:inside(x, y) return x == self.x and y == self.y end

local Circle = setmetatable({}, { __index = Shape })
Circle.__index = Circle
function Circle.new(x, y, r)
	local o = Shape.new(Circle, x, y)
	o.r = r
	return o
end
function Circle:area() return 3.25 * self.r * self.r end
function Circle:inside(x, y)
	local dx, dy = x - self.x, y - self.y
	return dx * dx + dy * dy <= self.r * self.r
end

local Box = setmetatable({}, { __index = Shape })
Box.__index = Box
function Box.new(x, y, w, h)
	local o = Shape.new(Box, x, y)
	o.w, o.h = w, h
	return o
end
function Box:area() return self.w * self.h end
function Box:inside(x, y) return x >= self.x and x < self.x + self.w and y >= self.y and y < self.y + self.h end

local shapes = {}
for i = 1, 60 do
	if i % 3 == 0 then shapes[i] = Circle.new(i, i, i % 7 + 1)
	elseif i % 3 == 1 then shapes[i] = Box.new(i, -i, 5, i % 5)
	else shapes[i] = Shape.new(Shape, 0, i) end
end
local n, hits, area = tonumber(arg and arg[1]) or 44000, 0, 0
for round = 1, n do
	for i = 1, #shapes do
		local s = shapes[i]
		if s:inside(round % 50, i) then hits = hits + 1 end
		area = area + s:area()
		if round % 8 == 0 then s:move(1, -1):move(-1, 1) end
	end
end
print(hits, area, shapes[7].moves)
