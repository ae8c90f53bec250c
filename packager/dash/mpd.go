package dash

import (
	"strconv"
	"time"
)

// MPD is a media presentation description of the profile isoff-live: one view of a timeline over its CMAF segments.
type MPD struct {
	// Static says that the presentation never changes any more.
	Static bool
	// AvailabilityStart is the wall clock at the presentation time 0. It must never change while the presentation lives, and
	// is left out where it is zero, which a dynamic presentation's must not be (§5.3.1.2).
	AvailabilityStart time.Time
	// Published is when the presentation came to be as it is: of two versions, the newer has the later one.
	Published time.Time
	// Duration is that of a static presentation.
	Duration time.Duration
	// UpdatePeriod is how soon a player asks for the next version; TimeShift is how far back segments are there, zero for
	// all of them; Delay is how far behind the live edge players should keep. They are a dynamic presentation's alone.
	UpdatePeriod, TimeShift, Delay time.Duration
	// MinBuffer is what a player must have at the bandwidths given to play on without a stall.
	MinBuffer time.Duration
	// MaxSegment bounds the segments' durations, those to come included.
	MaxSegment time.Duration
	// TimeURL answers with the time of the clock that the wall-clock times are of, as ISO 8601 (§5.8.4.11). It may be empty.
	TimeURL string

	Periods []Period
}

// The names that ISO 23009-1 gives.
const (
	namespace       = "urn:mpeg:dash:schema:mpd:2011"
	profileLive     = "urn:mpeg:dash:profile:isoff-live:2011"
	schemeTime      = "urn:mpeg:dash:utc:http-iso:2014"
	schemeRole      = "urn:mpeg:dash:role:2011"
	schemeContinues = "urn:mpeg:dash:period-continuity:2015"
	schemeConnected = "urn:mpeg:dash:period-connectivity:2015"
	schemeChannels  = "urn:mpeg:mpegB:cicp:ChannelConfiguration"
)

// Append appends the manifest's text to dst. The same MPD makes the same bytes, on every node.
func (m *MPD) Append(dst []byte) ([]byte, error) {
	if err := m.check(); err != nil {
		return dst, err
	}
	x := &writer{b: append(dst, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"...)}
	x.open("MPD")
	x.attr("xmlns", namespace)
	x.attr("profiles", profileLive)
	if m.Static {
		x.attr("type", "static")
		x.duration("mediaPresentationDuration", m.Duration)
	} else {
		x.attr("type", "dynamic")
		x.time("availabilityStartTime", m.AvailabilityStart)
		x.time("publishTime", m.Published)
		x.duration("minimumUpdatePeriod", m.UpdatePeriod)
		x.positive("timeShiftBufferDepth", m.TimeShift)
		x.positive("suggestedPresentationDelay", m.Delay)
	}
	x.positive("maxSegmentDuration", m.MaxSegment)
	x.duration("minBufferTime", m.MinBuffer)
	for i := range m.Periods {
		m.Periods[i].write(x)
	}
	if m.TimeURL != "" && !m.Static {
		x.descriptor("UTCTiming", schemeTime, m.TimeURL)
	}
	x.close("MPD")
	return x.b, nil
}

func (p *Period) write(x *writer) {
	x.open("Period")
	x.attr("id", p.ID)
	x.duration("start", p.Start)
	x.positive("duration", p.Duration)
	for i := range p.Sets {
		p.Sets[i].write(x)
	}
	x.close("Period")
}

func (s *Set) write(x *writer) {
	x.open("AdaptationSet")
	x.attr("id", strconv.Itoa(s.ID))
	x.attr("contentType", string(s.Kind))
	if s.Language != "" {
		x.attr("lang", s.Language)
	}
	x.attr("mimeType", s.mimeType())
	if s.File == "" {
		x.attr("segmentAlignment", "true")
		if s.Independent {
			x.attr("startWithSAP", "1")
		}
	}
	if s.Continues != "" {
		scheme := schemeConnected
		if s.Continuous {
			scheme = schemeContinues
		}
		x.descriptor("SupplementalProperty", scheme, s.Continues)
	}
	if s.Role != "" {
		x.descriptor("Role", schemeRole, s.Role)
	}
	for i := range s.Representations {
		s.Representations[i].write(x, s)
	}
	x.close("AdaptationSet")
}

func (r *Representation) write(x *writer, s *Set) {
	x.open("Representation")
	x.attr("id", r.ID)
	x.attr("bandwidth", strconv.Itoa(r.Bandwidth))
	if r.Codecs != "" {
		x.attr("codecs", r.Codecs)
	}
	if r.Width > 0 && r.Height > 0 {
		x.attr("width", strconv.Itoa(r.Width))
		x.attr("height", strconv.Itoa(r.Height))
	}
	if rate := frameRate(r.FrameRate); rate != "" {
		x.attr("frameRate", rate)
	}
	if r.SamplingRate > 0 {
		x.attr("audioSamplingRate", strconv.Itoa(r.SamplingRate))
	}
	if r.ChannelConfiguration > 0 {
		x.descriptor("AudioChannelConfiguration", schemeChannels, strconv.Itoa(r.ChannelConfiguration))
	}
	if s.File != "" {
		x.text("BaseURL", s.File)
	}
	if r.Template != nil {
		r.Template.write(x)
	}
	x.close("Representation")
}

func (t *Template) write(x *writer) {
	x.open("SegmentTemplate")
	x.attr("timescale", strconv.Itoa(t.Timescale))
	if t.Offset > 0 {
		x.attr("presentationTimeOffset", strconv.FormatInt(t.Offset, 10))
	}
	x.attr("startNumber", strconv.FormatUint(t.Number, 10))
	x.attr("initialization", t.Init)
	x.attr("media", t.Media)
	x.open("SegmentTimeline")
	for i := range t.Segments {
		t.Segments[i].write(x, i == 0 || t.Segments[i].Time != t.Segments[i-1].End())
	}
	x.close("SegmentTimeline")
	x.close("SegmentTemplate")
}

func (r *Run) write(x *writer, timed bool) {
	x.open("S")
	if timed {
		x.attr("t", strconv.FormatInt(r.Time, 10))
	}
	x.attr("d", strconv.FormatInt(r.Duration, 10))
	if r.Repeat > 0 {
		x.attr("r", strconv.Itoa(r.Repeat))
	}
	x.close("S")
}
