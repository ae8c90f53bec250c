package strict

import (
	"fmt"
	"time"
)

// Follower takes one live playlist's successive versions and reports the promises broken. It is not for use by several
// goroutines. It keeps the last version only, so it may follow for months.
type Follower struct {
	// Live says that the playlist is a sliding window, which has no type. Without it a playlist that
	// starts at a fixed instant and grows is accepted as well.
	Live bool

	// Interval turns on RuleInterval, which needs fetches more often than the target duration.
	Interval bool

	last    *Playlist
	text    string
	since   time.Time     // when the last version was first seen
	stalled bool          // and reported to be late
	longest time.Duration // of all versions
}

// Add takes the text that was fetched at an instant and returns what it breaks. A text that cannot be read breaks
// RuleSyntax and is not followed.
func (f *Follower) Add(at time.Time, text []byte) []Violation {
	p, err := ParseUpdate(text)
	if err != nil {
		return []Violation{{Rule: RuleSyntax, At: at, Reason: err.Error()}}
	}
	if err := p.Complete(f.last); err != nil {
		return []Violation{{Rule: RuleSkip, At: at, Reason: err.Error()}}
	}
	if f.last != nil && string(text) == f.text {
		return f.unchanged(at)
	}
	out := Check(p)
	if f.Live && p.Type != "" {
		out = append(out, Violation{Rule: RuleType, Reason: fmt.Sprintf("a live playlist of type %s", p.Type)})
	}
	if f.last != nil {
		out = append(out, f.compare(f.last, p)...)
	}
	f.longest = max(f.longest, p.Duration())
	f.last, f.text, f.since, f.stalled = p, string(text), at, false
	for i := range out {
		out[i].At = at
	}
	return out
}

// Crashed tells that the server was killed. The segment in the making is lost with all that was said of it, because it lives
// in memory alone; nothing else may be.
func (f *Follower) Crashed() {
	if f.last == nil {
		return
	}
	p := *f.last
	p.Making, p.Hint, p.Reports = nil, "", nil
	f.last, f.text = &p, ""
}

// Last is the last version that could be read, or nil.
func (f *Follower) Last() *Playlist { return f.last }

func (f *Follower) unchanged(at time.Time) []Violation {
	limit := f.last.TargetDuration * 3 / 2
	if !f.Interval || f.stalled || f.last.Ended || at.Sub(f.since) <= limit {
		return nil
	}
	f.stalled = true
	return []Violation{{
		Rule: RuleInterval, At: at, Sequence: f.last.End(),
		Reason: fmt.Sprintf("no new version for %v, at most %v", at.Sub(f.since), limit),
	}}
}

func (f *Follower) compare(a, b *Playlist) []Violation {
	var out []Violation
	report := func(rule Rule, sequence uint64, format string, args ...any) {
		out = append(out, Violation{Rule: rule, Sequence: sequence, Reason: fmt.Sprintf(format, args...)})
	}
	if a.Ended {
		report(RuleEnded, b.MediaSequence, "the playlist had ended and is another")
	}
	if a.TargetDuration != b.TargetDuration {
		report(RuleTarget, b.MediaSequence, "target duration %v, it was %v", b.TargetDuration, a.TargetDuration)
	}
	if a.Type != b.Type {
		report(RuleType, b.MediaSequence, "type %q, it was %q", b.Type, a.Type)
	}
	if b.DiscontinuitySequence < a.DiscontinuitySequence {
		report(RuleDiscontinuity, b.MediaSequence, "discontinuity sequence %d, it was %d", b.DiscontinuitySequence, a.DiscontinuitySequence)
	}
	if b.MediaSequence < a.MediaSequence {
		report(RuleSequence, b.MediaSequence, "media sequence %d, it was %d", b.MediaSequence, a.MediaSequence)
		return out // What follows would all be about this.
	}
	if b.MediaSequence > a.MediaSequence {
		if a.Type != "" && b.Type != "" {
			report(RuleType, b.MediaSequence, "%d segments removed from a playlist of type %s", b.MediaSequence-a.MediaSequence, a.Type)
		}
		if least := 3 * b.TargetDuration; b.Duration() < least && f.longest >= least && !b.Ended {
			report(RuleShort, b.MediaSequence, "segments removed down to %v, at least %v", b.Duration(), least)
		}
	}
	if b.End() < a.End() {
		report(RuleAppendOnly, b.End(), "segments %d to %d removed from the end", b.End(), a.End()-1)
	}
	compareSegments(a, b, report)
	compareParts(a, b, report)
	return out
}

// compareSegments compares the segments that both versions list, and those at the seam.
func compareSegments(a, b *Playlist, report func(rule Rule, sequence uint64, format string, args ...any)) {
	if len(a.Segments) == 0 || len(b.Segments) == 0 {
		return
	}
	last, first := &a.Segments[len(a.Segments)-1], &b.Segments[0]
	if first.Sequence > last.Sequence {
		if first.DiscontinuitySequence < last.DiscontinuitySequence {
			report(RuleDiscontinuity, first.Sequence, "segment %d has discontinuity sequence %d, segment %d had %d",
				first.Sequence, first.DiscontinuitySequence, last.Sequence, last.DiscontinuitySequence)
		}
		if first.Sequence == last.Sequence+1 {
			if reason := undated(last, first); reason != "" {
				report(RuleDateTime, first.Sequence, "%s", reason)
			}
		}
		return
	}
	miscounted := false
	for n := first.Sequence; n < min(a.End(), b.End()); n++ {
		was, is := &a.Segments[n-a.MediaSequence], &b.Segments[n-b.MediaSequence]
		if what := changed(was, is); what != "" {
			report(RuleAppendOnly, n, "segment %d: %s", n, what)
		}
		if was.DiscontinuitySequence != is.DiscontinuitySequence && !miscounted {
			miscounted = true // All that follow are off by as much.
			report(RuleDiscontinuity, n, "segment %d has discontinuity sequence %d, it was %d",
				n, is.DiscontinuitySequence, was.DiscontinuitySequence)
		}
	}
}

// changed says what of a listed segment is not as it was, or nothing.
func changed(was, is *Segment) string {
	switch {
	case was.URI != is.URI:
		return fmt.Sprintf("URI %s, it was %s", clip(is.URI), clip(was.URI))
	case was.Duration != is.Duration:
		return fmt.Sprintf("duration %v, it was %v", is.Duration, was.Duration)
	case !was.ProgramDateTime.Equal(is.ProgramDateTime):
		return fmt.Sprintf("dated %v, it was %v", is.ProgramDateTime, was.ProgramDateTime)
	case was.Discontinuity != is.Discontinuity:
		return fmt.Sprintf("discontinuity %t, it was %t", is.Discontinuity, was.Discontinuity)
	case was.Map != is.Map && !is.Gap: // Whatever was in force at a gap, nothing is loaded there.
		return fmt.Sprintf("map %q, it was %q", clip(is.Map), clip(was.Map))
	case was.Key != is.Key:
		return fmt.Sprintf("key %q, it was %q", clip(is.Key), clip(was.Key))
	case was.Range != is.Range:
		return fmt.Sprintf("byte range %q, it was %q", is.Range, was.Range)
	case was.Gap != is.Gap:
		return fmt.Sprintf("gap %t, it was %t", is.Gap, was.Gap)
	}
	return ""
}
