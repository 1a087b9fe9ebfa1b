#!/bin/sh
# Checks the parser and the eager form on Lua programs from Debian packages, which are downloaded,
# never installed or committed: accepted and refused as by luac5.4, refused at the same line; unedited text
# identical byte for byte; what stock compiles, from the printed tree and from edited text, as corpus_listing.lua says.
# Then programs among them work on them, under lua5.4 and BUILD/moonstage, and must print the same.
#   corpus.sh BUILD    the packages stay in BUILD/corpus; run from the top of the repository
set -u
mkdir -p "$1/corpus" || exit 1
LUAPARSE=$(cd "$1" && pwd)/corpus/luaparse
LISTING=$(pwd)/tests/lang/corpus_listing.lua
PROGRAMS=$(pwd)/tests/lang/corpus_programs.lua
${CC:-gcc} -std=c11 -D_GNU_SOURCE -O2 -march=native -ffp-contract=off -Isrc -o "$LUAPARSE" src/base/*.c tests/lang/luaparse.c \
	tests/lang/reprint.c src/lang/*.c -lm || exit 1
cd "$1/corpus" || exit 1
PACKAGES="lua-penlight luarocks vis prosody prosody-modules lua-check lua-http lua-inspect lua-argparse lua-busted
	lua-ldoc lua-posix lua-lpeg lua-dkjson awesome luakit sysdig lua-ljsyscall"
for p in $PACKAGES; do
	[ -d "root/$p" ] && continue
	apt-get download "$p" >/dev/null 2>&1 || { echo "cannot download $p"; exit 1; }
	mkdir -p "root/$p" && dpkg -x "$p"_*.deb "root/$p" && rm -f "$p"_*.deb
done

find root -type f -name '*.lua' | LC_ALL=C sort | while read -r f; do
	[ "$(head -c1 "$f" | od -An -tx1 | tr -d ' ')" = 1b ] || echo "$f" # not bytecode
done >files
xargs -d '\n' "$LUAPARSE" <files | awk '{ print $1, $2 }' >ours
while read -r f; do # one file per call: Debian's luac fails with several
	if message=$(luac5.4 -p "$f" 2>&1); then echo "$f ok"
	else echo "$f $(printf '%s\n' "$message" | sed -n "1s|^[^:]*: [^:]*:\([0-9]*\):.*|\1|p")"; fi
done <files >stock
different=$(diff ours stock | grep -c '^<')
diff ours stock

grep ' ok$' ours | sed 's/ ok$//' >valid
rm -rf forms
mkdir forms || exit 1
bad=0
xargs -d '\n' -n 100000 "$LUAPARSE" -w forms <valid >forms/list || bad=1
echo "$(wc -l <files) files: $(wc -l <valid) accepted, $different judged otherwise than by luac; $(grep -c ' - [^ ]*$' forms/list) need no edit"
lua5.4 "$LISTING" <forms/list || bad=1
for how in "lua5.4" "../moonstage --eager" "../moonstage --staged"; do
	$how "$PROGRAMS" root files >"output-${how##* }" 2>&1 || { bad=1; tail -n 5 "output-${how##* }"; }
	cmp output-lua5.4 "output-${how##* }" || bad=1
done
echo "luacheck, penlight, dkjson and inspect: $(wc -l <output-lua5.4) lines of output"
[ "$different" = 0 ] && [ "$bad" = 0 ] && xargs -d '\n' "$LUAPARSE" -t <valid
