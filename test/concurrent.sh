#!/bin/sh
# Lists the packages that start goroutines or share memory between them, for the race detector: in the others there is nothing to find.
# infra writes templates in one goroutine, and its libraries are large. Tests that run the programs as processes show the detector nothing of them.
set -eu
cd "$(dirname "$0")/.."
grep -rlE '\bgo func|\bgo [a-zA-Z.]+\(|\.Go\(|"sync"|"sync/atomic"' --include='*.go' cmd infra lambdas sensor shared test |
	grep -vE '/testdata/|^infra/[^/]*$|^test/(client|console|deployed|functions)/' | xargs -n1 dirname | sort -u | sed 's|^|./|'
