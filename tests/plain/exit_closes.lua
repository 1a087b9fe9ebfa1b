-- os.exit(code, true) closes the state: variables to be closed of the main thread, finalisers in reverse order.
objects = {}
for i = 1, 3 do objects[i] = setmetatable({}, { __gc = function() print("gc", i) end }) end
local a <close> = setmetatable({}, { __close = function(_, e) print("close a", e) end })
local function inner()
  local b <close> = setmetatable({}, { __close = function() print("close b") end })
  local co = coroutine.wrap(function() local c <close> = setmetatable({}, { __close = function() print("not closed") end }) coroutine.yield() end)
  co()
  if a ~= b then os.exit(true, true) end
end
inner()
