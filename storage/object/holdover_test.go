package object_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"podium.tv/podium/storage/object"
)

// newHoldover tries again by itself only where a time is given.
func newHoldover(t testing.TB, h *object.Holdover) *object.Holdover {
	t.Helper()
	if h.Retry == 0 {
		h.Retry = time.Hour
	}
	h.Initialize()
	t.Cleanup(func() { _ = h.Close(context.Background()) })
	return h
}

// content is a Holdover whose caller goes on when told that an object is not safe yet, as a feed does.
type content struct{ *object.Holdover }

func (c content) Put(ctx context.Context, name string, body []byte) error {
	if err := c.Holdover.Put(ctx, name, body); !errors.Is(err, object.ErrFull) {
		return err
	}
	return nil
}

func TestHoldoverIsAStore(t *testing.T) {
	t.Run("store takes all", func(t *testing.T) {
		runSuite(t, func(t *testing.T) object.Store { return newHoldover(t, &object.Holdover{Under: newFolder(t)}) })
	})
	t.Run("store is full", func(t *testing.T) {
		runSuite(t, func(t *testing.T) object.Store {
			return content{newHoldover(t, &object.Holdover{Under: &faulty{Store: newFolder(t), fault: full}})}
		})
	})
	t.Run("store takes every other", func(t *testing.T) {
		runSuite(t, func(t *testing.T) object.Store {
			n := 0
			sometimes := func(op, name string) error {
				n++
				if n%2 == 0 {
					return full(op, name)
				}
				return nil
			}
			return content{newHoldover(t, &object.Holdover{
				Under: &faulty{Store: newFolder(t), fault: sometimes}, Retry: time.Millisecond,
			})}
		})
	})
}

// full is a store that takes no object.
func full(op, name string) error {
	if op != "put" {
		return nil
	}
	return fmt.Errorf("%s: %w", name, object.ErrFull)
}

func TestHoldoverStoresLater(t *testing.T) {
	ctx := t.Context()
	under := &faulty{Store: newFolder(t), fault: full}
	h := newHoldover(t, &object.Holdover{Under: under, Retry: time.Millisecond})
	for _, name := range []string{"a", "b", "c", "a"} {
		require.ErrorIs(t, h.Put(ctx, name, []byte(name+"!")), object.ErrFull)
	}
	err := h.Check(ctx)
	require.ErrorIs(t, err, object.ErrFull)
	require.ErrorContains(t, err, "3 objects")
	under.setFault(nil)
	require.Eventually(t, func() bool { return h.Check(ctx) == nil }, 10*time.Second, time.Millisecond)
	require.Equal(t, []string{"put b", "put c", "put a"}, under.done(), "in the order of the newest versions")
	for _, name := range []string{"a", "b", "c"} {
		got, err := under.Get(ctx, name, 0, -1)
		require.NoError(t, err)
		require.Equal(t, name+"!", string(got))
	}
	require.NoError(t, h.Close(ctx))
}

func TestHoldoverGivesUpTheOldest(t *testing.T) {
	ctx := t.Context()
	var log bytes.Buffer
	registry := prometheus.NewPedanticRegistry()
	h := newHoldover(t, &object.Holdover{
		Under: &faulty{Store: newFolder(t), fault: full}, Limit: 100_000, Metrics: object.NewMetrics(registry),
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	for i := range 10 {
		require.ErrorIs(t, h.Put(ctx, fmt.Sprint("n", i), make([]byte, 30_000)), object.ErrFull)
	}
	for i := range 10 {
		_, err := h.Get(ctx, fmt.Sprint("n", i), 0, -1)
		if i < 7 {
			require.ErrorIs(t, err, object.ErrNotFound)
			require.Contains(t, log.String(), fmt.Sprintf("object=n%d", i))
		} else {
			require.NoError(t, err)
		}
	}
	// One that is larger than the limit does not drive the others out.
	require.ErrorIs(t, h.Put(ctx, "large", make([]byte, 100_001)), object.ErrFull)
	require.ErrorContains(t, h.Check(ctx), "3 objects")
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP podium_store_holdover_given_up_total Objects that are lost: the store did not take them in time.
# TYPE podium_store_holdover_given_up_total counter
podium_store_holdover_given_up_total{store="holdover"} 8
# HELP podium_store_holdover_objects Objects that wait in memory because the store does not take them.
# TYPE podium_store_holdover_objects gauge
podium_store_holdover_objects{store="holdover"} 3
`), "podium_store_holdover_given_up_total", "podium_store_holdover_objects"))

	// Objects without a byte are bounded as well.
	for i := range 1000 {
		require.ErrorIs(t, h.Put(ctx, fmt.Sprint("e", i), nil), object.ErrFull)
	}
	_, err := h.Stat(ctx, "e0")
	require.ErrorIs(t, err, object.ErrNotFound)

	err = h.Close(ctx)
	require.ErrorContains(t, err, "objects of")
	require.ErrorContains(t, err, "are lost")
	require.ErrorIs(t, err, object.ErrFull)
}

// TestHoldoverOneRefusedObject: what a store refuses for a reason of its own must not keep the others back.
func TestHoldoverOneRefusedObject(t *testing.T) {
	ctx := t.Context()
	under := &faulty{Store: newFolder(t), fault: full}
	h := newHoldover(t, &object.Holdover{Under: under})
	for _, name := range []string{"bad", "p/child/x", "good"} {
		require.ErrorIs(t, h.Put(ctx, name, []byte("x")), object.ErrFull)
	}
	under.setFault(func(op, name string) error {
		if op == "put" && name == "bad" {
			return errRefused
		}
		return nil
	})
	require.NoError(t, under.Store.Put(ctx, "p/child", []byte("in the way")))
	err := h.Close(ctx)
	require.ErrorContains(t, err, "1 objects")
	require.Equal(t, []string{"put good"}, under.done())
}

// gate is a store whose Puts wait until they are let through.
type gate struct {
	object.Store
	begun   chan string
	proceed chan error
}

func (g *gate) Put(ctx context.Context, name string, body []byte) error {
	g.begun <- name
	select {
	case err := <-g.proceed:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	return g.Store.Put(ctx, name, body)
}

// TestHoldoverOlderNeverReplacesNewer: the trying again is under way with an older version when a newer one comes.
func TestHoldoverOlderNeverReplacesNewer(t *testing.T) {
	ctx := t.Context()
	folder := newFolder(t)
	g := &gate{Store: folder, begun: make(chan string), proceed: make(chan error)}
	h := newHoldover(t, &object.Holdover{Under: g, Retry: time.Millisecond})
	first := make(chan error)
	go func() { first <- h.Put(ctx, "head", []byte("old")) }()
	<-g.begun
	g.proceed <- object.ErrFull
	require.ErrorIs(t, <-first, object.ErrFull)

	<-g.begun // the trying again
	second := make(chan error)
	go func() { second <- h.Put(ctx, "head", []byte("new")) }()
	g.proceed <- nil
	<-g.begun
	got, err := h.Get(ctx, "head", 0, -1)
	require.NoError(t, err)
	require.Equal(t, "old", string(got))
	g.proceed <- nil
	require.NoError(t, <-second)
	got, err = h.Get(ctx, "head", 0, -1)
	require.NoError(t, err)
	require.Equal(t, "new", string(got))
	got, err = folder.Get(ctx, "head", 0, -1)
	require.NoError(t, err)
	require.Equal(t, "new", string(got))
}

func TestHoldoverHoldsWhatWaitsTooLong(t *testing.T) {
	ctx := t.Context()
	g := &gate{Store: newFolder(t), begun: make(chan string), proceed: make(chan error)}
	h := newHoldover(t, &object.Holdover{Under: g})
	first := make(chan error)
	go func() { first <- h.Put(ctx, "head", []byte("old")) }()
	<-g.begun
	short, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	require.ErrorIs(t, h.Put(short, "head", []byte("new")), context.DeadlineExceeded)
	g.proceed <- nil
	require.NoError(t, <-first)
	got, err := h.Get(ctx, "head", 0, -1)
	require.NoError(t, err)
	require.Equal(t, "new", string(got), "what was held while an older version was under way stays held")

	gone, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, h.Put(gone, "other", []byte("x")), context.Canceled)
	_, err = h.Get(ctx, "other", 0, -1)
	require.ErrorIs(t, err, object.ErrNotFound, "nobody wants it any more")
	go func() {
		<-g.begun
		g.proceed <- nil
	}()
	require.NoError(t, h.Close(ctx))
}

// TestHoldoverNewestWins has one writer for each name, whose versions count up, over a store that fails at random while
// the trying again goes on: what is read and what is stored never counts down.
func TestHoldoverNewestWins(t *testing.T) {
	ctx := t.Context()
	var mutex sync.Mutex
	n := uint32(1)
	under := &faulty{Store: newFolder(t)}
	under.setFault(func(op, name string) error {
		mutex.Lock()
		defer mutex.Unlock()
		if n = n*1664525 + 1013904223; n>>30 != 0 {
			return full(op, name)
		}
		return nil
	})
	h := newHoldover(t, &object.Holdover{Under: under, Retry: 50 * time.Microsecond})
	version := func(b []byte) uint64 {
		if len(b) < 8 {
			return 0
		}
		return binary.BigEndian.Uint64(b)
	}
	var writers, readers sync.WaitGroup
	done := make(chan struct{})
	for w := range 4 {
		name := fmt.Sprint("head", w)
		writers.Go(func() {
			for v := uint64(1); v <= 500; v++ {
				_ = h.Put(ctx, name, binary.BigEndian.AppendUint64(nil, v))
				got, err := h.Get(ctx, name, 0, -1)
				if err != nil || version(got) != v {
					t.Errorf("put version %d, got %d, %v", v, version(got), err)
				}
			}
		})
		readers.Go(func() {
			var last uint64
			for {
				select {
				case <-done:
					return
				default:
				}
				got, err := under.Store.Get(ctx, name, 0, -1)
				if err != nil && !errors.Is(err, object.ErrNotFound) {
					t.Errorf("get: %v", err)
				}
				if v := version(got); v < last {
					t.Errorf("version %d was stored over version %d", v, last)
				} else {
					last = v
				}
			}
		})
	}
	writers.Wait()
	under.setFault(nil)
	require.NoError(t, h.Close(ctx))
	close(done)
	readers.Wait()
	for w := range 4 {
		got, err := under.Store.Get(ctx, fmt.Sprint("head", w), 0, -1)
		require.NoError(t, err)
		require.EqualValues(t, 500, version(got))
	}
}

// TestHoldoverProperty compares any run of changes, with a store that fails now and then, with a map.
func TestHoldoverProperty(t *testing.T) {
	root := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(root, "")
		require.NoError(t, err)
		folder := &object.Folder{Root: dir}
		require.NoError(t, folder.Initialize())
		defer func() { require.NoError(t, folder.Close()) }()
		under := &faulty{Store: folder}
		h := &object.Holdover{Under: under, Retry: 20 * time.Microsecond}
		h.Initialize()
		ctx := context.Background()
		model := make(map[string][]byte)
		for i := range rapid.IntRange(1, 40).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "full") {
				under.setFault(full)
			} else {
				under.setFault(nil)
			}
			name := rapid.SampledFrom([]string{"a", "b/c", "b/d"}).Draw(t, "name")
			body := fmt.Appendf(nil, "%d", i)
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				require.NoError(t, h.Delete(ctx, name))
				delete(model, name)
			case 1:
				require.NoError(t, h.PutStream(ctx, name, bytes.NewReader(body), -1))
				model[name] = body
			default:
				_ = h.Put(ctx, name, body)
				model[name] = body
			}
			for _, name := range []string{"a", "b/c", "b/d"} {
				got, err := h.Get(ctx, name, 0, -1)
				if want, ok := model[name]; ok {
					require.NoError(t, err)
					require.Equal(t, want, got)
				} else {
					require.ErrorIs(t, err, object.ErrNotFound)
				}
			}
		}
		under.setFault(nil)
		require.NoError(t, h.Close(ctx))
		names, err := list(ctx, folder, "")
		require.NoError(t, err)
		require.Len(t, names, len(model))
		for name, want := range model {
			got, err := folder.Get(ctx, name, 0, -1)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	})
}

// TestHoldoverFailedDelete: where an older version cannot be deleted, the one that is held must not give way to it.
func TestHoldoverFailedDelete(t *testing.T) {
	ctx := t.Context()
	under := &faulty{Store: newFolder(t)}
	h := newHoldover(t, &object.Holdover{Under: under})
	require.NoError(t, h.Put(ctx, "a", []byte("old")))
	under.setFault(func(string, string) error { return object.ErrAway })
	require.ErrorIs(t, h.Put(ctx, "a", []byte("new")), object.ErrAway)
	require.ErrorIs(t, h.Delete(ctx, "a"), object.ErrAway)
	require.ErrorIs(t, h.PutStream(ctx, "a", strings.NewReader("x"), 1), object.ErrAway)
	got, err := h.Get(ctx, "a", 0, -1)
	require.NoError(t, err)
	require.Equal(t, "new", string(got))
	under.setFault(nil)
}

// TestHoldoverOverFullDisk runs into a disk that is really full, and out of it again.
func TestHoldoverOverFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can mount a small file system")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("mount a small file system: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	folder := &object.Folder{Root: filepath.Join(dir, "objects")}
	require.NoError(t, folder.Initialize())
	defer folder.Close()
	h := newHoldover(t, &object.Holdover{Under: folder, Retry: time.Millisecond})
	ctx := t.Context()
	fill, err := os.Create(filepath.Join(dir, "fill"))
	require.NoError(t, err)
	_, err = io.Copy(fill, io.LimitReader(zeros{}, 2<<20))
	require.ErrorIs(t, err, unix.ENOSPC)
	require.NoError(t, fill.Close())
	for i := range 5 {
		require.ErrorIs(t, h.Put(ctx, fmt.Sprint("seg", i), randomBody(uint64(i), 100_000)), object.ErrFull)
		got, err := h.Get(ctx, fmt.Sprint("seg", i), 10, 20)
		require.NoError(t, err)
		require.Equal(t, randomBody(uint64(i), 100_000)[10:30], got)
	}
	require.NoError(t, os.Remove(fill.Name()))
	require.Eventually(t, func() bool { return h.Check(ctx) == nil }, 10*time.Second, time.Millisecond)
	for i := range 5 {
		got, err := folder.Get(ctx, fmt.Sprint("seg", i), 0, -1)
		require.NoError(t, err)
		require.Equal(t, randomBody(uint64(i), 100_000), got)
	}
}
