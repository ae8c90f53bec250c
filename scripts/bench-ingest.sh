#!/usr/bin/env bash
# Takes in channels that ffmpeg publishes, beside gortsplib with gohlslib's muxer taking in the same. Arguments are
# those of `go run ./bench ingest`.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v ffmpeg >/dev/null 2>&1; then
	echo "ffmpeg is not installed: taking in is not measured" >&2
	exit 0
fi
exec go run ./bench ingest "$@"
