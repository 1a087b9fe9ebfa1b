std = "lua54"
max_line_length = 120
exclude_files = { "build" }
ignore = {
	"212/_.*",
	"211/_ENV", -- declared for the globals that follow it
	"581", -- `not (a < b)` is not `a >= b` for a NaN
}
files["lua/stage.lua"] = { ignore = { "241/kept" } } -- keeps objects from being collected
files["tests/fuzz/fuzz.lua"] = { read_globals = { "start", "finish" } } -- the driver's
