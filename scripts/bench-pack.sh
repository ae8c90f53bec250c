#!/usr/bin/env bash
# Packs a film of 300 MB into HLS beside `ffmpeg -c copy -f hls`, in turn, and prints the medians and their ratio.
#
#   ROUNDS=9 scripts/bench-pack.sh [FILM]
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v ffmpeg >/dev/null 2>&1; then
	echo "ffmpeg is not installed: packing is not measured" >&2
	exit 0
fi
rounds=${ROUNDS:-7}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/podium/bench
film=${1:-$cache/pack-10000k-1.mp4}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [[ ! -e $film ]]; then
	mkdir -p "$cache"
	# One minute is encoded and repeated: 10 Mb/s, 25 pictures a second, B-frames, a key picture every 2 s.
	ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=size=1280x720:rate=25,noise=alls=40:allf=t \
		-f lavfi -i sine=frequency=440:sample_rate=48000 -t 64 -c:v libx264 -preset ultrafast -bf 2 -pix_fmt yuv420p \
		-g 50 -keyint_min 50 -sc_threshold 0 -b:v 9800k -minrate 9800k -maxrate 9800k -bufsize 9800k -c:a aac -b:a 128k \
		"$work/minute.mp4"
	ffmpeg -nostdin -v error -y -stream_loop 3 -i "$work/minute.mp4" -c copy -f mp4 "$film.half"
	mv "$film.half" "$film"
	rm "$work/minute.mp4"
fi
go build -o "$work/podium" .
size=$(stat -c %s "$film")

# turn NAME COMMAND... adds a line "NAME elapsed user system" to the results.
turn() {
	local name=$1
	shift
	rm -rf "$work/out"
	mkdir "$work/out"
	# A virtual machine gives memory that is free for a while back to its host, and pays to have it again. All begin alike:
	# with as much free memory that was in use a moment ago as their output takes.
	head -c "$((2 * size))" /dev/zero >"$work/prime"
	rm "$work/prime"
	TIMEFORMAT="$name %R %U %S"
	{ time "$@" >/dev/null 2>"$work/said" || cat "$work/said"; } 2>>"$work/results"
}

peer() {
	turn "$1" ffmpeg -nostdin -v error -i "$film" -c copy -f hls -hls_time 4 -hls_playlist_type vod \
		-hls_segment_type "$2" "$work/out/index.m3u8"
}

ours() {
	turn "$1" "$work/podium" pack "$film" --out "$work/out" --format "$2" --no-thumbnails
}

cat "$film" >/dev/null # Both read it from the page cache.
ours warm ts
: >"$work/results"
for ((i = 0; i < rounds; i++)); do
	ours podium-ts ts
	peer ffmpeg-ts mpegts
	ours podium-cmaf cmaf
	peer ffmpeg-cmaf fmp4
	ours podium-both both
done

echo "$(date -u '+%Y-%m-%d %H:%M UTC'), load $(cut -d ' ' -f 1 /proc/loadavg), $((size / 1000000)) MB, $rounds turns, medians"
awk -v size="$size" -v rounds="$rounds" '
function median(list, n,   i, j, t) {
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && list[j] < list[j - 1]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
	return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}
{ n[$1]++; real[$1, n[$1]] = $2; cpu[$1, n[$1]] = $3 + $4 }
END {
	print "\n| program | form | seconds | MB/s | CPU seconds |\n|---|---|---|---|---|"
	count = split("podium-ts ffmpeg-ts podium-cmaf ffmpeg-cmaf podium-both", names, " ")
	for (i = 1; i <= count; i++) {
		for (j = 1; j <= rounds; j++) { r[j] = real[names[i], j]; c[j] = cpu[names[i], j] }
		split(names[i], part, "-")
		m[names[i]] = median(r, rounds); k[names[i]] = median(c, rounds)
		printf "| %s | %s | %.2f | %.0f | %.2f |\n", part[1], part[2], m[names[i]], size / 1e6 / m[names[i]], k[names[i]]
	}
	printf "\nthroughput, podium/ffmpeg: ts %.2f, cmaf %.2f; CPU: ts %.2f, cmaf %.2f\n", m["ffmpeg-ts"] / m["podium-ts"],
		m["ffmpeg-cmaf"] / m["podium-cmaf"], k["podium-ts"] / k["ffmpeg-ts"], k["podium-cmaf"] / k["ffmpeg-cmaf"]
}' "$work/results"
