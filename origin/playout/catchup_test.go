package playout_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/storage/object"
)

// shakyStore is a store whose indexes cannot be read for a while.
type shakyStore struct {
	object.Store
	away *atomic.Bool
}

func (s shakyStore) Get(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	if s.away.Load() && strings.HasPrefix(name, "feeds/") {
		return nil, object.ErrAway
	}
	return s.Store.Get(ctx, name, offset, length)
}

// TestCatchUpWaitsForTheStore: a channel that begins again while its feed's index cannot be read waits rather than leave out
// what it missed, but not for ever.
func TestCatchUpWaitsForTheStore(t *testing.T) {
	for name, c := range map[string]struct {
		away    time.Duration
		entries int
		breaks  int
	}{
		"for some seconds": {20 * time.Second, 5 + 900*3 + 31, 0},
		"for too long":     {10 * time.Minute, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, t.TempDir())
				away := new(atomic.Bool)
				h.store = shakyStore{h.store, away}
				feed := h.open("feeds/hall1", true)
				channel := h.follow("channels/edu1", feed, opened())
				for range 5 {
					h.put(feed, 4*time.Second, 0, false)
				}
				synctest.Wait()
				h.end(channel)
				for range 900 * 3 { // Three hours, of which two and a bit are in memory.
					h.put(feed, 4*time.Second, 0, false)
				}
				away.Store(true)
				time.AfterFunc(c.away, func() { away.Store(false) })
				channel = h.follow("channels/edu1", feed, opened())
				for range 31 {
					h.put(feed, 4*time.Second, 0, false)
				}
				synctest.Wait()
				h.end(channel)
				away.Store(false)
				h.close(feed)
				entries := h.all("channels/edu1")
				h.requireOrder(entries)
				require.EqualValues(t, c.breaks, entries[len(entries)-1].Disc)
				require.EqualValues(t, 5+900*3+31-1, entries[len(entries)-1].Ref, "live goes on")
				if c.entries > 0 {
					require.Len(t, entries, c.entries)
				}
			})
		})
	}
}

// TestLostJournal: a channel that loses its journal in a crash falls back to its last flush, and is composed again as it was.
func TestLostJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, t.TempDir())
		feed := h.open("feeds/hall1", true)
		steady := h.follow("channels/steady", feed, opened())
		shaky := h.follow("channels/shaky", feed, opened())
		for i := range 20 {
			h.put(feed, 4*time.Second, 0, i == 7)
		}
		synctest.Wait()
		require.NoError(t, shaky.Channel.Flush(t.Context()))
		flushed := filepath.Join(t.TempDir(), "flushed")
		objects := filepath.Join(h.dir, "objects", "channels", "shaky")
		require.NoError(t, os.CopyFS(flushed, os.DirFS(objects)))
		for i := range 12 {
			h.put(feed, 4*time.Second, time.Duration(i%5/4)*time.Second, false)
		}
		synctest.Wait()
		h.end(shaky)

		// As if it had been killed then, on a machine whose disk is gone.
		require.NoError(t, os.RemoveAll(objects))
		require.NoError(t, os.CopyFS(objects, os.DirFS(flushed)))
		journal := filepath.Join(h.dir, "channels-shaky")
		require.NoError(t, os.Remove(journal))
		_, err := os.Stat(journal)
		require.ErrorIs(t, err, fs.ErrNotExist)
		shaky = h.follow("channels/shaky", feed, opened())
		h.put(feed, 4*time.Second, 0, false)
		synctest.Wait()
		h.end(shaky)
		h.end(steady)
		h.close(feed)
		require.Equal(t, h.all("channels/steady"), h.all("channels/shaky"))
	})
}
