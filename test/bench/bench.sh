#!/usr/bin/env bash
# bench.sh [CAPTURE]: Go benchmarks of each stage, then the whole program on one capture, with one worker and with two, and beside
# Suricata (no rules, every protocol log, one worker) where it is installed. Without CAPTURE it takes the reference mix beside the
# checkout, wrapped in VXLAN and enlarged thirty times, or, where there is none, every capture of test/replay in turn.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mix=../shared/bench

echo "== stages: ns and allocations an operation"
go test -run '^$' -bench . -benchmem -benchtime "${BENCHTIME:-300ms}" ./events ./sensor/... ./shared/... | grep -E '^(Benchmark|pkg:)' | sed 's|github.com/mirrorwatch/mirrorwatch/||'

captures=("$@")
if [ ${#captures[@]} -eq 0 ] && [ -r $mix/mix.pcap.gz ]; then
  gunzip -c $mix/mix.pcap.gz >"$work/mix.pcap"
  python3 $mix/enlarge.py "$work/mix.pcap" "$work/mix30.pcap" 30
  python3 $mix/vxlan.py "$work/mix30.pcap" "$work/mix30-vxlan.pcap"
  rm "$work/mix.pcap" "$work/mix30.pcap"
  captures=("$work/mix30-vxlan.pcap")
fi
[ ${#captures[@]} -gt 0 ] || captures=(test/replay/*.pcap*)

echo "== the whole program on ${captures[*]##*/}"
commands=()
if command -v suricata >/dev/null && [ ${#captures[@]} -eq 1 ]; then
  commands+=("suricata=suricata -r ${captures[0]} -S /dev/null -k none -l $work --runmode single")
fi
# A new folder a run: cutting the large logs of the run before to nothing is not what is measured.
for n in 1 2; do commands+=("${n}-worker=bin/mirrorwatch read --workers $n --logs $work/logs$n/\$\$ ${captures[*]}"); done
go run ./test/bench/compare -n "${RUNS:-5}" "${commands[@]}"
