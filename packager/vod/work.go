package vod

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/timeline"
)

// rendition is one quality of a presentation: a source and how it is called.
type rendition struct {
	name string // empty for the main one
	src  source
	init *media.Init
	// mux are the tracks of the MPEG-TS form: the rendition's own, and the main one's sound, by index, where it has none.
	mux      *media.Init
	borrowed []int
}

// cut is a segment of all renditions, on its way from the files that are read to those that are written.
type cut struct {
	n      int
	record record
	parts  []part
	done   chan error
	known  bool // it was written before a crash
}

// part is one rendition's part of a cut.
type part struct {
	media     []byte
	fragments [][]byte
	muxed     [][]byte          // those of the MPEG-TS form
	counters  timeline.Counters // of the first packets
}

// record is what the journal and the playlists know of a cut.
type record struct {
	Time        time.Duration `json:"t"`
	Duration    time.Duration `json:"d"`
	Independent bool          `json:"i"`
	Parts       []partRecord  `json:"p"`
}

// partRecord is what the journal knows of one rendition's part of a cut.
type partRecord struct {
	// Sizes are the bytes of each track's fragment, TS those of the MPEG-TS form.
	Sizes []int64 `json:"s"`
	TS    int64   `json:"ts,omitempty"`
	// Samples and Lasts count the samples of each track and how long they last, in its timescale.
	Samples []int   `json:"n"`
	Lasts   []int64 `json:"l"`
	// Counters are those of the next cut's first packets.
	Counters timeline.Counters `json:"c"`
	// Entry is the part's in a store, if it went there.
	Entry *timeline.Entry `json:"e,omitempty"`
}

// sink takes cuts and stores them. It may be called for several cuts at once, each time with a buffer for its own use.
type sink interface {
	write(ctx context.Context, c *cut, scratch *[]byte) error
}

// work cuts renditions into segments and writes them: one goroutine reads and cuts, others render and write, and the
// one that called it notes what is done.
type work struct {
	renditions []*rendition
	cutting    Cutting
	needTS     func(rendition int) bool // says whose MPEG-TS form is wanted, or its continuity counters
	sink       sink
	known      []record // what was written before a crash
	loaders    []loader // of each rendition
	// onCut is called for each cut in order, once it is written.
	onCut func(c *cut) error
}

func (w *work) run(ctx context.Context) error {
	writers := max(runtime.GOMAXPROCS(0), 2)
	group, ctx := errgroup.WithContext(ctx)
	free := make(chan *cut, writers+1)
	for range cap(free) {
		c := &cut{parts: make([]part, len(w.renditions)), done: make(chan error, 1)}
		free <- c
	}
	todo, order := make(chan *cut, cap(free)), make(chan *cut, cap(free))
	group.Go(func() error {
		defer close(todo)
		defer close(order)
		return w.cutAll(ctx, free, todo, order)
	})
	for range writers {
		group.Go(func() error {
			var scratch []byte
			for c := range todo {
				c.done <- w.sink.write(ctx, c, &scratch)
			}
			return nil
		})
	}
	group.Go(func() error {
		for c := range order {
			if !c.known {
				select {
				case err := <-c.done:
					if err != nil {
						return err
					}
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			}
			if err := w.onCut(c); err != nil {
				return err
			}
			free <- c
		}
		return nil
	})
	return group.Wait()
}

// cutAll cuts the main rendition, and the others where it was cut.
func (w *work) cutAll(ctx context.Context, free <-chan *cut, todo, order chan<- *cut) error {
	w.loaders = make([]loader, len(w.renditions))
	cutters := make([]*cutter, len(w.renditions))
	counters := make([]timeline.Counters, len(w.renditions))
	for i, r := range w.renditions {
		c, err := newCutter(r.src, w.cutting)
		if err != nil {
			return err
		}
		cutters[i] = c
	}
	plans := make([]plan, len(w.renditions))
	for n := 0; ; n++ {
		var c *cut
		select {
		case c = <-free:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		until := time.Duration(0)
		for i := range cutters {
			err := cutters[i].next(&plans[i], until)
			if errors.Is(err, io.EOF) && i == 0 {
				return nil
			}
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			if i == 0 && !plans[0].last {
				until = plans[0].time + plans[0].duration
			}
		}
		if err := w.make(c, n, plans, counters); err != nil {
			return err
		}
		if !c.known {
			todo <- c
		}
		order <- c
	}
}

// make reads what was planned and makes the fragments.
func (w *work) make(c *cut, n int, plans []plan, counters []timeline.Counters) error {
	c.n = n
	c.known = n < len(w.known)
	if c.known {
		c.record = w.known[n]
		for i := range counters {
			counters[i] = c.record.Parts[i].Counters
		}
		return nil
	}
	main := &plans[0]
	c.record = record{Time: main.time, Duration: main.duration, Independent: true, Parts: make([]partRecord, len(plans))}
	for i := range plans {
		r, p := w.renditions[i], &c.parts[i]
		c.record.Independent = c.record.Independent && plans[i].independent
		l := &w.loaders[i]
		l.src, l.in = r.src, r.init.Tracks
		if err := l.read(&plans[i]); err != nil {
			return err
		}
		var ranges []media.Range
		var err error
		if p.media, ranges, err = l.fragments(p.media[:0], uint32(n+1), &plans[i]); err != nil {
			return err
		}
		out := partRecord{}
		p.fragments = p.fragments[:0]
		for t, run := range ranges {
			p.fragments = append(p.fragments, p.media[run.Offset:run.End()])
			out.Sizes = append(out.Sizes, run.Length)
			out.Samples = append(out.Samples, len(plans[i].samples[t]))
			lasts := int64(0)
			for s := range plans[i].samples[t] {
				lasts += int64(plans[i].samples[t][s].duration)
			}
			out.Lasts = append(out.Lasts, lasts)
		}
		p.counters = counters[i]
		if w.needTS(i) {
			p.muxed = append(p.muxed[:0], p.fragments...)
			for _, t := range r.borrowed {
				p.muxed = append(p.muxed, c.parts[0].fragments[t])
			}
			size, next, err := render.TSSize(r.mux, p.muxed, counters[i])
			if err != nil {
				return fmt.Errorf("make MPEG-TS: %w", err)
			}
			counters[i], out.TS = next, int64(size)
		}
		out.Counters = counters[i]
		c.record.Parts[i] = out
	}
	return nil
}
