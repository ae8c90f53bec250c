#!/usr/bin/env bash
# Runs the Go benchmarks, then measures Podium beside nginx, gohlslib and ffmpeg where what that needs is there.
# With arguments, which are Go packages, it runs their benchmarks alone.
#
#   BENCH=Render BENCH_TIME=3s scripts/bench.sh ./packager/...
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/versions.sh
source scripts/versions.sh

echo "== $(go version), $(nproc) processors, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
go test -run '^$' -bench "${BENCH:-.}" -benchmem -benchtime "${BENCH_TIME:-0.5s}" -timeout 30m -p 1 "${@:-./...}" |
	grep -v -e '^PASS$' -e 'no test files' -e '^ok .*\[no tests to run\]' -e '^ok '
if (($# > 0)); then
	exit
fi
echo
echo "== Serving, beside nginx"
scripts/bench-serve.sh
echo
echo "== Packaging from memory with MinIO and archive, beside gohlslib"
scripts/bench-live.sh
echo
echo "== Taking in, beside gohlslib"
scripts/bench-ingest.sh
echo
echo "== Packing, beside ffmpeg"
scripts/bench-pack.sh
