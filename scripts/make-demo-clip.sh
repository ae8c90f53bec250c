#!/usr/bin/env bash
# Makes demo/media/lecture.mp4, the lecture that `podium demo` puts on the air: slides and speech of our own.
# It needs ffmpeg with libx264, espeak-ng, chromium, and the Noto CJK fonts; none of them is needed to run Podium.
#
# The length is a multiple of 8 seconds: whole GOPs of 2 seconds and a whole number of AAC frames
# (8 s are 375 of them at 48 kHz), so that the clip can be repeated without a seam.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$root/demo/media/lecture.mp4}
chromium=${CHROMIUM:-chromium}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for tool in ffmpeg ffprobe espeak-ng "$chromium"; do
	command -v "$tool" >/dev/null || { echo "make-demo-clip: $tool is not installed" >&2; exit 1; }
done

# --- the slides -----------------------------------------------------------------------------------------------

cat >"$work/style.css" <<'CSS'
* { margin: 0; box-sizing: border-box; }
body { width: 1280px; height: 720px; overflow: hidden; position: relative; color: #2b211d;
	background: #fbf5e9; font-family: "Noto Sans CJK SC", "Noto Sans SC", sans-serif; line-height: 1.4; }
.serif { font-family: "Noto Serif CJK SC", "Noto Serif SC", serif; font-weight: 700; }
/* a title slide */
body.cover { background: radial-gradient(ellipse at 50% 38%, #8f1a28 0%, #741320 48%, #4f0b15 100%); color: #fff5e1; text-align: center; }
.cover .frame { position: absolute; inset: 40px 40px 84px; border: 2px solid rgba(226,187,110,.55); border-radius: 12px; }
.cover .frame::after { content: ""; position: absolute; inset: 8px; border: 1px solid rgba(226,187,110,.28); border-radius: 8px; }
.cover .station { position: absolute; top: 104px; width: 100%; font-size: 34px; letter-spacing: .42em; text-indent: .42em; color: #eccb86; }
.cover h1 { position: absolute; top: 200px; width: 100%; font-size: 104px; letter-spacing: .08em; text-indent: .08em; line-height: 1.2; }
.cover .rule { position: absolute; top: 362px; left: 50%; width: 300px; margin-left: -150px; height: 3px;
	background: linear-gradient(90deg, transparent, #e2bb6e 20%, #e2bb6e 80%, transparent); }
.cover .sub { position: absolute; top: 398px; width: 100%; font-size: 40px; color: #fbe7c2; letter-spacing: .12em; text-indent: .12em; }
.cover .note { position: absolute; top: 490px; width: 100%; font-size: 28px; color: #dcb98a; letter-spacing: .08em; }
/* a page of the lecture */
.band { position: absolute; inset: 0 0 auto 0; height: 84px; background: #7a1522; border-bottom: 4px solid #d9ae5b; color: #fdeecd;
	display: flex; align-items: center; justify-content: space-between; padding: 0 76px; font-size: 30px; letter-spacing: .08em; }
.band b { color: #f1cf88; font-weight: 500; }
.head { position: absolute; left: 76px; top: 128px; display: flex; align-items: center; gap: 28px; }
.head i { width: 92px; height: 92px; border-radius: 50%; background: #7a1522; color: #f6d794; font-style: normal; font-size: 56px;
	display: flex; align-items: center; justify-content: center; border: 3px solid #d9ae5b; padding-bottom: 4px; }
.head h2 { font-size: 68px; color: #7a1522; letter-spacing: .04em; }
ul { position: absolute; left: 84px; top: 274px; list-style: none; padding: 0; width: 760px; }
li { font-size: 46px; margin-bottom: 34px; padding-left: 54px; position: relative; white-space: nowrap; }
li::before { content: ""; position: absolute; left: 6px; top: 23px; width: 18px; height: 18px; background: #c2973f; transform: rotate(45deg); }
li b { color: #9c1c2c; font-weight: 700; }
.art { position: absolute; right: 84px; top: 196px; width: 320px; height: 320px; border-radius: 50%; background: #f3e3c1; border: 2px solid #e0c48d; }
.art svg { position: absolute; inset: 50px; width: 216px; height: 216px; fill: none; stroke: #7a1522; stroke-width: 5;
	stroke-linecap: round; stroke-linejoin: round; }
.art svg .gold { stroke: #c2973f; }
.art svg .fill { fill: #c2973f; stroke: none; }
.foot { position: absolute; left: 76px; right: 76px; bottom: 34px; font-size: 26px; color: #8a7465; border-top: 1px solid #e2d3b6; padding-top: 14px; }
CSS

page() { # number, body class, inner HTML
	printf '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><link rel="stylesheet" href="style.css"><body class="%s">%s</body></html>\n' \
		"$2" "$3" >"$work/$1.html"
}
lesson() { # number, numeral, heading, three points, drawing
	page "$1" lesson "<div class=band><span>居家安全五件事</span><b>党员教育电视频道</b></div>
<div class=head><i class=serif>$2</i><h2 class=serif>$3</h2></div>
<ul><li>$4</li><li>$5</li><li>$6</li></ul>
<div class=art><svg viewBox='0 0 100 100'>$7</svg></div>
<div class=foot>公开示范课 · 第$2讲</div>"
}

page 1 cover "<div class=frame></div><div class=station>党员教育电视频道</div><h1 class=serif>居家安全五件事</h1>
<div class=rule></div><div class=sub>把平安带回每一个家</div><div class=note>Podium 演示课程</div>"
lesson 2 一 '厨房用火' '火不离人，<b>人走火熄</b>' '油锅起火，先盖锅盖' '灶台旁边不放纸和布' \
	'<path d="M18 52h64v18a12 12 0 0 1-12 12H30a12 12 0 0 1-12-12z"/><path d="M8 58h10M82 58h10M14 52h72"/><path class=gold d="M38 40c-6-7 5-10 0-18M52 40c-6-7 5-10 0-18M66 40c-6-7 5-10 0-18"/>'
lesson 3 二 '安全用电' '旧插座，旧电线，<b>及时换</b>' '一个插座，不接多个大电器' '电动车不进楼道充电' \
	'<path d="M50 92V70"/><path d="M28 40h44v10a22 22 0 0 1-44 0z"/><path d="M39 40V18M61 40V18"/><path class=gold d="M84 12l-9 15h11l-9 15"/>'
lesson 4 三 '燃气安全' '闻到异味，<b>先关阀门</b>' '开窗通风，不碰开关' '到屋外，再打电话报修' \
	'<path d="M8 62h84M8 80h84"/><path d="M40 62V48h20v14"/><path d="M50 48V32"/><path d="M28 32h44"/><circle class=gold cx="50" cy="20" r="5"/><path class=gold d="M28 71h8M46 71h8M64 71h8"/>'
lesson 5 四 '防滑防跌' '地面有水，<b>马上擦干</b>' '浴室装扶手，铺防滑垫' '起床慢一点，先坐半分钟' \
	'<path d="M12 30h64a12 12 0 0 1 12 12v44"/><path d="M24 30V18M66 30V18"/><path class=gold d="M22 82c6-6 10 6 16 0s10 6 16 0 10 6 16 0"/><path d="M30 68c0-8 7-12 10-20 3 8 10 12 10 20a10 10 0 0 1-20 0z"/>'
lesson 6 五 '紧急求助' '火警 <b>119</b>　急救 <b>120</b>' '报警 <b>110</b>　燃气报修记在门边' '说清地址，留在安全的地方' \
	'<path d="M30 14l14 4 4 18-10 8c4 8 10 14 18 18l8-10 18 4 4 14c-2 10-8 16-18 16C42 84 16 58 14 32c0-10 6-16 16-18z"/><path class=gold d="M60 18c12 2 20 10 22 22M60 32c5 1 8 4 9 9"/>'
page 7 cover "<div class=frame></div><div class=station>党员教育电视频道</div><h1 class=serif>谢谢收看</h1>
<div class=rule></div><div class=sub>平安是最大的幸福</div><div class=note>下一讲，我们再见</div>"

for n in 1 2 3 4 5 6 7; do
	"$chromium" --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1 --window-size=1280,720 \
		--screenshot="$work/$n.png" "file://$work/$n.html" >/dev/null 2>&1
	# Chromium's own bars can make its window higher than the page.
	ffmpeg -v error -y -i "$work/$n.png" -vf crop=1280:720:0:0 "$work/slide$n.png"
done

# --- the speech -----------------------------------------------------------------------------------------------

say() { # number, text
	espeak-ng -v cmn -s 205 -p 42 -w "$work/say$1.wav" "$2"
}
say 1 '各位观众，大家好。今天我们讲，居家安全五件事。'
say 2 '第一件，厨房用火。火不离人，人走火熄。油锅起火，先盖上锅盖，再关火。'
say 3 '第二件，安全用电。插座松了，电线旧了，请及时更换。电动车，不要推进楼道充电。'
say 4 '第三件，燃气安全。闻到异味，先关阀门，再开窗通风。到屋外，再打电话。'
say 5 '第四件，防滑防跌。地面有水，马上擦干。浴室装扶手，铺防滑垫。起床慢一点。'
say 6 '第五件，紧急求助。火警，幺幺九。急救，幺二零。报警，幺幺零。请说清楚地址。'
say 7 '今天的课就到这里。祝您和家人，平安健康。谢谢收看。'

seconds() { ffprobe -v error -show_entries format=duration -of csv=p=0 "$1"; }

# Each slide lasts as long as its words and two seconds more, in whole seconds; the last one fills up to a multiple of 8.
total=0
starts=() lens=()
for n in 1 2 3 4 5 6 7; do
	len=$(seconds "$work/say$n.wav" | awk '{ d = int($1 + 2); print (d < $1 + 2) ? d + 1 : d }')
	[ "$n" = 7 ] && len=$((len + (8 - (total + len) % 8) % 8))
	starts[n]=$total lens[n]=$len
	total=$((total + len))
done

# --- the clip -------------------------------------------------------------------------------------------------

fade=0.5
inputs='' video='' audio='' mix='' prev=
for n in 1 2 3 4 5 6 7; do
	start=${starts[n]} len=${lens[n]}
	inputs="$inputs -loop 1 -framerate 25 -t $(awk "BEGIN { print $len + $fade }") -i $work/slide$n.png"
	video="${video}[$((n - 1)):v]format=yuv420p,settb=1/25[p$n];"
	if [ -n "$prev" ]; then
		video="${video}[${prev}][p$n]xfade=transition=fade:duration=$fade:offset=${start}[x$n];"
		prev=x$n
	else
		prev=p$n
	fi
done
for n in 1 2 3 4 5 6 7; do
	start=${starts[n]}
	inputs="$inputs -i $work/say$n.wav"
	ms=$(awk "BEGIN { print int(($start + 0.9) * 1000) }")
	audio="${audio}[$((n + 6)):a]aresample=48000,aformat=channel_layouts=mono,adelay=${ms}[a$n];"
	mix="${mix}[a$n]"
done
font=$(fc-match -f '%{file}' 'Noto Sans CJK SC:style=Medium')

# The bar and the counter show that the picture moves, and how late it is.
# shellcheck disable=SC2086
ffmpeg -v error -y $inputs -filter_complex "
$video
color=c=0xD9AE5B:s=1280x8:r=25[bar];
[$prev]drawbox=x=0:y=712:w=1280:h=8:color=0x3A0A11@0.35:t=fill[ground];
[ground][bar]overlay=x='-1280+1280*t/$total':y=712:shortest=0:eof_action=repeat[bars];
[bars]drawtext=fontfile=$font:text='%{pts\:gmtime\:0\:%M\\\\\:%S}.%{eif\:mod(n\,25)\:d\:2}':x=w-tw-76:y=h-64:fontsize=26:fontcolor=0x9A8067[v];
$audio
${mix}amix=inputs=7:normalize=0,highpass=f=90,lowpass=f=5200,loudnorm=I=-20:TP=-3:LRA=7,aresample=48000,aformat=sample_fmts=fltp:channel_layouts=mono,
apad=whole_dur=$((total + 1)),atrim=duration=$((total + 1)),pan=stereo|c0=c0|c1=c0[a]" \
	-map '[v]' -map '[a]' -frames:v $((total * 25)) \
	-c:v libx264 -profile:v main -level 3.1 -preset veryslow -crf 23 -maxrate 900k -bufsize 1800k \
	-x264-params keyint=50:min-keyint=50:scenecut=0:open-gop=0:bframes=2:b-pyramid=none \
	-color_primaries bt709 -color_trc bt709 -colorspace bt709 \
	-c:a aac -b:a 64k -map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact -movflags +faststart "$work/lecture.mp4"

mkdir -p "$(dirname "$out")"
mv "$work/lecture.mp4" "$out"
size=$(wc -c <"$out")
echo "make-demo-clip: $out, $total s, $size bytes"
[ "$size" -lt 5000000 ] || { echo "make-demo-clip: over 5 MB" >&2; exit 1; }
