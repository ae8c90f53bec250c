#!/usr/bin/env bash
# Serves the live playlist and a segment of a real channel, beside nginx serving the same bytes. It needs ffmpeg and
# wrk, and nginx to compare with. Arguments are those of `go run ./bench serve`.
set -euo pipefail
cd "$(dirname "$0")/.."

for tool in ffmpeg wrk; do
	if ! command -v "$tool" >/dev/null 2>&1; then
		echo "$tool is not installed: serving is not measured" >&2
		exit 0
	fi
done
exec go run ./bench serve "$@"
