#!/bin/sh
# Some random programs do the same in every mode; TAP. More of them: make fuzz.
printf '1..1\n'
if "$BUILD/fuzz" tests/fuzz/fuzz.lua COUNT=400 OUT="$BUILD/found" WITHOUT="${WITHOUT-}" >"$BUILD/fuzz.txt" 2>&1; then
	echo "ok 1 - random programs agree"
else
	echo "not ok 1 - random programs agree"
	grep -v '^[ a-z_].* [0-9][0-9]*$' "$BUILD/fuzz.txt" | sed 's/^/# /' | head -n 40
fi
