package vod

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/codecs"

	"podium.tv/podium/packager/media"
)

// tsSource reads a file of MPEG-TS. Its samples bring their bytes, because what is one sample lies scattered in packets.
type tsSource struct {
	reader *mpegts.Reader
	in     *boundedReader
	clock  mpegts.TimeDecoder
	out    []media.Track
	queues []tsQueue
	held   int // bytes in the queues
	ended  bool
	begin  time.Duration
}

// tsQueue holds a track's samples that were read and not yet asked for.
type tsQueue struct {
	samples []sample
	shift   int64 // of the times, so that they go on where the file's clock jumps
	last    int64 // DTS of the newest, shifted
	seen    bool
	usual   uint32 // duration of the last but one
	sets    [][]byte
}

const (
	tsClock = 90000
	// maxHeld bounds what is read of one track while another is waited for.
	maxHeld = 256 << 20
	// maxProbe is how far into the file all tracks must have begun.
	maxProbe = 64 << 20
	// tsJump is a step of the clock past which it is not one of the source but a splice.
	tsJump = 10 * tsClock
)

var errProbe = errors.New("a track that is announced does not begin")

// boundedReader gives up where a track is waited for that never comes.
type boundedReader struct {
	r    io.Reader
	left int64 // negative for no bound
}

// Read implements io.Reader.
func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, errProbe
	}
	if b.left > 0 && int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.r.Read(p)
	if b.left > 0 {
		b.left -= int64(n)
	}
	return n, err
}

// isTS says whether a file consists of MPEG-TS packets (ISO 13818-1 §2.4.3.2).
func isTS(f io.ReaderAt) bool {
	const packet = 188
	var b [2*packet + 1]byte
	n, _ := f.ReadAt(b[:], 0) // What is shorter is none.
	return n == len(b) && b[0] == 0x47 && b[packet] == 0x47 && b[2*packet] == 0x47
}

// openTS opens a file of MPEG-TS whose codecs fit.
func openTS(f *os.File, size int64) (*tsSource, error) {
	s := &tsSource{in: &boundedReader{r: io.NewSectionReader(f, 0, size), left: maxProbe}}
	s.clock.Initialize()
	s.reader = &mpegts.Reader{R: s.in}
	if err := s.reader.Initialize(); err != nil {
		return nil, &unfit{fmt.Sprintf("MPEG-TS that cannot be read: %v", err)}
	}
	s.reader.OnDecodeError(func(error) {}) // A damaged packet costs a picture, not the film.
	var video, sound []*mpegts.Track
	for _, t := range s.reader.Tracks() {
		switch t.Codec.(type) {
		case *codecs.H264, *codecs.H265:
			video = append(video, t)
		case *codecs.MPEG4Audio:
			sound = append(sound, t)
		case *codecs.KLV, *codecs.DVBSubtitle, *codecs.Unsupported:
		default:
			return nil, &unfit{fmt.Sprintf("MPEG-TS with %T", t.Codec)}
		}
	}
	for _, t := range append(video[:min(1, len(video))], sound[:min(len(sound), media.MaxTracks-1)]...) {
		s.listen(t)
	}
	if len(s.out) == 0 {
		return nil, &unfit{"MPEG-TS without a picture or sound that fits"}
	}
	if err := s.start(); err != nil {
		return nil, err
	}
	return s, nil
}

// listen takes a track's data into its queue.
func (s *tsSource) listen(t *mpegts.Track) {
	n := len(s.out)
	s.queues = append(s.queues, tsQueue{})
	track := media.Track{ID: n + 1, Timescale: tsClock, Language: tag(t.Language)}
	switch c := t.Codec.(type) {
	case *codecs.H264:
		s.reader.OnDataH264(t, func(pts, dts int64, au [][]byte) error {
			return s.picture(n, pts, dts, au, h264.IsRandomAccess(au))
		})
	case *codecs.H265:
		track.Codec = &media.H265{}
		s.reader.OnDataH265(t, func(pts, dts int64, au [][]byte) error {
			return s.picture(n, pts, dts, au, h265.IsRandomAccess(au))
		})
	case *codecs.MPEG4Audio:
		config, err := c.Marshal()
		if err == nil {
			track.Codec, track.Timescale = &media.AAC{Config: config}, c.SampleRate
		}
		s.reader.OnDataMPEG4Audio(t, func(pts int64, aus [][]byte) error { return s.frames(n, pts, aus) })
	}
	s.out = append(s.out, track)
}

// start reads until the parameters of all tracks are known.
func (s *tsSource) start() error {
	for {
		ready := true
		for i := range s.out {
			ready = ready && len(s.queues[i].samples) > 1 && s.out[i].Codec != nil
		}
		if ready || s.ended {
			break
		}
		if err := s.read(); err != nil {
			return &unfit{fmt.Sprintf("MPEG-TS that cannot be read: %v", err)}
		}
	}
	s.in.left = -1
	kept := s.out[:0]
	queues := s.queues[:0]
	for i := range s.out {
		if s.out[i].Codec != nil && len(s.queues[i].samples) > 0 {
			kept, queues = append(kept, s.out[i]), append(queues, s.queues[i])
			continue
		}
		return &unfit{"MPEG-TS with a track that has no key frame"}
	}
	s.out, s.queues = kept, queues
	if reason := unsuitable(s.out[0].Codec); reason != "" {
		return &unfit{"its picture is " + reason}
	}
	leading := (&media.Init{Tracks: s.out}).Leading()
	first := &s.queues[leading].samples[0]
	s.begin = media.Duration(first.dts+int64(first.offset), s.out[leading].Timescale)
	return nil
}

// read reads on until some track has something more.
func (s *tsSource) read() error {
	err := s.reader.Read()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		s.ended = true
		return nil
	}
	if err == nil && s.held > maxHeld {
		return fmt.Errorf("its tracks lie more than %d bytes apart", maxHeld)
	}
	return err
}

// picture takes an access unit. Nothing is taken before the first with a random access point, which brings the parameters.
func (s *tsSource) picture(n int, pts, dts int64, au [][]byte, sync bool) error {
	q := &s.queues[n]
	if !q.seen && (!sync || !s.parameters(n, au)) {
		return nil
	}
	units := au[:0]
	for _, u := range au {
		if len(u) > 0 && !s.redundant(n, u) {
			units = append(units, u)
		}
	}
	if len(units) == 0 {
		return nil
	}
	dts = s.clock.Decode(dts)
	offset := s.clock.Decode(pts) - dts
	s.push(n, sample{dts: dts, offset: int32(min(max(offset, 0), tsJump)), sync: sync, units: units})
	return nil
}

// parameters finds the parameter sets in a track's first picture.
func (s *tsSource) parameters(n int, au [][]byte) bool {
	q := &s.queues[n]
	if _, is265 := s.out[n].Codec.(*media.H265); is265 {
		c := &media.H265{}
		for _, u := range au {
			switch {
			case len(u) < 2:
			case u[0]>>1&0x3f == 32:
				c.VPS = u
			case u[0]>>1&0x3f == 33:
				c.SPS = u
			case u[0]>>1&0x3f == 34:
				c.PPS = u
			}
		}
		q.sets = [][]byte{c.VPS, c.SPS, c.PPS}
		s.out[n].Codec = c
		return c.VPS != nil && c.SPS != nil && c.PPS != nil
	}
	c := &media.H264{}
	for _, u := range au {
		switch {
		case len(u) == 0:
		case u[0]&0x1f == 7:
			c.SPS = u
		case u[0]&0x1f == 8 && c.PPS == nil:
			c.PPS = u
		}
	}
	if c.SPS == nil || c.PPS == nil {
		return false
	}
	q.sets = [][]byte{c.SPS, c.PPS}
	s.out[n].Codec = c
	return true
}

// redundant says whether a NAL unit stands in the track's parameters, or means something in MPEG-TS alone.
func (s *tsSource) redundant(n int, u []byte) bool {
	if _, is265 := s.out[n].Codec.(*media.H265); is265 {
		if u[0]>>1&0x3f == 35 { // Access unit delimiter.
			return true
		}
	} else if u[0]&0x1f == 9 {
		return true
	}
	for _, set := range s.queues[n].sets {
		if bytes.Equal(set, u) {
			return true
		}
	}
	return false
}

// frames takes frames of sound. Their times are counted, because stamps are rounded to 90 kHz; a stamp that is far from
// the count tells of a gap.
func (s *tsSource) frames(n int, pts int64, aus [][]byte) error {
	q := &s.queues[n]
	const frame = 1024
	rate := int64(s.out[n].Timescale)
	at := media.Ticks(s.clock.Decode(pts), tsClock, int(rate)) + q.shift
	if next := q.last + frame; q.seen && at > next-rate/10 && at < next+rate/10 {
		at = next
	}
	for _, u := range aus {
		s.push(n, sample{dts: at - q.shift, sync: true, units: [][]byte{u}})
		at += frame
	}
	return nil
}

// push puts a sample into its queue and gives the one before it its duration.
func (s *tsSource) push(n int, one sample) {
	q := &s.queues[n]
	jump := media.Ticks(tsJump, tsClock, s.out[n].Timescale)
	one.dts += q.shift
	if q.seen && (one.dts > q.last+jump || one.dts < q.last-jump) {
		step := q.last + int64(q.usual) - one.dts
		q.shift += step
		one.dts += step
	}
	if q.seen && one.dts <= q.last {
		one.dts = q.last + 1
	}
	if len(q.samples) > 0 {
		q.usual = uint32(one.dts - q.last)
		q.samples[len(q.samples)-1].duration = q.usual
	}
	for _, u := range one.units {
		one.size += uint32(len(u))
	}
	q.seen, q.last = true, one.dts
	s.held += int(one.size)
	q.samples = append(q.samples, one)
}

func (s *tsSource) tracks() []media.Track { return s.out }

func (s *tsSource) lengthSize(int) int { return 0 }

func (s *tsSource) file() io.ReaderAt { return nil }

// origin is nothing to a file whose clock begins anywhere: texts beside it count from its beginning.
func (s *tsSource) origin() time.Duration { return 0 }

func (s *tsSource) next(track int, out *sample) error {
	q := &s.queues[track]
	for len(q.samples) < 2 && !s.ended {
		if err := s.read(); err != nil {
			return err
		}
	}
	if len(q.samples) == 0 {
		return io.EOF
	}
	*out = q.samples[0]
	if len(q.samples) == 1 {
		out.duration = max(q.usual, 1)
	}
	q.samples[0] = sample{}
	q.samples = q.samples[1:]
	s.held -= int(out.size)
	out.dts += media.FromDuration(media.FirstTime-s.begin, s.out[track].Timescale)
	return nil
}
