-- An error nobody catches: message, traceback through every kind of call, exit code.
local function by_sort() table.sort({ 2, 1 }, function(a, b) if a ~= b then error("in the order function") end return a < b end) end
local t = setmetatable({}, { __lt = function(a, b) by_sort() return true end })
local function compare(x) if x == nil or x < t then return 1 end end
local object = { method = function(self, n) if n == 0 then return compare(t) and nil end local r = self:method(n - 1) return r end }
function global_function(...) local x <close> = setmetatable({}, { __close = function() print("closed") end }) object:method(2, ...) end
print(pcall(global_function))
local co = coroutine.wrap(function() for _ in (function() global_function() end) do end end)
string.gsub("abc", "b", function() return co() and nil end)
