package e2e_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/playlist/strict"
)

// An encoder that is killed twice, or fifty with PODIUM_SOAK: the strictest viewer has nothing to say, the slate begins where the
// picture ended, and the picture where the slate did. What is asserted are the dates of the media: a slow machine is late, and no less right.
func TestEncoderKilledAgainAndAgain(t *testing.T) {
	kills := 2
	if os.Getenv("PODIUM_SOAK") != "" {
		kills = 50
	}
	s := newServed(t, podiumBinary(t), served{
		more:     fmt.Sprintf("  - {id: hall1, input: publish, stream_key: %q, slate: auto}\n", streamKey),
		channels: "  - {id: hall1, number: 1, name: 频道1, feed: hall1}\n",
	})
	s.Start()
	var w *watcher
	for n := range kills + 1 {
		began := time.Now()
		e := encoder(t, "-c", "copy", "-f", "rtsp", "-rtsp_transport", "tcp", s.address("hall1", streamKey))
		if n == 0 {
			s.awaitLog(60*time.Second, "feed is online")
			s.awaitSegments("hall1", 2)
			w = watch(t, s.URL+"/live/hall1/mono.m3u8")
		} else {
			picture := w.awaitChange(t, 2*n)
			require.WithinDuration(t, began, picture.start, 15*time.Second)
			require.InDelta(t, 0, picture.hole.Seconds(), 0.6, "between the slate's end and the picture")
		}
		w.awaitMore(t, 2, 60*time.Second)
		if n == kills {
			break
		}
		killed := time.Now()
		require.NoError(t, e.cmd.Process.Kill())
		_ = e.wait(t, 10*time.Second)
		still := w.awaitChange(t, 2*n+1)
		require.InDelta(t, 0, still.hole.Seconds(), 0.01, "between the picture's end and the slate")
		require.False(t, still.start.After(killed.Add(time.Second)), "the slate is backdated")
	}
	w.content(t)
}

// change is where a playlist goes over to another source.
type change struct {
	start time.Time
	hole  time.Duration // between the dates of what was before and it
}

// awaitChange waits until a playlist has gone over to another source so many times since it was first seen.
func (w *watcher) awaitChange(t testing.TB, count int) (last change) {
	t.Helper()
	await(t, 60*time.Second, fmt.Sprintf("change %d of %s", count, w.url), func() bool {
		changes := w.changes()
		if len(changes) >= count {
			last = changes[count-1]
		}
		return len(changes) >= count
	})
	return last
}

func (w *watcher) changes() []change {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []change
	var before *strict.Segment
	for seq := w.first; seq < w.end; seq++ {
		one, ok := w.segments[seq]
		if !ok {
			continue
		}
		s := one.segment
		if s.Discontinuity && before != nil {
			out = append(out, change{s.ProgramDateTime, s.ProgramDateTime.Sub(before.ProgramDateTime.Add(before.Duration))})
		}
		before = &s
	}
	return out
}
