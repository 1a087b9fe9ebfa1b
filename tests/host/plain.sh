#!/bin/sh
# Plain Lua behaves as under lua5.4: every program of tests/plain, eagerly, staged and with every function tried as a
# graph, must give the same bytes on standard output, the same exit code, and the same standard error but for the
# program's name. A fourth time tensors exist, so that edited code looks for them; error messages may then show source
# lines. Prints TAP.
M=${MOONSTAGE:-build/moonstage}
case $M in /*) ;; *) M=$(pwd)/$M ;; esac
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
unset LUA_INIT LUA_INIT_5_4 LUA_PATH LUA_PATH_5_4 LUA_CPATH LUA_CPATH_5_4
cd tests/plain || exit 1
n=0
for f in *.lua; do
	timeout 60 lua5.4 "$f" </dev/null >"$D/o1" 2>"$D/e1"
	c1=$?
	sed 's/^lua5.4:/PROG:/' "$D/e1" >"$D/q1"
	for mode in --eager --staged --staged=auto:0 "-e some"; do
		case $mode:$f in
		-e*:load.lua | -e*:packages.lua | -e*:uncaught.lua) continue ;; # they list modules, print such messages
		-e*) set -- -e 'require "moonstage".tensor(1)' ;;
		*) set -- $mode ;;
		esac
		timeout 60 "$M" "$@" "$f" </dev/null >"$D/o2" 2>"$D/e2"
		c2=$?
		sed 's/^moonstage:/PROG:/' "$D/e2" >"$D/q2"
		n=$((n + 1))
		{ [ $c1 = $c2 ] && [ $c1 -lt 124 ] || echo "exit codes $c1 $c2"; diff -a "$D/o1" "$D/o2"; diff -a "$D/q1" "$D/q2"; } >"$D/diff"
		if [ ! -s "$D/diff" ]; then echo "ok $n - $f $mode"; else
			echo "not ok $n - $f $mode"
			head -n 30 "$D/diff" | sed 's/^/# /'
		fi
	done
done
echo "1..$n"
