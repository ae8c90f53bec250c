package epg

import (
	"cmp"
	"slices"
	"time"

	"podium.tv/podium/storage/catalogue"
)

// Cut puts programmes in order and takes overlaps out: one that runs into the next ends where the next
// begins, and of those that begin in the same second only the longest stays. The catalogue refuses overlaps,
// but a guide with one makes players hide every second programme, so it is worth two locks. Instants are cut
// to the second, because players tell programmes apart by the second of their start.
func Cut(programmes []catalogue.Programme) []catalogue.Programme {
	all := make([]catalogue.Programme, 0, len(programmes))
	for _, p := range programmes {
		p.Start, p.End = p.Start.UTC().Truncate(time.Second), p.End.UTC().Truncate(time.Second)
		if p.End.After(p.Start) {
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, func(a, b catalogue.Programme) int {
		return cmp.Or(a.Start.Compare(b.Start), b.End.Compare(a.End), cmp.Compare(a.ID, b.ID))
	})
	all = slices.CompactFunc(all, func(a, b catalogue.Programme) bool { return a.Start.Equal(b.Start) })
	for i := 1; i < len(all); i++ {
		if all[i-1].End.After(all[i].Start) {
			all[i-1].End = all[i].Start
		}
	}
	return all
}
