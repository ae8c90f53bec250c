#!/usr/bin/env bash
# Formats the Go files as the linter wants them.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/versions.sh
source scripts/versions.sh

scripts/install-tools.sh golangci-lint
golangci-lint fmt
