// Package strict reads MPDs as the strictest player would, and follows a live one to see that it keeps its promises.
package strict

import (
	"fmt"
	"math/big"
	"time"
)

// MPD is a manifest as it was read.
type MPD struct {
	Static            bool
	AvailabilityStart time.Time
	Published         time.Time
	Duration          time.Duration // of a static one
	UpdatePeriod      time.Duration
	TimeShift         time.Duration // 0 where everything stays
	Delay             time.Duration
	MinBuffer         time.Duration
	MaxSegment        time.Duration
	TimeURL           string
	Periods           []Period
}

// Period is one of a manifest's periods.
type Period struct {
	ID       string
	Start    time.Duration
	Duration time.Duration // 0 where it is not told
	Sets     []Set
}

// Set is an AdaptationSet.
type Set struct {
	ID              string
	ContentType     string
	MimeType        string
	Language        string
	Aligned         bool
	SAP             int
	Role            string
	Continues       string // the id of the period that it goes on from
	Continuous      bool   // with its media times
	Representations []Representation
}

// Representation is one quality, with all that it inherits from its set.
type Representation struct {
	ID                   string
	Bandwidth            int
	Codecs               string
	Width, Height        int
	FrameRate            string
	SamplingRate         int
	ChannelConfiguration string
	File                 string // of a whole file
	Init                 string
	Timescale            int64
	Offset               int64 // presentationTimeOffset
	Segments             []Segment
}

// Segment is one segment; its times are in the representation's timescale.
type Segment struct {
	Number         uint64
	Time, Duration int64
	URI            string
}

// SyntaxError is a manifest that a strict player must refuse.
type SyntaxError struct{ Reason string }

// Error implements error.
func (e *SyntaxError) Error() string { return "MPD: " + e.Reason }

func syntax(format string, args ...any) error {
	return &SyntaxError{Reason: fmt.Sprintf(format, args...)}
}

// Presented is the presentation time of a segment's beginning.
func (rep *Representation) Presented(p *Period, s *Segment) time.Duration {
	return p.Start + scaled(s.Time-rep.Offset, rep.Timescale)
}

// End is the presentation time at which a representation's listed media ends.
func (rep *Representation) End(p *Period) time.Duration {
	if len(rep.Segments) == 0 {
		return p.Start
	}
	last := &rep.Segments[len(rep.Segments)-1]
	return p.Start + scaled(last.Time+last.Duration-rep.Offset, rep.Timescale)
}

// scaled is a media time as a duration, rounded to the nanosecond, whatever its size.
func scaled(t, timescale int64) time.Duration {
	n := new(big.Int).Mul(big.NewInt(t), big.NewInt(int64(time.Second)))
	return time.Duration(n.Div(n, big.NewInt(timescale)).Int64())
}
