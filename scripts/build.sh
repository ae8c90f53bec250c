#!/usr/bin/env bash
# Builds bin/podium, one static program that needs nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v go >/dev/null 2>&1; then
	echo "go is not in the PATH; get it from https://go.dev/dl/" >&2
	exit 1
fi
CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o bin/podium .
