#!/bin/sh
# What the build does about missing packages, on a machine made of stand-ins for id, sudo, dpkg-query and apt-get:
# installs what is missing and nothing else, with sudo when not root; without rights names exactly that and stops.
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
n=0
tool() { # tool NAME TEXT: what stands for the program
	printf '#!/bin/sh\n%s\n' "$2" >"$D/$1"
	chmod +x "$D/$1"
}
# expect NAME CODE LINE...: deps.sh with three packages, of which "there" is installed
expect() {
	name=$1 code=$2
	shift 2
	: >"$D/log"
	PATH=$D LOG=$D/log /bin/sh tests/deps.sh there gone also-gone >>"$D/log" 2>&1 </dev/null
	got=$?
	for line in "$@"; do echo "$line"; done >"$D/want"
	n=$((n + 1))
	if [ $got = "$code" ] && diff "$D/want" "$D/log" >"$D/diff"; then echo "ok $n - $name"; else
		echo "not ok $n - $name"
		echo "# exit code $got"
		sed 's/^/# /' "$D/diff"
	fi
}
for tool in env rm; do ln -s "$(command -v $tool)" "$D/$tool"; done
tool dpkg-query 'case $* in *there) echo "install ok installed" ;; *) echo "unknown ok not-installed"; exit 1 ;; esac'
tool apt-get 'echo "apt-get $* as ${ROOT:-user}" >>"$LOG"'
INSTALL="install -y -qq --no-install-recommends gone also-gone"

tool id 'echo 0'
expect "root installs what is missing" 0 "Installing: gone also-gone" "apt-get update -qq as user" "apt-get $INSTALL as user"
tool id 'echo 1000'
tool sudo '[ "$1" = -n ] && shift; [ "$1" = true ] || ROOT=root "$@"'
expect "a user who may, by sudo" 0 "Installing: gone also-gone" "apt-get update -qq as root" "apt-get $INSTALL as root"
tool sudo 'exit 1'
expect "without rights the packages are named" 1 "These packages are needed: gone also-gone" \
	"As root, run: apt-get install -y --no-install-recommends gone also-gone"
rm "$D/sudo"
expect "without sudo the packages are named" 1 "These packages are needed: gone also-gone" \
	"As root, run: apt-get install -y --no-install-recommends gone also-gone"
tool id 'echo 0'
rm "$D/apt-get"
expect "without apt-get too" 1 "These packages are needed, and there is no apt-get to install them with: gone also-gone"
tool dpkg-query 'echo "install ok installed"'
expect "nothing is missing, yet not found" 1 \
	"All packages are installed, but something of them is not found: check CC, PATH and PKG_CONFIG_PATH."

# every package the README lists is one the Makefile installs
n=$((n + 1))
named=$(sed -n 's/^PKGS *:= *//p' Makefile)
lacking=""
for p in $(grep -o '^| `[^|]*|' README.md | grep -oE '`(lib[a-z0-9.]*-dev|lua5\.4|perl)`' | tr -d '`'); do
	case " $named " in *" $p "*) ;; *) lacking="$lacking $p" ;; esac
done
if [ -z "$lacking" ]; then echo "ok $n - the packages of the README are installed"; else
	echo "not ok $n - not installed:$lacking"
fi
echo "1..$n"
