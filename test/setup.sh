#!/usr/bin/env bash
# Installs what the tests need on a bare Debian machine with Go: a C compiler for the race detector, iproute2 for the tests that
# make network namespaces. What is there already is left alone; without root it says what is missing and goes on, since
# the tests that need it skip themselves and say so.
set -euo pipefail
missing=()
command -v gcc >/dev/null || missing+=(gcc libc6-dev)
command -v ip >/dev/null || missing+=(iproute2)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "setup: please install ${missing[*]}; tests that need them are skipped" >&2
  exit 0
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "setup: installed ${missing[*]}"
