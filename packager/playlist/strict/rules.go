package strict

import (
	"fmt"
	"time"
)

// Rule names a rule of RFC 8216bis §6.2 by its section and the number of the MUST in it.
type Rule string

// The rules that are checked.
const (
	// RuleSyntax: the playlist can be read (§4).
	RuleSyntax Rule = "4"
	// RuleDuration: a segment's duration, rounded, is at most the target duration.
	RuleDuration Rule = "6.2.1-M1"
	// RuleAppendOnly: a playlist changes by segments added at the end and removed at the start alone; a
	// segment once listed stays as it is.
	RuleAppendOnly Rule = "6.2.1-M10"
	// RuleTarget: the target duration never changes.
	RuleTarget Rule = "6.2.1-M13"
	// RuleDateTime: the mapping of dates to media is never ambiguous: within an epoch each segment's date is the one
	// before it plus its duration, and all segments have one or none.
	RuleDateTime Rule = "6.2.1-M14"
	// RuleEnded: a playlist with EXT-X-ENDLIST does not change any more.
	RuleEnded Rule = "6.2.1-M20"
	// RuleInterval: a new version appears within 1.5 target durations.
	RuleInterval Rule = "6.2.1-M22"
	// RuleSequence: the media sequence number never decreases.
	RuleSequence Rule = "6.2.2-M3"
	// RuleShort: a live playlist is never shorter than three target durations once it was that long.
	RuleShort Rule = "6.2.2-M6"
	// RuleDiscontinuity: the discontinuity sequence number never decreases, and counts the discontinuities removed.
	RuleDiscontinuity Rule = "6.2.2-M9"
	// RuleMaster: a multivariant playlist tells what players need, and of groups that there are.
	RuleMaster Rule = "4.4.6"
	// RuleAligned: the playlists of one presentation have the same target duration and discontinuities.
	RuleAligned Rule = "6.2.4"
	// RuleType: a live playlist has no type, and one with a type loses no segment.
	RuleType Rule = "6.2.2-M12"
	// RulePart: a part lasts at most the part target, and at least 85 % of it unless it is independent or the segment's
	// last; together they last as long as their segment.
	RulePart Rule = "4.4.4.9"
	// RuleSkip: a delta update skips only what was listed, and lies before the skip boundary.
	RuleSkip Rule = "4.4.5.2"
	// RuleHint: a part that was hinted at is the part that comes.
	RuleHint Rule = "4.4.5.3"
	// RuleReport: the last part of another playlist does not go back.
	RuleReport Rule = "4.4.5.4"
)

// Violation is one rule broken.
type Violation struct {
	Rule Rule
	At   time.Time // of the fetch, or the zero time
	// Sequence is the media sequence number of the segment at fault, where it is one segment's.
	Sequence uint64
	Reason   string
}

// String is the violation in one line.
func (v Violation) String() string {
	if v.At.IsZero() {
		return fmt.Sprintf("rule %s: %s", v.Rule, v.Reason)
	}
	return fmt.Sprintf("%s rule %s: %s", v.At.UTC().Format("15:04:05.000"), v.Rule, v.Reason)
}

// dateSlack is how much a date may be off from the one before it plus the duration: both are rounded to milliseconds.
const dateSlack = 2 * time.Millisecond

// Check reports what one version of a playlist has wrong in itself.
func Check(p *Playlist) []Violation {
	var out []Violation
	report := func(rule Rule, sequence uint64, format string, args ...any) {
		out = append(out, Violation{Rule: rule, Sequence: sequence, Reason: fmt.Sprintf(format, args...)})
	}
	dated := 0
	for i := range p.Segments {
		s := &p.Segments[i]
		if s.Duration.Round(time.Second) > p.TargetDuration {
			report(RuleDuration, s.Sequence, "segment %d of %v, the target is %v", s.Sequence, s.Duration, p.TargetDuration)
		}
		if !s.ProgramDateTime.IsZero() {
			dated++
		}
		if i > 0 {
			if reason := undated(&p.Segments[i-1], s); reason != "" {
				report(RuleDateTime, s.Sequence, "%s", reason)
			}
		}
	}
	checkParts(p, report)
	if dated != 0 && dated != len(p.Segments) {
		report(RuleDateTime, p.MediaSequence, "%d of %d segments have a date", dated, len(p.Segments))
	}
	if p.Type == "VOD" && !p.Ended {
		report(RuleType, p.MediaSequence, "type VOD without EXT-X-ENDLIST")
	}
	return out
}

// undated says what is wrong with the date of a segment b that follows a, or nothing.
func undated(a, b *Segment) string {
	if a.ProgramDateTime.IsZero() || b.ProgramDateTime.IsZero() {
		return ""
	}
	want := a.ProgramDateTime.Add(a.Duration)
	off := b.ProgramDateTime.Sub(want)
	if off.Abs() <= dateSlack || b.Discontinuity && off > 0 {
		return ""
	}
	if b.Discontinuity {
		return fmt.Sprintf("segment %d dated %v before the end of segment %d: two segments for one date", b.Sequence, -off, a.Sequence)
	}
	return fmt.Sprintf("segment %d dated %v off segment %d and its duration, without a discontinuity", b.Sequence, off, a.Sequence)
}
