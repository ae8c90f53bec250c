package rtptime

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTimebase(t *testing.T) {
	start := time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)
	wall := start.Add(-time.Second)
	for _, c := range []struct {
		name     string
		arrival  time.Duration // of the sound's first packet, after the picture's first
		reports  bool
		skew     time.Duration // of what the sound's report tells, against its arrival
		expected time.Duration // where the sound begins
	}{
		{"together, by arrival", 0, false, 0, 0},
		{"later, by arrival", 70 * time.Millisecond, false, 0, 70 * time.Millisecond},
		{"together, by report", 0, true, 0, 0},
		{"the report knows better", 200 * time.Millisecond, true, -150 * time.Millisecond, 50 * time.Millisecond},
		{"the report is before the picture", 10 * time.Millisecond, true, -500 * time.Millisecond, -490 * time.Millisecond},
		{"the report is of another clock", 30 * time.Millisecond, true, time.Hour, 30 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b Base
			video, audio := &Track{ClockRate: 90000}, &Track{ClockRate: 48000}
			video.Unwrap(5000)
			if c.reports {
				video.SetClock(wall, 5000)
			}
			b.Observe(video, start)
			require.Zero(t, video.PTS(0, 90000))
			video.Unwrap(5000 + 3600)
			b.Observe(video, start.Add(40*time.Millisecond))

			audio.Unwrap(0xFFFFFF00)
			if c.reports {
				audio.SetClock(wall.Add(c.arrival+c.skew), 0xFFFFFF00)
			}
			b.Observe(audio, start.Add(c.arrival))
			require.InDelta(t, c.expected.Seconds()*48000, audio.PTS(0, 48000), 1)

			audio.Unwrap(0x300)                    // 1,024 later, over the wrap
			b.Observe(audio, start.Add(time.Hour)) // An anchor is dropped once.
			require.Equal(t, int64(1024), audio.PTS(audio.ticks, 48000)-audio.PTS(0, 48000))
		})
	}
}

func TestTimebaseBeginsAtTheAnchor(t *testing.T) {
	var b Base
	video := &Track{ClockRate: 90000}
	video.Unwrap(100) // Pictures that cannot be started from came before.
	video.Unwrap(3700)
	b.Observe(video, time.Now())
	require.Zero(t, video.PTS(video.ticks, 90000))
}

// Unwrapping is a running sum: any path of steps shorter than half the range ends where the sum says.
func TestUnwrap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &Track{ClockRate: 90000}
		stamp := rapid.Uint32().Draw(t, "start")
		r.Unwrap(stamp)
		var sum int64
		for _, step := range rapid.SliceOf(rapid.Int32Range(-1<<30, 1<<31-1)).Draw(t, "steps") {
			stamp += uint32(step)
			sum += int64(step)
			require.Equal(t, sum, r.Unwrap(stamp))
			require.Equal(t, sum-90, r.Peek(stamp-90))
		}
	})
}
