#!/usr/bin/env bash
# Signs in to a server as admin with a setup password, changes it, and prints a new API key of role analyst.
#
#   test/bench/key.sh http://127.0.0.1:8080 SETUP-PASSWORD
set -euo pipefail
url=$1 password=$2
jar="$(mktemp)"
trap 'rm -f "$jar"' EXIT
ask() { curl -sS --fail-with-body -b "$jar" -c "$jar" -H 'Content-Type: application/json' "$@"; }
field() { sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p"; }
token="$(ask -d "{\"name\":\"admin\",\"password\":\"$password\"}" "$url/v1/session" | field csrf_token)"
token="$(ask -X PUT -H "X-CSRF-Token: $token" -d "{\"current\":\"$password\",\"new\":\"a long walk along the river\"}" "$url/v1/me/password" | field csrf_token)"
ask -H "X-CSRF-Token: $token" -d '{"name":"load","role":"analyst"}' "$url/v1/api-keys" | field key
