-- Every message of the staging errors has a test: the texts given to the shared functions are read from the sources,
-- and each must occur in a test of tests/staging or an "-- error:" line of tests/errors.
local t = dofile "tests/lib/tap.lua"

local function read(path)
  local f <close> = assert(io.open(path))
  return (f:read("a"):gsub("\\\n", " "))
end

local function files(pattern)
  local list = {}
  local p <close> = assert(io.popen("ls " .. pattern))
  for path in p:lines() do list[#list + 1] = path end
  assert(#list > 0, pattern)
  return list
end

-- What the tests ask for, a line each.
local asked = {}
for _, path in ipairs(files "tests/staging/*.lua tests/staging/*.sh tests/errors/*.lua") do
  if not path:find("uses%.lua$") then
    for line in read(path):gmatch("[^\n]+") do
      local error_line = line:match("^%s*%-%-+ error: (.*)")
      if error_line or not line:find("^%s*%-%-") then asked[#asked + 1] = error_line or line:gsub('\\"', '"') end
    end
  end
end

-- The constant pieces of an expression: of its string literals, without what %s or %d stand for.
local function pieces_of(expression)
  local list = {}
  for literal in expression:gsub('\\"', "\1"):gmatch('"([^"]*)"') do
    literal = literal:gsub("\1", '"'):gsub("\\n", "\n")
    for piece in (literal:gsub("%%[%-%d.l]*[sdiuqcgf]", "\2") .. "\2"):gmatch("([^\2]*)\2") do
      if #piece > 1 then list[#list + 1] = piece end
    end
  end
  return list
end

local function is_asked(pieces)
  for _, line in ipairs(asked) do
    local at = 1
    for _, piece in ipairs(pieces) do
      local _, to = line:find(piece, at, true)
      at = to and to + 1
      if not at then break end
    end
    if at then return true end
  end
  return false
end

-- What the messages end with: { beginning of the message, what to write instead }, and which are used.
local advice, used = {}, {}
for words, instead in read("lua/advice.lua"):gmatch('{ "(.-)", "(.-)" }') do advice[#advice + 1] = { words, instead } end

local function advised(message)
  for i, a in ipairs(advice) do
    if message:find(a[1], 1, true) then
      used[i] = true
      return true
    end
  end
end

-- The text that a call is given: its argument of that number, the first being 1.
local function argument(text, open, number)
  local depth, from, n, quoted, at = 0, open + 1, 1, false, open
  while at <= #text do
    local c = text:sub(at, at)
    if quoted then
      if c == "\\" then at = at + 1 elseif c == '"' then quoted = false end
    elseif c == '"' then
      quoted = true
    elseif c:find("[({%[]") then
      depth = depth + 1
    elseif c:find("[)}%]]") or c == "," and depth == 1 then
      if c ~= "," then depth = depth - 1 end
      if depth <= 1 and (c == "," or depth == 0) then
        if n == number then return text:sub(from, at - 1) end
        if depth == 0 then return nil end
        n, from = n + 1, at + 1
      end
    end
    at = at + 1
  end
end

-- Functions that raise a staging error with the text they are given, and which of their arguments it is.
local shared = { { "S.unsupported", 1 }, { "S.refuse_kept", 2 }, { "S.need", 2 }, { "S.stop", 1 }, { "trace_unsupported", 3 }, { "trace_need", 4 },
  { "refuse_symbolic", 3 }, { "push_job", 3 }, { "S.refuse_list", 1 }, { "S.refuse_element", 1 },
  { "S.list_size", 2 } }
local seen, calls = {}, 0
for _, path in ipairs(files "lua/*.lua src/bind/*.c") do
  local text = read(path):gsub("%s+", " ")
  for _, f in ipairs(shared) do
    for open in text:gmatch("%f[%w_.]" .. f[1]:gsub("%.", "%%.") .. "()%(") do
      local what = argument(text, open, f[2])
      local pieces = what and pieces_of(what) or {}
      if #pieces > 0 and f[1]:find("need") then pieces[#pieces + 1] = " must be known while staging" end
      local key = table.concat(pieces, "...")
      if key == " (" then pieces = {} end -- S.refuse_kept itself
      if #pieces > 0 and not seen[key] and not key:find("^internal: ") and not key:find("^can't stage $") then
        seen[key] = true
        calls = calls + 1
        t.ok(is_asked(pieces), path .. ": " .. key)
        if f[1]:find("unsupported") or f[1]:find("kept") or f[1]:find("list") or f[1]:find("element") or not f[1]:find("^[St]") then
          t.ok(advised(table.concat(pieces)), "says what to write instead: " .. key)
        end
      end
    end
  end
  -- texts made before they are given
  for format in text:gmatch('snprintf%(what, sizeof what, ("[^"]*")') do
    calls = calls + 1
    t.ok(is_asked(pieces_of(format)), path .. ": " .. format)
    advised(format)
  end
end
-- what the gradient of a graph refuses
for format in read("src/grad/backward.c"):gsub("%s+", " "):gmatch('ERR_STAGE, line, (".-), line%)') do
  calls = calls + 1
  t.ok(is_asked { (pieces_of(format)[1]) }, "src/grad/backward.c: " .. format)
end
for i, a in ipairs(advice) do t.ok(used[i], "advice for a message that is there: " .. a[1]) end
t.ok(calls > 60, calls .. " texts of staging errors were found")
t.done()
