-- Stands for the module under stock Lua, in scripts that use numbers only.
return {
	stage = function(f) return f end,
	object = function(t) return t end,
	host = function(f) return f end,
	loop = function(...) return ... end,
	unroll = function(...) return ... end,
	manual_seed = function() end,
}
