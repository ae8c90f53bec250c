package vod

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/vod/subtitle"
)

// TextFile is a file of subtitles.
type TextFile struct {
	// Language is an RFC 5646 tag, or empty.
	Language string
	Path     string
}

// text is one of the input's subtitles; times count from the beginning of what is put out.
type text struct {
	language, name string
	*subtitle.Text
}

// texts collects subtitles: those that were asked for, those beside the input, and those in it.
func (w *workshop) texts(ctx context.Context, in *input) ([]text, error) {
	var out []text
	add := func(language, name string, t *subtitle.Text) {
		if len(out) == maxSubtitles {
			return
		}
		t.Shift(-in.renditions[0].src.origin())
		if len(t.Cues) > 0 {
			out = append(out, text{language, unique(out, language, name), t})
		}
	}
	for _, f := range w.Texts {
		t, err := readText(f.Path)
		if err != nil {
			return nil, err
		}
		add(tag(f.Language), "", t)
	}
	if len(out) > 0 {
		return out, nil // The operator's word counts.
	}
	for _, f := range beside(w.input) {
		t, err := readText(f.Path)
		if err != nil {
			w.note("%v: left out", err)
			continue
		}
		add(tag(f.Language), "", t)
	}
	if !in.texts {
		return out, nil
	}
	if !w.tools.there() {
		w.note("%s: its subtitles are left out: ffmpeg is needed to read them, and it is not installed", w.input)
		return out, nil
	}
	return out, w.inside(ctx, add)
}

// readText reads a file of subtitles.
func readText(path string) (*subtitle.Text, error) {
	f, err := os.Open(path) //nolint:gosec // The operator names the file.
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, subtitle.MaxSize+1))
	if err != nil {
		return nil, err
	}
	t, err := subtitle.Parse(b)
	if err != nil {
		return nil, &FileError{path, err}
	}
	return t, nil
}

// beside finds name.vtt, name.srt and those with a language between, such as name.zh.vtt, beside name.mp4.
func beside(input string) []TextFile {
	list, err := os.ReadDir(filepath.Dir(input))
	if err != nil {
		return nil
	}
	stem := strings.TrimSuffix(filepath.Base(input), filepath.Ext(input))
	out := make([]TextFile, 0, 4)
	for _, e := range list {
		rest, ok := strings.CutPrefix(e.Name(), stem+".")
		if !ok || e.IsDir() {
			continue
		}
		language, kind, dotted := strings.Cut(rest, ".")
		if !dotted {
			language, kind = "", rest
		}
		if kind != "vtt" && kind != "srt" || language != "" && tag(language) == "" {
			continue
		}
		out = append(out, TextFile{Language: language, Path: filepath.Join(filepath.Dir(input), e.Name())})
	}
	return out
}

// inside has ffmpeg take the texts out of the input.
func (w *workshop) inside(ctx context.Context, add func(language, name string, t *subtitle.Text)) error {
	c, err := w.tools.probe(ctx, w.input)
	if err != nil {
		return err
	}
	args := append(localOnly(), "-i", fileURL(w.input))
	var found []*stream
	for i := range c.Streams {
		s := &c.Streams[i]
		switch s.Codec {
		case "mov_text", "subrip", "srt", "ass", "ssa", "webvtt", "text":
			if s.Type == "subtitle" && len(found) < maxSubtitles {
				found = append(found, s)
				args = append(args, "-map", "0:"+strconv.Itoa(s.Index), "-f", "webvtt", fileURL(w.insideName(len(found))))
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	if err := w.tools.run(ctx, nil, args...); err != nil {
		if ctx.Err() == nil {
			w.note("%s: its subtitles are left out: %v", w.input, err)
			err = nil
		}
		return err
	}
	for i, s := range found {
		t, err := readText(w.insideName(i + 1))
		if err != nil {
			if !errors.Is(err, subtitle.ErrBad) { // Without a cue.
				return err
			}
			continue
		}
		add(tag(s.Tags["language"]), s.Tags["title"], t)
	}
	return nil
}

func (w *workshop) insideName(n int) string {
	return filepath.Join(w.dir, fmt.Sprintf("text-%d.vtt", n))
}

// unique is what viewers choose a text by: its own name, else its language's, with a number where another has it.
func unique(others []text, language, name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == '"' || r == 0x7f {
			return -1
		}
		return r
	}, name)
	if name == "" || len(name) > 128 {
		name = languageName(language)
	}
	plain := name
	for n := 2; slices.ContainsFunc(others, func(t text) bool { return t.name == name }); n++ {
		name = plain + " " + strconv.Itoa(n)
	}
	return name
}

// clock ties times that count from the beginning to those of the media.
func clock() string {
	return fmt.Sprintf("X-TIMESTAMP-MAP=MPEGTS:%d,LOCAL:00:00:00.000", int64(media.FirstTime/time.Second)*90000)
}

// whole is the WebVTT file of all cues, as an asset has it.
func (t *text) whole() []byte { return t.Append(nil, "", 0, math.MaxInt64) }

// writeText writes a text in segments of the same times as the picture's, and their playlist.
func (l *lists) writeText(i int) error {
	t := &l.texts[i]
	if err := os.MkdirAll(filepath.Join(l.folder.dir, "text"), 0o777); err != nil {
		return err
	}
	name := func(n int) string { return fmt.Sprintf("%d-%05d.vtt", i+1, n) }
	for n := range l.records {
		from := l.records[n].Time - media.FirstTime
		until := from + l.durations[n]
		if n == len(l.records)-1 {
			until = math.MaxInt64
		}
		b := t.Append(nil, clock(), from, until)
		if err := os.WriteFile(filepath.Join(l.folder.dir, "text", name(n)), b, 0o666); err != nil {
			return err
		}
	}
	return l.put(textList(i), l.media("", true, name))
}

func textList(i int) string { return fmt.Sprintf("text/%d.m3u8", i+1) }

// describeTexts lists the texts; none is shown unless a viewer asks for it or the player's settings do.
func (l *lists) describeTexts(m *playlist.Master) {
	for i := range l.texts {
		m.Subtitles = append(m.Subtitles, playlist.Rendition{
			Group: textGroup, Name: l.texts[i].name, Language: l.texts[i].language, URI: textList(i),
		})
	}
}
