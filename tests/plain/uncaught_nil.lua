-- error(nil) and what a handler of the program shows for it.
local ok, e = pcall(error)
print(ok, e == nil)
error()
