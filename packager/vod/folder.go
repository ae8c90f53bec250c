package vod

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"podium.tv/podium/packager/render"
)

// Format is which forms of HLS a folder holds.
type Format string

// The formats.
const (
	TS   Format = "ts"
	CMAF Format = "cmaf"
	Both Format = "both"
)

func (f Format) ts() bool   { return f != CMAF }
func (f Format) cmaf() bool { return f != TS }

// folder writes segments as files:
//
//	cmaf/{track}-{number}.m4s, ts/{number}.ts
//
// with the rendition's name before the track's where there are several.
type folder struct {
	dir        string
	format     Format
	renditions []*rendition
}

func (f *folder) open() error {
	for _, d := range []struct {
		wanted bool
		name   string
	}{{f.format.cmaf(), "cmaf"}, {f.format.ts(), "ts"}} {
		if !d.wanted {
			continue
		}
		if err := os.MkdirAll(filepath.Join(f.dir, d.name), 0o777); err != nil {
			return err
		}
	}
	if !f.format.cmaf() {
		return nil
	}
	for _, r := range f.renditions {
		for i := range r.init.Tracks {
			header, err := render.Init(&r.init.Tracks[i])
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(f.dir, r.initName(i)), header, 0o666); err != nil {
				return err
			}
		}
	}
	return nil
}

// trackName is what the names of a track's files begin with.
func (r *rendition) trackName(track int) string {
	name := strconv.Itoa(track + 1)
	if r.name != "" {
		return r.name + "." + name
	}
	return name
}

func (r *rendition) initName(track int) string {
	return "cmaf/init-" + r.trackName(track) + ".mp4"
}

func (r *rendition) fragmentName(track, n int) string {
	return fmt.Sprintf("cmaf/%s-%05d.m4s", r.trackName(track), n)
}

func (r *rendition) tsName(n int) string {
	if r.name != "" {
		return fmt.Sprintf("ts/%s-%05d.ts", r.name, n)
	}
	return fmt.Sprintf("ts/%05d.ts", n)
}

// write implements sink.
func (f *folder) write(_ context.Context, c *cut, scratch *[]byte) error {
	for i, r := range f.renditions {
		p := &c.parts[i]
		if f.format.cmaf() {
			for t, b := range p.fragments {
				if len(b) == 0 {
					continue
				}
				if err := writeFile(filepath.Join(f.dir, r.fragmentName(t, c.n)), b); err != nil {
					return err
				}
			}
		}
		if !f.hasTS(i) {
			continue
		}
		if int64(cap(*scratch)) < c.record.Parts[i].TS {
			*scratch = make([]byte, 0, c.record.Parts[i].TS*5/4)
		}
		ts, _, err := render.TS((*scratch)[:0], r.mux, p.muxed, p.counters)
		if err != nil {
			return fmt.Errorf("make MPEG-TS: %w", err)
		}
		if err := writeFile(filepath.Join(f.dir, r.tsName(c.n)), ts); err != nil {
			return err
		}
	}
	return nil
}

// hasTS says whether a rendition is written as MPEG-TS: where both forms are, the main one alone, for old boxes.
func (f *folder) hasTS(rendition int) bool {
	return f.format == TS || f.format == Both && rendition == 0
}
