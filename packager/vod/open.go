package vod

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/vod/mp4"
)

// open opens the input: as it is where its codecs fit, else through ffmpeg.
func (w *workshop) open(ctx context.Context) (*input, error) {
	in := new(input)
	err := in.openFile("", w.input)
	if err == nil {
		return in, nil
	}
	in.close()
	if !wantsFFmpeg(err) {
		return nil, err
	}
	in, err = w.openConverted(ctx, err, false)
	if err != nil && wantsFFmpeg(err) && w.tools.there() {
		// What was copied does not fit in its new container either.
		return w.openConverted(ctx, err, true)
	}
	return in, err
}

// openConverted opens what ffmpeg makes of the input.
func (w *workshop) openConverted(ctx context.Context, reason error, anew bool) (*input, error) {
	made, err := w.convert(ctx, reason, anew)
	if err != nil {
		return nil, err
	}
	in := &input{duration: made.Duration, texts: made.Texts}
	for _, f := range made.Files {
		if err := in.openFile(f.Rendition, filepath.Join(w.dir, f.Name)); err != nil {
			in.close()
			return nil, fmt.Errorf("what ffmpeg made: %w", err)
		}
	}
	return in, nil
}

// wantsFFmpeg says whether ffmpeg may read what is not read here.
func wantsFFmpeg(err error) bool {
	var bad *unfit
	return errors.As(err, &bad) || errors.Is(err, mp4.ErrUnsupported) || errors.Is(err, mp4.ErrNotMP4)
}

func needsFFmpeg(reason error) error {
	return fmt.Errorf("%w: ffmpeg is needed to convert it, and it is not installed", reason)
}

// unfit says why a file is not packed as it is; ffmpeg can make it fit.
type unfit struct{ reason string }

// Error implements error.
func (u *unfit) Error() string { return u.reason }

// openFile opens a file that fits as a rendition.
func (i *input) openFile(name, path string) error {
	f, err := os.Open(path) //nolint:gosec // The operator names the file.
	if err != nil {
		return err
	}
	i.closers = append(i.closers, f.Close)
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if isTS(f) {
		return i.openTS(name, f, info.Size())
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
	if i.duration == 0 {
		i.duration = file.Duration
	}
	if i.again == nil {
		i.again = func() (source, error) { return openMP4(f, tracks) }
	}
	i.texts = i.texts || file.Texts
	i.add(name, src)
	return nil
}

func (i *input) openTS(name string, f *os.File, size int64) error {
	src, err := openTS(f, size)
	if err != nil {
		return err
	}
	if i.again == nil {
		i.again = func() (source, error) { return openTS(f, size) }
	}
	i.add(name, src)
	return nil
}

// choose picks the tracks that are put out: the first picture and all sound.
func choose(file *mp4.File) ([]*mp4.Track, error) {
	out := make([]*mp4.Track, 0, len(file.Tracks))
	for _, t := range file.Tracks {
		if t.Kind == media.Video && len(out) > 0 && out[0].Kind == media.Video || len(out) == media.MaxTracks {
			continue
		}
		reason := t.Unsuitable
		if reason == "" {
			reason = unsuitable(t.Codec)
		}
		if reason == "" && t.Turned {
			reason = "turned by its header"
		}
		if reason != "" {
			return nil, &unfit{fmt.Sprintf("its %s is %s", t.Kind, reason)}
		}
		if t.Kind == media.Video {
			out = append([]*mp4.Track{t}, out...)
			continue
		}
		out = append(out, t)
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
	// What players decode: ITU-T H.264 §A.2.1 to §A.2.4. Boxes have no 10 bits and no 4:2:2.
	switch h264.SPS[1] {
	case 66, 77, 88, 100:
		return ""
	}
	return "H.264 of a profile for studios"
}
