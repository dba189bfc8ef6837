#!/bin/sh
# Prints the folder of the Node that the console is built and tested with, to stand first in PATH. It is the machine's own where Vite runs on
# it; else one from npm's registry (Debian 12 has Node 18), pinned with its hash in node/package-lock.json and kept in the same cache as the
# packages. It says in one line why there is none.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
need="install Node 20.19 or newer (of 22: 22.12) with npm"

# does says whether Vite runs on a Node.
does() {
	"$1" -e 'const [major, minor] = process.versions.node.split(".").map(Number)
		process.exit(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null
}

own=$(command -v node) || { echo "node is missing: $need" >&2; exit 1; }
command -v npm >/dev/null || { echo "npm is missing: $need" >&2; exit 1; }
if does "$own"; then
	dirname "$own"
	exit 0
fi
all=${XDG_CACHE_HOME:-$HOME/.cache}/mirrorwatch/console
cache=$all/node-$(sha256sum "$here/node/package-lock.json" | cut -c1-16)
mkdir -p "$cache"
exec 7>"$all/node.lock" # two at once would write into one folder
flock 7
if [ ! -f "$cache/whole" ]; then
	echo "console: Node $(node --version) is too old; fetching one that is not" >&2
	cp "$here/node/package.json" "$here/node/package-lock.json" "$cache/"
	(cd "$cache" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error 7>&- >&2) && touch "$cache/whole" || true
fi
for node in "$cache"/node_modules/node-*/bin/node; do
	if [ -x "$node" ] && does "$node"; then
		dirname "$node"
		exit 0
	fi
done
echo "Node $(node --version) is too old, and npm's registry has none for this machine: $need" >&2
exit 1
