-- Random programs in every mode; prints TAP: lua5.4 tests/lib/fuzz_compare.lua FROM TO [tensors]
-- A block that staging refuses ends the comparison of its function; anything else must be the eager run's, but for the
-- names of operands in messages and the lines of divisions by zero, which Lua itself gets wrong.
local from, to, kind = tonumber(arg[1]), tonumber(arg[2]), arg[3] or ""
local moonstage, calls = os.getenv "MOONSTAGE", 6
local refusals = { "can't stage", "can't be read here", "must be known", "can't be staged here", "its limit", "has grown past" }
local file = os.tmpname()

local function output(command)
	local pipe <close> = io.popen(command .. " 2>&1")
	return pipe:read "a"
end

local function blocks(text)
	local list, now = {}, nil
	for line in (text .. "\n"):gmatch "(.-)\n" do
		if line == "#" .. #list + 1 then
			now = {}
			list[#list + 1] = now
		elseif now then
			now[#now + 1] = line
		end
	end
	for i, lines in ipairs(list) do
		local s = table.concat(lines, "\n")
		list[i] = s:gsub(" %(%a+ '[^'\n]*'%)", ""):gsub("[^\n ]*:%d+: (attempt to perform 'n)", "%1"):gsub("[^\n ]*:%d+: (attempt to divide)", "%1")
	end
	return list
end

local function refused(block)
	for _, words in ipairs(refusals) do
		if block:find(words, 1, true) then return true end
	end
	return false
end

-- The number of the first block that differs, or nil; and how many were compared.
local function difference(eager, staged)
	local skip, compared = {}, 0
	for i, block in ipairs(eager) do
		local f = (i - 1) // calls
		if not skip[f] then
			if staged[i] and refused(staged[i]) then
				skip[f] = true
			elseif staged[i] ~= block then
				return i, compared
			else
				compared = compared + 1
			end
		end
	end
	return nil, compared
end

local n = 0
local function check(good, name, detail)
	n = n + 1
	print((good and "ok " or "not ok ") .. n .. " - " .. name)
	if detail then print((detail:gsub("[^\n]+", "# %0"))) end
end

for seed = from, to do
	os.execute(("lua5.4 tests/lib/fuzz.lua %d 20 %s >%s"):format(seed, kind, file))
	local eager = blocks(output(("timeout 60 %s --seed 1 --eager %s"):format(moonstage, file)))
	for _, level in ipairs { "-O0", "-O2" } do
		local staged = blocks(output(("timeout 60 %s --seed 1 --staged %s %s"):format(moonstage, level, file)))
		local at, compared = difference(eager, staged)
		check(not at and compared > 40, ("random program %d %s staged %s"):format(seed, kind, level),
			at and ("block %d\neager:\n%s\nstaged:\n%s"):format(at, eager[at], staged[at] or "(missing)")
			or compared <= 40 and ("only %d of %d blocks could be compared"):format(compared, #eager))
	end
	if kind == "" then
		local stock = output("LUA_PATH='tests/stub/?.lua;;' timeout 60 lua5.4 " .. file)
		local at = difference(blocks(stock), eager)
		check(not at, ("random program %d under stock Lua"):format(seed), at and ("block %d"):format(at))
	end
end
os.remove(file)
print("1.." .. n)
