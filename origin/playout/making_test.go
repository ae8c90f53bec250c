package playout_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// A channel shows its feed's segment in the making with numbers of its own, and parts that are not copied, and so it
// becomes: also for the first one after a change of feeds.
func TestHandsOnTheSegmentInTheMaking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, t.TempDir())
		hall1, hall2 := h.open("feeds/hall1", true), h.open("feeds/hall2", true)
		defer h.close(hall1)
		defer h.close(hall2)
		for range 3 {
			h.put(hall1, 4*time.Second, 0, false)
		}
		for n, feed := range []*timeline.Timeline{hall1, hall2, hall1} {
			f := h.follow("channels/edu1", feed, opened())
			for range 3 {
				parts := segment.Parts{Target: time.Second, Tracks: [][]segment.Part{make([]segment.Part, 1, 4)}}
				start := time.Now()
				time.Sleep(time.Second)
				m := timeline.Entry{Start: start, Kind: timeline.Live, Independent: true, Init: "0123456789abcdef", Time: 10 * time.Second}
				if last := feed.Tail().Last(); last != nil {
					m.Time = last.Time + last.Duration
					m.Discontinuity = start.Sub(last.End()) > time.Second
				}
				made := feed.Prepare(m)
				require.NoError(t, feed.Make(&timeline.Making{Entry: made, Parts: parts}))
				synctest.Wait()
				edge := f.Channel.Edge()
				require.NotNil(t, edge.Making, "feed %d", n)
				shown := edge.Making.Entry
				require.Equal(t, edge.Tail.Next, shown.Seq)
				require.Same(t, &parts.Tracks[0][0], &edge.Making.Parts.Tracks[0][0])

				time.Sleep(3 * time.Second)
				e := feed.Prepare(m)
				e.Duration, e.Object = 4*time.Second, feed.MediaName(e.Seq)
				require.NoError(t, feed.Finish(e, parts))
				synctest.Wait()
				edge = f.Channel.Edge()
				require.Nil(t, edge.Making)
				last := edge.Tail.Last()
				require.Equal(t, shown.Seq, last.Seq)
				require.Equal(t, shown.Disc, last.Disc)
				require.Equal(t, shown.Discontinuity, last.Discontinuity)
				require.Equal(t, shown.Start, last.Start)
				require.Equal(t, shown.Shift, last.Shift)
				require.Equal(t, parts, edge.PartsOf(last.Seq))
			}
			h.end(f)
		}
		h.requireOrder(h.all("channels/edu1"))
	})
}
