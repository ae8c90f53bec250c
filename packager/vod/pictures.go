package vod

import (
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"podium.tv/podium/packager/media"
)

// Pictures for scrubbing: sheets of small ones, each a key picture of the film.
const (
	thumbWidth   = 160
	sheetColumns = 10
	sheetRows    = 10
	maxThumbs    = 10_000
	posterWidth  = 1280
)

// thumbEvery is the time from one picture to the next: a hundred for a short film, one every 10 s for a long one.
func thumbEvery(duration time.Duration) time.Duration {
	return max(min(max(duration/100, 2*time.Second), 10*time.Second), duration/maxThumbs)
}

// pictures are the files that were made, in their folder.
type pictures struct {
	poster, thumbs string
	sprites        []string
}

// still is a key picture and when it is shown.
type still struct {
	at     time.Duration
	sample sample
}

// draw makes the poster and the pictures for scrubbing in a folder. Nothing but the key pictures that are shown is read
// and decoded.
func (w *workshop) draw(ctx context.Context, in *input, dir string) (*pictures, error) {
	if w.NoPictures {
		return nil, nil
	}
	src, err := in.again()
	if err != nil || src == nil || src.tracks()[0].Kind() != media.Video {
		return nil, err
	}
	if !w.tools.there() {
		w.note("%s: without pictures for scrubbing: ffmpeg is needed to make them, and it is not installed", w.input)
		return nil, nil
	}
	stills, end, err := choosePictures(src, thumbEvery(in.duration))
	if err != nil || len(stills) == 0 {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	err = w.decode(ctx, src, stills, dir)
	if err == nil {
		return caption(dir, stills, end)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	w.note("%s: without pictures for scrubbing: %v", w.input, err)
	return nil, nil
}

// choosePictures picks the first key picture of each interval, and tells when the film ends.
func choosePictures(src source, every time.Duration) (stills []still, end time.Duration, err error) {
	scale := src.tracks()[0].Timescale
	next := time.Duration(0)
	var s sample
	for {
		err := src.next(0, &s)
		if errors.Is(err, io.EOF) {
			return stills, end, nil
		}
		if err != nil {
			return nil, 0, err
		}
		at := media.Duration(s.dts+int64(s.offset), scale) - media.FirstTime
		end = max(end, at+media.Duration(int64(s.duration), scale))
		if !s.sync || at < next || len(stills) == maxThumbs {
			continue
		}
		stills = append(stills, still{max(at, 0), s})
		next = at + every - every/10
	}
}

// decode has ffmpeg make the pictures: it is given the key pictures one behind the other, as a film of one a second.
func (w *workshop) decode(ctx context.Context, src source, stills []still, dir string) error {
	form := "h264"
	if _, ok := src.tracks()[0].Codec.(*media.H265); ok {
		form = "hevc"
	}
	rows := min((len(stills)+sheetColumns-1)/sheetColumns, sheetRows)
	poster := len(stills) / 10
	filter := fmt.Sprintf("[0]format=yuvj420p,split[a][b];[a]select=eq(n\\,%d),scale=w='min(%d,iw*sar)':h=-2,setsar=1[p];"+
		"[b]scale=w=%d:h='2*trunc(%d/dar/2+0.5)',setsar=1,tile=%dx%d[t]",
		poster, posterWidth, thumbWidth, thumbWidth, sheetColumns, rows)
	cmd := exec.CommandContext(ctx, w.tools.ffmpeg, "-hide_banner", "-v", "error", "-y", //nolint:gosec // The operator's program.
		"-f", form, "-framerate", "1", "-i", "pipe:0", "-filter_complex", filter,
		"-map", "[t]", "-q:v", "5", "-fps_mode", "passthrough", fileURL(filepath.Join(dir, "thumbs-%d.jpg")),
		"-map", "[p]", "-q:v", "3", "-frames:v", "1", fileURL(filepath.Join(dir, "poster.jpg")))
	dieWithParent(cmd)
	var said strings.Builder
	cmd.Stderr = &limited{w: &said, left: maxSaid}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	fed := feed(pipe, src, stills)
	fed = errors.Join(fed, pipe.Close())
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%w: %s", errTool, lastLine(said.String(), ""))
	}
	return fed
}

// feed writes key pictures in Annex B form, each with its parameter sets.
func feed(out io.Writer, src source, stills []still) error {
	var sets [][]byte
	switch c := src.tracks()[0].Codec.(type) {
	case *media.H264:
		sets = [][]byte{c.SPS, c.PPS}
	case *media.H265:
		sets = [][]byte{c.VPS, c.SPS, c.PPS}
	}
	var b, raw []byte
	l := &loader{src: src}
	for i := range stills {
		s := &stills[i].sample
		units := s.units
		if file := src.file(); file != nil {
			if cap(raw) < int(s.size) {
				raw = make([]byte, s.size)
			}
			raw = raw[:s.size]
			if _, err := file.ReadAt(raw, s.pos); err != nil {
				return err
			}
			l.units = l.units[:0]
			if err := l.split(raw, src.lengthSize(0)); err != nil {
				return err
			}
			units = l.units
		}
		b = b[:0]
		for _, list := range [][][]byte{sets, units} {
			for _, u := range list {
				b = append(append(b, 0, 0, 0, 1), u...)
			}
		}
		if _, err := out.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// caption writes thumbs.vtt, which says which part of which sheet shows which time, and looks for what was made.
func caption(dir string, stills []still, end time.Duration) (*pictures, error) {
	p := &pictures{poster: "poster.jpg", thumbs: "thumbs.vtt"}
	height := 0
	for n := 1; (n-1)*sheetColumns*sheetRows < len(stills); n++ {
		name := fmt.Sprintf("thumbs-%d.jpg", n)
		f, err := os.Open(filepath.Join(dir, name)) //nolint:gosec // It was made just before.
		if err != nil {
			return nil, fmt.Errorf("ffmpeg made no %s", name)
		}
		size, err := jpeg.DecodeConfig(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		rows := min((len(stills)+sheetColumns-1)/sheetColumns, sheetRows)
		height = size.Height / rows
		p.sprites = append(p.sprites, name)
	}
	text := []byte("WEBVTT\n")
	for i := range stills {
		until := end
		if i+1 < len(stills) {
			until = stills[i+1].at
		}
		cell := i % (sheetColumns * sheetRows)
		text = fmt.Appendf(text, "\n%s --> %s\n%s#xywh=%d,%d,%d,%d\n", stamp(stills[i].at), stamp(until),
			p.sprites[i/(sheetColumns*sheetRows)], cell%sheetColumns*thumbWidth, cell/sheetColumns*height, thumbWidth, height)
	}
	if _, err := os.Stat(filepath.Join(dir, p.poster)); err != nil {
		p.poster = ""
	}
	return p, os.WriteFile(filepath.Join(dir, p.thumbs), text, 0o666)
}

// stamp is a time as WebVTT has it.
func stamp(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d:%02d.%03d", d/time.Hour, d/time.Minute%60, d/time.Second%60, d/time.Millisecond%1000)
}
