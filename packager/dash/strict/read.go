package strict

import (
	"strconv"
	"strings"
)

// Parse reads a manifest of the profile isoff-live. It knows the elements that Podium writes and refuses all others.
func Parse(text []byte) (*MPD, error) {
	root, err := tree(text)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(root.attrs["profiles"], "urn:mpeg:dash:profile:isoff-live:2011") {
		return nil, syntax("profiles %q", root.attrs["profiles"])
	}
	m := new(MPD)
	switch root.attrs["type"] {
	case "static":
		m.Static = true
	case "dynamic":
	default:
		return nil, syntax("type %q", root.attrs["type"])
	}
	if m.AvailabilityStart, err = root.date("availabilityStartTime"); err != nil {
		return nil, err
	}
	if m.Published, err = root.date("publishTime"); err != nil {
		return nil, err
	}
	if m.Duration, err = root.duration("mediaPresentationDuration"); err != nil {
		return nil, err
	}
	if m.UpdatePeriod, err = root.duration("minimumUpdatePeriod"); err != nil {
		return nil, err
	}
	if m.TimeShift, err = root.duration("timeShiftBufferDepth"); err != nil {
		return nil, err
	}
	if m.Delay, err = root.duration("suggestedPresentationDelay"); err != nil {
		return nil, err
	}
	if m.MinBuffer, err = root.duration("minBufferTime"); err != nil {
		return nil, err
	}
	if m.MaxSegment, err = root.duration("maxSegmentDuration"); err != nil {
		return nil, err
	}
	for _, e := range root.all("UTCTiming") {
		if e.attrs["schemeIdUri"] == "urn:mpeg:dash:utc:http-iso:2014" {
			m.TimeURL = e.attrs["value"]
		}
	}
	for _, e := range root.all("Period") {
		p, err := readPeriod(e)
		if err != nil {
			return nil, err
		}
		m.Periods = append(m.Periods, p)
	}
	return m, nil
}

func readPeriod(e *element) (p Period, err error) {
	p.ID = e.attrs["id"]
	if p.Start, err = e.duration("start"); err != nil {
		return p, err
	}
	if p.Duration, err = e.duration("duration"); err != nil {
		return p, err
	}
	for _, c := range e.all("AdaptationSet") {
		s, err := readSet(c)
		if err != nil {
			return p, err
		}
		p.Sets = append(p.Sets, s)
	}
	return p, nil
}

func readSet(e *element) (Set, error) {
	s := Set{
		ID: e.attrs["id"], ContentType: e.attrs["contentType"], MimeType: e.attrs["mimeType"], Language: e.attrs["lang"],
		Aligned: e.attrs["segmentAlignment"] == "true",
	}
	sap, err := e.integer("startWithSAP", 0)
	if err != nil {
		return s, err
	}
	s.SAP = int(sap)
	for _, p := range e.all("SupplementalProperty") {
		switch p.attrs["schemeIdUri"] {
		case "urn:mpeg:dash:period-continuity:2015":
			s.Continues, s.Continuous = p.attrs["value"], true
		case "urn:mpeg:dash:period-connectivity:2015":
			s.Continues = p.attrs["value"]
		}
	}
	for _, r := range e.all("Role") {
		s.Role = r.attrs["value"]
	}
	template, err := e.first("SegmentTemplate")
	if err != nil {
		return s, err
	}
	for _, c := range e.all("Representation") {
		r, err := readRepresentation(c, template)
		if err != nil {
			return s, err
		}
		s.Representations = append(s.Representations, r)
	}
	return s, nil
}

func readRepresentation(e, inherited *element) (Representation, error) {
	r := Representation{ID: e.attrs["id"], Codecs: e.attrs["codecs"], FrameRate: e.attrs["frameRate"]}
	for name, to := range map[string]*int{
		"bandwidth": &r.Bandwidth, "width": &r.Width, "height": &r.Height, "audioSamplingRate": &r.SamplingRate,
	} {
		n, err := e.integer(name, 0)
		if err != nil {
			return r, err
		}
		*to = int(n)
	}
	for _, c := range e.all("AudioChannelConfiguration") {
		r.ChannelConfiguration = c.attrs["value"]
	}
	file, err := e.first("BaseURL")
	if err != nil {
		return r, err
	}
	if file != nil {
		r.File = strings.TrimSpace(file.text)
	}
	own, err := e.first("SegmentTemplate")
	if err != nil {
		return r, err
	}
	template := merge(inherited, own)
	if template == nil {
		return r, nil
	}
	err = r.segments(template)
	return r, err
}

// merge is a representation's template completed by what it inherits.
func merge(inherited, own *element) *element {
	if inherited == nil || own == nil {
		if own == nil {
			return inherited
		}
		return own
	}
	m := &element{name: own.name, attrs: map[string]string{}, children: own.children}
	for _, from := range []*element{inherited, own} {
		for name, value := range from.attrs {
			m.attrs[name] = value
		}
	}
	if len(m.children) == 0 {
		m.children = inherited.children
	}
	return m
}

func (rep *Representation) segments(e *element) (err error) {
	if rep.Timescale, err = e.integer("timescale", 1); err != nil {
		return err
	}
	if rep.Timescale == 0 {
		return syntax("representation %s: timescale 0", rep.ID)
	}
	if rep.Offset, err = e.integer("presentationTimeOffset", 0); err != nil {
		return err
	}
	number, err := e.integer("startNumber", 1)
	if err != nil {
		return err
	}
	if rep.Init, err = fill(e.attrs["initialization"], rep.ID, rep.Bandwidth, 0, false); err != nil {
		return err
	}
	timeline, err := e.first("SegmentTimeline")
	if err != nil {
		return err
	}
	if timeline == nil {
		return syntax("representation %s: no SegmentTimeline", rep.ID)
	}
	next := int64(0)
	for _, s := range timeline.all("S") {
		t, err := s.integer("t", next)
		if err != nil {
			return err
		}
		d, err := s.integer("d", 0)
		if err != nil {
			return err
		}
		repeat, err := s.integer("r", 0)
		if err != nil {
			return err
		}
		if d == 0 || repeat > maxSegments || int64(len(rep.Segments))+repeat > maxSegments {
			return syntax("representation %s: %d segments of duration %d", rep.ID, repeat+1, d)
		}
		for range repeat + 1 {
			seg := Segment{Number: uint64(number), Time: t, Duration: d}
			if seg.URI, err = fill(e.attrs["media"], rep.ID, rep.Bandwidth, seg.Number, true); err != nil {
				return err
			}
			rep.Segments = append(rep.Segments, seg)
			t += d
			number++
		}
		next = t
	}
	return nil
}

// Find is the representation of an id in a period, or nil.
func (p *Period) Find(id string) *Representation {
	for i := range p.Sets {
		for j := range p.Sets[i].Representations {
			if r := &p.Sets[i].Representations[j]; r.ID == id {
				return r
			}
		}
	}
	return nil
}

// Period is the period of an id, or nil.
func (m *MPD) Period(id string) *Period {
	for i := range m.Periods {
		if m.Periods[i].ID == id {
			return &m.Periods[i]
		}
	}
	return nil
}

func isNumber(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n > 0
}
