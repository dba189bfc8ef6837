#!/usr/bin/env bash
# Asks a whole server at a steady rate while its sensor works, and says how long the answers took. What the API asks for must be there
# first, so our own captures are played to it before the load begins.
#
#   test/bench/serve.sh [PACKETS_A_SECOND [REQUESTS_A_SECOND [SECONDS]]]
set -euo pipefail
cd "$(dirname "$0")/../.."
packets=${1:-100000} requests=${2:-200} seconds=${3:-60}
work="$(mktemp -d)"
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
go build -o "$work/" ./cmd/mirrorwatch ./test/bench/apiload ./test/bench/mirrorgen
# The demo fills a folder with detections of the last hours; serve goes on with it.
"$work/mirrorwatch" demo --once --http 127.0.0.1:0 --data "$work/data" test/replay >/dev/null
"$work/mirrorwatch" users reset admin --data "$work/data" >"$work/password"
"$work/mirrorwatch" serve --data "$work/data" --http 127.0.0.1:18080 --listen 127.0.0.1:14789 --side 127.0.0.1:19478 >"$work/out" 2>"$work/log" &
until grep -q Interrupt "$work/out"; do sleep 0.1; done
MIRRORWATCH_API_KEY="$(test/bench/key.sh http://127.0.0.1:18080 "$(cat "$work/password")")"
export MIRRORWATCH_API_KEY
"$work/mirrorgen" --to 127.0.0.1:14789 --rate "$packets" --seconds "$((seconds + 4))" >"$work/sent" &
sleep 2
code=0
"$work/apiload" --url http://127.0.0.1:18080 --rate "$requests" --seconds "$seconds" || code=$?
sleep 3
cat "$work/sent"
curl -s http://127.0.0.1:19478/metrics | grep -E '^(mirrorwatch_(packets_total|kernel_drops_total|drops_total|records_total|store_|queue)|process_(cpu_seconds_total|resident_memory_bytes))'
cat "$work/log"
exit "$code"
