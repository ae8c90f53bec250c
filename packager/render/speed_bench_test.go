package render_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// typical are segments of four seconds as archives have them.
func typical(b *testing.B) map[string]*clip {
	recorded := readClip(b, "h264-aac.ts")
	sound := media.Track{ID: 1, Timescale: 48000, Codec: &media.Opus{Channels: 1}}
	small := &clip{init: &media.Init{Tracks: []media.Track{sound}}, pieces: make([][]segment.Piece, 1)}
	for n := range 1600 { // 2.5 ms a frame.
		small.pieces[0] = append(small.pieces[0], segment.Piece{DTS: int64(epoch*48000 + n*120), Duration: 120, Sync: true, Units: [][]byte{make([]byte, 20)}})
	}
	sliced := lecture(recorded)
	for n := range sliced.pieces[0] { // Broadcast encoders cut a picture into slices.
		p := &sliced.pieces[0][n]
		whole := p.Units[0]
		p.Units = nil
		for at := 0; at < len(whole); at += 1000 {
			p.Units = append(p.Units, append([]byte{whole[0]}, whole[at:min(at+1000, len(whole))]...))
		}
	}
	large := lecture(recorded)
	for n := range large.pieces[0] {
		p := &large.pieces[0][n]
		p.Units = [][]byte{append([]byte{p.Units[0][0]}, make([]byte, 100_000)...)}
	}
	return map[string]*clip{
		"1080p 2.6 Mb per s":       lecture(recorded),
		"1080p 20 Mb per s":        large,
		"1080p in slices of 1 kB":  sliced,
		"sound alone, AAC":         lecture(recorded).without(0),
		"sound alone, 2.5 ms Opus": small,
	}
}

// BenchmarkArchive is what an archived segment costs to put out in each form, per megabyte that is stored.
func BenchmarkArchive(b *testing.B) {
	for name, c := range typical(b) {
		fragments := c.whole()
		size := 0
		for _, f := range fragments {
			size += len(f)
		}
		run := func(form string, render func(dst []byte) ([]byte, error)) {
			b.Run(form+" of "+name, func(b *testing.B) {
				b.ReportAllocs()
				before := used(b)
				for b.Loop() {
					_, err := render(nil)
					require.NoError(b, err)
				}
				b.ReportMetric(float64(used(b)-before)/float64(b.N)/float64(time.Millisecond)/(float64(size)/1e6), "cpu-ms/MB")
			})
		}
		run("MPEG-TS", func(dst []byte) ([]byte, error) {
			out, _, err := render.TSWith(dst, c.init, fragments, render.TSOptions{Shift: time.Hour})
			return out, err
		})
		run("fMP4, shifted,", func(dst []byte) (out []byte, err error) {
			for i := range fragments {
				if out, err = render.Shift(dst, fragments[i], &c.init.Tracks[i], time.Hour); err != nil {
					return nil, err
				}
			}
			return out, nil
		})
		if c.init.Tracks[0].Kind() != media.Video {
			continue
		}
		run("AES-128 of MPEG-TS,", func(dst []byte) ([]byte, error) {
			out, _, err := render.TS(dst, c.init, fragments, timeline.Counters{})
			if err != nil {
				return nil, err
			}
			return render.Encrypt(nil, out, render.Key{1}, render.IV{2})
		})
		run("I-frame", func(dst []byte) ([]byte, error) { return render.IFrame(dst, &c.init.Tracks[0], fragments[0]) })
		run("counters", func([]byte) ([]byte, error) {
			_, _, err := render.TSSize(c.init, fragments, timeline.Counters{})
			return nil, err
		})
	}
}

// used is the processor time of the process, which tells more than the clock where others use the machine.
func used(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestArchiveAllocatesLittle renders into a buffer that is there: what is left is bounded, whatever the segment holds.
func TestArchiveAllocatesLittle(t *testing.T) {
	c := lecture(readClip(t, "h264-aac.ts"))
	fragments := c.whole()
	ts, _, err := render.TS(nil, c.init, fragments, timeline.Counters{})
	require.NoError(t, err)
	allocations := testing.AllocsPerRun(5, func() {
		_, _, err := render.TS(ts[:0], c.init, fragments, timeline.Counters{})
		require.NoError(t, err)
	})
	require.LessOrEqual(t, allocations, 40.0, "MPEG-TS")
	dst := make([]byte, 0, len(fragments[0]))
	allocations = testing.AllocsPerRun(5, func() {
		_, err := render.Shift(dst, fragments[0], &c.init.Tracks[0], time.Hour)
		require.NoError(t, err)
	})
	require.Zero(t, allocations, "shift")
}
