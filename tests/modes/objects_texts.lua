-- Texts of objects: those of their addresses.
local ms = require "moonstage"
local Class = {}
Class.__index = Class
local function list(n)
  local head
  for i = n, 1, -1 do head = setmetatable({ v = i, next = head }, Class) end
  return head
end
local f = ms.stage(function(o)
  local all, last = "", nil
  while o do
    all, last = all .. tostring(o) .. ";", tostring(o)
    o = o.next
  end
  return all, last, #last
end)
for _, n in ipairs { 1, 3, 2 } do
  local head = list(n)
  local all, last, length = f(ms.object(head))
  local o, want = head, ""
  while o do want, o = want .. tostring(o) .. ";", o.next end
  print(all == want, all:sub(-length - 1, -2) == last, select(2, all:gsub(";", "")))
end
local same = ms.stage(function(a, b) return tostring(a) == tostring(b), tostring(a):match "^%a+" end)
local a, b = list(1), list(1)
print(same(ms.object(a), ms.object(b))) print(same(ms.object(a), ms.object(a)))
local caught = ms.stage(function(o)
  return pcall(function() return tostring(o.next):sub(1, 5), tostring(o):sub(1, 5) end)
end)
print(caught(ms.object(list(2)))) print(caught(ms.object(list(1))))
