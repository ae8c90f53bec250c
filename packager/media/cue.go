package media

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Cue is one piece of text and when it is shown.
type Cue struct {
	// ID may be empty, and so may Settings: position, alignment and the like (WebVTT §4.4).
	ID, Settings string
	// Text is the payload with its markup.
	Text string
	// Start and End are when the cue is shown, in the track's timescale, counted from the time of the sample that it
	// stands in. A cue that lasts over a cut stands in the samples of both segments, and each knows all of its time, as
	// RFC 8216bis §3.1.4 wants.
	Start, End int64
}

// CueSample is the sample of a text track that shows a cue from pts on, for duration: Start and End are set.
func CueSample(pts, duration int64, c Cue) Sample {
	c.Start, c.End = 0, duration
	return Sample{PTS: pts, DTS: pts, Sync: true, Units: [][]byte{AppendCues(nil, []Cue{c})}}
}

// ErrBadCue says that a text sample cannot be read.
var ErrBadCue = errors.New("bad cue")

// The bounds of a text sample.
const (
	MaxCues    = 64
	maxCueSize = 1 << 16
	maxCueTime = 1 << 50
)

// cueTimes is the extended type (ISO 14496-12 §4.2) of the box with a cue's whole time, which players skip: a version 8
// UUID (RFC 9562 §5.8) that spells "Podium cuetime".
const cueTimes = "Podium\x80c\x80uetime\x01"

const (
	boxHeader  = 8
	timesSize  = boxHeader + len(cueTimes) + 16
	sourceSize = boxHeader + 4
)

// AppendCues appends a text sample's bytes: one vttc box for each cue, or the vtte box that says there is none
// (ISO 14496-30 §7.4).
func AppendCues(dst []byte, cues []Cue) []byte {
	if len(cues) == 0 {
		return appendBox(dst, "vtte", "")
	}
	for i := range cues {
		c := &cues[i]
		size := boxHeader + sourceSize + timesSize + boxHeader + len(c.Text)
		for _, s := range []string{c.ID, c.Settings} {
			if s != "" {
				size += boxHeader + len(s)
			}
		}
		dst = binary.BigEndian.AppendUint32(dst, uint32(size))
		dst = append(dst, "vttc"...)
		// The parts of one cue have one source; what tells cues apart is set by who stores them.
		dst = binary.BigEndian.AppendUint32(dst, uint32(sourceSize))
		dst = append(dst, "vsid"...)
		dst = binary.BigEndian.AppendUint32(dst, c.source())
		if c.ID != "" {
			dst = appendBox(dst, "iden", c.ID)
		}
		if c.Settings != "" {
			dst = appendBox(dst, "sttg", c.Settings)
		}
		dst = appendBox(dst, "payl", c.Text)
		dst = binary.BigEndian.AppendUint32(dst, uint32(timesSize))
		dst = append(dst, "uuid"+cueTimes...)
		dst = binary.BigEndian.AppendUint64(dst, uint64(c.Start))
		dst = binary.BigEndian.AppendUint64(dst, uint64(c.End))
	}
	return dst
}

// source is a number that all parts of a cue share (CueSourceIDBox): FNV-1a of what they have in common.
func (c *Cue) source() uint32 {
	sum := uint32(2166136261)
	add := func(b byte) { sum = (sum ^ uint32(b)) * 16777619 }
	for _, s := range []string{c.ID, c.Settings, c.Text} {
		for i := range len(s) {
			add(s[i])
		}
		add(0)
	}
	return sum & 0x7fffffff
}

func appendBox(dst []byte, kind, body string) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(boxHeader+len(body)))
	dst = append(dst, kind...)
	return append(dst, body...)
}

// ReadCues reads a text sample's bytes and appends its cues to dst. A cue without times of its own, as other packagers
// write it, is shown as long as the sample lasts.
func ReadCues(dst []Cue, data []byte, lasts uint32) ([]Cue, error) {
	before := len(dst)
	for len(data) > 0 {
		kind, body, rest, err := cueBox(data)
		if err != nil {
			return dst[:before], err
		}
		data = rest
		if kind != "vttc" {
			continue
		}
		if len(dst)-before == MaxCues {
			return dst[:before], fmt.Errorf("%w: more than %d at a time", ErrBadCue, MaxCues)
		}
		c, err := readCue(body, int64(lasts))
		if err != nil {
			return dst[:before], err
		}
		dst = append(dst, c)
	}
	return dst, nil
}

func readCue(body []byte, lasts int64) (Cue, error) {
	c := Cue{End: lasts}
	if len(body) > maxCueSize {
		return c, fmt.Errorf("%w: %d bytes, at most %d", ErrBadCue, len(body), maxCueSize)
	}
	for len(body) > 0 {
		kind, value, rest, err := cueBox(body)
		if err != nil {
			return c, err
		}
		body = rest
		switch kind {
		case "iden":
			c.ID = string(value)
		case "sttg":
			c.Settings = string(value)
		case "payl":
			c.Text = string(value)
		case "uuid":
			if len(value) != timesSize-boxHeader || string(value[:len(cueTimes)]) != cueTimes {
				continue
			}
			c.Start = int64(binary.BigEndian.Uint64(value[len(cueTimes):]))
			c.End = int64(binary.BigEndian.Uint64(value[len(cueTimes)+8:]))
		}
	}
	if c.Start < -maxCueTime || c.End > maxCueTime || c.End < c.Start {
		return c, fmt.Errorf("%w: shown from %d to %d", ErrBadCue, c.Start, c.End)
	}
	return c, nil
}

// cueBox splits the first box off.
func cueBox(b []byte) (kind string, body, rest []byte, err error) {
	if len(b) < boxHeader {
		return "", nil, nil, fmt.Errorf("%w: %d bytes are no box", ErrBadCue, len(b))
	}
	size := binary.BigEndian.Uint32(b)
	if size < boxHeader || uint64(size) > uint64(len(b)) {
		return "", nil, nil, fmt.Errorf("%w: box %q of %d bytes, %d left", ErrBadCue, b[4:8], size, len(b))
	}
	return string(b[4:8]), b[boxHeader:size], b[size:], nil
}
