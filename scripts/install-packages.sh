#!/usr/bin/env bash
# Installs what the tests need of Debian, where it is missing: encoders, a browser, a database, players' and
# guides' checkers. What is there is left as it is.
set -euo pipefail

# One "program package" a line. A program that stands outside the PATH is looked for where Debian puts it.
needed='
chromium chromium
curl curl
ffmpeg ffmpeg
gcc gcc
git git
gst-launch-1.0 gstreamer1.0-tools
ip iproute2
nginx nginx-light
nft nftables
node nodejs
npm npm
pg_ctl postgresql
shellcheck shellcheck
srt-live-transmit srt-tools
tv_validate_file xmltv-util
vlc vlc-bin
wrk wrk
'

present() {
	command -v "$1" >/dev/null 2>&1 && return
	[[ -x /usr/sbin/$1 ]] && return
	compgen -G "/usr/lib/postgresql/*/bin/$1" >/dev/null
}

missing=()
while read -r program package; do
	if [[ -n $program ]] && ! present "$program"; then
		missing+=("$package")
	fi
done <<<"$needed"
# A browser without Chinese letters draws boxes, and so would its screenshots.
if ! compgen -G '/usr/share/fonts/opentype/noto/NotoSansCJK*' >/dev/null; then
	missing+=(fonts-noto-cjk)
fi
# Players that come in parts: GStreamer's demuxers and decoders, and VLC's.
while read -r file package; do
	if [[ -n $file ]] && ! compgen -G "/usr/lib/*/$file" >/dev/null; then
		missing+=("$package")
	fi
done <<<'
gstreamer-1.0/libgstplayback.so gstreamer1.0-plugins-base
gstreamer-1.0/libgstsoup.so gstreamer1.0-plugins-good
gstreamer-1.0/libgsthls.so gstreamer1.0-plugins-bad
gstreamer-1.0/libgstlibav.so gstreamer1.0-libav
vlc/plugins/demux/libadaptive_plugin.so vlc-plugin-base
'
# The race detector links with the C library.
if ! [[ -e /usr/include/stdlib.h ]]; then
	missing+=(libc6-dev)
fi

if ((${#missing[@]} == 0)); then
	echo "Debian packages: all there"
	exit
fi
if ! command -v apt-get >/dev/null 2>&1; then
	echo "missing ${missing[*]}: install them, or run the tests on Debian" >&2
	exit 1
fi

as_root=()
if ((EUID != 0)); then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "missing ${missing[*]}: run as root, or install sudo" >&2
		exit 1
	fi
	as_root=(sudo --)
fi
echo "Debian packages: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq </dev/null
# Debian starts the servers it installs; the tests start their own, so those need not begin.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
	printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
	"${as_root[@]}" chmod +x "$policy"
	trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
	apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null
