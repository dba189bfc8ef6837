#!/usr/bin/env bash
# Builds the console into ../dist, which programs are then built around, where its sources or what was built of them changed since. With
# --optional it says in one line that there will be none, where Node or the packages cannot be had, and that is no failure; a source that does
# not build always is. Two runs at once wait for each other, and whoever builds a program meanwhile finds a whole console: the page is
# replaced last, when everything that it names is there.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../../.. && pwd)
dist=$root/lambdas/console/dist
optional=${1:-}
mkdir -p "$root/build"
stamp=$root/build/console.stamp
exec 9>"$root/build/console.lock"
flock 9

# cannot tells why nothing can be built on this machine.
cannot() {
	if [ "$optional" != --optional ]; then
		echo "console: $1" >&2
		exit 1
	fi
	if [ -s "$dist/index.html" ]; then
		echo "console: $1; the program is built with the console that was built before"
	else
		echo "console: $1; the program is built without its console"
	fi
	exit 0
}

# state is a hash of all that decides what is built, and of what was built.
state() {
	{
		find . -name node_modules -prune -o -path ./e2e -prune -o -type f ! -name '*.test.*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
		(cd "$dist" && find . -type f ! -name .gitkeep ! -name .gitignore -print0 | LC_ALL=C sort -z | xargs -0r sha256sum)
	} | sha256sum
}

if [ -s "$dist/index.html" ] && [ "$(state)" = "$(cat "$stamp" 2>/dev/null)" ]; then exit 0; fi

node=$(./node.sh 2>"$stamp.why" 9>&-) || cannot "$(tail -n 1 "$stamp.why")"
rm -f "$stamp.why"
export PATH=$node:$PATH
./setup.sh 9>&- || cannot "its packages cannot be had from npm's registry"

out=$(mktemp -d "$root/build/console.XXXXXX")
trap 'rm -rf "$out"' EXIT
NODE_ENV=production node_modules/.bin/vite build --outDir "$out" --emptyOutDir --logLevel warn 9>&-
[ -s "$out/index.html" ] || { echo "console: vite wrote no index.html" >&2; exit 1; }
(cd "$out" && find . -type f | LC_ALL=C sort) >"$out.files"
trap 'rm -rf "$out" "$out.files"' EXIT
grep -vx ./index.html "$out.files" | while read -r file; do
	mkdir -p "$dist/$(dirname "$file")"
	mv -f "$out/$file" "$dist/$file"
done
mv -f "$out/index.html" "$dist/index.html"
(cd "$dist" && find . -type f ! -name .gitkeep ! -name .gitignore | LC_ALL=C sort) | comm -23 - "$out.files" | while read -r file; do rm -f "$dist/$file"; done
find "$dist" -mindepth 1 -type d -empty -delete
state >"$stamp"
echo "console: built, $(wc -l <"$out.files") files, $(cd "$dist" && find . -name '*.js' -o -name '*.css' -o -name '*.html' | xargs cat | gzip -9 | wc -c | awk '{ printf "%.0f", $1 / 1000 }') kB in gzip with all pages"
