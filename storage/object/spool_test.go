package object_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/storage/object"
)

func away(string, string) error { return fmt.Errorf("test: %w", object.ErrAway) }

func TestSpoolKeepsOrder(t *testing.T) {
	remote := &faulty{Store: newFolder(t), fault: away}
	s := newSpool(t, &object.Spool{Remote: remote})
	ctx := t.Context()

	var want []string
	for i := range 50 {
		name := fmt.Sprintf("seg/%03d", 99-i) // the order of the puts, not of the names
		require.NoError(t, s.Put(ctx, name, randomBody(uint64(i), 100)))
		want = append(want, "put "+name)
	}
	require.NoError(t, s.Delete(ctx, "seg/none"))
	want = append(want, "delete seg/none")
	require.NoError(t, s.PutStream(ctx, "seg/stream", bytes.NewReader(make([]byte, 5000)), 5000))
	want = append(want, "put seg/stream")

	require.Eventually(t, func() bool { return s.Pending().Away }, 5*time.Second, time.Millisecond)
	require.Equal(t, 52, s.Pending().Objects)
	require.False(t, s.Pending().Oldest.IsZero())
	remote.setFault(nil)
	drain(t, s)
	require.Equal(t, want, remote.done())
	require.Zero(t, s.Pending().Objects)
	require.Zero(t, s.Pending().Bytes)
	require.False(t, s.Pending().Away)
}

func TestSpoolReadsItsOwn(t *testing.T) {
	remote := &faulty{Store: newFolder(t)}
	ctx := t.Context()
	require.NoError(t, remote.Store.Put(ctx, "a", []byte("old")))
	require.NoError(t, remote.Store.Put(ctx, "b", []byte("old")))
	remote.setFault(away)
	s := newSpool(t, &object.Spool{Remote: remote})

	require.NoError(t, s.Put(ctx, "a", []byte("newer")))
	require.NoError(t, s.Delete(ctx, "b"))
	got, err := s.Get(ctx, "a", 1, 3)
	require.NoError(t, err)
	require.Equal(t, "ewe", string(got))
	_, err = s.Get(ctx, "b", 0, -1)
	require.ErrorIs(t, err, object.ErrNotFound)
	_, err = s.Get(ctx, "c", 0, -1)
	require.ErrorIs(t, err, object.ErrAway)
	require.ErrorIs(t, s.Check(ctx), object.ErrAway)

	// A reader that began goes on though the object is uploaded under it.
	reader, info, err := s.Open(ctx, "a", 0)
	require.NoError(t, err)
	require.EqualValues(t, 5, info.Size)
	remote.setFault(nil)
	drain(t, s)
	got, err = io.ReadAll(reader)
	require.NoError(t, err)
	require.NoError(t, reader.Close())
	require.Equal(t, "newer", string(got))
	_, err = remote.Store.Get(ctx, "b", 0, -1)
	require.ErrorIs(t, err, object.ErrNotFound)
}

func TestSpoolNewerReplacesWaiting(t *testing.T) {
	remote := &faulty{Store: newFolder(t), fault: away}
	s := newSpool(t, &object.Spool{Remote: remote})
	ctx := t.Context()
	require.NoError(t, s.Put(ctx, "first", []byte("x")))
	for i := range 20 {
		require.NoError(t, s.Put(ctx, "index", fmt.Append(nil, i)))
		require.NoError(t, s.Put(ctx, fmt.Sprintf("seg/%d", i), []byte("x")))
	}
	require.NoError(t, s.Put(ctx, "index", []byte("last")))
	require.Equal(t, 22, s.Pending().Objects)
	remote.setFault(nil)
	drain(t, s)
	done := remote.done()
	require.Len(t, done, 22)
	require.Equal(t, "put index", done[21]) // after all that it tells of
	got, err := remote.Store.Get(ctx, "index", 0, -1)
	require.NoError(t, err)
	require.Equal(t, "last", string(got))
}

// TestSpoolOldRequestComesLate is the frozen server: a request on which we gave up is carried out after a newer one.
func TestSpoolOldRequestComesLate(t *testing.T) {
	for _, crash := range []bool{false, true} {
		t.Run(fmt.Sprintf("crash %v", crash), func(t *testing.T) {
			remote := &faulty{Store: newFolder(t), fault: func(string, string) error { return errLate }}
			s := newSpool(t, &object.Spool{Remote: remote})
			ctx := t.Context()
			require.NoError(t, s.Put(ctx, "index", []byte("old")))
			require.Eventually(t, func() bool { return s.Pending().Away }, 5*time.Second, time.Millisecond)
			if !crash {
				require.NoError(t, s.Put(ctx, "index", []byte("new")))
			} else {
				s.Abandon()
				s = newSpool(t, &object.Spool{Remote: remote, Folder: s.Folder})
				require.NoError(t, s.Put(ctx, "index", []byte("new")))
				s.Abandon()
				s = newSpool(t, &object.Spool{Remote: remote, Folder: s.Folder})
			}
			remote.setFault(nil)
			drain(t, s)
			got, err := remote.Store.Get(ctx, "index", 0, -1)
			require.NoError(t, err)
			require.Equal(t, "new", string(got))
			require.Equal(t, []string{"put index", "put index"}, remote.done())
		})
	}
}

func TestSpoolIsBounded(t *testing.T) {
	remote := &faulty{Store: newFolder(t), fault: away}
	reg := prometheus.NewRegistry()
	s := newSpool(t, &object.Spool{Remote: remote, Limit: 100 << 10, Metrics: object.NewMetrics(reg)})
	ctx := t.Context()

	require.ErrorIs(t, s.Put(ctx, "huge", make([]byte, 101<<10)), object.ErrFull)
	var kept []string
	for i := 0; ; i++ {
		name := fmt.Sprintf("seg/%d", i)
		if err := s.Put(ctx, name, make([]byte, 10_000)); err != nil {
			require.ErrorIs(t, err, object.ErrFull)
			require.ErrorContains(t, err, name)
			break
		}
		kept = append(kept, name)
	}
	require.Len(t, kept, 8) // of 12 KiB each on the disk
	require.LessOrEqual(t, folderSize(t, s.Folder), s.Limit)
	require.ErrorIs(t, s.PutStream(ctx, "stream", bytes.NewReader(make([]byte, 10_000)), -1), object.ErrFull)
	require.NoError(t, s.Put(ctx, "small", []byte("still fits")))

	// Nothing else is disturbed, and a deletion always finds room.
	require.ErrorIs(t, s.Put(ctx, kept[0], make([]byte, 50_000)), object.ErrFull)
	got, err := s.Get(ctx, kept[0], 0, -1)
	require.NoError(t, err)
	require.Len(t, got, 10_000)
	require.NoError(t, s.Delete(ctx, kept[1]))
	require.NoError(t, s.Delete(ctx, kept[2]))
	require.NoError(t, s.Put(ctx, "more", make([]byte, 10_000)))
	require.ErrorIs(t, s.Put(ctx, "too much", nil), object.ErrBadName)

	require.NoError(t, testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP podium_store_spool_objects Objects and deletions that wait in the spool.
# TYPE podium_store_spool_objects gauge
podium_store_spool_objects{store="spool"} 10
# HELP podium_store_spool_overflows_total Objects that did not fit into the spool.
# TYPE podium_store_spool_overflows_total counter
podium_store_spool_overflows_total{store="spool"} 4
`), "podium_store_spool_objects", "podium_store_spool_overflows_total"))

	remote.setFault(nil)
	drain(t, s)
	require.Zero(t, s.Pending().Bytes)
	names, err := list(ctx, remote.Store, "")
	require.NoError(t, err)
	require.Equal(t, []string{"more", "seg/0", "seg/3", "seg/4", "seg/5", "seg/6", "seg/7", "small"}, names)
}

func TestSpoolBoundsObjects(t *testing.T) {
	s := newSpool(t, &object.Spool{Remote: &faulty{Store: newFolder(t), fault: away}, MaxObjects: 3})
	for i := range 3 {
		require.NoError(t, s.Put(t.Context(), fmt.Sprint(i), nil))
	}
	require.ErrorIs(t, s.Put(t.Context(), "3", nil), object.ErrFull)
	require.NoError(t, s.Delete(t.Context(), "1"))
}

func folderSize(t *testing.T, dir string) (size int64) {
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, file := range files {
		info, err := file.Info()
		require.NoError(t, err)
		size += info.Size()
	}
	return size
}

func TestSpoolPoisonStepsAside(t *testing.T) {
	remote := &faulty{Store: newFolder(t)}
	var refusing atomic.Bool
	refusing.Store(true)
	remote.fault = func(op, name string) error {
		if refusing.Load() && op == "put" && strings.HasPrefix(name, "poison") {
			return errRefused
		}
		return nil
	}
	var log bytes.Buffer
	s := newSpool(t, &object.Spool{
		Remote: remote, Tries: 3, RefusedRetry: 50 * time.Millisecond,
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	ctx := t.Context()
	require.NoError(t, s.Put(ctx, "poison/1", []byte("x")))
	require.NoError(t, s.Put(ctx, "good/1", []byte("x")))
	require.NoError(t, s.Put(ctx, "poison/2", []byte("x")))
	require.NoError(t, s.Put(ctx, "good/2", []byte("x")))

	drainCtx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	require.ErrorContains(t, s.Drain(drainCtx), "refuses 2 objects")
	require.Equal(t, []string{"put good/1", "put good/2"}, remote.done())
	require.Equal(t, 2, s.Pending().Refused)
	got, err := s.Get(ctx, "poison/1", 0, -1)
	require.NoError(t, err)
	require.Equal(t, "x", string(got))

	// One is deleted, and the store changes its mind on the other.
	require.NoError(t, s.Delete(ctx, "poison/2"))
	refusing.Store(false)
	require.Eventually(t, func() bool { return s.Pending().Objects == 0 }, 10*time.Second, time.Millisecond)
	names, err := list(ctx, remote.Store, "")
	require.NoError(t, err)
	require.Equal(t, []string{"good/1", "good/2", "poison/1"}, names)
	s.Abandon()
	require.Contains(t, log.String(), "level=ERROR")
	require.Contains(t, log.String(), "object=poison/1")
}

func TestSpoolStreamsGoStraight(t *testing.T) {
	remote := &faulty{Store: newFolder(t)}
	s := newSpool(t, &object.Spool{Remote: remote, Direct: 1000, Limit: 1 << 20})
	ctx := t.Context()
	large := make([]byte, 2<<20) // larger than the spool
	require.NoError(t, s.PutStream(ctx, "large", bytes.NewReader(large), int64(len(large))))
	require.Equal(t, []string{"stream large"}, remote.done())
	require.Zero(t, s.Pending().Objects)

	// While the remote is away what fits is spooled, also where the size is not known.
	remote.setFault(away)
	require.ErrorIs(t, s.PutStream(ctx, "large", bytes.NewReader(large), int64(len(large))), object.ErrFull)
	require.ErrorIs(t, s.PutStream(ctx, "large", bytes.NewReader(large), -1), object.ErrFull)
	require.NoError(t, s.PutStream(ctx, "fits", bytes.NewReader(large[:100_000]), -1))
	require.NoError(t, s.PutStream(ctx, "also", bytes.NewReader(large[:50_000]), 50_000))
	require.Equal(t, 2, s.Pending().Objects)
	remote.setFault(nil)
	drain(t, s)
	for name, size := range map[string]int64{"large": 2 << 20, "fits": 100_000, "also": 50_000} {
		info, err := remote.Stat(ctx, name)
		require.NoError(t, err, name)
		require.Equal(t, size, info.Size, name)
	}
}

func TestSpoolStreamReplacesWaiting(t *testing.T) {
	remote := &faulty{Store: newFolder(t)}
	// The small object waits for ever; streams pass.
	remote.fault = func(op, _ string) error {
		if op == "put" {
			return object.ErrAway
		}
		return nil
	}
	s := newSpool(t, &object.Spool{Remote: remote, Direct: 1000})
	ctx := t.Context()
	large := randomBody(1, 5000)
	require.NoError(t, s.Put(ctx, "a", []byte("old")))
	require.Eventually(t, func() bool { return s.Pending().Away }, 5*time.Second, time.Millisecond)
	// The remote is taken for away, so the stream is spooled in the place of the old one.
	require.NoError(t, s.PutStream(ctx, "a", bytes.NewReader(large), 5000))
	remote.setFault(nil)
	drain(t, s)
	got, err := remote.Store.Get(ctx, "a", 0, -1)
	require.NoError(t, err)
	require.Equal(t, large, got)
}

func TestSpoolStreamFailsInTheMiddle(t *testing.T) {
	remote := &faulty{Store: newFolder(t)}
	s := newSpool(t, &object.Spool{Remote: remote, Direct: 1000})
	ctx := t.Context()
	// Away before a byte of the body was taken: the spool steps in.
	remote.setFault(func(op, _ string) error {
		if op == "stream" {
			remote.fault = nil
			return object.ErrAway
		}
		return nil
	})
	body := randomBody(1, 5000)
	require.NoError(t, s.PutStream(ctx, "a", bytes.NewReader(body), -1))
	drain(t, s)
	got, err := remote.Store.Get(ctx, "a", 0, -1)
	require.NoError(t, err)
	require.Equal(t, body, got)
}

func TestSpoolRecovers(t *testing.T) {
	remote := &faulty{Store: newFolder(t), fault: away}
	s := newSpool(t, &object.Spool{Remote: remote})
	ctx := t.Context()
	var want []string
	for i := range 20 {
		name := fmt.Sprintf("seg/%d", 40-i)
		require.NoError(t, s.Put(ctx, name, fmt.Append(nil, i)))
		want = append(want, "put "+name)
	}
	require.NoError(t, s.Delete(ctx, "seg/40"))
	want = append(want[1:], "delete seg/40")
	before := s.Pending()
	s.Abandon()

	// What a crash leaves: a file half written, a record cut off by a loss of power, and others' files.
	records, err := filepath.Glob(filepath.Join(s.Folder, "*.rec"))
	require.NoError(t, err)
	whole, err := os.ReadFile(records[len(records)-2])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(s.Folder, "00000000000000ff.tmp"), whole[:20], 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(s.Folder, "00000000000000fe.rec"), whole[:len(whole)-1], 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(s.Folder, "00000000000000fd.rec"), make([]byte, 4096), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(s.Folder, "README"), nil, 0o600))

	reg := prometheus.NewRegistry()
	again := newSpool(t, &object.Spool{Remote: remote, Folder: s.Folder, Metrics: object.NewMetrics(reg)})
	require.Equal(t, before.Objects, again.Pending().Objects)
	require.NoError(t, again.Put(ctx, "seg/after", []byte("x")))
	remote.setFault(nil)
	drain(t, again)
	// The put of seg/40 had been tried, so its deletion is confirmed.
	require.Equal(t, append(want, "put seg/after", "delete seg/40"), remote.done())
	bad, err := filepath.Glob(filepath.Join(s.Folder, "*.bad"))
	require.NoError(t, err)
	require.Len(t, bad, 2)
	require.NoFileExists(t, filepath.Join(s.Folder, "00000000000000ff.tmp"))
}

func TestSpoolFindsRot(t *testing.T) {
	remote := &faulty{Store: newFolder(t), fault: away}
	s := newSpool(t, &object.Spool{Remote: remote, Direct: 1000})
	ctx := t.Context()
	require.NoError(t, s.Put(ctx, "rotten", make([]byte, 100)))
	require.NoError(t, s.Put(ctx, "rotten-large", make([]byte, 5000)))
	require.NoError(t, s.Put(ctx, "sound", make([]byte, 100)))
	require.NoError(t, s.Put(ctx, "sound-large", make([]byte, 5000)))
	s.Abandon()
	records, err := filepath.Glob(filepath.Join(s.Folder, "*.rec"))
	require.NoError(t, err)
	for _, path := range records[:2] {
		body, err := os.ReadFile(path)
		require.NoError(t, err)
		body[len(body)-1] ^= 1
		require.NoError(t, os.WriteFile(path, body, 0o600))
	}
	remote.setFault(nil)
	again := newSpool(t, &object.Spool{Remote: remote, Folder: s.Folder, Direct: 1000})
	drain(t, again)
	require.Equal(t, []string{"put sound", "stream sound-large"}, remote.done())
}

func TestSpoolFolderIsExclusive(t *testing.T) {
	s := newSpool(t, &object.Spool{Remote: newFolder(t)})
	other := &object.Spool{Remote: s.Remote, Folder: s.Folder}
	require.ErrorContains(t, other.Initialize(), "another process uses it")
}

func TestSpoolClose(t *testing.T) {
	remote := &faulty{Store: newFolder(t), fault: away}
	s := newSpool(t, &object.Spool{Remote: remote})
	ctx := t.Context()
	require.NoError(t, s.Put(ctx, "a", []byte("x")))
	require.Eventually(t, func() bool { return s.Pending().Away }, 5*time.Second, time.Millisecond)
	start := time.Now()
	require.NoError(t, s.Close(ctx)) // does not wait for what is away
	require.Less(t, time.Since(start), 2*time.Second)
	require.ErrorIs(t, s.Put(ctx, "b", nil), os.ErrClosed)

	remote.setFault(nil)
	again := newSpool(t, &object.Spool{Remote: remote, Folder: s.Folder})
	require.NoError(t, again.Put(ctx, "b", []byte("x")))
	require.NoError(t, again.Close(ctx)) // uploads what is left
	require.Equal(t, []string{"put a", "put b"}, remote.done())
}

// TestSpoolProperty does at random what a process can do to a spool, and a remote to it; at the end the remote has
// what the last operation on each name says, and at every instant so has the reader.
func TestSpoolProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		require.NoError(rt, err)
		folder := &object.Folder{Root: filepath.Join(dir, "remote")}
		require.NoError(rt, folder.Initialize())
		defer folder.Close()
		remote := &faulty{Store: folder}
		open := func() *object.Spool {
			s := &object.Spool{
				Remote: remote, Folder: filepath.Join(dir, "spool"), Direct: 100, Tries: 2,
				RetryFirst: 100 * time.Microsecond, RetryLast: time.Millisecond,
				RefusedRetry: time.Millisecond, Settle: 3 * time.Millisecond,
			}
			require.NoError(rt, s.Initialize())
			return s
		}
		s := open()
		defer func() { s.Abandon() }()

		ctx := t.Context()
		model := map[string]string{}
		names := []string{"index", "a", "b/c", "b/d"}
		name := rapid.SampledFrom(names)
		version := 0
		next := func() string {
			version++
			return fmt.Sprintf("version %d", version)
		}
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(rt *rapid.T) {
				n, v := name.Draw(rt, "name"), next()
				require.NoError(rt, s.Put(ctx, n, []byte(v)))
				model[n] = v
			},
			"delete": func(rt *rapid.T) {
				n := name.Draw(rt, "name")
				require.NoError(rt, s.Delete(ctx, n))
				delete(model, n)
			},
			"stream": func(rt *rapid.T) {
				n, v := name.Draw(rt, "name"), next()+strings.Repeat(".", 200)
				require.NoError(rt, s.PutStream(ctx, n, strings.NewReader(v), int64(len(v))))
				model[n] = v
			},
			"fault": func(rt *rapid.T) {
				fault := rapid.SampledFrom([]error{nil, object.ErrAway, object.ErrFull, errRefused, errSoon, errLate}).Draw(rt, "error")
				remote.setFault(func(op, _ string) error {
					if op == "put" || op == "delete" || errors.Is(fault, object.ErrAway) {
						return fault
					}
					return nil
				})
			},
			"wait": func(*rapid.T) { time.Sleep(500 * time.Microsecond) },
			"crash": func(*rapid.T) {
				s.Abandon()
				s = open()
			},
			"read": func(rt *rapid.T) {
				n := name.Draw(rt, "name")
				got, err := s.Get(ctx, n, 0, -1)
				if errors.Is(err, object.ErrAway) {
					return
				}
				if want, ok := model[n]; ok {
					require.NoError(rt, err)
					require.Equal(rt, want, string(got))
				} else {
					require.ErrorIs(rt, err, object.ErrNotFound)
				}
			},
		})
		remote.setFault(nil)
		deadline := time.Now().Add(10 * time.Second)
		for s.Pending().Objects > 0 {
			require.True(rt, time.Now().Before(deadline), "not drained: %+v", s.Pending())
			time.Sleep(time.Millisecond)
		}
		require.Zero(rt, s.Pending().Bytes)
		for _, n := range names {
			got, err := folder.Get(ctx, n, 0, -1)
			if want, ok := model[n]; ok {
				require.NoError(rt, err)
				require.Equal(rt, want, string(got), n)
			} else {
				require.ErrorIs(rt, err, object.ErrNotFound, n)
			}
		}
	})
}

// TestSpoolSurvivesSIGKILL kills a process that puts as fast as it can.
func TestSpoolSurvivesSIGKILL(t *testing.T) {
	dir := os.Getenv("PODIUM_TEST_SPOOL")
	if dir != "" {
		spoolUntilKilled(dir)
		return
	}
	dir = t.TempDir()
	acknowledged := 0
	for round := range 3 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestSpoolSurvivesSIGKILL$")
		cmd.Env = append(os.Environ(), "PODIUM_TEST_SPOOL="+dir, fmt.Sprintf("PODIUM_TEST_FIRST=%d", acknowledged))
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for range 200 + 37*round {
			require.True(t, lines.Scan(), "the process that puts ended early")
			var n int
			_, err := fmt.Sscanf(lines.Text(), "put %d", &n)
			require.NoError(t, err, lines.Text())
			require.Equal(t, acknowledged, n)
			acknowledged++
		}
		require.NoError(t, cmd.Process.Kill())
		for lines.Scan() { // what it had still said is acknowledged too
			acknowledged++
		}
		_ = cmd.Wait()
	}

	remote := &faulty{Store: newFolder(t)}
	s := newSpool(t, &object.Spool{Remote: remote, Folder: dir})
	drain(t, s)
	done := remote.done()
	// The last put of each round may be in the spool without its line being out; nothing else may differ.
	require.GreaterOrEqual(t, len(done), acknowledged)
	for i := range acknowledged {
		name := fmt.Sprintf("seg/%d", i)
		got, err := remote.Store.Get(t.Context(), name, 0, -1)
		require.NoError(t, err)
		require.True(t, bytes.Equal(randomBody(uint64(i), 3000), got), name)
	}
	last, seen := -1, map[int]bool{}
	for _, line := range done {
		var n int
		_, err := fmt.Sscanf(line, "put seg/%d", &n)
		require.NoError(t, err)
		if seen[n] {
			continue // put again by the next process, and confirmed
		}
		seen[n] = true
		require.Greater(t, n, last, "out of order")
		last = n
	}
}

func spoolUntilKilled(dir string) {
	first := 0
	_, _ = fmt.Sscan(os.Getenv("PODIUM_TEST_FIRST"), &first)
	s := &object.Spool{Remote: &faulty{fault: away}, Folder: dir}
	if err := s.Initialize(); err != nil {
		fmt.Println("spool:", err)
		os.Exit(1)
	}
	for i := first; ; i++ {
		if err := s.Put(context.Background(), fmt.Sprintf("seg/%d", i), randomBody(uint64(i), 3000)); err != nil {
			fmt.Println("put:", err)
			os.Exit(1)
		}
		fmt.Println("put", i)
	}
}
