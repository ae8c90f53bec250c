package vod

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/vod/mp4"
)

// mp4Source puts the samples of an MP4 file in the time of its edits.
type mp4Source struct {
	r     io.ReaderAt
	out   []media.Track
	in    []*mp4.Track
	read  []mp4Cursor
	begin time.Duration
}

type mp4Cursor struct {
	*mp4.Cursor
	shift int64
	end   int64
	least int64 // PTS-DTS, not positive
	ahead mp4.Sample
	has   bool
}

// openMP4 sets out to read the tracks that are put out.
func openMP4(r io.ReaderAt, tracks []*mp4.Track) (*mp4Source, error) {
	m := &mp4Source{r: r, in: tracks}
	for i, t := range tracks {
		m.out = append(m.out, media.Track{ID: i + 1, Timescale: t.Timescale, Language: tag(t.Language), Codec: t.Codec})
	}
	m.read = make([]mp4Cursor, len(tracks))
	for i := range tracks {
		if err := m.seek(i); err != nil {
			return nil, fmt.Errorf("%s track: %w", tracks[i].Kind, err)
		}
	}
	leading := (&media.Init{Tracks: m.out}).Leading()
	first := &m.read[leading]
	if !first.has {
		return nil, fmt.Errorf("%s track: no samples", tracks[leading].Kind)
	}
	m.begin = media.Duration(first.ahead.DTS+int64(first.ahead.Offset)+first.shift, tracks[leading].Timescale)
	for i := range m.read {
		c := &m.read[i]
		c.shift += media.FromDuration(media.FirstTime-m.begin, tracks[i].Timescale)
	}
	if err := m.checkTimes(); err != nil {
		return nil, err
	}
	return m, nil
}

// checkTimes refuses edits that leave no room before the beginning.
func (m *mp4Source) checkTimes() error {
	for i := range m.read {
		c := &m.read[i]
		if c.has && c.ahead.DTS+c.shift+c.least < 0 {
			return fmt.Errorf("%w: a track begins more than %v before the picture", mp4.ErrUnsupported, media.FirstTime)
		}
	}
	return nil
}

// seek finds the first sample that the edit needs: the random access point at or before its begin, and of sound one
// more than is heard, which decoders need to come into stride.
func (m *mp4Source) seek(track int) error {
	t := m.in[track]
	c := &m.read[track]
	c.Cursor, c.shift, c.end = t.Samples(), t.Edit.Shift(), t.Edit.End
	// Where pictures are shown before they are decoded, by the file's count, they are decoded earlier: MPEG-TS has no
	// negative offsets.
	c.least = int64(max(t.Least(), -1<<30))
	skip := 0
	if t.Edit.Begin > 0 {
		n, err := t.Before(t.Edit.Begin)
		if err != nil {
			return err
		}
		skip = n
	}
	for range skip + 1 {
		if err := c.advance(); err != nil {
			return err
		}
	}
	// Without a random access point nothing can be decoded.
	for c.has && t.Kind == media.Video && !c.ahead.Sync {
		if err := c.advance(); err != nil {
			return err
		}
	}
	return nil
}

func (c *mp4Cursor) advance() error {
	err := c.Next(&c.ahead)
	c.has = err == nil && c.ahead.DTS < c.end
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func (m *mp4Source) tracks() []media.Track { return m.out }

func (m *mp4Source) lengthSize(track int) int { return m.in[track].LengthSize }

func (m *mp4Source) file() io.ReaderAt { return m.r }

func (m *mp4Source) origin() time.Duration { return m.begin }

func (m *mp4Source) next(track int, s *sample) error {
	c := &m.read[track]
	if !c.has {
		return io.EOF
	}
	a := &c.ahead
	*s = sample{
		dts: a.DTS + c.shift + c.least, offset: int32(min(int64(a.Offset)-c.least, math.MaxInt32)), duration: a.Duration,
		sync: a.Sync || m.in[track].Kind == media.Audio, size: a.Size, pos: a.Pos,
	}
	return c.advance()
}
