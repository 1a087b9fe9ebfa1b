-- require in a staged function: modules that are loaded already, among them those that the call itself puts there.
local ms = require "moonstage"
package.loaded.sizes = { hidden = 3, name = "first" }

local width = ms.stage(function(x)
	local sizes = require "sizes"
	local s = require "string"
	return x * sizes.hidden, s.rep(sizes.name, 2), require("moonstage").exp(x * 0)
end)
print(width(ms.ones(2)))
print(select("#", require "sizes"))
package.loaded.sizes.hidden = 4
print(width(ms.ones(2)))
package.loaded.sizes = { hidden = 5, name = "second" }
print(width(ms.ones(2)))

local own = ms.stage(function(n)
	if n > 1 then package.loaded.own = { v = n } else package.loaded.own = { v = -n } end
	package.loaded["7"] = "seven"
	return require("own").v, require(7)
end)
print(own(2))
print(own(1), package.loaded.own.v)
print(pcall(ms.stage(function() return require() end)))
print(pcall(ms.stage(function(t) return require(t) end), {}))
