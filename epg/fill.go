package epg

import (
	"sort"
	"time"

	"podium.tv/podium/storage/catalogue"
)

// Fill is a channel's seamless guide in [from, to): the programmes that are on at any time in it, whole,
// and fillers in the holes between, split at midnight in the zone. What it gives for an instant does not
// depend on the window. The programmes must have gone through Cut.
func Fill(c *catalogue.Channel, programmes []catalogue.Programme, from, to time.Time, zone *time.Location) []Programme {
	if !to.After(from) {
		return nil
	}
	var out []Programme
	walk(c, programmes, from, zone, func(p Programme) bool {
		if !p.Start.Before(to) {
			return false
		}
		out = append(out, p)
		return true
	})
	return out
}

// walk yields the guide from what is on at an instant onwards, without end, until it is told to stop.
func walk(c *catalogue.Channel, programmes []catalogue.Programme, from time.Time, zone *time.Location, yield func(Programme) bool) {
	next := sort.Search(len(programmes), func(i int) bool { return programmes[i].End.After(from) })
	at := midnight(from, zone)
	if next > 0 && programmes[next-1].End.After(at) {
		at = programmes[next-1].End
	}
	for {
		if next < len(programmes) && !programmes[next].Start.After(at) {
			p := programmes[next]
			if !yield(Programme{Programme: p}) {
				return
			}
			at = p.End
			next++
			continue
		}
		end := nextMidnight(at, zone)
		if next < len(programmes) && programmes[next].Start.Before(end) {
			end = programmes[next].Start
		}
		if end.After(from) && !yield(filler(c, at, end)) {
			return
		}
		at = end
	}
}
