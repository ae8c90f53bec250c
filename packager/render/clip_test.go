package render_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/asticode/go-astits"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/codecs"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
)

// clip is a recording as the packager has it before it is cut.
type clip struct {
	init   *media.Init
	pieces [][]segment.Piece // by track
}

// epoch is where media time begins, as it does on the air.
const epoch = 10

// readClip reads a recording that ffmpeg made. Its audio times are counted from the first, as a feed does.
func readClip(t testing.TB, name string) *clip {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	require.NoError(t, err)
	defer f.Close()
	r := &mpegts.Reader{R: f}
	require.NoError(t, r.Initialize())
	r.OnDecodeError(func(err error) { t.Errorf("%s: %v", name, err) })

	c := &clip{init: &media.Init{Tracks: make([]media.Track, len(r.Tracks()))}, pieces: make([][]segment.Piece, len(r.Tracks()))}
	base := int64(-1)
	rebase := func(ts int64) int64 {
		if base < 0 {
			base = ts
		}
		return ts - base + epoch*90000
	}
	video := func(i int, pts, dts int64, au [][]byte, sync bool) {
		p := segment.Piece{DTS: rebase(dts), Offset: int32(pts - dts), Sync: sync, Units: au}
		if n := len(c.pieces[i]); n > 0 {
			last := &c.pieces[i][n-1]
			last.Duration = uint32(p.DTS - last.DTS)
			p.Duration = last.Duration
		}
		c.pieces[i] = append(c.pieces[i], p)
	}
	audio := func(i int, pts int64, frames [][]byte, duration uint32) {
		for _, frame := range frames {
			next := rebase(pts) * int64(c.init.Tracks[i].Timescale) / 90000
			if n := len(c.pieces[i]); n > 0 {
				next = c.pieces[i][n-1].DTS + int64(duration)
			}
			c.pieces[i] = append(c.pieces[i], segment.Piece{DTS: next, Duration: duration, Sync: true, Units: [][]byte{frame}})
		}
	}
	for i, track := range r.Tracks() {
		out := &c.init.Tracks[i]
		*out = media.Track{ID: i + 1, Timescale: 90000}
		switch codec := track.Codec.(type) {
		case *codecs.H264:
			params := new(media.H264)
			out.Codec = params
			r.OnDataH264(track, func(pts, dts int64, au [][]byte) error {
				sync := false
				var units [][]byte
				for _, u := range au {
					switch u[0] & 31 {
					case 7:
						params.SPS = u
					case 8:
						params.PPS = u
					case 9:
					default:
						sync = sync || u[0]&31 == 5
						units = append(units, u)
					}
				}
				video(i, pts, dts, units, sync)
				return nil
			})
		case *codecs.H265:
			params := new(media.H265)
			out.Codec = params
			r.OnDataH265(track, func(pts, dts int64, au [][]byte) error {
				sync := false
				var units [][]byte
				for _, u := range au {
					switch kind := u[0] >> 1 & 63; kind {
					case 32:
						params.VPS = u
					case 33:
						params.SPS = u
					case 34:
						params.PPS = u
					case 35:
					default:
						sync = sync || kind >= 16 && kind <= 21
						units = append(units, u)
					}
				}
				video(i, pts, dts, units, sync)
				return nil
			})
		case *codecs.MPEG4Audio:
			config, err := codec.Marshal()
			require.NoError(t, err)
			out.Codec, out.Timescale, out.Language = &media.AAC{Config: config}, codec.SampleRate, "zh-CN"
			r.OnDataMPEG4Audio(track, func(pts int64, aus [][]byte) error {
				audio(i, pts, aus, 1024)
				return nil
			})
		case *codecs.Opus:
			out.Codec, out.Timescale = &media.Opus{Channels: 2}, 48000
			r.OnDataOpus(track, func(pts int64, packets [][]byte) error {
				audio(i, pts, packets, 960)
				return nil
			})
		case *codecs.MPEG1Audio:
			out.Codec, out.Timescale = &media.MP2{SampleRate: 48000, Channels: 2}, 48000
			r.OnDataMPEG1Audio(track, func(pts int64, frames [][]byte) error {
				audio(i, pts, frames, 1152)
				return nil
			})
		case *codecs.AC3:
			ac3 := new(media.AC3)
			out.Codec, out.Timescale, out.Language = ac3, codec.SampleRate, "en"
			r.OnDataAC3(track, func(pts int64, frame []byte) error {
				read, err := media.ReadAC3(frame)
				require.NoError(t, err)
				*ac3 = *read
				audio(i, pts, [][]byte{frame}, media.AC3Samples)
				return nil
			})
		case *codecs.EAC3:
			eac3 := new(media.EAC3)
			out.Codec, out.Timescale = eac3, codec.SampleRate
			r.OnDataEAC3(track, func(pts int64, unit []byte) error {
				read, samples, err := media.ReadEAC3(unit, 48)
				require.NoError(t, err)
				*eac3 = *read
				audio(i, pts, [][]byte{unit}, uint32(samples))
				return nil
			})
		default:
			t.Fatalf("%s: unexpected codec %T", name, codec)
		}
	}
	for {
		err := r.Read()
		if errors.Is(err, io.EOF) || errors.Is(err, astits.ErrNoMorePackets) {
			break
		}
		require.NoError(t, err)
	}
	return c
}

// without is the clip with one track taken out.
func (c *clip) without(track int) *clip {
	out := &clip{init: &media.Init{}}
	for i := range c.pieces {
		if i != track {
			out.init.Tracks = append(out.init.Tracks, c.init.Tracks[i])
			out.pieces = append(out.pieces, c.pieces[i])
		}
	}
	return out
}

// cut makes segments of the clip, by track, on the sync samples of the leading track that are two seconds apart.
func (c *clip) cut() [][][]byte {
	lead := c.init.Leading()
	scale := int64(c.init.Tracks[lead].Timescale)
	var bounds []int64
	for _, p := range c.pieces[lead] {
		if p.Sync && (len(bounds) == 0 || p.DTS-bounds[len(bounds)-1] >= 2*scale) {
			bounds = append(bounds, p.DTS)
		}
	}
	segments := make([][][]byte, len(bounds))
	for n := range segments {
		segments[n] = make([][]byte, len(c.pieces))
		for i := range c.pieces {
			var inside []segment.Piece
			for _, p := range c.pieces[i] {
				at := p.DTS * scale / int64(c.init.Tracks[i].Timescale)
				if (n == 0 || at >= bounds[n]) && (n == len(bounds)-1 || at < bounds[n+1]) {
					inside = append(inside, p)
				}
			}
			segments[n][i] = segment.AppendFragment(nil, uint32(n+1), &c.init.Tracks[i], inside)
		}
	}
	return segments
}
