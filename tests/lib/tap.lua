-- Tests in Lua print TAP: one line per check, the plan at the end, exit code 1 when a check failed.
--   local t = dofile "tests/lib/tap.lua"
--   t.ok(condition, name)  t.is(got, expected, name)  t.throws(text, f, ...)  t.done()
local t, count, failed = {}, 0, 0

-- A text for any value: tensors with dtype and shape, tables with sorted keys.
function t.show(v)
  local mt = type(v) == "userdata" and getmetatable(v)
  if mt == "tensor" then
    return v.dtype .. "[" .. table.concat(v.shape, "x") .. "]" .. t.show(v:tolist())
  elseif type(v) == "table" then
    local keys, out = {}, {}
    for k in pairs(v) do keys[#keys + 1] = k end
    table.sort(keys, function(a, b)
      if type(a) == type(b) then return a < b end
      return type(a) < type(b)
    end)
    for i, k in ipairs(keys) do out[i] = (k == i and "" or tostring(k) .. "=") .. t.show(v[k]) end
    return "{" .. table.concat(out, ",") .. "}"
  elseif type(v) == "string" then
    return string.format("%q", v)
  end
  return tostring(v)
end

function t.ok(condition, name)
  count = count + 1
  if not condition then failed = failed + 1 end
  print((condition and "ok " or "not ok ") .. count .. " - " .. (name or ""))
  return condition
end

-- `expected` is compared by its text; for a tensor it may be that text itself, "f32[2]{1.0,2.0}".
function t.is(got, expected, name)
  local a, b = t.show(got), t.show(expected)
  local same = a == b or a == expected
  t.ok(same, name or (type(expected) == "string" and expected or b))
  if not same then print("#   got      " .. a .. "\n#   expected " .. (type(expected) == "string" and expected or b)) end
end

-- f(...) must raise an error whose message contains `text`.
function t.throws(text, f, ...)
  local good, message = pcall(f, ...)
  local found = not good and tostring(message):find(text, 1, true)
  t.ok(found, "error: " .. text)
  if not found then print("#   got      " .. (good and "no error" or tostring(message))) end
end

function t.done()
  print("1.." .. count)
  if failed > 0 then os.exit(1, true) end
end

return t
