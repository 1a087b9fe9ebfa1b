#!/bin/sh
# Ctrl-C ends every kind of loop: one message that says so, exit code 1, soon.
count=0 failed=0
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT

# A job in the background of a shell script ignores SIGINT; perl gives it the default back, and an end.
interrupted() { # interrupted NAME FLAGS; the script comes from standard input
	count=$((count + 1))
	: >"$T/out" # what the last one wrote must not count
	cat >"$T/loop.lua"
	# shellcheck disable=SC2086
	perl -e '$SIG{INT} = "DEFAULT"; alarm 20; exec @ARGV' "$MOONSTAGE" $2 "$T/loop.lua" >"$T/out" 2>"$T/err" &
	pid=$!
	tries=0
	while ! grep -q started "$T/out" && [ $tries -lt 100 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	sleep 0.3
	kill -INT $pid
	wait $pid
	code=$?
	messages=$(grep -c '^moonstage: ' "$T/err")
	if [ $code -eq 1 ] && [ "$messages" = 1 ] && grep -q '^moonstage: .*interrupted!$' "$T/err"; then
		echo "ok $count - $1 $2"
	else
		failed=$((failed + 1))
		echo "not ok $count - $1 $2"
		{ echo "exit code $code"; cat "$T/err"; } | sed 's/^/# /'
	fi
}

for flags in --eager "--staged -O0" "--staged -O2" "--staged=auto:0"; do
	interrupted "a loop over a number" "$flags" <<-'X'
		local ms = require "moonstage"
		print("started") io.stdout:flush()
		local f = ms.stage(function(n)
			while n > 0 do
				n = n + 1
				if n > 1000000 then n = 1 end
			end
			return n
		end)
		f(1)
	X
	interrupted "a loop over a tensor" "$flags" <<-'X'
		local ms = require "moonstage"
		print("started") io.stdout:flush()
		local f = ms.stage(function(x)
			while x:sum() > 0 do x = x * 1 end
			return x
		end)
		f(ms.ones(1000))
	X
	interrupted "a loop over plain values" "$flags" <<-'X'
		local ms = require "moonstage"
		print("started") io.stdout:flush()
		local f = ms.stage(function(n)
			local i = 0
			while true do i = (i + 1) % 7 end
			return n
		end)
		f(1)
	X
	interrupted "calls in a loop" "$flags" <<-'X'
		local ms = require "moonstage"
		print("started") io.stdout:flush()
		local f = ms.stage(function(x) return x + 1 end)
		local x = ms.ones(4)
		while true do x = f(x) end
	X
	interrupted "a large product" "$flags" <<-'X'
		local ms = require "moonstage"
		local x = ms.ones(3000, 3000)
		print("started") io.stdout:flush()
		while true do x = x:matmul(x) * 0 end
	X
done
echo "1..$count"
[ $failed -eq 0 ]
