package vod

import (
	"context"
	"errors"
	"fmt"
	"os"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/vod/mp4"
)

// open opens the input: as it is where its codecs fit, else through ffmpeg.
func (w *workshop) open(ctx context.Context) (*input, error) {
	f, err := os.Open(w.input)
	if err != nil {
		return nil, err
	}
	in := &input{closers: []func() error{f.Close}}
	err = in.openMP4(f)
	if err != nil {
		in.close()
		return nil, err
	}
	return in, nil
}

// unfit says why a file is not packed as it is. ffmpeg may make it fit.
type unfit struct {
	reason string
	// video and sound say which has to be encoded anew.
	video, sound bool
}

// Error implements error.
func (u *unfit) Error() string { return u.reason }

// openMP4 opens an MP4 file whose tracks fit.
func (i *input) openMP4(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	file, err := mp4.Open(f, info.Size())
	if err != nil {
		return err
	}
	tracks, err := choose(file)
	if err != nil {
		return err
	}
	src, err := openMP4(f, tracks)
	if err != nil {
		return err
	}
	i.duration = file.Duration
	i.add("", src)
	return nil
}

// choose picks the tracks that are put out: the first picture and all sound.
func choose(file *mp4.File) ([]*mp4.Track, error) {
	out := make([]*mp4.Track, 0, len(file.Tracks))
	var bad unfit
	for _, t := range file.Tracks {
		if t.Kind == media.Video && len(out) > 0 && out[0].Kind == media.Video || len(out) == media.MaxTracks {
			continue
		}
		reason := t.Unsuitable
		if reason == "" {
			reason = unsuitable(t.Codec)
		}
		if reason != "" {
			bad.reason = fmt.Sprintf("%s is %s", t.Kind, reason)
			bad.video = bad.video || t.Kind == media.Video
			bad.sound = bad.sound || t.Kind == media.Audio
		}
		if t.Kind == media.Video {
			out = append([]*mp4.Track{t}, out...)
			continue
		}
		out = append(out, t)
	}
	if bad.reason != "" {
		return nil, &bad
	}
	if len(out) == 0 {
		return nil, errors.New("no picture and no sound")
	}
	return out, nil
}

// unsuitable says why a codec is not put out as it is, or nothing.
func unsuitable(c media.Codec) string {
	h264, ok := c.(*media.H264)
	if !ok {
		return ""
	}
	if p := media.PictureOf(c); p.Width == 0 {
		return "H.264 whose parameters cannot be read"
	}
	// What players decode: ISO 14496-10 §A.2.1 to §A.2.4. Boxes have no 10 bits and no 4:2:2.
	switch h264.SPS[1] {
	case 66, 77, 88, 100:
		return ""
	}
	return "H.264 of a profile for studios"
}
