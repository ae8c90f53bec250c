#!/usr/bin/env bash
# Checks the Go files and the scripts. Arguments are Go packages; without them all are checked.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/versions.sh
source scripts/versions.sh

scripts/install-tools.sh golangci-lint
golangci-lint run --allow-parallel-runners "${@:-./...}"
if command -v shellcheck >/dev/null 2>&1; then
	shellcheck -x scripts/*.sh .ci/run
else
	echo "shellcheck is not there; the scripts are not checked" >&2
fi
