package whip

import (
	"fmt"

	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph265"
	"github.com/pion/webrtc/v4"

	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/origin/input/rtptime"
	packaged "podium.tv/podium/packager/media"
)

// media tells the two tracks of a session apart.
type media int

const (
	pictureTrack media = iota + 1
	soundTrack
)

// codec is one that was agreed on.
type codec int

const (
	h264 codec = iota + 1
	h265
	opus
)

func (c codec) media() media {
	if c == opus {
		return soundTrack
	}
	return pictureTrack
}

func codecsOf(o *offer) []codec {
	var all []codec
	if len(o.video) > 0 {
		if o.video[0].MimeType == webrtc.MimeTypeH265 {
			all = append(all, h265)
		} else {
			all = append(all, h264)
		}
	}
	if len(o.audio) > 0 {
		all = append(all, opus)
	}
	return all
}

// newTrack makes what reads a codec's packets.
func newTrack(c codec) (*track, error) {
	t := &track{media: c.media()}
	switch c {
	case h264:
		t.video = elementary.NewH264()
		t.Track = elementary.Track{Essence: t.video, Name: "h264", Kind: packaged.Video}
		t.fresh = func() (depacketizer, error) {
			d := &rtph264.Decoder{PacketizationMode: 1}
			err := d.Init()
			return d, err
		}
	case h265:
		t.video = elementary.NewH265()
		t.Track = elementary.Track{Essence: t.video, Name: "h265", Kind: packaged.Video}
		t.fresh = func() (depacketizer, error) {
			d := &rtph265.Decoder{}
			err := d.Init()
			return d, err
		}
	default:
		t.audio = &elementary.Opus{Channels: 2}
		t.Track = elementary.Track{Essence: t.audio, Name: "opus", Kind: packaged.Audio}
		t.time = rtptime.Track{ClockRate: 48000}
		t.waiting.wait = audioWait
		return t, nil
	}
	t.time = rtptime.Track{ClockRate: elementary.VideoTimescale}
	t.waiting.wait = videoWait
	d, err := t.fresh()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", t.Name, err)
	}
	t.depacketizer = d
	return t, nil
}
