package hls

import (
	"errors"
	"fmt"
	"io"
	"time"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/origin/input/isobmff"
	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/vod/mp4"
)

// fmp4 reads segments of fragmented MP4 (ISO 14496-12 §8.8).
type fmp4 struct {
	stream elementary.Stream
	clock  sinceBegin
	init   []byte
	tracks []*isobmff.Track // by their place in the header; nil for those that are left out
}

func newFMP4(init []byte, r input.Receiver, wait time.Duration) *fmp4 {
	return &fmp4{init: init, stream: elementary.Stream{Receiver: r, Packets: "samples", ParametersWait: wait, Silence: time.Hour}}
}

func (f *fmp4) unpack(body []byte, lasts time.Duration) error {
	j := headed{f.init, body}
	file, err := mp4.Open(j, int64(len(f.init)+len(body)))
	if errors.Is(err, mp4.ErrDamaged) && f.init == nil {
		return fmt.Errorf("%w; the playlist has no EXT-X-MAP, which tells the codecs", err)
	}
	if err != nil {
		return err
	}
	if f.tracks == nil {
		if err := f.begin(file); err != nil {
			return err
		}
	}
	if err := f.deliver(j, file); err != nil {
		return err
	}
	f.stream.Report()
	return f.stream.Check(f.clock.after(lasts))
}

func (f *fmp4) close() { f.stream.Report() }

// begin takes the tracks on.
func (f *fmp4) begin(file *mp4.File) error {
	var refused []error
	f.tracks = make([]*isobmff.Track, len(file.Tracks))
	f.stream.Begin(f.clock.now())
	for i, in := range file.Tracks {
		t, err := isobmff.NewTrack(in)
		if err != nil {
			f.stream.Receiver.Warn(err)
			refused = append(refused, err)
			continue
		}
		f.tracks[i] = t
		f.stream.Add(&t.Track)
	}
	if len(refused) == len(file.Tracks) {
		return errors.Join(append([]error{input.ErrNoTracks}, refused...)...)
	}
	return nil
}

// deliver gives the samples of all tracks to the stream, as they are interleaved in time.
func (f *fmp4) deliver(j headed, file *mp4.File) error {
	if len(file.Tracks) != len(f.tracks) {
		return errors.New("a segment has other tracks than the one before it")
	}
	cursors := make([]*cursor, 0, len(f.tracks))
	for i, t := range file.Tracks {
		if f.tracks[i] == nil {
			continue
		}
		c := &cursor{Cursor: t.Samples(), in: t, out: f.tracks[i]}
		if err := c.advance(); err != nil {
			return err
		}
		cursors = append(cursors, c)
	}
	for {
		var first *cursor
		for _, c := range cursors {
			if c.has && (first == nil || c.at < first.at) {
				first = c
			}
		}
		if first == nil {
			return nil
		}
		body, err := j.slice(first.ahead.Pos, first.ahead.Size)
		if err != nil {
			return err
		}
		if s, ok := first.out.Sample(&f.stream, body, first.ahead); ok {
			if err := f.stream.Deliver(&first.out.Track, s, f.clock.now()); err != nil {
				return err
			}
		}
		if err := first.advance(); err != nil {
			return err
		}
	}
}

// cursor is where reading a track stands.
type cursor struct {
	*mp4.Cursor
	in  *mp4.Track
	out *isobmff.Track

	ahead mp4.Sample
	at    time.Duration
	has   bool
}

// maxSeconds bounds media times so that they fit a time.Duration: portals count from 1970, and some from year 0.
const maxSeconds = 1 << 33

func (c *cursor) advance() error {
	err := c.Next(&c.ahead)
	c.has = err == nil
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	if c.ahead.DTS/int64(c.in.Timescale) >= maxSeconds {
		return fmt.Errorf("a sample at %d seconds: expected less than %d", c.ahead.DTS/int64(c.in.Timescale), int64(maxSeconds))
	}
	c.at = media.Duration(c.ahead.DTS+c.in.Edit.Shift(), c.in.Timescale)
	return nil
}

// headed is a header with a segment behind it, read as one file.
type headed struct{ head, tail []byte }

// ReadAt implements io.ReaderAt.
func (j headed) ReadAt(p []byte, at int64) (n int, err error) {
	if at < 0 {
		return 0, errors.New("read before the beginning")
	}
	if at < int64(len(j.head)) {
		n = copy(p, j.head[at:])
	}
	if n < len(p) {
		if from := at + int64(n) - int64(len(j.head)); from < int64(len(j.tail)) {
			n += copy(p[n:], j.tail[from:])
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// slice is a sample's bytes, without a copy.
func (j headed) slice(at int64, size uint32) ([]byte, error) {
	from := at - int64(len(j.head))
	if from < 0 || from+int64(size) > int64(len(j.tail)) {
		return nil, errors.New("a sample lies outside of its segment")
	}
	return j.tail[from : from+int64(size) : from+int64(size)], nil
}
