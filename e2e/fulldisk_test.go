package e2e_test

import (
	"context"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestFullDisk fills the disk that everything is on. Both channels stay on the air from memory, the log says so once,
// readiness tells, and when there is room again it is as if nothing had been.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if err := syscall.Mount("tmpfs", data, "tmpfs", 0, "size=48m"); err != nil {
		t.Skipf("a disk that can be filled needs root: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(data, 0)) })
	s := newServed(t, podiumBinary(t), served{feeds: []string{"hall1", "hall2"}, data: data})
	// Unmounting waits for the process, which the test ends after this.
	t.Cleanup(s.Kill)
	s.Start()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.publish(ctx, "hall1")
	s.publish(ctx, "hall2")
	s.awaitSegments("hall1", 3)
	s.awaitSegments("hall2", 3)
	viewers := []*watcher{watch(t, s.URL+"/live/hall1/mono.m3u8"), watch(t, s.URL+"/live/hall1/live/2.m3u8"), watch(t, s.URL+"/live/hall2/live/1.m3u8")}
	require.Equal(t, readiness{Ready: true}, s.readiness())

	ballast := filepath.Join(data, "ballast")
	fill(t, ballast)
	await(t, 20*time.Second, "readiness that tells of the store", func() bool { return strings.Contains(s.readiness().Failing, "store") })
	require.True(t, s.readiness().Ready, "viewers are served all the same")
	awaitAll(t, viewers, 5)
	for _, feed := range []string{"hall1", "hall2"} {
		require.Equal(t, 1, s.count("level=ERROR", "no space left for objects", "feed="+feed), "the log says it once, not with each segment")
	}
	require.NotContains(t, s.Log(), "panic")
	require.Less(t, s.count("level=ERROR"), 12, "errors are told, not repeated")

	require.NoError(t, os.Remove(ballast))
	await(t, 20*time.Second, "readiness", func() bool { return s.readiness() == readiness{Ready: true} })
	awaitAll(t, viewers, 2)
	s.awaitLog(10*time.Second, "level=INFO", "again", "feed=hall1")
	for _, w := range viewers {
		w.content(t)
		require.Empty(t, w.breaks(), w.url)
	}

	// All of it was kept after all: a server that has nothing in memory plays it.
	again := watch(t, s.URL+"/live/hall1/mono.m3u8")
	again.awaitMore(t, 1, 20*time.Second)
	again.leave()
	cancel()
	s.Kill()
	s.Start()
	s.settledEnd("hall1")
	again.enter()
	await(t, 20*time.Second, "all fetched again", func() bool { again.mu.Lock(); defer again.mu.Unlock(); return !again.again })
	again.content(t)
}

// fill takes all the room there is on a disk.
func fill(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	require.NoError(t, err)
	for size := int64(1 << 20); size >= 1; size /= 4 {
		for {
			if _, err = io.CopyN(file, rand.Reader, size); err != nil {
				break
			}
		}
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	_ = file.Close()
}

// count is how many lines of the log have all of some words in them.
func (s *servedPodium) count(words ...string) int {
	n := 0
	for line := range strings.Lines(s.Log()) {
		all := true
		for _, w := range words {
			all = all && strings.Contains(line, w)
		}
		if all {
			n++
		}
	}
	return n
}
