#!/usr/bin/env bash
# Draws origin/feed/slate/builtin.html with Chromium and encodes it as the slate that is built in. Needs Chromium, ffmpeg and Noto Sans CJK.
set -euo pipefail
cd "$(dirname "$0")/../origin/feed/slate"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1280,720 \
	--screenshot="$work/slate.png" "file://$PWD/builtin.html"
ffmpeg -hide_banner -loglevel error -nostdin -y -loop 1 -framerate 25 -t 2 -i "$work/slate.png" -f lavfi -t 2 -i anullsrc=r=48000:cl=stereo \
	-map 0:v -map 1:a -vf "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p" \
	-c:v libx264 -profile:v high -level 3.1 -preset veryslow -tune stillimage -crf 26 -pix_fmt yuv420p \
	-color_primaries bt709 -color_trc bt709 -colorspace bt709 \
	-g 50 -keyint_min 50 -sc_threshold 0 -bf 0 -refs 1 -x264-params "weightp=0:scenecut=0" \
	-c:a aac -b:a 64k -map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact -movflags +faststart "$work/builtin.mp4"
mv "$work/builtin.mp4" builtin.mp4
