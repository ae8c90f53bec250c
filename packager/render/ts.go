package render

import (
	"errors"
	"fmt"
	"io"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// ErrTracks says that the fragments are not those of the init's tracks.
var ErrTracks = errors.New("fragments do not fit the tracks")

// ErrUnsuitable says that a track or a sample has no MPEG-TS form.
var ErrUnsuitable = errors.New("not possible in MPEG-TS")

// ErrBadSample says that a stored sample is not what its codec asks for.
var ErrBadSample = errors.New("bad sample")

// Times of the multiplex, in units of 90 kHz.
const (
	second = 90000

	// pcrLead is how far the clock runs behind the decoding times, which is the time that a picture has to
	// arrive in. GStreamer gives 125 ms, ffmpeg 700; boxes that start by the clock wait for it at every zap.
	pcrLead = second / 5

	// pcrInterval is the most between two clock references: DVB asks for 40 ms (ETSI TS 101 154 §4.1.5.3),
	// ISO 13818-1 §2.7.2 for 100.
	pcrInterval = second * 40 / 1000

	// pcrHole is a sample duration past which there is no clock to keep: the source was gone.
	pcrHole = 10 * second

	// tableInterval keeps PAT and PMT under the 500 ms of ETSI TR 101 290 §5.2.1, for those who tune in
	// the middle. A set-top box that follows HLS needs them at the start of each segment only.
	tableInterval = second * 4 / 10

	// tablePause is how long a random access point does without tables of its own.
	tablePause = second / 10

	// audioGather is the most sound in one PES packet: many small ones would be half stuffing.
	audioGather = second / 10
)

// muxer renders one segment.
type muxer struct {
	out  []byte
	dry  bool // count, do not write
	size int  // bytes so far
	// limit bounds size: samples of one byte, hours apart, would make a packet or more each.
	limit int
	// shift is added where a time is written, in 90 kHz, so that what goes where does not depend on it.
	shift int64

	pat, pmt    table
	streams     []stream
	clock       int // index of the stream that carries the PCR
	lastTables  int64
	pending     []int64  // times of clock references still to be sent, in order
	chunks      [][]byte // of the PES packet's payload; not gathered where its size alone counts
	load        int      // bytes of the payload
	sound       []byte
	pcrs        []int64
	tablesShown bool
}

// next are the counters for the next segment.
func (m *muxer) next() timeline.Counters {
	c := timeline.Counters{PAT: m.pat.counter, PMT: m.pmt.counter, Tracks: make([]uint8, len(m.streams))}
	for i := range m.streams { // Of a text track it stays 0.
		c.Tracks[i] = m.streams[i].counter
	}
	return c
}

func (m *muxer) run(init *media.Init, fragments [][]byte, o TSOptions) error {
	if len(init.Tracks) == 0 || len(init.Tracks) > media.MaxTracks || len(fragments) != len(init.Tracks) {
		return fmt.Errorf("%w: %d fragments for %d tracks, of at most %d", ErrTracks, len(fragments), len(init.Tracks), media.MaxTracks)
	}
	for _, f := range fragments {
		m.limit += len(f)
	}
	m.limit = 8*m.limit + 16<<20
	if err := m.open(init, fragments, o); err != nil {
		return err
	}
	for {
		s := m.earliest()
		if s == nil {
			break
		}
		if err := m.write(s); err != nil {
			return err
		}
	}
	m.flushClock(1 << 62)
	if !m.tablesShown {
		m.writeTables()
	}
	return nil
}

func (m *muxer) open(init *media.Init, fragments [][]byte, o TSOptions) error {
	from := o.From
	m.shift = media.FromDuration(o.Shift, second)
	m.streams = make([]stream, len(init.Tracks))
	m.clock = init.Leading()
	if init.Tracks[m.clock].Kind() == media.Text {
		return fmt.Errorf("%w: text alone", ErrUnsuitable)
	}
	for i := range init.Tracks {
		s := &m.streams[i]
		if init.Tracks[i].Kind() == media.Text {
			s.text, s.done = true, true // It has no form here; players get WebVTT beside it.
			continue
		}
		if err := s.open(i, &init.Tracks[i]); err != nil {
			return fmt.Errorf("track %d: %w", init.Tracks[i].ID, err)
		}
		if i < len(from.Tracks) {
			s.counter = from.Tracks[i] & 15
		}
		s.samples.Rest = fragments[i]
		if err := s.advance(); err != nil {
			return fmt.Errorf("track %d: %w", init.Tracks[i].ID, err)
		}
		s.fresh = s.samples.Sequence() == 1
		s.broken = o.Discontinuity
	}
	m.pat = table{pid: patPID, section: patSection(), counter: from.PAT & 15}
	m.pmt = table{pid: pmtPID, section: pmtSection(m.streams, m.clock), counter: from.PMT & 15}
	return nil
}

// earliest is the stream whose next sample is to be decoded first; the clock's stream goes first among equals.
func (m *muxer) earliest() *stream {
	var first *stream
	for i := range m.streams {
		s := &m.streams[i]
		if s.done {
			continue
		}
		if first == nil || s.dts < first.dts || (s.dts == first.dts && i == m.clock) {
			first = s
		}
	}
	return first
}

// write writes the next PES packet of a stream.
func (m *muxer) write(s *stream) error {
	onClock := s.index == m.clock
	m.flushClock(s.dts)
	age := s.dts - m.lastTables
	if !m.tablesShown || age >= tableInterval || (age >= tablePause && onClock && s.video && s.next.Sync) {
		m.writeTables()
		m.lastTables = s.dts
	}
	p := pes{stream: s, sync: s.next.Sync, dts: s.dts, pts: s.pts}
	m.chunks, m.sound, m.load = m.chunks[:0], m.sound[:0], 0
	var err error
	if s.video {
		p.until, err = m.gatherVideo(s)
	} else {
		p.until, err = m.gatherAudio(s)
	}
	if err != nil {
		return fmt.Errorf("track %d at %d: %w", s.track.ID, p.dts, err)
	}
	if m.load == 0 {
		return nil
	}
	if onClock {
		m.planClock(&p)
	}
	if err := m.writePES(&p); err != nil {
		return fmt.Errorf("track %d at %d: %w", s.track.ID, p.dts, err)
	}
	if m.size > m.limit {
		return fmt.Errorf("%w: more than %d bytes", ErrBadSample, m.limit)
	}
	return nil
}

// planClock sets where the clock references between this sample and the next go: into the packets of the
// sample, if it is short enough for the clock to stay behind everything that follows; else on their own, in time.
func (m *muxer) planClock(p *pes) {
	p.clock = true
	if !p.stream.done {
		p.until = p.stream.dts // The clock never passes what comes next, whatever the durations say.
	}
	duration := p.until - p.dts
	if duration <= pcrInterval || duration > pcrHole {
		return
	}
	n := (duration + pcrInterval - 1) / pcrInterval
	values := m.pcrs[:0]
	for i := int64(1); i < n; i++ {
		values = append(values, p.dts+duration*i/n)
	}
	m.pcrs = values
	if duration <= pcrLead {
		p.clocks = values
	} else {
		m.pending = append(m.pending[:0], values...)
	}
}

// flushClock writes the pending clock references up to a time.
func (m *muxer) flushClock(until int64) {
	for len(m.pending) > 0 && m.pending[0] <= until {
		m.writeClock(&m.streams[m.clock], m.pending[0])
		m.pending = m.pending[1:]
	}
}

// stream is one track on its way into the multiplex.
type stream struct {
	track *media.Track
	form  form
	index int
	video bool
	text  bool // left out

	counter uint8 // continuity counter of the next packet with a payload
	fresh   bool  // the next packet is the first of an epoch: neither its counter nor its clock continues what was before
	broken  bool  // the same, as the caller says; it must not cost a byte, lest counters depend on it
	samples segment.Reader
	next    segment.StoredSample
	dts     int64 // of next, in 90 kHz
	pts     int64
	end     int64 // where next ends
	done    bool

	endTicks int64 // end in the track's timescale
}

// advance reads the next sample.
func (s *stream) advance() error {
	err := s.samples.Next(&s.next)
	if errors.Is(err, io.EOF) {
		s.done = true
		return nil
	}
	if err != nil {
		return err
	}
	// Each conversion is a division: a sample that follows on begins where the one before ended.
	if s.next.DTS == s.endTicks {
		s.dts = s.end
	} else {
		s.dts = s.rescale(s.next.DTS)
	}
	s.endTicks = s.next.DTS + int64(s.next.Duration)
	s.end = s.rescale(s.endTicks)
	s.pts = s.dts
	if s.next.Offset > 0 {
		s.pts = max(s.dts, s.rescale(s.next.DTS+int64(s.next.Offset)))
	}
	return nil
}

// rescale converts the track's time to 90 kHz without overflow.
func (s *stream) rescale(t int64) int64 {
	scale := int64(s.track.Timescale)
	if scale == second {
		return t
	}
	return t/scale*second + t%scale*second/scale
}
