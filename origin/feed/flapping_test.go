package feed_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/feed"
)

// TestFlapping has a main source that is good for 15 s and away for about 5, for an hour.
func TestFlapping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script := make([]func(*camera), 200)
		for i := range script {
			script[i] = plays(15 * time.Second)
		}
		backup := &cameraInput{script: []func(*camera){plays(2 * time.Hour)}}
		h, d := newStudio(t, &cameraInput{script: script}, backup)
		h.Sources[1].Warm, h.ReconnectMin = true, 5*time.Second
		h.run(t, time.Hour)
		require.LessOrEqual(t, len(d.lines), 9, "%v", d.lines)
		require.GreaterOrEqual(t, len(d.lines), 3)
	})
}

// TestScraps has a source of which two seconds come at a time: after a few of them the slate stays.
func TestScraps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script := make([]func(*camera), 400)
		for i := range script {
			script[i] = plays(2 * time.Second)
		}
		script[100] = plays(time.Hour)
		h, d := newStudio(t, &cameraInput{script: script})
		h.Slate, h.ReconnectMin = builtIn(t), 8*time.Second
		entries := h.run(t, 30*time.Minute)
		require.LessOrEqual(t, len(d.lines), 9, "%v", d.lines)
		require.True(t, strings.HasSuffix(kinds(entries), "slate live"), "it is taken when it stays")
		requireNoHoles(t, entries, 300*time.Millisecond)
	})
}

// TestAllGone has three sources that go one after the other, and come back in the same order.
func TestAllGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until := func(gone, back time.Duration) *cameraInput {
			return &cameraInput{script: []func(*camera){func(c *camera) { c.play(gone); c.pause(back - gone); c.play(time.Hour) }}}
		}
		h, d := newStudio(t, until(30*time.Second, 3*time.Minute), until(60*time.Second, 4*time.Minute), until(90*time.Second, 150*time.Second))
		for i := range h.Sources {
			h.Sources[i].Warm = true
		}
		// Its key frames come half a second after those of the others: which of two is first at the same instant cannot be told.
		if third, ok := h.Sources[2].Input.(*cameraInput); ok {
			script := third.script[0]
			third.script[0] = func(c *camera) { time.Sleep(time.Second / 2); script(c) }
		}
		h.Slate = builtIn(t)
		entries := h.run(t, 5*time.Minute)
		want := []string{
			"0 on_air >main", "33 switched main>backup no_video", "63 switched backup>third no_video", "93 on_slate third>slate no_video",
			"150 back slate>third better", "190 back third>main better",
		}
		require.Len(t, d.lines, len(want), "%v", d.lines)
		for i := range want {
			requireLike(t, want[i], d.lines[i])
		}
		require.Equal(t, "live live live slate live live", kinds(entries))
		s := h.Status()
		require.Equal(t, "rtsp://camera.example/live", s.Input)
		require.Len(t, s.Sources, 3)
		require.Equal(t, "third", s.Sources[2].Name)
		ups := 0
		for _, e := range d.all {
			if e.Kind == feed.SourceUp {
				ups++
			}
			if e.Kind == feed.SourceDown || e.Kind == feed.OnSlate || e.Kind == feed.Switched {
				require.NotEmpty(t, e.Cause)
				require.NotEmpty(t, e.Advice)
			}
		}
		require.Equal(t, 6, ups)
	})
}
