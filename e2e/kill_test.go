package e2e_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestKilledAgainAndAgain kills the server at random instants and starts it again, while strict viewers follow the
// muxed playlist and those of both tracks. To them it is one stream: the media sequence goes on, a restart is one
// discontinuity, and nothing that is listed is missing or has changed.
func TestKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	kills := 4
	if full() {
		kills = 20
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("the instants are those of seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	s := newServed(t, podiumBinary(t), served{feeds: []string{"hall1"}})
	s.Start()
	ctx, stopPublishing := context.WithCancel(context.Background())
	defer stopPublishing()
	s.publish(ctx, "hall1")
	s.awaitSegments("hall1", 4)
	var viewers []*watcher
	for _, path := range []string{"mono.m3u8", "live/1.m3u8", "live/2.m3u8"} {
		viewers = append(viewers, watch(t, s.URL+"/live/hall1/"+path))
	}
	for _, w := range viewers {
		await(t, 10*time.Second, "a playlist", func() bool { end, _ := w.seen(); return end > 0 })
	}

	var begins []uint64 // of each run, the first media sequence number
	var toReady, toSegment []time.Duration
	for range kills {
		alive := time.Second + time.Duration(random.Int64N(int64(5*time.Second)))
		time.Sleep(max(0, alive-time.Since(s.Readied)))
		for _, w := range viewers {
			w.leave()
		}
		s.Kill()
		stopPublishing()
		began := time.Now()
		s.Start()
		toReady = append(toReady, time.Since(began))
		// What the last run put out is all there at once; the encoder is not back yet, so nothing is new.
		before := s.settledEnd("hall1")
		begins = append(begins, before)
		for _, w := range viewers {
			w.enter()
		}
		var c context.Context
		c, stopPublishing = context.WithCancel(context.Background())
		s.publish(c, "hall1")
		if random.IntN(4) > 0 { // Now and then it is killed before there is anything new.
			await(t, 30*time.Second, "a new segment after a restart", func() bool { end, _ := viewers[0].seen(); return end > before })
			_, at := viewers[0].seen()
			toSegment = append(toSegment, at.Sub(s.Readied))
		}
	}
	viewers[0].awaitMore(t, 2, 30*time.Second)
	stopPublishing()

	for _, w := range viewers {
		w.content(t)
		where := w.breaks()
		want := slices.Compact(slices.Clone(begins))
		require.Equal(t, want, where, "%s: a discontinuity where each run begins, and nowhere else", w.url)
		require.EqualValues(t, len(want), w.segments[w.end-1].segment.DiscontinuitySequence-w.segments[w.first].segment.DiscontinuitySequence)
		t.Logf("%s: %d versions, %d segments, %d fetches, %d discontinuities in %d restarts",
			w.url, w.versions, len(w.segments), w.fetches, len(where), kills)
	}
	t.Logf("from start to ready: %s", spread(toReady))
	t.Logf("from ready to the first new segment, with the encoder's return: %s", spread(toSegment))
}

// settledEnd is the media sequence number behind the last segment of a channel whose encoder is away. A channel that was
// killed before it took over its feed's last segment does so when it is back.
func (s *servedPodium) settledEnd(channel string) uint64 {
	s.t.Helper()
	var end uint64
	var since time.Time
	await(s.t, 10*time.Second, "a playlist after a restart", func() bool {
		p := s.playlist("/live/" + channel + "/mono.m3u8")
		if p == nil {
			return false
		}
		if p.End() != end {
			end, since = p.End(), time.Now()
		}
		return time.Since(since) > 300*time.Millisecond
	})
	return end
}

func spread(of []time.Duration) string {
	if len(of) == 0 {
		return "none"
	}
	slices.Sort(of)
	round := func(d time.Duration) string { return d.Round(time.Millisecond).String() }
	return round(of[0]) + " to " + round(of[len(of)-1]) + ", median " + round(of[len(of)/2])
}
