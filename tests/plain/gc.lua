-- The collector seen from a script: modes, weak tables, finalisers and their order, resurrection.
print(collectgarbage("incremental"), collectgarbage("generational"), collectgarbage("generational"))
print(collectgarbage("incremental", 100, 200, 10), collectgarbage("incremental"))
print(collectgarbage("isrunning"), collectgarbage("stop"), collectgarbage("isrunning"), collectgarbage("restart"),
  collectgarbage("isrunning"))
print(collectgarbage("setpause", 150), collectgarbage("setpause", 200) == 150)
print(collectgarbage("setstepmul", 300) ~= nil, collectgarbage("setstepmul", 100) == 300)
print(collectgarbage(), collectgarbage("collect"), type(collectgarbage("step")), math.type(collectgarbage("count")))
print(pcall(collectgarbage, "nothing"), pcall(collectgarbage, 1))
collectgarbage("generational")

local weak_keys = setmetatable({}, { __mode = "k" })
local weak_values = setmetatable({}, { __mode = "v" })
local kept = {}
weak_keys[kept], weak_keys[{}] = 1, 2
weak_values.kept, weak_values.gone, weak_values.number, weak_values.text = kept, {}, 1, "text"
do
  local e = {}
  weak_keys[e] = { e } -- only reachable from itself
end
collectgarbage()
local n = 0
for k in pairs(weak_keys) do n = n + 1 if k == kept then print("kept key") end end
print(n, weak_values.kept == kept, weak_values.gone, weak_values.number, weak_values.text)

local order = {}
collectgarbage("stop")
for i = 1, 3 do
  setmetatable({}, { __gc = function(o) order[#order + 1] = i if i == 2 and not o.x then order[#order + 1] = "two" end end })
end
collectgarbage("restart")
collectgarbage()
print(table.concat(order, " "))

local saved
do
  local o = setmetatable({ name = "phoenix" }, { __gc = function(self) saved = saved or self end })
  o = nil
end
collectgarbage()
print(saved and saved.name)
saved = nil
collectgarbage()
print(saved)

-- comparisons inside finalisers that run in the middle of comparisons
local compared = 0
local T = {}
T.__lt = function(a, b) compared = compared + 1 return a.v < b.v end
T.__eq = function(a, b) compared = compared + 1 return a.v == b.v end
local function make(v) return setmetatable({ v = v }, T) end
local wrong = 0
for i = 1, 2000 do
  setmetatable({}, { __gc = function() local a, b = make(2), make(1) if a < b or a == b then wrong = wrong + 1 end end })
  local a, b = make(i), make(i + 1)
  if not (a < b) or b < a or a == b then wrong = wrong + 1 end
end
collectgarbage()
print(wrong, compared > 4000)

local weak = setmetatable({}, { __mode = "kv" })
local function closure(x) return function() return x == 1 end end
weak[1] = closure(1)
weak[2] = load("return x == 1")
weak[3] = coroutine.create(function() end)
collectgarbage()
print(weak[1], weak[2], weak[3])

local count = 0
local function strings(k) local s = "" for i = 1, k do s = s .. i if s == "12" then count = count + 1 end end return #s end
print(strings(1000), count)
local before = collectgarbage("count")
for i = 1, 1e5 do local t = { i } end
collectgarbage()
print(collectgarbage("count") < before + 100)

setmetatable({}, { __gc = function() error("in a finaliser") end })
warn("@on")
collectgarbage()
warn("@off")
setmetatable({}, { __gc = function() print("closing", 1 == 1.0, ({}) == nil) end })
local t <close> = setmetatable({}, { __close = function() print("main chunk closes") end })
