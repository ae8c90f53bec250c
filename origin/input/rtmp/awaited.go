package rtmp

import (
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"

	"podium.tv/podium/packager/media"
)

// tracksWait is how long the second kind of track is waited for where nobody says that there is none. OBS and FFmpeg send the
// configurations of both before the first frame.
const tracksWait = 2 * time.Second

// awaited knows which tracks a connection is going to have. RTMP has no list of them: the metadata that most encoders send
// first tells of pictures and sound, and is not always right.
type awaited struct {
	told         bool // the metadata came
	video, audio bool // it tells of them
	sawVideo     bool
	sawAudio     bool
	since        time.Time // when the first of them came
}

// announce takes what onMetaData tells (FLV §E.5).
func (a *awaited) announce(data amf0.Data) {
	for i, v := range data {
		name, ok := v.(string)
		if !ok || name != "onMetaData" || i+1 >= len(data) {
			continue
		}
		o := objectOf(data[i+1])
		_, width := o.Get("width")
		a.told = true
		a.video = width || codecIn(o, "videocodecid")
		a.audio = codecIn(o, "audiocodecid")
	}
}

// codecIn says whether a codec is named: by its number, or by its four-character code, which some write as letters.
func codecIn(o amf0.Object, key string) bool {
	v, ok := o.Get(key)
	if !ok {
		return false
	}
	switch v := v.(type) {
	case float64:
		return v != 0
	case string:
		return v != ""
	default:
		return false
	}
}

func (a *awaited) came(kind media.Kind, now time.Time) {
	if a.since.IsZero() {
		a.since = now
	}
	if kind == media.Video {
		a.sawVideo = true
	} else {
		a.sawAudio = true
	}
}

// settled says that no other kind of track is to be waited for.
func (a *awaited) settled(now time.Time) bool {
	switch {
	case a.since.IsZero():
		return false
	case a.sawVideo && a.sawAudio, now.Sub(a.since) >= tracksWait:
		return true
	case a.told && (a.video || a.audio):
		return a.sawVideo == a.video && a.sawAudio == a.audio
	default:
		return false
	}
}
