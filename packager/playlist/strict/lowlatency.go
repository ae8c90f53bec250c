package strict

import (
	"fmt"
	"time"
)

// endForm is the form of a tag that says something of what is not there yet, or elsewhere.
func endForm(name string) form {
	switch name {
	case "EXT-X-PRELOAD-HINT":
		return form{value: true, read: (*parser).hint}
	case "EXT-X-RENDITION-REPORT":
		return form{value: true, read: (*parser).report}
	}
	return form{}
}

// precedesParts says that a tag that holds for a segment's parts has to stand before them (§4.4.4.9).
func precedesParts(name string) bool {
	switch name {
	case "EXT-X-DISCONTINUITY", "EXT-X-KEY", "EXT-X-MAP", "EXT-X-PROGRAM-DATE-TIME":
		return true
	}
	return false
}

// lowLatency checks the tags of a low-latency playlist against each other.
func (p *parser) lowLatency() error {
	l := p.list
	parts := l.Making != nil
	for i := range l.Segments {
		parts = parts || len(l.Segments[i].Parts) > 0
	}
	if parts && l.PartTarget == 0 {
		return p.fail("EXT-X-PART without EXT-X-PART-INF")
	}
	if l.Hint != "" && l.Ended {
		return p.fail("EXT-X-PRELOAD-HINT in a playlist that has ended")
	}
	if l.Skipped > 0 && (l.Control == nil || l.Control.CanSkipUntil == 0) {
		return p.fail("EXT-X-SKIP, and no CAN-SKIP-UNTIL that allows it")
	}
	if l.Skipped > 0 && l.Version < 9 {
		return p.fail("EXT-X-SKIP needs EXT-X-VERSION 9, found %d", l.Version)
	}
	return p.control()
}

// control checks EXT-X-SERVER-CONTROL (§4.4.3.8).
func (p *parser) control() error {
	l := p.list
	if l.Control == nil {
		if l.PartTarget > 0 {
			return p.fail("EXT-X-PART-INF without the EXT-X-SERVER-CONTROL that has PART-HOLD-BACK")
		}
		return nil
	}
	c := l.Control
	switch {
	case c.CanSkipUntil != 0 && c.CanSkipUntil < 6*l.TargetDuration:
		return p.fail("CAN-SKIP-UNTIL %v: expected at least six target durations of %v", c.CanSkipUntil, l.TargetDuration)
	case c.HoldBack != 0 && c.HoldBack < 3*l.TargetDuration:
		return p.fail("HOLD-BACK %v: expected at least three target durations of %v", c.HoldBack, l.TargetDuration)
	case l.PartTarget > 0 && c.PartBack < 2*l.PartTarget:
		return p.fail("PART-HOLD-BACK %v: expected at least twice the part target of %v", c.PartBack, l.PartTarget)
	}
	return nil
}

func (p *parser) serverControl(value string) error {
	attributes, err := p.attributes(value)
	if err != nil {
		return err
	}
	c := &Control{}
	if c.CanBlockReload, err = p.yes(attributes, "CAN-BLOCK-RELOAD"); err != nil {
		return err
	}
	for name, to := range map[string]*time.Duration{
		"CAN-SKIP-UNTIL": &c.CanSkipUntil, "HOLD-BACK": &c.HoldBack, "PART-HOLD-BACK": &c.PartBack,
	} {
		if a, found := attributes[name]; found {
			if *to, err = p.seconds(a.text); err != nil {
				return err
			}
		}
	}
	if _, found := attributes["CAN-SKIP-DATERANGES"]; found && c.CanSkipUntil == 0 {
		return p.fail("CAN-SKIP-DATERANGES without CAN-SKIP-UNTIL")
	}
	p.list.Control = c
	return nil
}

func (p *parser) partInf(value string) error {
	attributes, err := p.attributes(value)
	if err != nil {
		return err
	}
	target, found := attributes["PART-TARGET"]
	if !found {
		return p.fail("EXT-X-PART-INF without PART-TARGET")
	}
	d, err := p.seconds(target.text)
	if err != nil {
		return err
	}
	if d <= 0 {
		return p.fail("PART-TARGET %s: expected more than 0", target.text)
	}
	p.list.PartTarget = d
	return nil
}

// part reads one part of the segment that follows (§4.4.4.9).
func (p *parser) part(value string) error {
	attributes, err := p.attributes(value)
	if err != nil {
		return err
	}
	part := Part{Line: p.line}
	if part.URI, err = p.quotedURI("EXT-X-PART", attributes); err != nil {
		return err
	}
	duration, found := attributes["DURATION"]
	if !found {
		return p.fail("EXT-X-PART without DURATION")
	}
	if part.Duration, err = p.seconds(duration.text); err != nil {
		return err
	}
	if part.Independent, err = p.yes(attributes, "INDEPENDENT"); err != nil {
		return err
	}
	if part.Gap, err = p.yes(attributes, "GAP"); err != nil {
		return err
	}
	if r, found := attributes["BYTERANGE"]; found {
		if !r.quoted {
			return p.fail("EXT-X-PART: expected a quoted BYTERANGE")
		}
		part.Range = r.text
	}
	p.next.Parts = append(p.next.Parts, part)
	return nil
}

// skip reads EXT-X-SKIP (§4.4.5.2).
func (p *parser) skip(value string) error {
	if len(p.list.Segments) > 0 || p.hasInf || len(p.next.Parts) > 0 {
		return p.fail("EXT-X-SKIP behind a segment")
	}
	attributes, err := p.attributes(value)
	if err != nil {
		return err
	}
	n, err := p.integer(attributes["SKIPPED-SEGMENTS"].text)
	if err != nil {
		return err
	}
	if n < 1 || n > 1<<24 {
		return p.fail("SKIPPED-SEGMENTS %d: expected at least 1", n)
	}
	p.list.Skipped = int(n)
	return nil
}

// hint reads EXT-X-PRELOAD-HINT (§4.4.5.3).
func (p *parser) hint(value string) error {
	attributes, err := p.attributes(value)
	if err != nil {
		return err
	}
	uri, err := p.quotedURI("EXT-X-PRELOAD-HINT", attributes)
	if err != nil {
		return err
	}
	kind := attributes["TYPE"]
	if kind.quoted || kind.text != "PART" && kind.text != "MAP" {
		return p.fail("EXT-X-PRELOAD-HINT: TYPE %q: expected PART or MAP", clip(kind.text))
	}
	if p.seen["hint "+kind.text] {
		return p.fail("a second EXT-X-PRELOAD-HINT of type %s", kind.text)
	}
	p.seen["hint "+kind.text] = true
	if kind.text == "PART" {
		p.list.Hint = uri
	}
	return nil
}

// report reads EXT-X-RENDITION-REPORT (§4.4.5.4).
func (p *parser) report(value string) error {
	attributes, err := p.attributes(value)
	if err != nil {
		return err
	}
	r := Report{Part: -1}
	if r.URI, err = p.quotedURI("EXT-X-RENDITION-REPORT", attributes); err != nil {
		return err
	}
	if r.Sequence, err = p.integer(attributes["LAST-MSN"].text); err != nil {
		return err
	}
	if last, found := attributes["LAST-PART"]; found {
		n, err := p.integer(last.text)
		if err != nil {
			return err
		}
		r.Part = int(min(n, 1<<30))
	}
	for i := range p.list.Reports {
		if p.list.Reports[i].URI == r.URI {
			return p.fail("a second EXT-X-RENDITION-REPORT of %q", clip(r.URI))
		}
	}
	p.list.Reports = append(p.list.Reports, r)
	return nil
}

func (p *parser) quotedURI(tag string, attributes map[string]attribute) (string, error) {
	uri, found := attributes["URI"]
	if !found || !uri.quoted || uri.text == "" {
		return "", p.fail("%s: expected a quoted URI", tag)
	}
	return uri.text, nil
}

// yes reads an attribute that is YES or not there (§4.2).
func (p *parser) yes(attributes map[string]attribute, name string) (bool, error) {
	a, found := attributes[name]
	if found && (a.quoted || a.text != "YES") {
		return false, p.fail("%s %q: expected YES, or nothing of it", name, clip(a.text))
	}
	return found, nil
}

// Complete puts the segments that a delta update skipped in their place, out of the version before it (§6.3.7).
func (p *Playlist) Complete(before *Playlist) error {
	if p.Skipped == 0 {
		return nil
	}
	if before == nil || before.Skipped > 0 || p.End() < p.MediaSequence || before.MediaSequence > p.MediaSequence ||
		before.End() < p.MediaSequence+uint64(p.Skipped) {
		return fmt.Errorf("%d segments from %d on are skipped, which were not listed before", p.Skipped, p.MediaSequence)
	}
	from := p.MediaSequence - before.MediaSequence
	first := before.Segments[from]
	skipped := before.Segments[from : from+uint64(p.Skipped)]
	// The discontinuities of the skipped segments are counted in what they were listed with.
	off := skipped[len(skipped)-1].DiscontinuitySequence - p.DiscontinuitySequence
	if first.Discontinuity && first.DiscontinuitySequence != p.DiscontinuitySequence+1 ||
		!first.Discontinuity && first.DiscontinuitySequence != p.DiscontinuitySequence {
		return fmt.Errorf("discontinuity sequence %d before segment %d, which had %d",
			p.DiscontinuitySequence, first.Sequence, first.DiscontinuitySequence)
	}
	for i := range p.Segments {
		p.Segments[i].DiscontinuitySequence += off
		p.Segments[i].inherit(&skipped[len(skipped)-1])
	}
	if p.Making != nil {
		p.Making.DiscontinuitySequence += off
		p.Making.inherit(&skipped[len(skipped)-1])
	}
	all := append([]Segment(nil), skipped...)
	for i := range all {
		all[i].Parts = nil // They are skipped with the segment, and nobody needs them any more.
	}
	p.Segments = append(all, p.Segments...)
	p.Skipped = 0
	return nil
}

// inherit takes over the attributes in force from a segment before.
func (s *Segment) inherit(from *Segment) {
	if s.Map == "" {
		s.Map = from.Map
	}
	if s.Key == "" {
		s.Key = from.Key
	}
}
