package rtmp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/packager/media"
)

// track is one track of a connection that we carry. One of video and audio is set.
type track struct {
	elementary.Track
	codec string

	video  elementary.Video
	length int // of the length in front of a NAL unit
	extra  [][]byte
	shown  pictureClock

	audio elementary.Audio
	aac   *elementary.AAC // audio where it is AAC, whose configuration is told apart
	heard soundClock
}

// newTrack makes the track of a tag. Its error is an UnsupportedTrackError where the codec is not carried.
func newTrack(g *tag) (*track, error) {
	t := &track{codec: g.codec, Track: elementary.Track{Name: g.codec, Kind: g.kind}}
	switch g.codec {
	case "h264":
		t.video, t.length = elementary.NewH264(), defaultLength
	case "h265":
		t.video, t.length = elementary.NewH265(), defaultLength
	case "aac":
		t.aac = new(elementary.AAC)
		t.audio = t.aac
	case "opus":
		t.audio = new(elementary.Opus)
	case "mp3":
		t.audio = new(elementary.MP2)
	case "ac3":
		t.audio = new(elementary.AC3)
	case "eac3":
		t.audio = new(elementary.EAC3)
	default:
		return nil, unsupported(g)
	}
	if t.video != nil {
		t.Essence = t.video
	} else {
		t.Essence = t.audio
	}
	return t, nil
}

func unsupported(g *tag) error {
	advice := "set the encoder to AAC"
	if g.kind == media.Video {
		advice = "set the encoder to H.264 or H.265"
	}
	return &input.UnsupportedTrackError{Codec: strings.ToLower(g.codec), Kind: g.kind, Advice: advice}
}

// configure takes a decoder's configuration. One that is sent again, as some encoders do before each key frame, changes nothing.
func (t *track) configure(b []byte) error {
	switch t.codec {
	case "h264":
		return t.configureVideo(b, readAVC, isPPS264)
	case "h265":
		return t.configureVideo(b, readHEVC, isPPS265)
	case "aac":
		if len(b) == 0 {
			return nil // Some encoders send it empty, and then again.
		}
		conf := new(mpeg4audio.AudioSpecificConfig)
		if err := conf.Unmarshal(b); err != nil {
			return fmt.Errorf("aac configuration: %w", err)
		}
		return t.aac.Configure(conf)
	case "opus":
		return t.configureOpus(b)
	default:
		return nil // Their frames tell all of it.
	}
}

func (t *track) configureVideo(b []byte, read func([]byte) (record, error), isPicture func([]byte) bool) error {
	r, err := read(b)
	if err != nil {
		return err
	}
	t.length = r.length
	t.extra = r.extra(isPicture)
	t.video.Offer(r.first(isPicture)...)
	return nil
}

// configureOpus reads an identification header (RFC 7845 §5.1).
func (t *track) configureOpus(b []byte) error {
	const channels = 9
	if len(b) <= channels || string(b[:8]) != "OpusHead" {
		return fmt.Errorf("opus configuration of %d bytes: an identification header expected (RFC 7845 §5.1)", len(b))
	}
	if n := b[channels]; n > 2 {
		return &input.UnsupportedTrackError{
			Codec: fmt.Sprintf("opus with %d channels", n), Kind: media.Audio, Advice: "set the encoder to two channels",
		}
	}
	if o, ok := t.audio.(*elementary.Opus); ok && o.Channels == 0 {
		o.Channels = int(b[channels])
	}
	return nil
}

// sample makes the sample of a frame that came at ms. It is false where the frame is not one.
func (t *track) sample(g *tag, ms int64) (media.Sample, bool, error) {
	if t.video != nil {
		return t.picture(g, ms)
	}
	if len(g.payload) == 0 || t.aac != nil && t.aac.Codec() == nil {
		return media.Sample{}, false, nil
	}
	s, lasts, err := t.audio.Frame(g.payload, 0)
	if err != nil {
		return media.Sample{}, false, err
	}
	s.PTS = t.heard.place(ms, t.audio.Timescale(), lasts)
	s.DTS = s.PTS
	return s, true, nil
}

func (t *track) picture(g *tag, ms int64) (media.Sample, bool, error) {
	units, err := splitUnits(g.payload, t.length)
	if err == nil {
		var pts, dts int64
		if pts, dts, err = t.shown.place(ms, g.offset); err == nil {
			return t.video.SampleAt(t.withExtra(units), pts, dts)
		}
	}
	t.video.Lost()
	return media.Sample{}, false, err
}

// withExtra puts the picture parameter sets that the description does not tell before a random access point.
func (t *track) withExtra(units [][]byte) [][]byte {
	if len(t.extra) == 0 {
		return units
	}
	random := isIDR264
	if t.codec == "h265" {
		random = isIDR265
	}
	if !slices.ContainsFunc(units, random) {
		return units
	}
	return slices.Concat(t.extra, units)
}
