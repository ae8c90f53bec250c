#!/usr/bin/env bash
# Runs the benchmarks, then the comparison with nginx where it is there. Arguments are Go packages.
#
#   BENCH=Render BENCH_TIME=3s scripts/bench.sh ./packager/...
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/versions.sh
source scripts/versions.sh

echo "== $(go version), $(nproc) processors, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
go test -run '^$' -bench "${BENCH:-.}" -benchmem -benchtime "${BENCH_TIME:-1s}" -timeout 30m -p 1 "${@:-./...}" |
	grep -v -e '^PASS$' -e 'no test files' -e '^ok .*\[no tests to run\]'
if (($# == 0)) && [[ -x scripts/bench-serve.sh ]]; then
	echo "== Serving beside nginx"
	scripts/bench-serve.sh
fi
