#!/bin/sh
# The prompt (-i): what a session prints, and that errors, unfinished lines and Ctrl-C lead back to it.
# Prints TAP.
M=${MOONSTAGE:-build/moonstage}
case $M in /*) ;; *) M=$(pwd)/$M ;; esac
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
cd "$D" || exit 1
unset LUA_INIT LUA_INIT_5_4
n=0
verdict() { # verdict NAME: passes when the file diff is empty
	n=$((n + 1))
	if [ ! -s diff ]; then echo "ok $n - $1"; else
		echo "not ok $n - $1"
		sed 's/^/# /' diff
	fi
}
# session NAME FLAGS: runs the file in; its output must be the file out, its errors the file err
session() {
	name=$1
	shift
	"$M" -i "$@" <in >o 2>e
	{ [ $? = 0 ] || echo "exit code $?"; sed 1d o | diff out -; diff err e; } >diff
	verdict "$name"
}

cat >in <<'L'
1 + 1, "two"
=3
x = (
4
)
x
nil

local y = 1
y
for i = 1, 2 do
  print(i)
end
-- only a comment
L
printf '> 2\ttwo\n> 3\n> >> >> > 4\n> nil\n> > > nil\n> >> >> 1\n2\n> > \n' >out
: >err
session "expressions print their values, statements go on until they are whole"

cat >in <<'L'
x =
= 1
error("text")
error({})
error(setmetatable({}, {__tostring = function() return "own" end}))
local function f() local z = nil; z.k = 1 end f()
"still here"
print = 5
6
L
printf '> >> > > > > > still here\n> > > \n' >out
cat >err <<'L'
stdin:2: unexpected symbol near '='
stdin:1: text
stack traceback:
	[C]: in function 'error'
	stdin:1: in main chunk
	[C]: in ?
(error object is a table value)
stack traceback:
	[C]: in function 'error'
	stdin:1: in main chunk
	[C]: in ?
own
stdin:1: attempt to index a nil value (local 'z')
stack traceback:
	stdin:1: in local 'f'
	stdin:1: in main chunk
	[C]: in ?
error calling 'print' (attempt to call a number value)
L
session "errors lead back to the prompt"
lua5.4 -i <in >/dev/null 2>e
diff err e >diff
verdict "they read as in lua5.4"

printf '_PROMPT, _PROMPT2 = setmetatable({}, {__tostring = function() return "in: " end}), 7\nx = {\n}\n' >in
printf '> in: 7in: \n' >out
: >err
session "_PROMPT and _PROMPT2"

printf 'if true then\n' >in
printf '> >> > \n' >out
echo "stdin:1: 'end' expected near <eof>" >err
session "the input ends in the middle of a statement"

printf 'warn("@on") warn("a ", "warning")\nx == 1\n...\n' >in
printf '> > true\n> > \n' >out
echo "Lua warning: a warning" >err
echo 'x = 1' >script.lua
session "after a script, with its globals, not its arguments" script.lua argument

printf 'ms = require "moonstage"\nms.stage(function(n)\n  while n > 10 do n = n // 2 end\n  print(n)\nend)(100)\nms.tensor{1, 2} < 2\n' >in
printf '> > >> >> >> 6\n> tensor([ true, false])\n> \n' >out
: >err
session "staged functions and tensors" --staged

printf 'os.exit(3)\nprint("not reached")\n' >in
"$M" -i <in >o 2>e
[ $? = 3 ] && : >diff || cat o e >diff
verdict "os.exit leaves with its code"

"$M" -i -e 'error("before")' <in >o 2>e
c=$?
{ [ $c = 1 ] || echo "exit code $c"; grep -q '^moonstage: (command line):1: before' e || cat e; sed 1d o; } >diff
verdict "an error in an option or a script comes before any prompt"

mkfifo pipe
"$M" -i <pipe >o 2>e &
pid=$!
exec 3>pipe
echo 'print("started") while true do end' >&3
i=0
while ! grep -q started o && [ $i -lt 200 ]; do sleep 0.05; i=$((i + 1)); done
kill -INT $pid
printf '"back"\n' >&3
exec 3>&-
wait $pid
{ [ $? = 0 ] || echo "exit code $?"; grep -q '^> back' o || cat o; grep -q 'interrupted!' e || cat e; } >diff
verdict "Ctrl-C stops the line and leads back to the prompt"

# a terminal, with the readline library when it is there: the arrow up brings the last statement again
if command -v script >/dev/null; then
	cat >keys.sh <<-'L'
		wait_for() { i=0; while ! grep -qa "$1" "$2" && [ $i -lt 200 ]; do sleep 0.05; i=$((i + 1)); done; }
		wait_for '> ' o
		printf 'for i = 1, 2 do\nprint("row " .. 10 + i)\nend\n'
		wait_for 'row 12' o
		printf '\033[A\nprint("the " .. "end")\nos.exit(4)\n'
		wait_for 'the end' o
	L
	: >o
	sh keys.sh | timeout 60 script -qec "'$M' -i" /dev/null >o 2>&1
	grep -ca 'row 12' o >times
	case $(ldconfig -p 2>/dev/null || /sbin/ldconfig -p) in
	*libreadline.so.[78]* | *libedit.so.2*) echo 2 ;;
	*) echo 1 ;;
	esac | diff - times >diff || cat -v o >>diff
	verdict "history on a terminal"
fi
echo "1..$n"
