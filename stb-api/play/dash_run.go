package play

import (
	"slices"
	"time"

	"podium.tv/podium/packager/timeline"
)

// run is what makes one period: entries whose media times go on without a break, with the same tracks and renditions.
type run struct {
	entries []timeline.Entry
	// first is the first entry of the run, which may have left the view.
	first *timeline.Entry
	// start is the presentation time of the period's beginning, and skipped is how much of the first entry is before it.
	start, skipped time.Duration
}

// offset is the media time at the period's beginning.
func (r *run) offset() time.Duration { return r.first.Time + r.first.Shift + r.skipped }

// duration is how long the media is from the period's beginning on.
func (r *run) duration() time.Duration {
	last := &r.entries[len(r.entries)-1]
	return last.Time + last.Shift + last.Duration - r.offset()
}

// runsOf parts a view's entries into runs, without the gaps.
func runsOf(entries []timeline.Entry) []run {
	var runs []run
	for from := 0; from < len(entries); {
		if entries[from].Kind == timeline.Gap || entries[from].Init == "" {
			from++
			continue
		}
		to := from + 1
		for to < len(entries) && goesOn(&entries[to-1], &entries[to]) {
			to++
		}
		runs = append(runs, run{entries: entries[from:to], first: &entries[from]})
		from = to
	}
	return runs
}

// seam is what two rounded times may differ by.
const seam = time.Millisecond

// goesOn says that an entry belongs to the run of the one before it.
func goesOn(a, b *timeline.Entry) bool {
	return !b.Discontinuity && a.Kind != timeline.Gap && b.Kind != timeline.Gap && b.Seq == a.Seq+1 &&
		a.Init == b.Init && len(a.Tracks) == len(b.Tracks) && a.Shift == b.Shift &&
		(b.Time-a.Time-a.Duration).Abs() <= seam && slices.EqualFunc(a.Also, b.Also, sameRendition)
}

func sameRendition(a, b timeline.Rendition) bool {
	return a.Name == b.Name && a.Init == b.Init && a.Shift == b.Shift && len(a.Tracks) == len(b.Tracks)
}
