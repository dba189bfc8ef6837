#!/usr/bin/env bash
# fuzz.sh [TIME]: runs every fuzz target of the project for TIME each (60s). Ends with how many ran clean and how many failed.
set -uo pipefail
cd "$(dirname "$0")/.."
time=${1:-60s} clean=0 failed=0
while read -r file target; do
  package=./$(dirname "$file")
  echo "fuzz $package $target"
  if go test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "$time" | tail -1; then clean=$((clean + 1)); else failed=$((failed + 1)); fi
done < <(grep -rhoE --include='*_test.go' -H '^func Fuzz[A-Za-z0-9_]+' . | sed 's|^\./||; s|:func | |')
echo "fuzz: $clean clean, $failed failed"
[ "$failed" -eq 0 ]
