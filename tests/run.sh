#!/bin/sh
# Runs all tests against a build and ends with the line "N passed, N failed".
#   sh tests/run.sh [BUILD] [WORD...]    only files whose path contains one of the words
# What is run:
#   BUILD/tests/*/test_*   C tests (cmocka)
#   tests/modes/*.lua      in every mode: exit code 0 and the same bytes on standard output; exactly the
#                          lines after "-- expect:", if there are any; also under stock Lua when the
#                          file has a line "-- stock"; the words after "-- args:" are its arguments
#   tests/fuzz/found/*.lua likewise: what the fuzzer found
#   examples/*.lua         likewise, when they have such lines
#   tests/errors/*.lua     in every mode (or with the flags of a line "-- run:", once for each such line):
#                          exit code 1, one message that holds every text after "-- error:"; a file with
#                          lines "--- TITLE" is a case for each, whose text ends at the next: it is run with
#                          the lines before the first such line, and keeps its line numbers
#   tests/plain/*.lua      by tests/host/plain.sh
#   tests/*/*.lua, *.sh    anything else: programs that print TAP, with the flags of a line "-- run:";
#                          MOONSTAGE names the binary
cd "$(dirname "$0")/.." || exit 1
JOBS=2 LIMIT=300
export LC_ALL=C

# ---- one job: prints "pass" or "fail: text" lines ----

pass() { echo "pass"; }
fail() { # fail TITLE [FILE]: the file's first lines are shown
	echo "fail: $1"
	[ -n "${2:-}" ] && [ -s "$2" ] && head -n 30 "$2" | sed 's/^/    /'
}
marked() { sed -n "s/.*-- $1:\$//p; s/.*-- $1: //p" "$2"; } # texts after a mark, a line each

run() { timeout -k 5 $LIMIT "$@" </dev/null >"$T.out" 2>"$T.err"; }
crashed() { [ "$1" -ge 124 ] || grep -qE 'Sanitizer|runtime error:' "$T.err"; }

modes_job() {
	first=""
	args=$(marked args "$1")
	marked expect "$1" >"$T.expect"
	for flags in "--eager" "--staged -O0" "--staged -O2" "--staged=auto" "--staged=auto:0"; do
		# shellcheck disable=SC2086
		run "$MOONSTAGE" --seed 1 $flags "$1" $args
		code=$?
		if [ $code -ne 0 ] || crashed $code; then
			fail "$1 $flags: exit code $code" "$T.err"
			continue
		fi
		if [ -s "$T.expect" ] && ! diff "$T.expect" "$T.out" >"$T.diff"; then
			fail "$1 $flags: not the expected output (<)" "$T.diff"
		elif [ -n "$first" ] && ! cmp -s "$T.first" "$T.out"; then
			diff -a "$T.first" "$T.out" >"$T.diff"
			fail "$1 $flags: not the output of $first (<)" "$T.diff"
		else
			pass
		fi
		[ -n "$first" ] || { first=$flags; cp "$T.out" "$T.first"; }
	done
	grep -q '^-- stock$' "$1" || return
	# shellcheck disable=SC2086
	LUA_PATH="tests/stub/?.lua;;" run lua5.4 "$1" $args
	code=$?
	if [ $code -ne 0 ]; then
		fail "$1 stock Lua: exit code $code" "$T.err"
	elif [ -n "$first" ] && ! diff -a "$T.out" "$T.first" >"$T.diff"; then
		fail "$1 $first: not the output of stock Lua (<)" "$T.diff"
	else
		pass
	fi
}

error_case() { # error_case FLAGS FILE
	# shellcheck disable=SC2086
	run "$MOONSTAGE" $1 "$2"
	code=$?
	if [ $code -ne 1 ] || crashed $code; then
		fail "$2 $1: exit code $code, not 1" "$T.err"
	elif [ "$(grep -c '^moonstage: ' "$T.err")" != 1 ]; then
		fail "$2 $1: not one message" "$T.err"
	else
		sed '/^stack traceback:$/,$d' "$T.err" >"$T.message"
		marked error "$2" | while IFS= read -r text; do
			grep -qF -- "$text" "$T.message" || echo "$text"
		done >"$T.missing"
		marked expect "$2" >"$T.expect"
		if [ -s "$T.missing" ]; then
			echo "--- but:" >>"$T.missing"
			cat "$T.message" >>"$T.missing"
			fail "$2 $1: the message lacks" "$T.missing"
		elif [ -s "$T.expect" ] && ! diff "$T.expect" "$T.out" >"$T.diff"; then
			fail "$2 $1: not the expected output (<)" "$T.diff"
		else
			pass
		fi
	fi
}

errors_job() {
	cases=$(grep -c '^--- ' "$1")
	[ "$cases" = 0 ] && { error_file "$1"; return; }
	mkdir -p "$T.case/${1%/*}"
	k=0
	while [ $k -lt "$cases" ]; do
		k=$((k + 1))
		awk -v k=$k '/^--- / { n++ } { print n == 0 || n == k ? $0 : "" }' "$1" >"$T.case/$1"
		(cd "$T.case" && error_file "$1") | sed "s|^fail: $1|&, $(sed -n 's/^--- //p' "$T.case/$1"),|"
	done
}

error_file() {
	grep -q -- '-- error:' "$1" || fail "$1: has no line -- error:"
	if grep -q '^-- run: ' "$1"; then
		sed -n 's/^-- run: //p' "$1" >"$T.runs"
	else
		printf '%s\n' "--eager" "--staged -O0" "--staged -O2" "--staged=auto:0" >"$T.runs"
	fi
	while IFS= read -r flags <&3; do error_case "$flags" "$1"; done 3<"$T.runs"
}

tap_job() { # tap_job FILE COMMAND...
	file=$1
	shift
	run "$@"
	code=$?
	grep '^ok' "$T.out" | sed 's/.*/pass/'
	awk -v f="$file" '/^not ok/ { print "fail: " f ": " $0; show = 1; next } /^ok/ { show = 0 }
		show && /^#/ { print "    " $0 }' "$T.out"
	plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$T.out" | tail -n 1)
	count=$(grep -cE '^(not )?ok' "$T.out")
	if crashed $code; then fail "$file: exit code $code" "$T.err"
	elif [ -z "$plan" ]; then fail "$file: printed no plan; exit code $code" "$T.err"
	elif [ "$plan" -ne "$count" ]; then fail "$file: $plan tests planned, $count seen; exit code $code" "$T.err"
	elif [ $code -ne 0 ] && ! grep -q '^not ok' "$T.out"; then fail "$file: exit code $code" "$T.err"
	fi
}

c_job() {
	run "$1"
	code=$?
	cat "$T.out" >>"$T.err"
	sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s).*/\1/p' "$T.err" | awk '{ for (i = 0; i < $1; i++) print "pass" }'
	grep -E '^\[  FAILED  \] ' "$T.err" |
		grep -v 'test(s), listed below' | sort -u | sed "s|^\[  FAILED  \]|fail: $1:|" >"$T.failed"
	if [ -s "$T.failed" ]; then
		cat "$T.failed"
		grep -vE '^\[ +(RUN|OK|PASSED|FAILED)|^\[=====|FAILED TEST|^ *$' "$T.err" | head -n 30 | sed 's/^/    /'
	elif [ $code -ne 0 ] || crashed $code; then
		fail "$1: exit code $code" "$T.err"
	fi
}

if [ "${1:-}" = --job ]; then
	T=$DIR/$(echo "$2" | tr '/ ' '__')
	case $2 in
	tests/modes/* | examples/* | tests/fuzz/found/*) modes_job "$2" ;;
	tests/errors/*) errors_job "$2" ;;
	# shellcheck disable=SC2046
	tests/*.lua) tap_job "$2" "$MOONSTAGE" $(marked run "$2") "$2" ;;
	tests/*.sh) tap_job "$2" sh "$2" ;;
	*) c_job "$2" ;;
	esac >"$T.result" 2>&1
	sed -n '/^pass$/!p' "$T.result"
	exit 0
fi

# ---- the run ----

BUILD=${1:-build}
[ $# -gt 0 ] && shift
MOONSTAGE=$(pwd)/$BUILD/moonstage
case $BUILD in /*) MOONSTAGE=$BUILD/moonstage ;; esac
export MOONSTAGE BUILD
DIR=$(mktemp -d) || exit 1
export DIR
trap 'rm -rf "$DIR"' EXIT
trap 'exit 130' INT TERM

for f in "$BUILD"/tests/*/test_* $(grep -lE '^-- (expect|args):' examples/*.lua) \
	tests/modes/*.lua tests/errors/*.lua tests/*/*.lua tests/*/*.sh tests/fuzz/found/*.lua; do
	case $f in
	tests/fuzz/found/*.lua) ;;
	tests/fuzz/*.lua) continue ;; # the fuzzer itself
	esac
	case $f in *.d | *.o | tests/bench/* | tests/plain/* | tests/lib/* | tests/stub/* | tests/lang/corpus* | *'*'*) continue ;; esac
	name=${f##*/}
	[ -f "${f%/*}/test_${name%.lua}.c" ] && continue # what a C test reads
	[ $# -eq 0 ] && echo "$f"
	for word in "$@"; do case $f in *"$word"*) echo "$f"; break ;; esac done
done | awk '!seen[$0]++' >"$DIR/list"
xargs -P $JOBS -n 1 sh tests/run.sh --job <"$DIR/list"
# a job that died without a result counts
while IFS= read -r f; do
	[ -s "$DIR/$(echo "$f" | tr '/ ' '__').result" ] ||
		echo "fail: $f: no test ran" | tee "$DIR/none_$(echo "$f" | tr '/ ' '__').result"
done <"$DIR/list"
passed=$(cat "$DIR"/*.result 2>/dev/null | grep -c '^pass$')
failed=$(cat "$DIR"/*.result 2>/dev/null | grep -c '^fail: ')
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
