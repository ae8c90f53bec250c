#!/usr/bin/env bash
# Packages the same channels from memory, with MinIO and archive on, beside gohlslib's muxer. It needs ffmpeg, and MinIO
# from scripts/install-tools.sh. Arguments are those of `go run ./bench live`.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v ffmpeg >/dev/null 2>&1; then
	echo "ffmpeg is not installed: packaging is not measured" >&2
	exit 0
fi
exec go run ./bench live "$@"
