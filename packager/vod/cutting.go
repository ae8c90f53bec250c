package vod

import (
	"errors"
	"io"
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
)

// Cutting is where segments end. The zero value is the house's: short segments first, so that a player has its first
// picture soon, then 4 s.
type Cutting struct {
	// First are the durations aimed at for the first segments. They default to 1 s and 2 s.
	First []time.Duration
	// Target is the duration aimed at for all others. It defaults to segment.DefaultTarget.
	Target time.Duration
	// Longest is how long a segment may get without a random access point. It defaults to twice the target, which is
	// what a channel promises that puts the asset on the air (RFC 8216bis §4.4.3.1).
	Longest time.Duration
	// MaxBytes bounds a segment. It defaults to 64 MiB.
	MaxBytes int64
}

func (c Cutting) filled() Cutting {
	if c.First == nil {
		c.First = []time.Duration{time.Second, 2 * time.Second}
	}
	if c.Target <= 0 {
		c.Target = segment.DefaultTarget
	}
	if c.Longest <= 0 {
		c.Longest = 2 * c.Target
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = 64 << 20
	}
	return c
}

// target is the duration aimed at for the segment with that number.
func (c *Cutting) target(n int) time.Duration {
	if n < len(c.First) {
		return min(c.First[n], c.Target)
	}
	return c.Target
}

// plan is a segment before its bytes are read.
type plan struct {
	samples     [][]sample // of each track
	time        time.Duration
	duration    time.Duration
	independent bool
	last        bool
}

// cutter parts a source's samples into segments, as segment.Segmenter does with what comes in live; here it is known
// what comes, and the segments of one source may be told where to end by another's.
type cutter struct {
	rule Cutting
	src  source

	in      []media.Track
	leading int
	ahead   []sample
	done    []bool
	n       int

	// All of the leading track, in its timescale.
	reorder  int64 // PTS-DTS of the last random access point
	lastSync int64
	gop      int64 // distance of the last two random access points
	base     int64 // DTS of the first sample
	until    int64 // presentation time at which the last plan ended
}

func newCutter(src source, rule Cutting) (*cutter, error) {
	c := &cutter{rule: rule.filled(), src: src, in: src.tracks()}
	c.leading = (&media.Init{Tracks: c.in}).Leading()
	c.ahead, c.done = make([]sample, len(c.in)), make([]bool, len(c.in))
	for i := range c.in {
		if err := c.advance(i); err != nil {
			return nil, err
		}
	}
	if c.done[c.leading] {
		return nil, errors.New("no samples")
	}
	first := &c.ahead[c.leading]
	c.base, c.lastSync = first.dts, first.dts
	if err := c.skipEarly(); err != nil {
		return nil, err
	}
	return c, nil
}

// early is how long before the first picture sound may begin.
const early = time.Second / 2

// skipEarly leaves out what is heard long before the first picture.
func (c *cutter) skipEarly() error {
	first := &c.ahead[c.leading]
	from := c.clock(c.presentation(first)) - early
	for i := range c.in {
		for i != c.leading && !c.done[i] && media.Duration(c.ahead[i].dts, c.in[i].Timescale) < from {
			if err := c.advance(i); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *cutter) advance(track int) error {
	err := c.src.next(track, &c.ahead[track])
	if errors.Is(err, io.EOF) {
		c.done[track] = true
		return nil
	}
	return err
}

// clock is a time of the leading track.
func (c *cutter) clock(t int64) time.Duration { return media.Duration(t, c.in[c.leading].Timescale) }

func (c *cutter) ticks(d time.Duration) int64 {
	return media.FromDuration(d, c.in[c.leading].Timescale)
}

// presentation is when a segment that begins with a sample begins to be shown.
func (c *cutter) presentation(s *sample) int64 {
	if s.sync {
		c.reorder = min(max(int64(s.offset), 0), c.ticks(c.rule.Target/2))
	}
	return s.dts + c.reorder
}

// next plans the next segment, or returns io.EOF. Where until is not zero, the segment ends at the random access point
// nearest to that time.
func (c *cutter) next(p *plan, until time.Duration) error {
	if p.samples == nil {
		p.samples = make([][]sample, len(c.in))
	}
	for i := range p.samples {
		clear(p.samples[i])
		p.samples[i] = p.samples[i][:0]
	}
	if c.done[c.leading] {
		return c.tail(p)
	}
	first := &c.ahead[c.leading]
	start := c.presentation(first)
	if c.n > 0 {
		start = max(start, c.until)
	}
	p.time, p.independent = c.clock(start), first.sync
	if err := c.lead(p, start, until); err != nil {
		return err
	}
	lead := p.samples[c.leading]
	last := &lead[len(lead)-1]
	end := last.dts + int64(last.duration)
	if c.done[c.leading] {
		c.until = start + 1
		for i := range lead {
			c.until = max(c.until, lead[i].dts+int64(lead[i].offset)+int64(lead[i].duration))
		}
	} else {
		end = c.ahead[c.leading].dts
		c.until = max(c.presentation(&c.ahead[c.leading]), start+1)
	}
	p.duration = c.clock(c.until) - p.time
	c.n++
	return c.follow(p, end)
}

// lead takes the leading track's samples up to the next cut.
func (c *cutter) lead(p *plan, start int64, until time.Duration) error {
	bytes := int64(0)
	begin := c.ahead[c.leading].dts
	for {
		s := &c.ahead[c.leading]
		if len(p.samples[c.leading]) > 0 && c.cuts(s, begin, start, bytes, until) {
			return nil
		}
		bytes += int64(s.size)
		p.samples[c.leading] = append(p.samples[c.leading], *s)
		if err := c.advance(c.leading); err != nil {
			return err
		}
		if c.done[c.leading] {
			return nil
		}
	}
}

// cuts says whether a segment that began at begin, shown at start, ends before a sample.
func (c *cutter) cuts(s *sample, begin, start, bytes int64, until time.Duration) bool {
	if until > 0 {
		return s.sync && c.clock(s.dts+int64(s.offset)) > until-c.rule.Target/16 || c.clock(s.dts) > until+c.rule.Target
	}
	target := c.ticks(c.rule.target(c.n))
	if c.in[c.leading].Kind() == media.Audio {
		// The multiple of the target nearest to this frame's start, so that rounding does not add up.
		var boundary time.Duration
		for i := range min(c.n, len(c.rule.First)) + 1 {
			boundary += c.rule.target(i)
		}
		boundary += time.Duration(max(c.n-len(c.rule.First), 0)) * c.rule.Target
		return c.clock(s.dts-c.base)+c.clock(int64(s.duration))/2 >= boundary
	}
	if s.sync && s.dts != c.lastSync {
		c.gop, c.lastSync = s.dts-c.lastSync, s.dts
	}
	if s.sync && s.dts-begin >= max(target-c.gop/2, target/8) {
		return true
	}
	return s.dts+int64(s.duration)+c.reorder-start > c.bound() || bytes+int64(s.size) > c.rule.MaxBytes
}

// bound is how long a segment may get. Where random access points are farther apart, the time between them is parted
// evenly, so that no scrap is left before the next.
func (c *cutter) bound() int64 {
	limit := c.ticks(c.rule.Longest)
	if c.gop <= limit {
		return limit
	}
	part := c.gop / ((c.gop + limit - 1) / limit)
	return min(part+part/8, limit)
}

// follow takes the other tracks' samples that are decoded before the cut.
func (c *cutter) follow(p *plan, end int64) error {
	if c.done[c.leading] {
		end += c.ticks(c.rule.Target / 2) // A little more of the others is no segment of its own.
	}
	for i := range c.in {
		if i == c.leading {
			continue
		}
		if err := c.takeUntil(p, i, media.Ticks(end, c.in[c.leading].Timescale, c.in[i].Timescale)); err != nil {
			return err
		}
	}
	c.finish(p)
	return nil
}

func (c *cutter) takeUntil(p *plan, track int, end int64) error {
	bytes := int64(0)
	for !c.done[track] && c.ahead[track].dts < end && bytes < c.rule.MaxBytes {
		bytes += int64(c.ahead[track].size)
		p.samples[track] = append(p.samples[track], c.ahead[track])
		if err := c.advance(track); err != nil {
			return err
		}
	}
	return nil
}

// tail plans a segment of what lasts longer than the leading track.
func (c *cutter) tail(p *plan) error {
	if c.finished() {
		return io.EOF
	}
	p.time, p.independent, p.duration = c.clock(c.until), true, c.rule.Target
	c.until += c.ticks(c.rule.Target)
	for i := range c.in {
		if err := c.takeUntil(p, i, media.FromDuration(c.clock(c.until), c.in[i].Timescale)); err != nil {
			return err
		}
	}
	c.n++
	c.finish(p)
	return nil
}

func (c *cutter) finished() bool {
	for i := range c.done {
		if !c.done[i] {
			return false
		}
	}
	return true
}

// finish sets the last segment's duration to that of the track that lasts longest.
func (c *cutter) finish(p *plan) {
	p.last = c.finished()
	if !p.last {
		return
	}
	for i, samples := range p.samples {
		if len(samples) == 0 {
			continue
		}
		s := &samples[len(samples)-1]
		end := media.Duration(s.dts+int64(s.duration), c.in[i].Timescale)
		switch {
		case len(p.samples[c.leading]) == 0:
			p.duration = max(min(p.duration, end-p.time), time.Millisecond)
		case i != c.leading:
			p.duration = max(p.duration, end-p.time)
		}
	}
}
