package dash

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// ErrInvalid is what every complaint about an MPD wraps.
var ErrInvalid = errors.New("not a valid MPD")

// check refuses what would break the text or a rule that every player relies on.
func (m *MPD) check() error {
	if m.Static && m.Duration <= 0 {
		return fmt.Errorf("%w: a static presentation of duration %v", ErrInvalid, m.Duration)
	}
	if !m.Static && (m.AvailabilityStart.IsZero() || m.Published.IsZero() || m.UpdatePeriod <= 0) {
		return fmt.Errorf("%w: a dynamic presentation needs availability start, publish time and update period", ErrInvalid)
	}
	if m.MinBuffer <= 0 {
		return fmt.Errorf("%w: minimum buffer time %v, expected more than 0", ErrInvalid, m.MinBuffer)
	}
	if err := checkText(m.TimeURL); err != nil {
		return err
	}
	if len(m.Periods) == 0 {
		return fmt.Errorf("%w: no period", ErrInvalid)
	}
	for i := range m.Periods {
		p := &m.Periods[i]
		if err := p.check(); err != nil {
			return fmt.Errorf("period %q: %w", p.ID, err)
		}
		if i > 0 && p.Start < m.Periods[i-1].Start {
			return fmt.Errorf("%w: period %q starts at %v, before the one that precedes it", ErrInvalid, p.ID, p.Start)
		}
	}
	return nil
}

func (p *Period) check() error {
	if p.ID == "" || strings.ContainsAny(p.ID, " \t") {
		return fmt.Errorf("%w: id %q", ErrInvalid, p.ID)
	}
	if p.Start < 0 || p.Duration < 0 {
		return fmt.Errorf("%w: start %v and duration %v, expected none below 0", ErrInvalid, p.Start, p.Duration)
	}
	if len(p.Sets) == 0 {
		return fmt.Errorf("%w: no adaptation set", ErrInvalid)
	}
	for i := range p.Sets {
		s := &p.Sets[i]
		if err := s.check(); err != nil {
			return fmt.Errorf("adaptation set %d: %w", s.ID, err)
		}
	}
	return checkText(p.ID)
}

func (s *Set) check() error {
	if len(s.Representations) == 0 {
		return fmt.Errorf("%w: no representation", ErrInvalid)
	}
	for _, text := range []string{s.Language, s.Role, s.Continues, s.File} {
		if err := checkText(text); err != nil {
			return err
		}
	}
	for i := range s.Representations {
		r := &s.Representations[i]
		if r.ID == "" || strings.ContainsAny(r.ID, " \t") {
			return fmt.Errorf("%w: representation id %q", ErrInvalid, r.ID)
		}
		if r.Bandwidth <= 0 {
			return fmt.Errorf("%w: representation %s: bandwidth %d, expected more than 0", ErrInvalid, r.ID, r.Bandwidth)
		}
		if err := errors.Join(checkText(r.ID), checkText(r.Codecs), r.check(s)); err != nil {
			return fmt.Errorf("representation %s: %w", r.ID, err)
		}
	}
	return nil
}

// check refuses a representation of nothing.
func (r *Representation) check(s *Set) error {
	switch {
	case r.Template != nil:
		return r.Template.check()
	case s.File == "":
		return fmt.Errorf("%w: neither segments nor a file", ErrInvalid)
	}
	return nil
}

func (t *Template) check() error {
	if t.Timescale <= 0 || len(t.Segments) == 0 {
		return fmt.Errorf("%w: %d segments in units of 1/%d s", ErrInvalid, len(t.Segments), t.Timescale)
	}
	for i := range t.Segments {
		r := &t.Segments[i]
		if r.Duration <= 0 || r.Time < 0 || r.Repeat < 0 {
			return fmt.Errorf("%w: segments at %d of duration %d, repeated %d times", ErrInvalid, r.Time, r.Duration, r.Repeat)
		}
		if i > 0 && r.Time < t.Segments[i-1].End() {
			return fmt.Errorf("%w: segment at %d, but the one before ends at %d", ErrInvalid, r.Time, t.Segments[i-1].End())
		}
	}
	return errors.Join(checkText(t.Media), checkText(t.Init))
}

// checkText refuses what XML 1.0 cannot hold, even escaped; line ends and tabs would not come back as they are.
func checkText(s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("%w: text %q is not UTF-8", ErrInvalid, s)
	}
	for _, c := range s {
		if c < ' ' || c == 0x7f || c == 0xfffe || c == 0xffff {
			return fmt.Errorf("%w: text %q has a control character", ErrInvalid, s)
		}
	}
	return nil
}
