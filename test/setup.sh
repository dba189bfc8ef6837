#!/usr/bin/env bash
# Installs what the tests need on a bare Debian machine with Go: a C compiler for the race detector, iproute2 for the tests that
# make network namespaces, Java for DynamoDB Local, Node for DuckDB, for a client of the API and for the console; and fetches what those
# are used with; Chromium, and the fonts that its pictures are taken with, to look at the console; the AWS CLI and boto3 to hold the imitation
# of AWS against (moto, which the same tests ask where it is there, is no package of Debian's). Then it builds the console, so that programs
# under test have it. What is there already is left alone; without root it says what is missing and goes on, since the tests that need it
# skip themselves and say so.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
missing=()
command -v gcc >/dev/null || missing+=(gcc libc6-dev)
command -v ip >/dev/null || missing+=(iproute2)
command -v javac >/dev/null || missing+=(openjdk-17-jdk-headless)
command -v npm >/dev/null || missing+=(nodejs npm)
command -v chromium >/dev/null || missing+=(chromium)
ls -d /usr/share/fonts/truetype/liberation* >/dev/null 2>&1 || missing+=(fonts-liberation)
command -v aws >/dev/null || missing+=(awscli)
python3 -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("boto3") is None)' 2>/dev/null || missing+=(python3-boto3)
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "setup: please install ${missing[*]}; tests that need them are skipped" >&2
  else
    apt-get update -qq
    there=()
    for package in "${missing[@]}"; do # not every release has every one
      if apt-cache show "$package" >/dev/null 2>&1; then there+=("$package"); else echo "setup: there is no package $package here" >&2; fi
    done
    if [ ${#there[@]} -gt 0 ]; then
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${there[@]}" >/dev/null
      echo "setup: installed ${there[*]}"
    fi
  fi
fi
for fetch in dynamodb duckdb client; do
  [ -x "$here/$fetch/setup.sh" ] && "$here/$fetch/setup.sh"
done
if command -v npm >/dev/null; then "$here/../infra/nag/setup.sh" >/dev/null; fi
if command -v npm >/dev/null; then "$here/../lambdas/console/web/setup.sh" || echo "setup: no browser looks at the console" >&2; fi
"$here/../lambdas/console/web/build.sh" --optional
exit 0
