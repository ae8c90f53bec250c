package rtsp

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/elementary"
)

func packetOf(kind description.MediaType, marker bool, at time.Duration) event {
	return event{
		at: time.Unix(1e9, 0).Add(at), track: &track{Track: elementary.Track{Kind: kindOf(&description.Media{Type: kind})}},
		packet: &rtp.Packet{Header: rtp.Header{Marker: marker}},
	}
}

func TestQueueWakesForWholePictures(t *testing.T) {
	const video, audio = description.MediaTypeVideo, description.MediaTypeAudio
	q := newQueue(nil)
	woken := func() bool {
		select {
		case <-q.wake:
			return true
		default:
			return false
		}
	}
	for range 10 {
		q.put(packetOf(video, false, 0))
	}
	require.False(t, woken(), "the picture is not whole")
	q.put(packetOf(video, true, 0))
	require.True(t, woken())
	require.Len(t, q.take(nil), 11)
	q.put(packetOf(audio, false, 20*time.Millisecond))
	q.put(packetOf(video, true, 40*time.Millisecond))
	require.False(t, woken(), "it was awake just now")
	q.put(packetOf(video, false, 60*time.Millisecond))
	require.False(t, woken())
	q.put(packetOf(audio, false, 60*time.Millisecond))
	require.True(t, woken(), "sound has no marker")
	q.put(event{note: errors.New("x")})
	require.True(t, woken())
	require.Len(t, q.take(nil), 5)
	for range wakeAt {
		q.put(packetOf(video, false, time.Second))
	}
	require.False(t, woken())
	q.put(packetOf(video, false, time.Second))
	require.True(t, woken(), "pictures without end")
}

// Whoever puts is held up by a full queue and goes on when there is room, in order and with nothing lost.
func TestQueueIsBounded(t *testing.T) {
	q := newQueue(nil)
	const writers, each = 3, queueLength * 2
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				q.put(event{at: time.Unix(int64(w), int64(i))})
			}
		})
	}
	next := make([]int64, writers)
	var events []event
	for total := 0; total < writers*each; {
		<-q.wake
		events = q.take(events)
		require.LessOrEqual(t, len(events), queueLength)
		total += len(events)
		for _, e := range events {
			require.EqualValues(t, next[e.at.Unix()], e.at.Nanosecond())
			next[e.at.Unix()]++
		}
	}
	group.Wait()
}

func TestQueueDropsAndEnds(t *testing.T) {
	done := make(chan struct{})
	q := newQueue(done)
	for range queueLength + 5 {
		q.offer(event{})
	}
	require.EqualValues(t, 5, q.dropped.Load())
	close(done)
	q.put(event{}) // It does not wait for a reader that is gone.
	require.Len(t, q.take(nil), queueLength)
}
