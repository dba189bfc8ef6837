#!/bin/sh
# Installs the CDK's command line and the checks of templates into a cache outside the repository, and prints where. Needs node and npm.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mirrorwatch/cdk
if ! cmp -s "$here/package-lock.json" "$cache/package-lock.json" || [ ! -d "$cache/node_modules/cdk-nag" ]; then
	command -v npm >/dev/null || { echo "npm is missing: install node 20 or newer" >&2; exit 1; }
	mkdir -p "$cache"
	rm -f "$cache/package-lock.json" # copied last: it says that the installation is whole
	cp "$here/package.json" "$cache/"
	cp "$here/package-lock.json" "$cache/package-lock.json.new"
	(
		cd "$cache"
		mv package-lock.json.new package-lock.json
		npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2 || { rm -f package-lock.json; exit 1; }
	)
fi
echo "$cache"
