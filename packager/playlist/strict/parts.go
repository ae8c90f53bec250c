package strict

import (
	"fmt"
	"math"
	"time"
)

type reporter func(rule Rule, sequence uint64, format string, args ...any)

// partSlack is how much the parts of a segment may last longer or shorter than it: a track that does not lead is cut
// beside the one that does, and may lag.
const partSlack = time.Second

// roundSlack is what durations with five digits behind the point are off by.
const roundSlack = 10 * time.Microsecond

// checkParts reports what the parts of one version have wrong in themselves.
func checkParts(p *Playlist, report reporter) {
	for i := range p.Segments {
		s := &p.Segments[i]
		if len(s.Parts) == 0 {
			continue
		}
		checkLengths(s, p.PartTarget, true, report)
		var total time.Duration
		for n := range s.Parts {
			total += s.Parts[n].Duration
		}
		if off := total - s.Duration; off.Abs() > partSlack {
			report(RulePart, s.Sequence, "the parts of segment %d last %v, the segment %v", s.Sequence, total, s.Duration)
		}
	}
	if p.Making == nil {
		return
	}
	checkLengths(p.Making, p.PartTarget, false, report)
	if n := len(p.Segments); n > 0 {
		if reason := undated(&p.Segments[n-1], p.Making); reason != "" {
			report(RuleDateTime, p.Making.Sequence, "%s", reason)
		}
	}
}

func checkLengths(s *Segment, target time.Duration, whole bool, report reporter) {
	for n := range s.Parts {
		part := &s.Parts[n]
		if part.Duration > target {
			report(RulePart, s.Sequence, "part %d of segment %d lasts %v, the target is %v", n, s.Sequence, part.Duration, target)
		}
		last := n == len(s.Parts)-1
		exempt := part.Independent || part.Gap || last && whole || !last && s.Parts[n+1].Gap
		if !exempt && part.Duration < target*85/100-roundSlack {
			// The last one of a segment in the making may turn out to be the last of all: no server knows.
			if last {
				continue
			}
			report(RulePart, s.Sequence, "part %d of segment %d lasts %v, less than 85 %% of %v", n, s.Sequence, part.Duration, target)
		}
	}
}

// compareParts compares what two versions say of parts.
func compareParts(a, b *Playlist, report reporter) {
	from, to := max(a.MediaSequence, b.MediaSequence), min(a.End(), b.End())
	for n := from; n >= from && n <= to; n++ { // Behind the largest number is zero.
		was, is := a.Parts(n), b.Parts(n)
		if len(is) == 0 {
			continue // They are taken away when nobody needs them any more.
		}
		if len(is) < len(was) {
			report(RuleAppendOnly, n, "%d parts of segment %d, there were %d", len(is), n, len(was))
		}
		for i := range min(len(was), len(is)) {
			if reason := changedPart(&was[i], &is[i]); reason != "" {
				report(RuleAppendOnly, n, "part %d of segment %d: %s", i, n, reason)
			}
		}
	}
	compareMaking(a, b, report)
	compareReports(a, b, report)
}

func changedPart(was, is *Part) string {
	switch {
	case was.URI != is.URI:
		return fmt.Sprintf("URI %s, it was %s", clip(is.URI), clip(was.URI))
	case was.Duration != is.Duration:
		return fmt.Sprintf("duration %v, it was %v", is.Duration, was.Duration)
	case was.Independent != is.Independent, was.Gap != is.Gap, was.Range != is.Range:
		return "another than it was"
	}
	return ""
}

// compareMaking compares the segment that was in the making with what became of it.
func compareMaking(a, b *Playlist, report reporter) {
	if a.Making == nil {
		compareHint(a, b, nil, report)
		return
	}
	n := a.Making.Sequence
	var is *Segment
	switch {
	case n >= b.MediaSequence && n < b.End():
		is = &b.Segments[n-b.MediaSequence]
	case n == b.End() && b.Making != nil:
		is = b.Making
	case n < b.MediaSequence:
		return
	default:
		report(RuleAppendOnly, n, "segment %d was in the making and is not there", n)
		return
	}
	was := a.Making
	switch {
	case was.Discontinuity != is.Discontinuity, was.DiscontinuitySequence != is.DiscontinuitySequence:
		report(RuleDiscontinuity, n, "segment %d has another discontinuity than in the making", n)
	case was.Map != is.Map:
		report(RuleAppendOnly, n, "segment %d has the map %q, in the making it had %q", n, clip(is.Map), clip(was.Map))
	case was.Key != is.Key:
		report(RuleAppendOnly, n, "segment %d has the key %q, in the making it had %q", n, clip(is.Key), clip(was.Key))
	case !was.ProgramDateTime.Equal(is.ProgramDateTime):
		report(RuleDateTime, n, "segment %d dated %v, in the making it was %v", n, is.ProgramDateTime, was.ProgramDateTime)
	}
	compareHint(a, b, was.Parts, report)
}

// compareHint checks that the part that was hinted at, that behind known ones of the segment in the making, came.
func compareHint(a, b *Playlist, known []Part, report reporter) {
	if a.Hint == "" {
		return
	}
	if next := b.Parts(a.End()); len(next) > len(known) && next[len(known)].URI != a.Hint {
		report(RuleHint, a.End(), "part %d of segment %d is %s, hinted at was %s", len(known), a.End(), next[len(known)].URI, a.Hint)
	}
}

func compareReports(a, b *Playlist, report reporter) {
	for i := range b.Reports {
		is := &b.Reports[i]
		for j := range a.Reports {
			was := &a.Reports[j]
			if was.URI == is.URI && (is.Sequence < was.Sequence || is.Sequence == was.Sequence && is.part() < was.part()) {
				report(RuleReport, is.Sequence, "%s is at segment %d part %d, it was at %d part %d",
					is.URI, is.Sequence, is.Part, was.Sequence, was.Part)
			}
		}
	}
}

// part is how far a report's segment is: one without parts is whole.
func (r *Report) part() int {
	if r.Part < 0 {
		return math.MaxInt
	}
	return r.Part
}
