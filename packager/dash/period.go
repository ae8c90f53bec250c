package dash

import "time"

// Period is a run of media whose times go on without a break and whose tracks stay the same.
type Period struct {
	// ID is the same in every version that has the period.
	ID string
	// Start is the presentation time of its beginning; it never changes either.
	Start time.Duration
	// Duration is left out at 0, for a period that still grows.
	Duration time.Duration
	Sets     []Set
}

// Kind is what a set is for.
type Kind string

// The kinds of set.
const (
	Video Kind = "video"
	Audio Kind = "audio"
	Text  Kind = "text"
)

// Set is an AdaptationSet: representations of the same, of which a player plays one at a time.
type Set struct {
	// ID is the same in each period that goes on from another.
	ID   int
	Kind Kind
	// Language is an RFC 5646 tag, or empty.
	Language string
	// Role is of the scheme urn:mpeg:dash:role:2011, such as main or subtitle, or empty.
	Role string
	// Independent says that every segment begins with an access point from which all that follows can be decoded.
	Independent bool
	// Continues is the id of the period whose set of the same ID this one goes on from (§5.3.2.4), or empty. Continuous
	// says that its media times go on as well.
	Continues  string
	Continuous bool
	// File is the address of a whole WebVTT file, in place of segments.
	File            string
	Representations []Representation
}

// Representation is one quality.
type Representation struct {
	// ID is unique in its period.
	ID string
	// Bandwidth is the peak in bits per second.
	Bandwidth int
	// Codecs is the codec as RFC 6381 has it.
	Codecs string
	// Width and Height are left out at 0, and so is FrameRate, in frames per second.
	Width, Height int
	FrameRate     float64
	// SamplingRate in Hz and ChannelConfiguration, of ISO 23091-3, are left out at 0.
	SamplingRate         int
	ChannelConfiguration int
	// Template lists the segments. It stands in each representation, though most of a set's are alike: VLC 3 knows no
	// template of which part is inherited.
	Template *Template
}

// Template is a SegmentTemplate with $Number$.
type Template struct {
	// Timescale is the number of units in a second.
	Timescale int
	// Offset is the media time at the period's start.
	Offset int64
	// Number is that of the first segment.
	Number uint64
	// Media and Init are addresses; in them $Number$ stands for the segment's number and $RepresentationID$ for the
	// representation's id.
	Media, Init string
	Segments    []Run
}

// Run is one or more segments of the same duration, an S element.
type Run struct {
	// Time is the media time at which the first of them begins to be shown.
	Time, Duration int64
	// Repeat is how many more follow.
	Repeat int
}

// End is the media time at which the run ends.
func (r *Run) End() int64 { return r.Time + r.Duration*int64(r.Repeat+1) }

// Add appends a segment to the timeline.
func (t *Template) Add(at, duration int64) {
	if n := len(t.Segments); n > 0 {
		if last := &t.Segments[n-1]; last.Duration == duration && last.End() == at {
			last.Repeat++
			return
		}
	}
	t.Segments = append(t.Segments, Run{Time: at, Duration: duration})
}

// Count is the number of segments.
func (t *Template) Count() int {
	n := 0
	for i := range t.Segments {
		n += t.Segments[i].Repeat + 1
	}
	return n
}

func (s *Set) mimeType() string {
	switch {
	case s.File != "":
		return "text/vtt"
	case s.Kind == Text:
		return "application/mp4"
	}
	return string(s.Kind) + "/mp4"
}
