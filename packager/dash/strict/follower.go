package strict

import (
	"time"
)

// Follower takes a manifest's successive versions and reports the promises broken. It is not for use by several
// goroutines. It keeps the last version only, so it may follow for months.
type Follower struct {
	// Grows says that the presentation begins at a fixed instant and loses nothing.
	Grows bool

	last *MPD
	text string
}

// Last is the last version that could be read, or nil.
func (f *Follower) Last() *MPD { return f.last }

// Add takes the text that was fetched at an instant and returns what it breaks. A text that cannot be read breaks
// RuleSyntax and is not followed.
func (f *Follower) Add(at time.Time, text []byte) []Violation {
	m, err := Parse(text)
	if err != nil {
		return []Violation{{Rule: RuleSyntax, At: at, Reason: err.Error()}}
	}
	if f.last != nil && string(text) == f.text {
		return nil
	}
	r := report(Check(m))
	if f.last != nil {
		f.compare(&r, f.last, m)
	}
	f.last, f.text = m, string(text)
	for i := range r {
		r[i].At = at
	}
	return r
}

func (f *Follower) compare(r *report, a, b *MPD) {
	if a.Static {
		r.add(RuleEnded, "the presentation had ended and is another")
	}
	if !a.AvailabilityStart.Equal(b.AvailabilityStart) && !b.Static {
		r.add(RuleUpdate, "availability start %v, it was %v", b.AvailabilityStart, a.AvailabilityStart)
	}
	if b.Published.Before(a.Published) && !b.Static {
		r.add(RuleUpdate, "published at %v, before the last version at %v", b.Published, a.Published)
	}
	if len(a.Periods) == 0 || len(b.Periods) == 0 {
		return
	}
	for i := range a.Periods {
		was := &a.Periods[i]
		if is := b.Period(was.ID); is != nil {
			f.comparePeriods(r, was, is)
			continue
		}
		// A period goes when all of it has left the window, and with it all before it.
		if f.Grows || b.Period(a.Periods[0].ID) != nil || was.Start >= b.Periods[0].Start {
			r.add(RuleUpdate, "period %s is gone", was.ID)
		}
	}
	for i := range b.Periods {
		if p := &b.Periods[i]; a.Period(p.ID) == nil && p.Start < a.Periods[len(a.Periods)-1].Start {
			r.add(RuleUpdate, "period %s is new, at %v, before the last one known", p.ID, p.Start)
		}
	}
}

func (f *Follower) comparePeriods(r *report, was, is *Period) {
	if was.Start != is.Start {
		r.add(RuleUpdate, "period %s begins at %v, it was %v", is.ID, is.Start, was.Start)
	}
	if was.Duration != 0 && was.Duration != is.Duration {
		r.add(RuleUpdate, "period %s lasts %v, it was %v", is.ID, is.Duration, was.Duration)
	}
	if len(was.Sets) != len(is.Sets) {
		r.add(RuleUpdate, "period %s has %d sets, it had %d", is.ID, len(is.Sets), len(was.Sets))
	}
	for i := range was.Sets {
		for j := range was.Sets[i].Representations {
			old := &was.Sets[i].Representations[j]
			now := is.Find(old.ID)
			if now == nil {
				r.add(RuleUpdate, "representation %s of period %s is gone", old.ID, is.ID)
				continue
			}
			f.compareSegments(r, is.ID, old, now)
		}
	}
}

// compareSegments compares the segments that both versions list, and those at their ends.
func (f *Follower) compareSegments(r *report, period string, was, is *Representation) {
	if was.Init != is.Init || was.Timescale != is.Timescale || was.Offset != is.Offset || was.Codecs != is.Codecs {
		r.add(RuleUpdate, "representation %s of period %s has another init, timescale, offset or codec", is.ID, period)
	}
	if len(was.Segments) == 0 || len(is.Segments) == 0 {
		return
	}
	first, end := is.Segments[0].Number, is.Segments[len(is.Segments)-1].Number+1
	if old := was.Segments[0].Number; first < old || f.Grows && first != old {
		r.add(RuleUpdate, "representation %s of period %s begins with segment %d, it was %d", is.ID, period, first, old)
		return
	}
	if old := was.Segments[len(was.Segments)-1].Number + 1; end < old {
		r.add(RuleUpdate, "representation %s of period %s ends with segment %d, it was %d", is.ID, period, end-1, old-1)
		return
	}
	for _, old := range was.Segments {
		if old.Number < first {
			continue
		}
		if now := is.Segments[old.Number-first]; now != old {
			r.add(RuleUpdate, "representation %s of period %s: segment %+v, it was %+v", is.ID, period, now, old)
			return
		}
	}
}
