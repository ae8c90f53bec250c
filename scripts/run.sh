#!/usr/bin/env bash
# Builds podium and runs the demo in place of this script, so that Ctrl-C and signals reach it. Arguments are
# the demo's.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/build.sh
exec bin/podium demo "$@"
