// Package isobmff makes a feed's samples of those of MP4 files and fragments (ISO 14496-12).
package isobmff

import (
	"errors"
	"fmt"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/vod/mp4"
)

// ErrEncrypted means that samples are encrypted, each for itself (ISO 23001-7).
var ErrEncrypted = errors.New("it is encrypted sample by sample (DRM)")

// Track is one track on its way through a stream.
type Track struct {
	elementary.Track

	in    *mp4.Track
	video elementary.Video
	audio elementary.Audio
}

// NewTrack makes the track for one of a file. Its error says what it is that cannot be carried.
func NewTrack(in *mp4.Track) (*Track, error) {
	t := &Track{in: in}
	t.Name, t.Kind, t.Language = in.Entry, in.Kind, in.Language
	if in.Codec != nil {
		t.Name = in.Codec.Name()
	}
	if in.Entry == "encv" || in.Entry == "enca" {
		return nil, fmt.Errorf("%s track: %w", in.Kind, ErrEncrypted)
	}
	switch c := in.Codec.(type) {
	case *media.H264:
		t.video = elementary.NewH264()
		t.video.Offer(c.SPS, c.PPS)
	case *media.H265:
		t.video = elementary.NewH265()
		t.video.Offer(c.VPS, c.SPS, c.PPS)
	case *media.AAC:
		if err := t.aac(c); err != nil {
			return nil, err
		}
	default:
		t.byEntry()
	}
	switch {
	case t.video != nil:
		t.Essence = t.video
	case t.audio != nil:
		t.Essence = t.audio
	default:
		return nil, &input.UnsupportedTrackError{Codec: in.Unsuitable, Kind: in.Kind, Advice: "encode it as H.264 and AAC"}
	}
	return t, nil
}

func (t *Track) aac(c *media.AAC) error {
	conf, err := c.Parse()
	if err != nil {
		return err
	}
	e, err := elementary.NewAAC(&conf)
	if err != nil {
		return err
	}
	t.audio = e
	return nil
}

// byEntry is for what tells its parameters in the samples alone.
func (t *Track) byEntry() {
	switch t.in.Entry {
	case "avc1", "avc3":
		t.video = elementary.NewH264()
	case "hvc1", "hev1":
		t.video = elementary.NewH265()
	case "ac-3":
		t.audio = new(elementary.AC3)
	case ".mp3":
		t.audio = new(elementary.MP2)
	case "Opus":
		if t.in.Channels <= 2 {
			t.audio = &elementary.Opus{Channels: t.in.Channels}
		}
	}
}

// Sample makes a feed's sample of one of the file's, whose bytes are body and go on with it. It is false for what is none, and
// for what cannot be read, which the stream is told.
func (t *Track) Sample(stream *elementary.Stream, body []byte, at mp4.Sample) (s media.Sample, ok bool) {
	t.Heard = true
	if len(body) == 0 {
		return s, false
	}
	defer func() {
		if p := recover(); p != nil { // Of a third party's parser.
			stream.Broken(fmt.Errorf("%s frame that cannot be read: %v", t.Name, p))
			ok = false
		}
	}()
	s, ok, err := t.sample(body, at)
	if err != nil {
		stream.Broken(err)
		return s, false
	}
	return s, ok
}

func (t *Track) sample(body []byte, at mp4.Sample) (s media.Sample, ok bool, err error) {
	dts := at.DTS + t.in.Edit.Shift()
	if t.video == nil {
		if s, _, err = t.audio.Frame(body, 0); err != nil {
			return s, false, err
		}
		s.PTS = media.Ticks(dts, t.in.Timescale, t.audio.Timescale()) // Which some tell by the frame only.
		s.DTS = s.PTS
		return s, true, nil
	}
	units, err := mp4.Units(body, t.in.LengthSize)
	if err != nil {
		return s, false, err
	}
	pts := media.Ticks(dts+int64(at.Offset), t.in.Timescale, elementary.VideoTimescale)
	return t.video.SampleAt(units, pts, media.Ticks(dts, t.in.Timescale, elementary.VideoTimescale))
}
