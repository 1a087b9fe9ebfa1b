-- error: (error object is a table value)
-- expect: before
print("before")
error {}
