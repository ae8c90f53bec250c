package mp4

import (
	"errors"
	"io"
	"math"

	"podium.tv/podium/packager/media"
)

// Sample is where a sample is. Times are those of the media, edits not counted.
type Sample struct {
	DTS      int64
	Offset   int32 // PTS-DTS
	Duration uint32
	Sync     bool
	Pos      int64 // in the file
	Size     uint32
}

// Cursor reads the samples of a track in decoding order.
type Cursor struct {
	track  *Track
	plain  walker
	moofs  fragments
	dts    int64
	seen   bool
	before int64 // DTS of the sample before
}

// Samples begins to read the track's samples.
func (t *Track) Samples() *Cursor {
	return &Cursor{track: t, plain: t.tables.walk(), moofs: fragments{track: t, offset: t.file.fragments}}
}

// Next reads the next sample into s, and returns io.EOF behind the last. DTS rises from sample to sample whatever the
// file says, because no stored form could hold it otherwise.
func (c *Cursor) Next(s *Sample) error {
	d, err := c.plain.next(s)
	if errors.Is(err, io.EOF) {
		if c.moofs.offset == 0 {
			return io.EOF
		}
		d, err = c.moofs.next(s, &c.dts)
	}
	if err != nil {
		return err
	}
	s.DTS, s.Duration = c.dts, d
	if c.dts += int64(d); c.dts > maxEdit {
		return damaged("decoding time %d", c.dts)
	}
	if c.seen && s.DTS <= c.before {
		step := c.before + 1 - s.DTS
		s.DTS += step
		s.Offset = int32(max(int64(s.Offset)-step, math.MinInt32))
	}
	c.seen, c.before = true, s.DTS
	if s.Pos+int64(s.Size) > c.track.file.size {
		return damaged("a sample ends at %d, the file at %d: the file is cut short", s.Pos+int64(s.Size), c.track.file.size)
	}
	return nil
}

// Before is how many samples come before those that are needed to play from a media time on: the last random access
// point at or before it, and of sound one more than is heard, which decoders need to come into stride.
func (t *Track) Before(begin int64) (int, error) {
	c := t.Samples()
	var s Sample
	found := 0
	for n := 0; ; n++ {
		err := c.Next(&s)
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return 0, err
		}
		if s.DTS > begin {
			return found, nil
		}
		if t.Kind == media.Audio {
			if s.DTS+2*int64(s.Duration) <= begin {
				found = n + 1
			}
			continue
		}
		if s.Sync && s.DTS+int64(s.Offset) <= begin {
			found = n
		}
	}
}

// Least is the least PTS-DTS of the track's samples, where it is negative, else 0: of all that the table lists, or of the
// first fragments.
func (t *Track) Least() int32 {
	least := int32(0)
	for b := t.tables.ctts; len(b) >= 8; b = b[8:] {
		least = min(least, int32(u32(b[4:])))
	}
	if t.file.fragments == 0 {
		return least
	}
	c := t.Samples()
	var s Sample
	for n := 0; n < someSamples && c.Next(&s) == nil; n++ {
		least = min(least, s.Offset)
	}
	return least
}

// someSamples are enough to see how far a stream reorders its pictures.
const someSamples = 256
