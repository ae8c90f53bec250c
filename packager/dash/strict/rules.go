package strict

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Rule names a rule of ISO 23009-1 by its clause.
type Rule string

// The rules that are checked.
const (
	// RuleSyntax: the manifest can be read (§5.2.3).
	RuleSyntax Rule = "5.2.3"
	// RuleDynamic: a dynamic presentation has an availability start, a publish time and an update period; a static one has a
	// duration (§5.3.1.2).
	RuleDynamic Rule = "5.3.1.2"
	// RulePeriod: ids are unique, and periods follow each other without overlapping (§5.3.2).
	RulePeriod Rule = "5.3.2"
	// RuleContinuity: what goes on from a period does so in its times as well (§5.3.2.4).
	RuleContinuity Rule = "5.3.2.4"
	// RuleSet: the content type fits the media type, and what is aligned has the same segments (§5.3.3).
	RuleSet Rule = "5.3.3"
	// RuleRepresentation: ids are unique in a period, and what a player must know is told (§5.3.5, §5.3.7).
	RuleRepresentation Rule = "5.3.5"
	// RuleTimeline: segments follow each other without hole or overlap inside a period, and none is longer than
	// promised (§5.3.9.6).
	RuleTimeline Rule = "5.3.9.6"
	// RuleBounds: the media covers its period: it neither begins after it nor ends before it (§7.2.1).
	RuleBounds Rule = "7.2.1"
	// RuleUpdate: what was published stays as it was: periods begin where they began, and a segment keeps number, address,
	// time and duration (§5.4).
	RuleUpdate Rule = "5.4"
	// RuleEnded: a static presentation does not change any more (§5.4).
	RuleEnded Rule = "5.4-ended"
)

// Violation is one rule broken.
type Violation struct {
	Rule   Rule
	At     time.Time // of the fetch, or the zero time
	Reason string
}

// String is the violation in one line.
func (v Violation) String() string {
	if v.At.IsZero() {
		return fmt.Sprintf("rule %s: %s", v.Rule, v.Reason)
	}
	return fmt.Sprintf("%s rule %s: %s", v.At.UTC().Format("15:04:05.000"), v.Rule, v.Reason)
}

// report gathers violations.
type report []Violation

func (r *report) add(rule Rule, format string, args ...any) {
	*r = append(*r, Violation{Rule: rule, Reason: fmt.Sprintf(format, args...)})
}

// slack is what times in different timescales may differ by for being rounded.
const slack = time.Millisecond

// Check reports what one version of a manifest has wrong in itself.
func Check(m *MPD) []Violation {
	var r report
	switch {
	case m.Static && m.Duration <= 0:
		r.add(RuleDynamic, "a static presentation without a duration")
	case m.Static && (m.UpdatePeriod > 0 || m.TimeShift > 0 || m.Delay > 0):
		r.add(RuleDynamic, "a static presentation with what a dynamic one has")
	case !m.Static && (m.AvailabilityStart.IsZero() || m.Published.IsZero() || m.UpdatePeriod <= 0 || m.Duration > 0):
		r.add(RuleDynamic, "a dynamic presentation without what it needs, or with a duration")
	}
	if m.MinBuffer <= 0 {
		r.add(RuleDynamic, "minimum buffer time %v", m.MinBuffer)
	}
	if len(m.Periods) == 0 {
		r.add(RulePeriod, "no period")
	}
	for i := range m.Periods {
		p := &m.Periods[i]
		if m.Period(p.ID) != p {
			r.add(RulePeriod, "two periods have the id %s", p.ID)
		}
		if len(p.Sets) == 0 {
			r.add(RulePeriod, "period %s has no adaptation set", p.ID)
		}
		m.checkPlace(&r, i)
		p.check(&r, m)
	}
	return r
}

// checkPlace checks a period against its neighbours.
func (m *MPD) checkPlace(r *report, i int) {
	p := &m.Periods[i]
	end := time.Duration(math.MaxInt64)
	if m.Static {
		end = m.Duration
	}
	if i+1 < len(m.Periods) {
		end = m.Periods[i+1].Start
		if end <= p.Start {
			r.add(RulePeriod, "period %s begins at %v, the next at %v", p.ID, p.Start, end)
		}
	}
	if p.Duration > 0 {
		if p.Start+p.Duration > end+slack {
			r.add(RulePeriod, "period %s ends at %v, and its successor or the presentation is at %v", p.ID, p.Start+p.Duration, end)
		}
		end = min(end, p.Start+p.Duration)
	}
	first, last := i == 0, i == len(m.Periods)-1
	for j := range p.Sets {
		for k := range p.Sets[j].Representations {
			rep := &p.Sets[j].Representations[k]
			if len(rep.Segments) == 0 {
				continue
			}
			begin := rep.Presented(p, &rep.Segments[0])
			if begin > p.Start+slack && (m.Static || !first) {
				r.add(RuleBounds, "representation %s of period %s begins at %v, the period at %v", rep.ID, p.ID, begin, p.Start)
			}
			if rep.Presented(p, &rep.Segments[0])+scaled(rep.Segments[0].Duration, rep.Timescale) <= p.Start {
				r.add(RuleBounds, "representation %s of period %s has a segment before the period", rep.ID, p.ID)
			}
			if last := &rep.Segments[len(rep.Segments)-1]; rep.Presented(p, last) >= end {
				r.add(RuleBounds, "representation %s of period %s has a segment behind its end at %v", rep.ID, p.ID, end)
			}
			if told := p.Duration > 0 || m.Static && last; told && rep.End(p) < end-slack {
				r.add(RuleBounds, "representation %s of period %s ends at %v, the period at %v", rep.ID, p.ID, rep.End(p), end)
			}
		}
	}
	if !first {
		p.checkContinuity(r, &m.Periods[i-1])
	}
}

func (p *Period) checkContinuity(r *report, before *Period) {
	for i := range p.Sets {
		s := &p.Sets[i]
		if s.Continues == "" {
			continue
		}
		j := slices.IndexFunc(before.Sets, func(o Set) bool { return o.ID == s.ID })
		if s.Continues != before.ID || j < 0 || before.Sets[j].ContentType != s.ContentType {
			r.add(RuleContinuity, "set %s of period %s goes on from %q, where there is none of its like", s.ID, p.ID, s.Continues)
			continue
		}
		if !s.Continuous {
			continue
		}
		for k := range s.Representations {
			rep := &s.Representations[k]
			was := before.Find(rep.ID)
			if was == nil || was.Init != rep.Init || (before.Start+scaled(rep.Offset-was.Offset, rep.Timescale)-p.Start).Abs() > slack {
				r.add(RuleContinuity, "representation %s of period %s does not go on from the period before", rep.ID, p.ID)
			}
		}
	}
}

func (p *Period) check(r *report, m *MPD) {
	var ids []string
	sets := make([]string, 0, len(p.Sets))
	for i := range p.Sets {
		s := &p.Sets[i]
		if slices.Contains(sets, s.ID) || !isNumber(s.ID) {
			r.add(RuleSet, "period %s has the set %s twice, or it is no number", p.ID, s.ID)
		}
		sets = append(sets, s.ID)
		if !strings.HasPrefix(s.MimeType, s.ContentType+"/") && s.MimeType != "application/mp4" {
			r.add(RuleSet, "set %s is %s of the media type %s", s.ID, s.ContentType, s.MimeType)
		}
		if len(s.Representations) == 0 {
			r.add(RuleSet, "set %s has no representation", s.ID)
			continue
		}
		for j := range s.Representations {
			rep := &s.Representations[j]
			if slices.Contains(ids, rep.ID) || strings.ContainsAny(rep.ID, " \t\r\n") {
				r.add(RuleRepresentation, "period %s: id %q twice, or with a space", p.ID, rep.ID)
			}
			ids = append(ids, rep.ID)
			rep.check(r, s, m)
			if s.Aligned && !sameSegments(&s.Representations[0], rep) {
				r.add(RuleSet, "representation %s is not aligned with %s", rep.ID, s.Representations[0].ID)
			}
		}
	}
}

// sameSegments says that two representations are cut at the same times (§5.3.3.2).
func sameSegments(a, b *Representation) bool {
	return slices.EqualFunc(a.Segments, b.Segments, func(x, y Segment) bool {
		return (scaled(x.Time-a.Offset, a.Timescale) - scaled(y.Time-b.Offset, b.Timescale)).Abs() <= slack
	})
}

func (rep *Representation) check(r *report, s *Set, m *MPD) {
	if rep.Bandwidth <= 0 {
		r.add(RuleRepresentation, "representation %s has the bandwidth %d", rep.ID, rep.Bandwidth)
	}
	if rep.File != "" {
		return
	}
	switch {
	case rep.Codecs == "":
		r.add(RuleRepresentation, "representation %s tells no codec", rep.ID)
	case s.ContentType == "video" && (rep.Width <= 0 || rep.Height <= 0):
		r.add(RuleRepresentation, "representation %s tells no size", rep.ID)
	case s.ContentType == "audio" && rep.SamplingRate <= 0:
		r.add(RuleRepresentation, "representation %s tells no sampling rate", rep.ID)
	case rep.Init == "" || len(rep.Segments) == 0:
		r.add(RuleRepresentation, "representation %s has no init or no segment", rep.ID)
	}
	for i := range rep.Segments {
		seg := &rep.Segments[i]
		if i > 0 && seg.Time != rep.Segments[i-1].Time+rep.Segments[i-1].Duration {
			r.add(RuleTimeline, "representation %s: segment %d begins at %d, the one before ends at %d",
				rep.ID, seg.Number, seg.Time, rep.Segments[i-1].Time+rep.Segments[i-1].Duration)
		}
		if i > 0 && seg.URI == rep.Segments[i-1].URI {
			r.add(RuleTimeline, "representation %s: two segments at %s", rep.ID, seg.URI)
		}
		if d := scaled(seg.Duration, rep.Timescale); m.MaxSegment > 0 && d > m.MaxSegment+slack {
			r.add(RuleTimeline, "representation %s: segment %d of %v, at most %v", rep.ID, seg.Number, d, m.MaxSegment)
		}
	}
}
