#!/bin/sh
# Installs what the console is built and tested with, into a cache outside the repository, and links it here as node_modules. What is in the
# tree is walked by Go's tools, and a link is not followed. Each set of versions has a folder of its own: branches do not fight over one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
node=$("$here/node.sh")
export PATH=$node:$PATH
name=$(sha256sum "$here/package-lock.json" | cut -c1-16)
all=${XDG_CACHE_HOME:-$HOME/.cache}/mirrorwatch/console
cache=$all/$name
mkdir -p "$cache"
exec 8>"$all/lock" # two at once would write into one folder
flock 8
if [ ! -f "$cache/whole" ]; then
	cp "$here/package.json" "$here/package-lock.json" "$cache/"
	(cd "$cache" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
	touch "$cache/whole" # last: it says that the installation is whole
fi
ln -sfn "$cache/node_modules" "$here/node_modules"
