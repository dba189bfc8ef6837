#!/usr/bin/env bash
# Fetches DynamoDB Local for the tests of shared/store/dynamo: the jar inside an npm package, unpacked into a cache outside the
# repository, because its licence allows use and not passing on. Only the package itself is fetched, never what it depends on, and
# only with the SHA-256 written here. What is there already is left alone. Without npm or Java it says so and goes on: the tests
# that need DynamoDB skip themselves and say what is missing.
set -euo pipefail
package=amplify-dynamodb-simulator@2.9.30
sha256=3503ffac19f183407909fecdacf4db51ab1fdad1da7b2f177016670b2d80e4b9
here="$(cd "$(dirname "$0")" && pwd)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/mirrorwatch/dynamodb-local"
have="$cache/$sha256"

if [ ! -f "$have/DynamoDBLocal.jar" ]; then
  if ! command -v npm >/dev/null; then
    echo "dynamodb: npm is missing; tests of the DynamoDB store are skipped" >&2
    exit 0
  fi
  mkdir -p "$cache"
  work="$(mktemp -d "$cache/fetch.XXXXXX")"
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && npm pack --silent "$package" >/dev/null)
  echo "$sha256  $work/${package/@/-}.tgz" | sha256sum --check --quiet || {
    echo "dynamodb: $package is not the one that was looked at; nothing was unpacked" >&2
    exit 1
  }
  tar -xzf "$work/${package/@/-}.tgz" -C "$work" package/emulator
  # A rename is all or nothing: two runs at once, or one that was killed, leave no half of it.
  mv -T "$work/package/emulator" "$have" 2>/dev/null || [ -f "$have/DynamoDBLocal.jar" ]
  for other in "$cache"/*/; do
    # Earlier versions go; what another run is fetching just now stays.
    if [[ "$(basename "$other")" =~ ^[0-9a-f]{64}$ ]] && [ "$other" != "$have/" ]; then rm -rf "$other"; fi
  done
  echo "dynamodb: fetched $package"
fi
if ! command -v java >/dev/null; then
  echo "dynamodb: Java is missing; tests of the DynamoDB store are skipped. On Debian: apt-get install openjdk-17-jre-headless" >&2
  exit 0
fi
# DynamoDB Local has no option for the address it listens on. Where there is a Java compiler, Loopback.java binds it to 127.0.0.1.
if command -v javac >/dev/null && [ "$here/Loopback.java" -nt "$have/Loopback.class" ]; then
  javac -nowarn -cp "$have/DynamoDBLocal.jar:$have/DynamoDBLocal_lib/*" -d "$have" "$here/Loopback.java"
fi
