#!/bin/sh
# Installs those of the Debian packages named as arguments that are missing; without the rights to, names them and stops.
set -u
missing=""
for p in "$@"; do
	case $(dpkg-query -W -f='${Status}' "$p" 2>/dev/null) in
	*" ok installed") ;;
	*) missing="$missing $p" ;;
	esac
done
if [ -z "$missing" ]; then
	echo "All packages are installed, but something of them is not found: check CC, PATH and PKG_CONFIG_PATH." >&2
	exit 1
fi
if [ "$(id -u)" = 0 ]; then
	run=""
elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }; }; then
	run="sudo"
else
	echo "These packages are needed:$missing" >&2
	echo "As root, run: apt-get install -y --no-install-recommends$missing" >&2
	exit 1
fi
if ! command -v apt-get >/dev/null 2>&1; then
	echo "These packages are needed, and there is no apt-get to install them with:$missing" >&2
	exit 1
fi
echo "Installing:$missing"
$run apt-get update -qq
# shellcheck disable=SC2086
exec $run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
