#!/bin/sh
# Checks the parser and the eager form on Lua programs from Debian packages, which are downloaded,
# never installed or committed: accepted and refused as by luac5.4, refused at the same line;
# unedited text identical byte for byte; edited text accepted by luac5.4, with as many lines.
#   corpus.sh BUILD    the packages stay in BUILD/corpus; run from the top of the repository
set -u
mkdir -p "$1/corpus" || exit 1
LUAPARSE=$(cd "$1" && pwd)/corpus/luaparse
${CC:-gcc} -std=c11 -D_GNU_SOURCE -O2 -march=native -ffp-contract=off -Isrc -o "$LUAPARSE" src/base/*.c tests/lang/luaparse.c \
	src/lang/*.c -lm || exit 1
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

edited=0 same=0 bad=0
grep ' ok$' ours | sed 's/ ok$//' >valid
while read -r f; do
	"$LUAPARSE" -e "$f" >eager.lua || { echo "$f: not rewritten"; bad=$((bad + 1)); continue; }
	sed '1{/^#/s/.*//}' "$f" >plain.lua
	if cmp -s plain.lua eager.lua; then same=$((same + 1)); continue; fi
	edited=$((edited + 1))
	luac5.4 -p eager.lua >message 2>&1 || { sed "s|^|$f: |;q" message; bad=$((bad + 1)); }
	[ "$(wc -l <eager.lua)" = "$(wc -l <"$f")" ] || { echo "$f: another number of lines"; bad=$((bad + 1)); }
done <valid
echo "$(wc -l <files) files: $(wc -l <valid) accepted, $different judged otherwise than by luac; $same identical, $edited edited, $bad of them wrong"
[ "$different" = 0 ] && [ "$bad" = 0 ] && xargs -d '\n' "$LUAPARSE" -t <valid
