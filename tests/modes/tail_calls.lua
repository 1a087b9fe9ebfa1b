-- `return f(x)` is a tail call wherever it stands: the caller is gone, as levels of errors show.
-- stock
local ms = require "moonstage"
local function fail(x) error("e" .. x, 2) end
local function again(x) return fail(x) end
local object = { fail = function(self, x) error("method " .. x, 2) end }
local callable = setmetatable({}, { __call = function(self, x) error("called " .. x, 2) end })
local list = { 1 }

for _, f in ipairs {
  function(a) return fail(a) end,
  function(a) if a > 1 then return fail(a) end return 1 end,
  function(a) if a < 1 then return 1 elseif a > 1 then return again(a) end return 2 end,
  function(a) do return fail(a) end end,
  function(a) for i = 1, a do return fail(a) end end,
  function(a) while a > 0 do return fail(a) end end,
  function(a) repeat if a > 1 then return fail(a) end until a > 0 end,
  function(a) if a > 1 then return object:fail(a) end return 1 end,
  function(a) if a > 1 then return callable(a) end return 1 end,
  function(a) local ok, e = pcall(function() if a > 1 then return fail(a) end end) return e end,
  function(a) local r = callable(a) return r end,
  function(a) local r = (function() if a > 1 then return fail(a) end return 1 end)() return r end,
  -- not one: another value, a call in brackets, a block that has something to close, a function of C
  function(a) if a > 1 then return fail(a), 1 end return 1 end,
  function(a) if a > 1 then return (fail(a)) end return 1 end,
  function(a) for _, v in ipairs(list) do if a > v then return fail(a) end end end,
  function(a) local _ <close> = nil if a > 1 then return fail(a) end return 1 end,
  function(a) do local _ <close> = nil end if a > 1 then return fail(a) end return 1 end,
  function(a) if a > 1 then return error("of C", 1) end return 1 end,
  function(a) if a > 1 then return error("of C", 2) end return 1 end,
} do
  print(pcall(ms.stage(f), 2))
  print(pcall(function()
    local r = ms.stage(f)(3)
    return r
  end))
end
