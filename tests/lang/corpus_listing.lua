-- For corpus.sh, run by stock Lua: reads lines "FILE EAGER PRINTED" and checks by the code stock makes of each
--   PRINTED, the chunk printed from our tree: stock must make the same bytes of it as of FILE, constants, line
--   numbers, names and all: the tree is what stock parses;
--   EAGER, the eager form ("-": the text needed no edit): the same functions at the same lines with the same
--   parameters, upvalues and variables, all constants and calls of FILE; in the same order and on the same lines
--   everything the edits have no business with: stores, calls in tail position, closures, tables, `..`, varargs, loops
--   and returns. (The jump of a condition that ends before a line end may be one line up.)
-- A dump as a tree of functions. Lua 5.4's format for 64-bit little-endian machines.
local function undump(s)
  local at = 33 -- after the header and the number of upvalues
  local function unsigned()
    local v = 0
    while true do
      local b = s:byte(at)
      at = at + 1
      v = v << 7 | b & 0x7f
      if b & 0x80 ~= 0 then return v end
    end
  end
  local function text()
    local n = unsigned()
    if n == 0 then return nil end
    at = at + n - 1
    return s:sub(at - n + 1, at - 1)
  end
  local proto
  function proto()
    local f = { constants = {}, locals = {}, upvalues = {}, protos = {}, code = {}, lines = {} }
    text() -- the source
    f.line, f.last = unsigned(), unsigned()
    f.params, f.vararg = s:byte(at, at + 1)
    at = at + 3
    for i = 1, unsigned() do
      f.code[i] = string.unpack("<I4", s, at)
      at = at + 4
    end
    for i = 1, unsigned() do
      local kind = s:byte(at)
      at = at + 1
      if kind == 0x03 or kind == 0x13 then
        f.constants[i] = kind == 0x03 and ("%d"):format((string.unpack("<i8", s, at)))
          or ("%a"):format((string.unpack("<d", s, at)))
        at = at + 8
      elseif kind == 0x04 or kind == 0x14 then
        f.constants[i] = ("%q"):format(text())
      else
        f.constants[i] = "kind " .. kind
      end
    end
    local nup = unsigned()
    at = at + 3 * nup
    for i = 1, unsigned() do f.protos[i] = proto() end
    local now, n = f.line, unsigned()
    local steps = at - 1
    at = at + n
    local absolute = {}
    for _ = 1, unsigned() do
      local pc, line = unsigned(), unsigned()
      absolute[pc + 1] = line
    end
    for i = 1, n do
      now = absolute[i] or now + string.unpack("b", s, steps + i)
      f.lines[i] = now
    end
    for i = 1, unsigned() do
      f.locals[i] = text()
      unsigned()
      unsigned()
    end
    for i = 1, unsigned() do f.upvalues[i] = text() or "?" end
    return f
  end
  return proto()
end

-- Opcodes of Lua 5.4 that no edit adds, drops, moves or doubles.
local kept = { [10] = "SETUPVAL", [15] = "SETTABUP", [16] = "SETTABLE", [17] = "SETI", [18] = "SETFIELD", [19] = "NEWTABLE",
  [20] = "SELF", [53] = "CONCAT", [54] = "CLOSE", [55] = "TBC", [69] = "TAILCALL", [70] = "RETURN", [71] = "RETURN",
  [72] = "RETURN", [73] = "FORLOOP", [74] = "FORPREP", [75] = "TFORPREP", [76] = "TFORCALL", [77] = "TFORLOOP",
  [78] = "SETLIST", [79] = "CLOSURE", [80] = "VARARG", [81] = "VARARGPREP" }
local CALL = 68

-- The instructions of f that no edit touches, and the lines of its calls.
local function what_is_kept(f)
  local out, calls = {}, {}
  for i, word in ipairs(f.code) do
    local op = word & 0x7f
    if kept[op] then out[#out + 1] = kept[op] .. " at line " .. f.lines[i] end
    if op == CALL then calls[#calls + 1] = f.lines[i] end
  end
  return out, calls
end

-- `return a == b` becomes a call in tail position of a function of ours, which is C: no frame is lost.
local function without_equalities(stock, ours)
  local out = {}
  for _, at in ipairs(ours) do
    local want = stock[#out + 1]
    if at == want or not at:find("^TAILCALL") or want ~= at:gsub("TAILCALL", "RETURN") then out[#out + 1] = at end
  end
  return out
end

local function first_difference(a, b, what)
  for i = 1, math.max(#a, #b) do
    if a[i] ~= b[i] then return ("%s: %s, stock has %s"):format(what, tostring(b[i]), tostring(a[i])) end
  end
end

-- The first thing in which the function b of the eager form, which uses `names` of its own, is not the function a of the
-- text; nil when there is none.
local function differs(a, b, names)
  local upvalues, count = {}, {}
  for _, name in ipairs(b.upvalues) do
    if not names[name] then upvalues[#upvalues + 1] = name end
  end
  for _, k in ipairs(b.constants) do count[k] = true end
  for _, k in ipairs(a.constants) do
    local n = tonumber(k)
    if not count[k] and not (n and n == math.floor(n) and math.abs(n) < 0x10000) then -- such numbers fit into instructions
      return "no constant " .. k
    end
  end
  if a.params ~= b.params or a.vararg ~= b.vararg then return "other parameters" end
  local why = first_difference(a.upvalues, upvalues, "upvalue") or first_difference(a.locals, b.locals, "local")
  if why then return why end
  local stock, calls = what_is_kept(a)
  local ours, more = what_is_kept(b)
  why = first_difference(stock, without_equalities(stock, ours), "instruction")
  if why then return why end
  local at = 1
  for _, line in ipairs(more) do
    if line == calls[at] then at = at + 1 end
  end
  if calls[at] then return "no call at line " .. calls[at] end
  if #a.protos ~= #b.protos then return "another number of functions" end
  for i, p in ipairs(a.protos) do
    local q = b.protos[i]
    if p.line ~= q.line or p.last ~= q.last then return ("a function at %d-%d, stock has %d-%d"):format(q.line, q.last, p.line, p.last) end
    why = differs(p, q, names)
    if why then return ("function at %d: %s"):format(p.line, why) end
  end
end

-- The function of the eager form's text: in its wrapper it begins with a local of its own, which makes _ENV its first upvalue.
local function unwrapped(main)
  local f = main.protos[1]
  assert(table.remove(f.locals, 1) == "_")
  table.remove(f.code, 2)
  table.remove(f.lines, 2)
  return f
end

local function read(path)
  local f <close> = assert(io.open(path, "rb"))
  return f:read("a")
end

local printed, edited, bad = 0, 0, 0
for line in io.lines() do
  local path, eager, print_path = line:match("^(.*) (%S+) (%S+)$")
  local original = string.dump(assert(loadfile(path)))
  local function check(why)
    if not why then return end
    bad = bad + 1
    print(path .. ": " .. why)
  end
  -- the name of the chunk is part of the dump
  local f, message = load(read(print_path), "@" .. path)
  printed = printed + 1
  if not f then check("printed: " .. message)
  elseif string.dump(f) ~= original then
    check("stock makes other code of the printed tree: " .. tostring(differs(undump(original), undump(string.dump(f)), {})))
  end
  if eager ~= "-" then
    edited = edited + 1
    local text, names = read(eager), {}
    for name in text:match("^local (.-) return"):gmatch("[%w_]+") do names[name] = true end
    f, message = load(text, "@" .. path)
    if not f then check("eager form: " .. message)
    else check(differs(undump(original), unwrapped(undump(string.dump(f))), names)) end
  end
end
print(("%d printed from the tree, %d edited; %d of them wrong"):format(printed, edited, bad))
os.exit(bad == 0)
