package demo_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/demo"
	"podium.tv/podium/origin/input/publish"
	"podium.tv/podium/origin/input/rtsp"
	"podium.tv/podium/packager/media"
)

// keeper is a feed that keeps what it is given.
type keeper struct {
	mutex   sync.Mutex
	tracks  []media.Track
	samples [2][]media.Sample
	skew    time.Duration // greatest distance between a sample's wall clock and its arrival
	early   time.Duration // greatest wall clock after arrival
	unknown int           // samples without a wall clock
}

func (k *keeper) Describe(tracks []media.Track) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.tracks = tracks
	return nil
}

func (k *keeper) Sample(track int, s media.Sample) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.samples[track] = append(k.samples[track], s)
	if s.Wall.IsZero() {
		k.unknown++
		return
	}
	k.skew = max(k.skew, time.Since(s.Wall))
	k.early = max(k.early, time.Until(s.Wall))
}

func (*keeper) Warn(error) {}

func (k *keeper) pictures() int {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return len(k.samples[0])
}

// short is the first seconds of the lecture.
func short(t *testing.T, length time.Duration) *demo.Clip {
	t.Helper()
	c, err := demo.Lecture()
	require.NoError(t, err)
	out := &demo.Clip{Tracks: c.Tracks, Duration: length}
	for i, track := range c.Tracks {
		end := int64(length.Seconds() * float64(track.Timescale))
		var kept []media.Sample
		for _, s := range c.Samples[i] {
			// 8 s are whole AAC frames. Closed GOPs: decoding order does not cross the end.
			if s.DTS-c.Samples[i][0].DTS < end {
				kept = append(kept, s)
			}
		}
		out.Samples = append(out.Samples, kept)
	}
	return out
}

func TestPublisherRepeatsInRealTime(t *testing.T) {
	t.Parallel()
	s := &rtsp.Server{Address: "127.0.0.1:0", Desk: &publish.Desk{Keys: publish.StaticKeys{"hall1": "k:ey/1"}}}
	require.NoError(t, s.Start())
	defer s.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	k := &keeper{}
	fed := make(chan error, 1)
	go func() { fed <- (&publish.Input{Desk: s.Desk, Feed: "hall1"}).Run(ctx, k) }()
	p := &demo.Publisher{URL: "rtsp://" + s.Addr().String() + "/hall1", Key: "k:ey/1", Clip: short(t, 8*time.Second)}
	published := make(chan error, 1)
	go func() { published <- p.Run(ctx) }()

	began := time.Now()
	require.Eventually(t, func() bool { return k.pictures() >= 225 }, 20*time.Second, 10*time.Millisecond)
	require.InDelta(t, 9, time.Since(began).Seconds(), 1, "nine seconds of pictures take nine seconds")
	cancel()
	require.NoError(t, <-published)
	require.ErrorIs(t, <-fed, context.Canceled)

	require.Len(t, k.tracks, 2)
	for i, s := range k.samples[0][1:] {
		prev := k.samples[0][i]
		require.Greater(t, s.DTS, prev.DTS, "picture %d", i+1)
		require.Equal(t, (i+1)%50 == 0, s.Sync, "picture %d", i+1)
	}
	for i, s := range k.samples[1] {
		require.Equal(t, int64(i)*1024, s.PTS-k.samples[1][0].PTS, "sound goes on over the seam, frame %d", i)
	}
	v, a := k.samples[0][0], k.samples[1][0]
	taken := a.Wall.Sub(v.Wall).Seconds()
	require.InDelta(t, taken, float64(a.PTS)/48000-float64(v.PTS)/90000, 0.001, "lips and words")
	require.InDelta(t, 0, taken, 0.15)
	require.Zero(t, k.unknown, "the wall clock is known from the first sample on")
	require.Less(t, k.skew, time.Second)
	require.Less(t, k.early, 50*time.Millisecond)
}

func TestPublisherComesBackToANewServer(t *testing.T) {
	t.Parallel()
	keys := publish.StaticKeys{"hall1": "key"}
	first := &rtsp.Server{Address: "127.0.0.1:0", Desk: &publish.Desk{Keys: keys}}
	require.NoError(t, first.Start())
	address := first.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	published := make(chan error, 1)
	clip, err := demo.Lecture()
	require.NoError(t, err)
	go func() {
		published <- (&demo.Publisher{URL: "rtsp://" + address + "/hall1", Key: "key", Clip: clip}).Run(ctx)
	}()

	feed := func(s *rtsp.Server) *keeper {
		k := &keeper{}
		runCtx, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = (&publish.Input{Desk: s.Desk, Feed: "hall1"}).Run(runCtx, k)
		}()
		require.Eventually(t, func() bool { return k.pictures() >= 10 }, 20*time.Second, 10*time.Millisecond)
		stop()
		<-done
		return k
	}
	a := feed(first)
	first.Close()
	second := &rtsp.Server{Address: address, Desk: &publish.Desk{Keys: keys}}
	require.NoError(t, second.Start())
	defer second.Close()
	b := feed(second)
	require.True(t, b.samples[0][0].Sync)
	require.Greater(t, b.samples[0][0].Wall.Sub(a.samples[0][0].Wall), time.Second)
	require.Zero(t, b.unknown)
	cancel()
	require.NoError(t, <-published)
}

func TestPublisherRefusesAnAddress(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "hall1", "://", "rtsp:///hall1"} {
		err := (&demo.Publisher{URL: address, Key: "secret"}).Run(context.Background())
		require.ErrorContains(t, err, fmt.Sprintf("address %q", address))
		require.NotContains(t, err.Error(), "secret")
	}
}
