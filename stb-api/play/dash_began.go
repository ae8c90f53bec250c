package play

import (
	"context"
	"sort"
	"sync"
	"time"

	"podium.tv/podium/packager/timeline"
)

// longestRun bounds the search for a run's beginning, in hours: epochs end after a day.
const longestRun = 50

// beginnings remembers where the runs began that a channel's manifests show the ends of. The zero value works.
type beginnings struct {
	mu   sync.Mutex // held while one is looked for, so that one looks for all who wait
	runs []beginning
}

// beginning is a run's first entry, and a number up to which entries are known to belong to it.
type beginning struct {
	first timeline.Entry
	upTo  uint64
}

// maxBeginnings is many more than views at different depths meet.
const maxBeginnings = 64

// began is the first entry of the run that an entry is in. Dates follow a feed's wall clock and drift against its media
// times, so that only the first can tell where the run's period begins, the same in each version of a manifest.
func (c *Channel) began(ctx context.Context, e *timeline.Entry) (*timeline.Entry, error) {
	c.begun.mu.Lock()
	defer c.begun.mu.Unlock()
	first := back(c.Timeline.Tail().Entries, *e)
	for range longestRun {
		if first.Discontinuity || first.Seq == 0 {
			break
		}
		if known := c.begun.of(first.Seq); known != nil {
			first = known.first
			break
		}
		entries, err := c.Timeline.Between(ctx, first.Start.Add(-time.Hour), first.Start)
		if err != nil {
			return nil, err
		}
		earlier := back(entries, first)
		if earlier.Seq == first.Seq {
			break
		}
		first = earlier
	}
	c.begun.keep(&first, e.Seq)
	return &first, nil
}

// back goes back from an entry to the earliest of its run that is among some entries before it.
func back(entries []timeline.Entry, e timeline.Entry) timeline.Entry {
	at := &e
	for i := sort.Search(len(entries), func(i int) bool { return entries[i].Seq >= e.Seq }); i > 0; i-- {
		if !goesOn(&entries[i-1], at) {
			break
		}
		at = &entries[i-1]
	}
	return *at
}

// of is the run that an entry is known to belong to, or nil.
func (b *beginnings) of(seq uint64) *beginning {
	for i := range b.runs {
		if r := &b.runs[i]; r.first.Seq <= seq && seq <= r.upTo {
			return r
		}
	}
	return nil
}

func (b *beginnings) keep(first *timeline.Entry, upTo uint64) {
	for i := range b.runs {
		if r := &b.runs[i]; r.first.Seq == first.Seq {
			r.upTo = max(r.upTo, upTo)
			return
		}
	}
	if len(b.runs) == maxBeginnings {
		b.runs = append(b.runs[:0], b.runs[1:]...)
	}
	b.runs = append(b.runs, beginning{first: *first, upTo: upTo})
}
