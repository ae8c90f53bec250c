package feed_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/feed"
)

// audience watches when it is told to.
type audience struct {
	mu      sync.Mutex
	there   bool
	changed chan struct{}
}

func (a *audience) Wanted() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.there
}

func (a *audience) Changed() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.changed == nil {
		a.changed = make(chan struct{})
	}
	return a.changed
}

func (a *audience) set(there bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.there = there
	if a.changed != nil {
		close(a.changed)
		a.changed = nil
	}
}

func TestDemand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hour := plays(time.Hour)
		in := &cameraInput{script: []func(*camera){hour, hour, hour}}
		h, d := newStudio(t, in)
		h.Slate = builtIn(t)
		watching := new(audience)
		h.Demand, h.Idle = watching, 20*time.Second
		began := time.Now()
		var state feed.State
		go func() {
			time.Sleep(time.Minute)
			watching.set(true)
			time.Sleep(30 * time.Second)
			watching.set(false) // One changes channels
			time.Sleep(15 * time.Second)
			watching.set(true) // and comes back.
			time.Sleep(15 * time.Second)
			watching.set(false)
			time.Sleep(time.Minute)
			state = h.Status().State
			watching.set(true)
		}()
		entries := h.run(t, 4*time.Minute)
		require.Equal(t, feed.Idle, state)
		require.Equal(t, []string{
			"60 on_air >main", "140 off_air main> unwatched", "180 on_air >main",
		}, d.lines)
		require.Equal(t, "live live", kinds(entries), "no slate where nobody watches")
		require.Len(t, in.tries, 2)
		require.WithinDuration(t, began.Add(time.Minute), entries[0].Start, 100*time.Millisecond)
		require.Equal(t, 1, discontinuities(entries))
	})
}

func TestSlateWhileTheSourceDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newStudio(t, &cameraInput{})
		h.Slate = builtIn(t)
		watching := new(audience)
		h.Demand, h.Idle = watching, 10*time.Second
		go func() {
			watching.set(true)
			time.Sleep(30 * time.Second)
			watching.set(false)
		}()
		entries := h.run(t, 2*time.Minute)
		require.Equal(t, "slate", kinds(entries))
		require.InDelta(t, 37, total(entries).Seconds(), 1.2, "from the third second until ten after they left")
	})
}
