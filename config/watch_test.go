package config_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/config"
)

// watched starts a watch and returns the channel that its changes arrive on.
func watched(t *testing.T, path string) <-chan struct{} {
	t.Helper()
	w, err := config.NewWatcher(path)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	changes, done := make(chan struct{}, 16), make(chan error, 1)
	go func() { done <- w.Run(ctx, func() { changes <- struct{}{} }) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return changes
}

func requireChange(t *testing.T, changes <-chan struct{}) {
	t.Helper()
	select {
	case <-changes:
	case <-time.After(10 * time.Second):
		require.FailNow(t, "the change was not seen")
	}
}

func requireNone(t *testing.T, changes <-chan struct{}) {
	t.Helper()
	select {
	case <-changes:
		require.FailNow(t, "nothing changed")
	case <-time.After(600 * time.Millisecond): // Three times what the watch waits for.
	}
}

func TestWatch(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "podium.yaml", "log: {}\n")
	changes := watched(t, path)

	write(t, dir, "podium.yaml", "http: {}\n")
	requireChange(t, changes)

	next := write(t, dir, ".podium.yaml.swp", "rtsp: {}\n")
	require.NoError(t, os.Rename(next, path))
	requireChange(t, changes)

	require.NoError(t, os.Rename(path, path+"~"))
	write(t, dir, "podium.yaml", "metrics: {}\n")
	requireChange(t, changes)

	write(t, dir, "podium.yaml", "metrics: {}\n")
	write(t, dir, "other.yaml", "x")
	require.NoError(t, os.Remove(path))
	requireNone(t, changes)
}

// A ConfigMap is a link to a file behind a link that is swapped.
func TestWatchAConfigMap(t *testing.T) {
	dir := t.TempDir()
	for _, v := range []string{"..1", "..2"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, v), 0o700))
		write(t, filepath.Join(dir, v), "podium.yaml", "station: {name: "+v+"}\n")
	}
	require.NoError(t, os.Symlink("..1", filepath.Join(dir, "..data")))
	path := filepath.Join(dir, "podium.yaml")
	require.NoError(t, os.Symlink("..data/podium.yaml", path))
	changes := watched(t, path)

	require.NoError(t, os.Symlink("..2", filepath.Join(dir, "..tmp")))
	require.NoError(t, os.Rename(filepath.Join(dir, "..tmp"), filepath.Join(dir, "..data")))
	requireChange(t, changes)
}

func TestWatchALink(t *testing.T) {
	dir, far := t.TempDir(), t.TempDir()
	target := write(t, far, "real.yaml", "log: {}\n")
	path := filepath.Join(dir, "podium.yaml")
	require.NoError(t, os.Symlink(target, path))
	changes := watched(t, path)
	write(t, far, "real.yaml", "http: {}\n")
	requireChange(t, changes)
}

func TestWatchNoFolder(t *testing.T) {
	err := config.Watch(t.Context(), filepath.Join(t.TempDir(), "none", "podium.yaml"), func() {})
	require.ErrorIs(t, err, os.ErrNotExist)
}
