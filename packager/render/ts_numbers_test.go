package render_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/asticode/go-astits"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// program is a few seconds of anything a source may send.
type program struct {
	init    *media.Init
	samples [][]media.Sample
}

// body is what samples are filled with.
var body = make([]byte, 400_000)

func unit(kind byte, size int) []byte { return append([]byte{kind}, body[:size-1]...) }

func drawProgram(rt *rapid.T) *program {
	p := &program{init: &media.Init{}}
	add := func(timescale int, codec media.Codec, samples []media.Sample) {
		p.init.Tracks = append(p.init.Tracks, media.Track{ID: len(p.init.Tracks) + 1, Timescale: timescale, Language: "en", Codec: codec})
		p.samples = append(p.samples, samples)
	}
	length := rapid.SampledFrom([]int64{2, 4}).Draw(rt, "seconds")
	video := rapid.IntRange(0, 5).Draw(rt, "with a picture") > 0
	if video {
		codec := rapid.SampledFrom([]media.Codec{
			&media.H264{SPS: []byte{0x67, 1, 2, 3}, PPS: []byte{0x68, 1}}, &media.H265{VPS: []byte{64, 1}, SPS: []byte{66, 1, 2}, PPS: []byte{68, 1}},
		}).Draw(rt, "codec")
		add(90000, codec, drawPictures(rt, length))
	}
	least := 0
	if !video {
		least = 1
	}
	for range rapid.IntRange(least, 3).Draw(rt, "audio tracks") {
		kind := rapid.IntRange(0, 5).Draw(rt, "audio")
		scale, step := [...]int{48000, 44100, 8000, 48000, 48000, 48000}[kind], [...]int64{1024, 1024, 1024, 960, 120, 1536}[kind]
		codec := [...]media.Codec{
			&media.AAC{Config: []byte{0x11, 0x90}}, &media.AAC{Config: []byte{0x12, 0x10}}, &media.AAC{Config: []byte{0x15, 0x88}},
			&media.Opus{Channels: 2}, &media.Opus{Channels: 1}, &media.AC3{Config: []byte{0x10, 0x08, 0x80}},
		}[kind]
		lead := !video && len(p.init.Tracks) == 0
		add(scale, codec, drawSound(rt, scale, step, length, lead))
	}
	if rapid.Bool().Draw(rt, "with text") {
		add(1000, &media.WebVTT{}, []media.Sample{media.CueSample(epoch*1000+500, 3000, media.Cue{Text: "text"})})
	}
	return p
}

func drawPictures(rt *rapid.T, length int64) (out []media.Sample) {
	step := rapid.SampledFrom([]int64{900, 1500, 3000, 3003, 3600, 3750, 9000, 18000, 90000}).Draw(rt, "frame duration")
	gop := rapid.SampledFrom([]int64{1, 5, 25, 60}).Draw(rt, "GOP")
	reorder := rapid.SampledFrom([]int64{0, 0, 1, 2, 3}).Draw(rt, "reordering")
	large := rapid.SampledFrom([]int{200, 20_000, int(min(gop, 25) * 6000)}).Draw(rt, "key frame")
	small := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(2, 400), rapid.IntRange(170, 190), rapid.IntRange(2, 6000)), 1, 5).Draw(rt, "sizes")
	jitter := rapid.SampledFrom([]int64{0, 0, 1, 400}).Draw(rt, "jitter")
	for n := int64(0); n*step < length*90000; n++ {
		s := media.Sample{DTS: epoch*90000 + n*step + (n%3)*jitter, Sync: n%gop == 0}
		size := small[int(n)%len(small)]
		if s.Sync {
			size = large
		}
		s.PTS = s.DTS + reorder*step
		if !s.Sync && reorder > 0 {
			s.PTS = s.DTS + (n%(reorder+1))*step
		}
		kind := byte(2)
		s.Units = [][]byte{unit(kind, size)}
		out = append(out, s)
	}
	return out
}

// drawSound is sound that begins late, pauses and ends early, unless it leads.
func drawSound(rt *rapid.T, scale int, step, length int64, lead bool) (out []media.Sample) {
	from, until := int64(0), length*int64(scale)
	var pause int64
	if !lead {
		from = rapid.Int64Range(0, 2*int64(scale)).Draw(rt, "begin")
		until = rapid.Int64Range(from, until+int64(scale)/4).Draw(rt, "end")
		pause = rapid.SampledFrom([]int64{0, 0, step * 20, step * 100}).Draw(rt, "pause")
	}
	sizes := rapid.SliceOfN(rapid.IntRange(2, 1500), 1, 5).Draw(rt, "frame sizes")
	for n, at := 0, from; at < until; n++ {
		s := media.Sample{DTS: epoch*int64(scale) + at, Sync: true, Units: [][]byte{unit(1, sizes[n%len(sizes)])}}
		s.PTS = s.DTS
		out = append(out, s)
		if at += step; n == 30 {
			at += pause
		}
	}
	return out
}

// cut has the segmenter cut the program, its samples in order of time.
func (p *program) cut(rt *rapid.T) (segments []*segment.Segment) {
	s := &segment.Segmenter{Init: p.init, Target: 2 * time.Second, OnSegment: func(seg *segment.Segment) { segments = append(segments, seg) }}
	next := make([]int, len(p.samples))
	for {
		first, best := -1, time.Duration(0)
		for i := range p.samples {
			if next[i] < len(p.samples[i]) {
				at := media.Duration(p.samples[i][next[i]].DTS, p.init.Tracks[i].Timescale)
				if first < 0 || at < best {
					first, best = i, at
				}
			}
		}
		if first < 0 {
			break
		}
		s.Write(first, p.samples[first][next[first]])
		next[first]++
	}
	s.Flush()
	require.NotEmpty(rt, segments)
	return segments
}

// TestTransportStreamHoldsItsNumbers renders whatever a source may send, each segment by itself and shifted, from the
// counters that measuring gave; and reads what a viewer gets, one after another: counters unbroken, the clock told every
// 40 ms and behind what it is for, tables at each segment's head.
func TestTransportStreamHoldsItsNumbers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := drawProgram(rt)
		shift := time.Duration(rapid.OneOf(
			rapid.SampledFrom([]int64{0, -9, 95_430, 95_440, 190_870}), rapid.Int64Range(0, 1<<30),
		).Draw(rt, "shift")) * time.Second
		var joined []byte
		var counters timeline.Counters
		for n, seg := range p.cut(rt) {
			fragments, err := seg.Fragments()
			require.NoError(rt, err)
			_, next, err := render.TSSize(p.init, fragments, counters)
			require.NoError(rt, err)
			b, after, err := render.TSWith(nil, p.init, fragments, render.TSOptions{From: counters, Shift: shift})
			require.NoError(rt, err)
			require.Equal(rt, next, after)
			packets := parsePackets(rt, b)
			require.Zero(rt, packets[0].pid, "segment %d begins with PAT", n)
			require.Equal(rt, 0x1000, packets[1].pid, "segment %d goes on with PMT", n)
			require.True(rt, packets[2].pcr >= 0 || packets[2].pid != 0x100+p.init.Leading(), "the clock's first packet tells it")
			joined, counters = append(joined, b...), next
		}
		lead := p.init.Leading()
		pes := tsRulesLate(rt, parsePackets(rt, joined), 0x100+lead, 90000)
		for i := range p.samples {
			p.sameTimes(rt, i, pes[0x100+i], media.FromDuration(shift, 90000))
		}
		if lead == 0 && len(joined) < 1<<20 {
			readByAnother(rt, joined, 0x100, len(pes[0x100]))
		}
	})
}

// sameTimes finds each sample's data, in order, and the time stamp of each PES packet's first.
func (p *program) sameTimes(rt *rapid.T, track int, got []tsPES, shift int64) {
	t := &p.init.Tracks[track]
	if t.Kind() == media.Text {
		require.Empty(rt, got)
		return
	}
	samples := p.samples[track]
	if lead := p.init.Leading(); track != lead { // What comes before the first picture is left out.
		begin := media.Ticks(p.samples[lead][0].DTS, p.init.Tracks[lead].Timescale, t.Timescale)
		for len(samples) > 0 && samples[0].DTS < begin {
			samples = samples[1:]
		}
	}
	for _, g := range got {
		require.NotEmpty(rt, samples, "track %d: more PES packets than samples", track)
		require.InDelta(rt, 0, wrapped(g.pts-(media.Ticks(samples[0].PTS, t.Timescale, 90000)+shift)), 1, "PTS of track %d", track)
		require.InDelta(rt, 0, wrapped(g.dts-(media.Ticks(samples[0].DTS, t.Timescale, 90000)+shift)), 1, "DTS of track %d", track)
		if t.Kind() == media.Video {
			require.True(rt, bytes.HasSuffix(g.data, samples[0].Units[0]))
			samples = samples[1:]
			continue
		}
		for rest := g.data; len(rest) > 0; samples = samples[1:] {
			require.NotEmpty(rt, samples)
			frame := audioFrame(t, samples[0].Units[0])
			require.True(rt, bytes.HasPrefix(rest, frame))
			rest = rest[len(frame):]
		}
	}
	require.Empty(rt, samples, "track %d lost samples", track)
}

// wrapped is a difference of time stamps of 33 bits.
func wrapped(d int64) int64 {
	d &= 1<<33 - 1
	if d >= 1<<32 {
		d -= 1 << 33
	}
	return d
}

// readByAnother counts with another library what ours counted.
func readByAnother(rt *rapid.T, b []byte, pid uint16, want int) {
	d := astits.NewDemuxer(context.Background(), bytes.NewReader(b))
	n := 0
	for {
		data, err := d.NextData()
		if errors.Is(err, astits.ErrNoMorePackets) {
			break
		}
		require.NoError(rt, err)
		if data.PES != nil && data.PID == pid {
			n++
		}
	}
	require.Equal(rt, want, n)
}
