-- Building and taking apart text: concatenation, table.concat, format, gsub, gmatch, find.
local n = tonumber(arg and arg[1]) or 1200
local words = {}
for w in ("the quick brown fox jumps over the lazy dog while seven wizards make toxic brew for the evil queen and jack"):gmatch("%a+") do
	words[#words + 1] = w
end
local total, counts = 0, {}
for round = 1, n do
	local parts = {}
	for i = 1, 200 do
		local w = words[(i * round) % #words + 1]
		if #w > 3 then w = w:sub(1, 1):upper() .. w:sub(2) end
		parts[#parts + 1] = ("%s=%d"):format(w, i)
	end
	local text = table.concat(parts, "; ")
	for k, v in text:gmatch("(%a+)=(%d+)") do
		if counts[k] == nil then counts[k] = 0 end
		counts[k] = counts[k] + tonumber(v) % 7
	end
	text = text:gsub("%d+", function(d) if #d == 2 then return "<" .. d .. ">" end end)
	local s, at = "", 1
	while at <= #text and #s < 600 do
		local from, to = text:find("<%d+>", at)
		if not from then break end
		s = s .. text:sub(from, to)
		at = to + 1
	end
	total = total + #text + #s + (s:byte(2) or 0)
end
local keys = {}
for k in pairs(counts) do keys[#keys + 1] = k end
table.sort(keys)
print(total, #keys, keys[1], counts[keys[1]])
