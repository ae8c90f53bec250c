package file

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/origin/input/isobmff"
	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/vod/mp4"
)

// movie is an MP4 or MOV file, plain or fragmented.
type movie struct {
	r       io.ReaderAt
	stream  elementary.Stream
	cursors []*cursor
}

// cursor is where reading a track stands.
type cursor struct {
	*mp4.Cursor
	in    *mp4.Track
	out   *isobmff.Track
	least int32 // PTS-DTS, not positive

	ahead mp4.Sample
	at    time.Duration
	has   bool
}

// openMP4 takes the tracks on that can be carried: the first picture, and sound.
func openMP4(r io.ReaderAt, file *mp4.File, in *intake) (*movie, error) {
	m := &movie{r: r, stream: elementary.Stream{Receiver: in, Packets: "samples"}}
	m.stream.Begin(time.Time{})
	var refused []error
	pictures := 0
	for _, t := range file.Tracks {
		if t.Kind == media.Video && pictures > 0 || len(m.cursors) == media.MaxTracks {
			in.Warn(fmt.Errorf("a second picture or more than %d tracks: left out", media.MaxTracks))
			continue
		}
		out, err := isobmff.NewTrack(t)
		if err != nil {
			in.Warn(err)
			refused = append(refused, err)
			continue
		}
		if t.Turned {
			in.Warn(errors.New("the picture is turned when it is shown, which a stream cannot tell: encode it upright by ffmpeg"))
		}
		if t.Kind == media.Video {
			pictures++
		}
		m.stream.Add(&out.Track)
		// Where pictures are shown before they are decoded, by the file's count, they are decoded earlier.
		m.cursors = append(m.cursors, &cursor{in: t, out: out, least: max(t.Least(), -1<<30)})
	}
	if len(m.cursors) == 0 {
		return nil, errors.Join(append([]error{input.ErrNoTracks}, refused...)...)
	}
	err := m.rewind()
	return m, err
}

func (m *movie) rewind() error {
	for _, c := range m.cursors {
		if err := c.begin(); err != nil {
			return fmt.Errorf("%s track: %w", c.in.Kind, err)
		}
	}
	return nil
}

// begin finds the first sample that is played. Pictures before the part that an edit plays, which are decoded for those behind
// them and not shown, would be seen here: it is begun with the next that needs none.
func (c *cursor) begin() error {
	skip, err := c.in.Before(max(c.in.Edit.Begin, 0))
	if err != nil {
		return err
	}
	if c.in.Kind == media.Video {
		if later, ok := c.clean(skip); ok {
			skip = later
		}
	}
	c.Cursor = c.in.Samples()
	for range skip + 1 {
		if err := c.advance(); err != nil {
			return err
		}
	}
	return nil
}

// clean finds the first random access point that is shown, from some sample on.
func (c *cursor) clean(from int) (int, bool) {
	c.Cursor = c.in.Samples()
	for n := 0; ; n++ {
		if err := c.advance(); err != nil || !c.has {
			return 0, false
		}
		if n >= from && c.ahead.Sync && c.ahead.DTS+int64(c.ahead.Offset) >= c.in.Edit.Begin {
			return n, true
		}
	}
}

func (c *cursor) advance() error {
	err := c.Next(&c.ahead)
	c.has = err == nil && c.ahead.DTS < c.in.Edit.End
	if errors.Is(err, io.EOF) {
		return nil
	}
	c.ahead.DTS += int64(c.least)
	c.ahead.Offset = int32(min(int64(c.ahead.Offset)-int64(c.least), math.MaxInt32))
	c.at = media.Duration(c.ahead.DTS+c.in.Edit.Shift(), c.in.Timescale)
	return err
}

// maxSample is the most bytes one sample may have.
const maxSample = 32 << 20

func (m *movie) step() error {
	var first *cursor
	for _, c := range m.cursors {
		if c.has && (first == nil || c.at < first.at) {
			first = c
		}
	}
	if first == nil {
		m.stream.Report()
		return io.EOF
	}
	if first.ahead.Size > maxSample {
		return fmt.Errorf("a sample of %d bytes, expected at most %d", first.ahead.Size, maxSample)
	}
	body := make([]byte, first.ahead.Size)
	if n, err := m.r.ReadAt(body, first.ahead.Pos); n < len(body) {
		return fmt.Errorf("read a sample: %w", err)
	}
	if s, ok := first.out.Sample(&m.stream, body, first.ahead); ok {
		if err := m.stream.Deliver(&first.out.Track, s, time.Time{}); err != nil {
			return err
		}
	}
	return first.advance()
}
