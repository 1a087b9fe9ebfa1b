#!/bin/sh
# The command line as lua5.4 has it: where both have the same option, exit code, standard output
# and standard error must agree, but for the program's name. Prints TAP.
M=${MOONSTAGE:-build/moonstage}
case $M in /*) ;; *) M=$(pwd)/$M ;; esac
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
cd "$D" || exit 1
unset LUA_INIT LUA_INIT_5_4
n=0
verdict() { # verdict CODE NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		sed 's/^/# /' diff
	fi
}
normal() { sed -e "s|$M|PROG|g" -e 's/^moonstage:/PROG:/' -e 's/^lua5.4:/PROG:/' -e 's/lua5\.4/PROG/g' -e '/^usage:/,$d' -e 's/0x[0-9a-f]*/0xADDR/g' "$1"; }
# same NAME ARGS...: both programs, with the file `in` as standard input when there is one
same() {
	name=$1
	shift
	[ -f in ] || : >in
	lua5.4 "$@" <in >o1 2>e1
	c1=$?
	"$M" "$@" <in >o2 2>e2
	c2=$?
	normal o1 >p1; normal o2 >p2; normal e1 >q1; normal e2 >q2
	{ [ $c1 = $c2 ] || echo "exit codes $c1 $c2"; diff p1 p2; diff q1 q2; } >diff
	[ ! -s diff ]
	verdict $? "$name"
	rm -f in
}
# mine NAME CODE STDOUT STDERR-PART ARGS...
mine() {
	name=$1 code=$2 out=$3 err=$4
	shift 4
	"$M" "$@" </dev/null >o2 2>e2
	c2=$?
	{
		[ $c2 = "$code" ] || echo "exit code $c2"
		[ "$(cat o2)" = "$out" ] || { echo "stdout:"; cat o2; }
		[ -z "$err" ] || grep -qF -- "$err" e2 || { echo "stderr lacks '$err':"; cat e2; }
	} >diff
	[ ! -s diff ]
	verdict $? "$name"
}

cat >args.lua <<'L'
print(#arg, ...)
for i = -8, 8 do if arg[i] then print(i, arg[i]) end end
L
printf '#!/usr/bin/env lua\nprint("after the first line")\nerror("line 3")\n' >shebang.lua
printf '\357\273\277print("mark")\n' >bom.lua
printf 'local x = = 1\n' >syntax.lua
printf 'return {name = "m"}\n' >m.lua
cat >deep.lua <<'L'
local function f(n) if n == 0 then error("bottom") end local r = f(n - 1) return r end
f(tonumber(arg[1]))
L
cat >levels.lua <<'L'
local t = setmetatable({}, {__index = function(_, k) error("no " .. k, 2) end})
local function method() return t.field end
function global_one() local x = method() return x end
local co = coroutine.wrap(function() global_one() end)
string.gsub("a", "a", function() co() end)
L
cat >tail.lua <<'L'
local function g() error("in a tail call") end
local function f() return g() end
f()
L
luac=$(command -v luac5.4 || echo lua5.4)

same "arguments after a script" args.lua a "b c" ""
same "options before a script appear in arg" -e "x = 1" -W args.lua -z --
same "-- ends the options" -e "print(arg[0], arg[-1])" -- args.lua q
same "-e pieces run in order" -e "a = 1" -e "a = a + 1" -e "print(a)"
same "-e joined" "-eprint(1 << 4)"
same "-e sees arg of no script" -e "print(arg[0] ~= nil, arg[1], #arg, ...)"
same "-l loads into a global" -l m -e "print(m.name)"
same "-l into another name" -l g=m -e "print(g.name, m)"
same "-l and -e in order" -e "package.path = './?.lua'" -l m -e "print(package.loaded.m == m)"
same "-l of nothing" -l nosuchmodule
same "-e without text" -e
same "-e before an option" -e -v
same "an error in -e stops" -e "error('one')" -e "print('two')"
same "an error in -e stops the script" -e "error('one', 0)" args.lua
same "unknown flag" -z
same "-i takes no more" -iv
same "-- then -" -- -
same "flags are not joined" -Wx
echo 'print("from stdin", ...)' >in
same "- is the standard input" - a b
echo 'print(arg[0], ...) error("here")' >in
same "an error in the standard input" -
echo 'print("no arguments", ...)' >in
same "no script: the standard input"
echo 'print(io.read("n", "l", "a"))' >in
printf '12 rest\nmore\nand more' >in
same "a script reads the standard input" -e 'print(io.read("n", "l", "a"))'
same "first line with #" shebang.lua
same "byte order mark" bom.lua
same "missing file" nosuch.lua
same "a directory" .
same "syntax error" syntax.lua
same "syntax error in -e" -e "x ="
same "error with a table" -e "error({})"
same "error with nil" -e "error()"
same "error with a number" -e "error(42)"
same "error with __tostring" -e "error(setmetatable({}, {__tostring = function() return 'text' end}))"
same "error with a bad __tostring" -e "error(setmetatable({}, {__tostring = function() return 1 end}))"
same "error without position" -e "error('plain', 0)"
same "error in a library function" -e "string.rep()"
same "error in a method" -e "('x'):rep({})"
same "error in a callback" levels.lua
same "error after a tail call" tail.lua
same "short traceback" deep.lua 5
same "traceback of 22 levels" deep.lua 18
same "long traceback" deep.lua 100
same "stack overflow" -e "local function f() return 1 + f() end local ok, m = pcall(f) print(ok, (m:gsub('\n.*', '')))"
same "runtime error names variables" -e "local t = {} t.x.y = 1"
same "exit code" -e "os.exit(7)"
same "exit true" -e "print(1) os.exit(true, true)"
same "exit false" -e "os.exit(false)"
same "warnings" -W -e "warn('a', 'b') warn('@off') warn('c')"
same "warnings are off" -e "warn('a') warn('@on') warn('b')"
same "print" -e "print() print(nil, true, 1, 1.0, -0.0, 1e100, 2^53, 1/0, 'x\0y')"
same "io.write" -e "io.write(1, ' ', 1.5, ' ', 1e15, ' ', 2^63, 'x', '\n'):write('again\n')"
same "io.write to a file" -e "io.output('f') io.write('in a file', 1) io.close() print(io.open('f'):read('a'))"
same "io.write of nil" -e "io.write('a', nil)"
same "io.write to a closed file" -e "io.output('f') io.close() io.write('x')"
same "print uses __tostring and __name" -e "print(setmetatable({}, {__tostring = function() return 'T' end})) print((tostring(setmetatable({}, {__name = 'N'})):gsub(':.*', '')))"
same "bad __tostring in print" -e "print(setmetatable({}, {__tostring = function() return 1 end}))"
same "coroutines" -e "local co = coroutine.create(function(...) print(...) print(coroutine.yield(1, 2)) error('in it') end) print(coroutine.resume(co, 'a', 'b')) print(coroutine.resume(co, 'c')) print(coroutine.resume(co)) print(coroutine.status(co))"
same "coroutine.wrap" -e "for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do print(v) end local f = coroutine.wrap(function() error('text') end) print(pcall(f)) print(pcall(f)) print(pcall(coroutine.wrap(function() error({}) end)))"
same "coroutine.wrap closes" -e "local f = coroutine.wrap(function() local x <close> = setmetatable({}, {__close = function() print('closed') end}) error('e') end) print(pcall(f))"
same "coroutine misuse" -e "print(pcall(coroutine.resume, 1)) print(pcall(coroutine.wrap, 1)) print(coroutine.isyieldable(), coroutine.running()) print(coroutine.resume(coroutine.running()))"
same "wrong use of resume" -e "coroutine.resume()"
same "close at the end" -e "local x <close> = setmetatable({}, {__close = function() print('closed') end}) setmetatable({}, {__gc = function() print('collected') end})"
LUA_INIT="print('init')" LUA_INIT_5_4=""
export LUA_INIT
same "LUA_INIT" -e "print('then')"
same "-E ignores LUA_INIT" -E -e "print('only')"
echo "print('from a file')" >init.lua
LUA_INIT="@init.lua"
same "LUA_INIT names a file" args.lua
LUA_INIT="error('bad init')"
same "an error in LUA_INIT" args.lua
unset LUA_INIT LUA_INIT_5_4
LUA_PATH="./elsewhere/?.lua"
export LUA_PATH
same "LUA_PATH" -e "print(package.path)"
same "-E ignores LUA_PATH" -E -e "print(package.path ~= './elsewhere/?.lua')"
same "-E is in the registry" -E -e "print(debug.getregistry().LUA_NOENV, os.getenv('LUA_PATH'))"
LUA_PATH="X;;Y" LUA_PATH_5_4="Z/?;;;;" LUA_CPATH_5_4=""
export LUA_PATH_5_4 LUA_CPATH_5_4
same "the path of the version comes first, ;; is the usual path" -e "print(package.path, package.cpath)"
unset LUA_PATH LUA_PATH_5_4 LUA_CPATH_5_4
if [ "$luac" != lua5.4 ]; then
	"$luac" -o args.luac args.lua
	same "a compiled script" args.luac a b
fi

# interrupts: the error and the traceback of lua5.4, exit code 1
cat >loop.lua <<'L'
local function f() while true do local x = 1 end end
print("on")
f()
L
interrupt() { # interrupt PROG: starts, waits until it runs, sends SIGINT
	rm -f o
	"$1" loop.lua >o 2>e &
	pid=$!
	i=0
	while ! [ -s o ] && [ $i -lt 100 ]; do sleep 0.05; i=$((i + 1)); done
	kill -INT $pid
	wait $pid
}
interrupt lua5.4
c1=$?
normal e >q1
interrupt "$M"
c2=$?
normal e >q2
{ [ $c1 = $c2 ] || echo "exit codes $c1 $c2"; diff q1 q2; } >diff
[ ! -s diff ]
verdict $? "Ctrl-C stops a loop"
sed -i 's/^f()/coroutine.wrap(f)()/' loop.lua
interrupt "$M"
c2=$?
{ [ $c2 = 1 ] || echo "exit code $c2"; grep -q 'interrupted!' e || cat e; } >diff
[ ! -s diff ]
verdict $? "Ctrl-C stops a coroutine"

# what is ours alone
mine "version" 0 "moonstage $("$M" --version | sed 's/moonstage \([0-9.]*\) .*/\1/') (Lua 5.4)" "" --version
mine "-v before a piece" 0 "$("$M" --version)
1" "" -v -e "print(1)"
mine "unknown long flag" 1 "" "moonstage: unrecognized option '--nosuch'" --nosuch
mine "usage on an unknown flag" 1 "" "usage: moonstage" --nosuch
mine "unknown dump" 1 "" "known: ast eager code graph" --dump=nothing
mine "bad seed" 1 "" "'--seed' needs a non-negative integer" --seed x
mine "seed missing" 1 "" "'--seed' needs argument" --seed
mine "bad level" 1 "" "unrecognized option '-O7'" -O7
mine "both modes" 1 "" "exclude each other" --eager --staged
mine "usage on request" 0 "$("$M" --help)" "" --help
mine "the module is there" 0 "true" "" -e "print(type(require 'moonstage') == 'table' and package.loaded.moonstage == require 'moonstage')"
mine "seeds make runs equal" 0 "$("$M" --seed 7 -e 'print(math.random(1 << 40))')" "" --seed=7 -e "print(math.random(1 << 40))"
mine "--compare prints once" 0 "same" "" --compare -e "print('same')"
mine "--compare gives every mode the same random numbers" 0 "true" "" --compare -e "print(math.random(1 << 60) > 0) io.stderr:write(math.random())"
mine "--compare keeps the exit code" 3 "" "" --compare -e "os.exit(3)"
mine "--compare keeps the error" 1 "" "(command line):1: boom" --compare -e "error('boom')"
mine "--compare refuses a mode" 1 "" "runs every mode by itself" --compare --eager x.lua
cat >counter.lua <<'L'
local f = io.open("count", "r")
local n = f and f:read("n") or 0
if f then f:close() end
io.open("count", "w"):write(n + 1):close()
print("run") print(n // tonumber(arg[1]))
if arg[2] and n > 0 then error("later") end
L
rm -f count
mine "--compare shows a differing line" 1 "" "standard output, line 2" --compare counter.lua 1
rm -f count
mine "--compare shows a differing exit code" 1 "" "exit code: 0, 1" --compare counter.lua 10 x
printf 'a\nb\n' >in
"$M" --compare -e "print(io.read('a'))" <in >o2 2>e2
{ [ $? = 0 ] || cat e2; printf 'a\nb\n\n' | diff - o2; } >diff
[ ! -s diff ]
verdict $? "--compare feeds a file to every mode"
printf 'a\nb\n' | "$M" --compare -e "print(io.read('a'))" >o2 2>e2
{ cat e2; printf 'a\nb\n\n' | diff - o2; } >diff
[ ! -s diff ]
verdict $? "--compare feeds a pipe to every mode"
echo "1..$n"
