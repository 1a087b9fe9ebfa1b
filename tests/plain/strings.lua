-- Text: patterns with callbacks, numbers and texts, formats, utf8, building.
local text = "Lua is a powerful, efficient, lightweight, embeddable scripting language. 12 apples, 3.5 pears, -7 plums"
local counts = {}
for w in text:lower():gmatch("%a+") do counts[w] = (counts[w] or 0) + 1 end
local list = {}
for w, c in pairs(counts) do if c > 1 or #w == 2 then list[#list + 1] = w .. c end end
table.sort(list) print(table.concat(list, " "))
print((text:gsub("%d+", function(d) return tonumber(d) > 5 and "<" .. d .. ">" end)))
print((text:gsub("(%w+) (%w+)", "%2 %1", 3)))
print((text:gsub("%a+", { Lua = "LUA", is = false, a = 1 })))
print(text:find("e(f+)"), text:find(".", 1, true), text:match("(%d+)%.(%d+)"), text:match("()plums()"))
print(pcall(string.gsub, "x", "(", ""), pcall(string.gsub, "x", "x", "%2"), pcall(string.rep))
print(("%5d|%-5d|%05.1f|%x|%q|%s|%10.3s|%g|%i|%c|%%|%a"):format(1, 2, 3.14159, 255, 'a "q"\n\0', nil, "abcdef", 1e20, 3, 65, 1.0))
print(("%q %q %q %q"):format(1 / 3, math.mininteger, 0 / 0 ~= 0 / 0, "\r\t"))
for _, s in ipairs { "10", "0x10", " 10 ", "1e1", "10.", ".5", "0x.8p1", "", " ", "1 2", "1e", "inf", "nan", "0x", "1_0", "９" } do
  io.write(tostring(tonumber(s)), " ", math.type(tonumber(s)) or "-", "; ")
end
print()
for base = 2, 36, 17 do io.write(tostring(tonumber("10", base)), " ", tostring(tonumber("zz", base)), " ") end
print(tonumber("7", 8), tonumber("8", 8), tonumber("-ff", 16), pcall(tonumber, {}, 10))
print("10" + 5, "3" * "4", 10 .. 20, "0x10" + 0, -"2", "10" // "3", 2 ^ "3", pcall(function() return "a" + 1 end))
print(1 == 1.0, "1" == 1, math.type(3 // 1), 3 / 1, 7 // 0.0, -7 // 2, -7 % 3, 7 % -3, -7.5 % 2, 1e15, 1e16, 2 ^ 63, -0.0)
print(math.maxinteger + 1 == math.mininteger, math.maxinteger * 2, 1 << 63, 1 << 64, -1 >> 1, 5 // 0.0, 0 / 0 ~= 0 / 0)
print(math.tointeger(3.0), math.tointeger(3.5), math.tointeger("8"), math.ult(1, -1), math.abs(math.mininteger), 3 | 0, 3.0 | 0)
print(utf8.char(72, 228, 8364, 128512), utf8.len("häß€"), utf8.codepoint("€", 1), utf8.offset("a€b", 3), utf8.len("\xff"))
for p, c in utf8.codes("aé€") do io.write(p, ":", c, " ") end
print(pcall(utf8.codepoint, "\xff"))
print(("x"):rep(3, ","), ("abc"):reverse(), ("abc"):byte(1, -1), ("%d"):rep(2), ("a,b,,c"):gsub(",", ";"))
print(("pack"):len(), string.pack("<i4z", 7, "x"):byte(1, -1)) print(string.unpack("<i4z", string.pack("<i4z", 7, "x")))
local s = ""
for i = 1, 300 do s = s .. (i % 7 == 0 and "x" or i % 5 == 0 and i or "") end
print(#s, s:sub(1, 40))
local parts = {}
for i = 1, 1000 do parts[#parts + 1] = ("%d:%s"):format(i, i % 2 == 0 and "even" or "odd") end
print(#table.concat(parts, ","))
local function split(str, sep) local out, from = {}, 1
  while true do
    local a, b = str:find(sep, from, true)
    if not a then out[#out + 1] = str:sub(from) return out end
    out[#out + 1] = str:sub(from, a - 1) from = b + 1
  end
end
print(table.concat(split("a--b--c----d", "--"), "|"))
local function json(v)
  if type(v) == "table" then
    local out = {}
    if #v > 0 or next(v) == nil then for i, x in ipairs(v) do out[i] = json(x) end return "[" .. table.concat(out, ",") .. "]" end
    local keys = {}
    for k in pairs(v) do keys[#keys + 1] = k end
    table.sort(keys)
    for i, k in ipairs(keys) do out[i] = ("%q:%s"):format(k, json(v[k])) end
    return "{" .. table.concat(out, ",") .. "}"
  elseif type(v) == "string" then return ('"%s"'):format(v:gsub('[\\"\n]', { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }))
  end
  return tostring(v)
end
print(json { 1, "two\n", { x = true, y = { 1.5, false }, z = {} }, 'q"q' })
local function parse(src)
  local pos, value = 1, nil
  local function ws() pos = src:find("%S", pos) or #src + 1 end
  function value()
    ws()
    local c = src:sub(pos, pos)
    if c == "[" then
      local out = {}
      pos = pos + 1
      ws()
      if src:sub(pos, pos) == "]" then pos = pos + 1 return out end
      repeat
        out[#out + 1] = value()
        ws()
        c = src:sub(pos, pos)
        pos = pos + 1
      until c ~= ","
      if c ~= "]" then error("']' expected at " .. pos - 1, 0) end
      return out
    end
    local number = src:match("^-?%d+%.?%d*", pos)
    if number then pos = pos + #number return tonumber(number) end
    if src:sub(pos, pos + 3) == "true" then pos = pos + 4 return true end
    error(("unexpected '%s' at %d"):format(c, pos), 0)
  end
  local v = value()
  ws()
  if pos <= #src then error("trailing text at " .. pos, 0) end
  return v
end
print(json(parse "[1, [2, true], -3.5 , []]"), pcall(parse, "[1, 2"), pcall(parse, "[1] x"), pcall(parse, "[?]"))
print(os.date("!%Y-%m-%d", 0), os.time { year = 2000, month = 1, day = 1, hour = 12 } ~= nil, os.getenv("NO_SUCH") == nil, os.rename("no", "no2"))
local f = assert(io.tmpfile())
f:write("line 1\n", 2, "\n", 3.5, "\nlast") f:seek("set")
for l in f:lines() do io.write("[", l, "]") end
f:seek("set") print(f:read("l", "n", "l", "n", "a")) print(f:read("a"), f:read("l"), f:close(), pcall(f.read, f), io.type(f))
print(string.format("%s %s", setmetatable({}, { __tostring = function() return "own" end }), setmetatable({}, { __name = "T" })):gsub("0x%x+", "ADDR"))
