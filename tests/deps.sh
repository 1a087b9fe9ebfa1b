#!/bin/sh
# Installs the Debian packages named as arguments; without the rights to, names them and stops.
set -u
if [ "$(id -u)" = 0 ]; then
	run=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
	run="sudo -n"
else
	echo "These packages are needed. As root, run:" >&2
	echo "  apt-get install -y $*" >&2
	exit 1
fi
$run apt-get update -qq
exec $run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
