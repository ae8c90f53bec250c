package object_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/storage/object"
)

func newCache(t testing.TB, c *object.Cache) *object.Cache {
	t.Helper()
	require.NoError(t, c.Initialize())
	return c
}

func TestCacheKeepsAndForgets(t *testing.T) {
	c := newCache(t, &object.Cache{Limit: 10_000})
	_, ok := c.Get("a")
	require.False(t, ok)
	c.Put("a", []byte("x"))
	body, ok := c.Get("a")
	require.True(t, ok)
	require.Equal(t, "x", string(body))
	c.Put("a", []byte("y"))
	body, _ = c.Get("a")
	require.Equal(t, "y", string(body))
	c.Remove("a")
	_, ok = c.Get("a")
	require.False(t, ok)
	require.Zero(t, c.Bytes())

	// An item of more than a quarter is not kept, nor is what it was to replace.
	c.Put("a", []byte("old"))
	c.Put("a", make([]byte, 2500))
	_, ok = c.Get("a")
	require.False(t, ok)
	c.Put("a", make([]byte, 2300))
	_, ok = c.Get("a")
	require.True(t, ok)

	require.ErrorContains(t, (&object.Cache{Limit: -1}).Initialize(), "-1")
}

func TestCacheDropsTheOldest(t *testing.T) {
	c := newCache(t, &object.Cache{Limit: 100_000})
	c.Put("hot", make([]byte, 1000))
	for i := range 1000 {
		c.Put(fmt.Sprintf("cold/%d", i), make([]byte, 1000))
		_, ok := c.Get("hot")
		require.True(t, ok, "after %d", i)
	}
	_, ok := c.Get("cold/0")
	require.False(t, ok)
	require.Greater(t, c.Bytes(), int64(90_000)) // the bound is used
}

func TestCacheProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.Int64Range(1, 20_000).Draw(t, "limit")
		c := &object.Cache{Limit: limit}
		require.NoError(t, c.Initialize())
		latest := map[string][]byte{}
		key := rapid.StringMatching(`[a-f]{1,2}`)
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				k, size := key.Draw(t, "key"), rapid.IntRange(0, 6000).Draw(t, "size")
				latest[k] = make([]byte, size)
				c.Put(k, latest[k])
			},
			"load": func(t *rapid.T) {
				k, size := key.Draw(t, "key"), rapid.IntRange(0, 6000).Draw(t, "size")
				before, had := c.Get(k)
				got, err := c.Load(context.Background(), k, func(context.Context) ([]byte, error) {
					latest[k] = make([]byte, size)
					return latest[k], nil
				})
				require.NoError(t, err)
				if had {
					require.Len(t, got, len(before))
				}
			},
			"remove": func(t *rapid.T) {
				k := key.Draw(t, "key")
				c.Remove(k)
				_, ok := c.Get(k)
				require.False(t, ok)
			},
			"get": func(t *rapid.T) {
				k := key.Draw(t, "key")
				if body, ok := c.Get(k); ok {
					require.Len(t, body, len(latest[k])) // never an older one
				}
			},
			"": func(t *rapid.T) {
				require.LessOrEqual(t, c.Bytes(), limit)
				require.GreaterOrEqual(t, c.Bytes(), int64(0))
			},
		})
	})
}

func TestCacheStaysWithinBoundUnderLoad(t *testing.T) {
	const limit = 200_000
	c := newCache(t, &object.Cache{Limit: limit})
	stop := make(chan struct{})
	var watcher, writers sync.WaitGroup
	watcher.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				if n := c.Bytes(); n > limit || n < 0 {
					t.Errorf("cache holds %d bytes, expected at most %d", n, limit)
					return
				}
			}
		}
	})
	for w := range 8 {
		writers.Go(func() {
			for i := range 2000 {
				key := fmt.Sprintf("%d", (i*7+w*13)%300)
				switch i % 5 {
				case 0:
					c.Remove(key)
				case 1:
					_, _ = c.Load(context.Background(), key, func(context.Context) ([]byte, error) { return make([]byte, 3000), nil })
				default:
					c.Put(key, make([]byte, 100+i%9000))
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	watcher.Wait()
	for i := range 300 {
		c.Remove(fmt.Sprintf("%d", i))
	}
	require.Zero(t, c.Bytes())
}

func TestCacheLoadsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		c := newCache(t, &object.Cache{Metrics: object.NewMetrics(reg)})
		var loads atomic.Int32
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				body, err := c.Load(t.Context(), "seg", func(context.Context) ([]byte, error) {
					loads.Add(1)
					time.Sleep(time.Second)
					return []byte("body"), nil
				})
				if err != nil || string(body) != "body" {
					t.Errorf("got %q, %v", body, err)
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 1, loads.Load())
		body, ok := c.Get("seg")
		require.True(t, ok)
		require.Equal(t, "body", string(body))
		require.NoError(t, testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP podium_store_cache_hits_total Reads that the hot cache answered.
# TYPE podium_store_cache_hits_total counter
podium_store_cache_hits_total{cache="hot"} 1
# HELP podium_store_cache_misses_total Reads that the hot cache could not answer.
# TYPE podium_store_cache_misses_total counter
podium_store_cache_misses_total{cache="hot"} 100
# HELP podium_store_cache_bytes Bytes in the hot cache.
# TYPE podium_store_cache_bytes gauge
podium_store_cache_bytes{cache="hot"} 135
# HELP podium_store_cache_items Items in the hot cache.
# TYPE podium_store_cache_items gauge
podium_store_cache_items{cache="hot"} 1
`), "podium_store_cache_hits_total", "podium_store_cache_misses_total", "podium_store_cache_bytes", "podium_store_cache_items"))
	})
}

func TestCacheOneCallersEndIsNotTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, &object.Cache{})
		load := func(ctx context.Context) ([]byte, error) {
			select {
			case <-time.After(2 * time.Second):
				return []byte("body"), nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		first, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := c.Load(first, "seg", load)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the first got %v", err)
			}
		})
		synctest.Wait() // the first is the one that loads
		wg.Go(func() {
			body, err := c.Load(t.Context(), "seg", load)
			if err != nil || string(body) != "body" {
				t.Errorf("the second got %q, %v", body, err)
			}
		})
		wg.Wait()
	})
}

func TestCacheLoadIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, &object.Cache{Timeout: 3 * time.Second, MaxLoads: 2})
		hang := func(ctx context.Context) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		start := time.Now()
		var running, most atomic.Int32
		var wg sync.WaitGroup
		for i := range 5 {
			wg.Go(func() {
				_, err := c.Load(t.Context(), fmt.Sprint(i), func(ctx context.Context) ([]byte, error) {
					most.Store(max(most.Load(), running.Add(1)))
					defer running.Add(-1)
					return hang(ctx)
				})
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
			})
		}
		wg.Wait()
		require.Equal(t, 3*time.Second, time.Since(start))
		require.LessOrEqual(t, most.Load(), int32(2))
	})
}

func TestCacheErrorsAreNotKept(t *testing.T) {
	c := newCache(t, &object.Cache{})
	_, err := c.Load(t.Context(), "a", func(context.Context) ([]byte, error) { return nil, object.ErrAway })
	require.ErrorIs(t, err, object.ErrAway)
	_, err = c.Load(t.Context(), "a", func(context.Context) ([]byte, error) { panic("a bug") })
	require.ErrorContains(t, err, "a bug")
	body, err := c.Load(t.Context(), "a", func(context.Context) ([]byte, error) { return []byte("x"), nil })
	require.NoError(t, err)
	require.Equal(t, "x", string(body))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Load(ctx, "b", func(context.Context) ([]byte, error) { return nil, nil })
	require.ErrorIs(t, err, context.Canceled)
}

func TestCacheRemoveDuringLoad(t *testing.T) {
	c := newCache(t, &object.Cache{})
	body, err := c.Load(t.Context(), "a", func(context.Context) ([]byte, error) {
		c.Remove("a") // the object was replaced while we read it
		return []byte("stale"), nil
	})
	require.NoError(t, err)
	require.Equal(t, "stale", string(body))
	_, ok := c.Get("a")
	require.False(t, ok)
	require.Zero(t, c.Bytes())
}

func TestCacheGetDoesNotAllocate(t *testing.T) {
	c := newCache(t, &object.Cache{Metrics: object.NewMetrics(prometheus.NewRegistry())})
	c.Put("live/hall1/000001", make([]byte, 1000))
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		_, _ = c.Get("live/hall1/000001")
		_, _ = c.Get("live/hall1/none")
	}))
}

func BenchmarkCacheGet(b *testing.B) {
	c := newCache(b, &object.Cache{})
	keys := make([]string, 64)
	for i := range keys {
		keys[i] = fmt.Sprintf("live/hall%d/000001.ts", i)
		c.Put(keys[i], make([]byte, 1000))
	}
	b.Run("one key", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				_, _ = c.Get(keys[0])
			}
		})
	})
	b.Run("many keys", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				_, _ = c.Get(keys[i%len(keys)])
			}
		})
	})
}

func BenchmarkFolderPut(b *testing.B) {
	for _, sync := range []object.Sync{object.SyncNever, object.SyncAlways} {
		for _, size := range []int{1000, 1_300_000} {
			b.Run(fmt.Sprintf("sync %s/%d bytes", sync, size), func(b *testing.B) {
				f := &object.Folder{Root: b.TempDir(), Sync: sync}
				require.NoError(b, f.Initialize())
				defer f.Close()
				body := randomBody(1, size)
				b.SetBytes(int64(size))
				for i := 0; b.Loop(); i++ {
					require.NoError(b, f.Put(b.Context(), fmt.Sprintf("live/hall1/%d.m4s", i%100), body))
				}
			})
		}
	}
}

func BenchmarkSpoolPut(b *testing.B) {
	s := newSpool(b, &object.Spool{Remote: newFolder(b)})
	body := randomBody(1, 1_300_000)
	b.SetBytes(int64(len(body)))
	for i := 0; b.Loop(); i++ {
		require.NoError(b, s.Put(b.Context(), fmt.Sprintf("live/hall1/%d.m4s", i%100), body))
	}
}
