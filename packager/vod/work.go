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
	plans  []plan
	record record
	parts  []part
	done   chan error
	known  bool // it was written before a crash
	// before tells the continuity counters at which the cut's MPEG-TS forms begin, of each rendition; after, where they end.
	before, after chan []timeline.Counters
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

// work cuts renditions into segments and writes them: one goroutine plans where to cut, others read, render and write, each a
// cut of its own, and one notes what is done. Continuity counters go on from cut to cut, so that each is told them by the one before,
// as soon as that has been measured.
type work struct {
	renditions []*rendition
	cutting    Cutting
	needTS     func(rendition int) bool // says whose MPEG-TS form is wanted, or its continuity counters
	sink       sink
	known      []record // what was written before a crash
	// onCut is called for each cut in order, once it is written.
	onCut func(c *cut) error
}

func (w *work) run(ctx context.Context) error {
	writers := max(runtime.GOMAXPROCS(0), 2)
	group, ctx := errgroup.WithContext(ctx)
	free := make(chan *cut, writers+1)
	for range cap(free) {
		free <- &cut{
			plans: make([]plan, len(w.renditions)), parts: make([]part, len(w.renditions)), done: make(chan error, 1),
		}
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
			loaders := make([]loader, len(w.renditions))
			for c := range todo {
				c.done <- w.process(ctx, c, loaders, &scratch)
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

// cutAll plans the cuts of the main rendition, and of the others where it was cut.
func (w *work) cutAll(ctx context.Context, free <-chan *cut, todo, order chan<- *cut) error {
	cutters := make([]*cutter, len(w.renditions))
	for i, r := range w.renditions {
		c, err := newCutter(r.src, w.cutting)
		if err != nil {
			return err
		}
		cutters[i] = c
	}
	counters := make(chan []timeline.Counters, 1)
	counters <- make([]timeline.Counters, len(w.renditions))
	for n := 0; ; n++ {
		var c *cut
		select {
		case c = <-free:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		until := time.Duration(0)
		for i := range cutters {
			err := cutters[i].next(&c.plans[i], until)
			if errors.Is(err, io.EOF) && i == 0 {
				return nil
			}
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			if i == 0 && !c.plans[0].last {
				until = c.plans[0].time + c.plans[0].duration
			}
		}
		c.n, c.known = n, n < len(w.known)
		c.before, c.after = counters, make(chan []timeline.Counters, 1)
		counters = c.after
		if c.known {
			c.recall(&w.known[n])
		} else {
			todo <- c
		}
		order <- c
	}
}

// recall makes a cut of what was written before a crash.
func (c *cut) recall(r *record) {
	c.record = *r
	counters := make([]timeline.Counters, len(r.Parts))
	for i := range r.Parts {
		counters[i] = r.Parts[i].Counters
	}
	c.after <- counters
}

// process makes a cut and writes it.
func (w *work) process(ctx context.Context, c *cut, loaders []loader, scratch *[]byte) error {
	main := &c.plans[0]
	c.record = record{Time: main.time, Duration: main.duration, Independent: true, Parts: make([]partRecord, len(c.plans))}
	for i := range c.plans {
		c.record.Independent = c.record.Independent && c.plans[i].independent
		if err := w.load(c, i, &loaders[i]); err != nil {
			return err
		}
	}
	var counters []timeline.Counters
	select {
	case counters = <-c.before:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	for i := range c.plans {
		if err := w.measure(c, i, &counters[i]); err != nil {
			return err
		}
	}
	c.after <- counters
	return w.sink.write(ctx, c, scratch)
}

// load reads a rendition's part of a cut and makes its fragments.
func (w *work) load(c *cut, rendition int, l *loader) error {
	r, plan, p := w.renditions[rendition], &c.plans[rendition], &c.parts[rendition]
	l.src, l.in = r.src, r.init.Tracks
	if err := l.read(plan); err != nil {
		return err
	}
	var ranges []media.Range
	var err error
	if p.media, ranges, err = l.fragments(p.media[:0], uint32(c.n+1), plan); err != nil {
		return err
	}
	out := &c.record.Parts[rendition]
	p.fragments = p.fragments[:0]
	for t, run := range ranges {
		p.fragments = append(p.fragments, p.media[run.Offset:run.End()])
		out.Sizes = append(out.Sizes, run.Length)
		out.Samples = append(out.Samples, len(plan.samples[t]))
		lasts := int64(0)
		for s := range plan.samples[t] {
			lasts += int64(plan.samples[t][s].duration)
		}
		out.Lasts = append(out.Lasts, lasts)
	}
	return nil
}

// measure moves a rendition's continuity counters on past its part of a cut, if its MPEG-TS form is wanted.
func (w *work) measure(c *cut, rendition int, counters *timeline.Counters) error {
	r, p, out := w.renditions[rendition], &c.parts[rendition], &c.record.Parts[rendition]
	p.counters = *counters
	if w.needTS(rendition) {
		p.muxed = append(p.muxed[:0], p.fragments...)
		for _, t := range r.borrowed {
			p.muxed = append(p.muxed, c.parts[0].fragments[t])
		}
		size, next, err := render.TSSize(r.mux, p.muxed, *counters)
		if err != nil {
			return fmt.Errorf("make MPEG-TS: %w", err)
		}
		*counters, out.TS = next, int64(size)
	}
	out.Counters = *counters
	return nil
}
