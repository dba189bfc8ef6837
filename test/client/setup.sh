#!/bin/sh
# Installs what makes a client of the OpenAPI document and checks its types, into a cache outside the repository. Needs node and npm.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mirrorwatch/client
if cmp -s "$here/package-lock.json" "$cache/package-lock.json" && [ -d "$cache/node_modules/openapi-fetch" ]; then
	exit 0
fi
command -v npm >/dev/null || { echo "npm is missing: install node 20 or newer" >&2; exit 1; }
mkdir -p "$cache"
rm -f "$cache/package-lock.json" # copied last: it says that the installation is whole
cp "$here/package.json" "$cache/"
cp "$here/package-lock.json" "$cache/package-lock.json.new"
cd "$cache"
mv package-lock.json.new package-lock.json
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || { rm -f package-lock.json; exit 1; }
