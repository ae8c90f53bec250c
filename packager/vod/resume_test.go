package vod_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/vod"
)

const killedWith = "PODIUM_PACK_KILLED"

// TestKilled is run by TestResume in a process of its own, which kills itself in the middle of its work.
func TestKilled(t *testing.T) {
	args := os.Getenv(killedWith)
	if args == "" {
		t.Skip("for TestResume")
	}
	input, dir, _ := strings.Cut(args, "|")
	cuts := 0
	err := vod.PackFolder(t.Context(), input, dir, vod.Options{NoPictures: true, OnProgress: func(p vod.Progress) {
		cuts++
		if p.Step == "pack" && cuts == 4 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			time.Sleep(time.Minute)
		}
	}})
	require.Fail(t, "it was not killed", "%v", err)
}

// What a killed process wrote is not written again by the next, and the outcome is as if nothing had been.
func TestResume(t *testing.T) {
	t.Parallel()
	source := film(t, "a.mp4", "20")
	dir := filepath.Join(t.TempDir(), "out")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
	cmd.Env = append(os.Environ(), killedWith+"="+source+"|"+dir)
	out, err := cmd.CombinedOutput()
	require.ErrorContains(t, err, "killed", "%s", out)
	require.NoDirExists(t, dir)
	work := filepath.Join(filepath.Dir(dir), ".out.podium-pack")
	first := filepath.Join(work, "out", "cmaf", "1-00000.m4s")
	before, err := os.Stat(first)
	require.NoError(t, err)
	// What was cut short on its way is written anew.
	journal, err := os.OpenFile(filepath.Join(work, "journal"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = journal.WriteString(`{"cut":{"t":`)
	require.NoError(t, err)
	require.NoError(t, journal.Close())

	require.NoError(t, vod.PackFolder(t.Context(), source, dir, vod.Options{NoPictures: true}))
	after, err := os.Stat(filepath.Join(dir, "cmaf", "1-00000.m4s"))
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after))
	require.Equal(t, before.ModTime(), after.ModTime())
	require.NoDirExists(t, work)

	whole := pack(t, source, vod.Options{NoPictures: true})
	require.NoError(t, filepath.WalkDir(whole, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(whole, path)
		require.NoError(t, err)
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, got), name)
		return nil
	}))
}

// Memory does not grow with the film.
func TestMemoryIsConstant(t *testing.T) {
	short := filepath.Join(t.TempDir(), "short.mp4")
	ffmpeg(t, "-f", "lavfi", "-i", "testsrc2=s=640x360:r=25,noise=alls=60:allf=t", "-t", "2", "-c:v", "libx264", "-preset", "ultrafast",
		"-pix_fmt", "yuv420p", "-g", "50", "-b:v", "16M", "-maxrate", "16M", "-bufsize", "4M", short)
	source := filepath.Join(t.TempDir(), "long.mp4")
	ffmpeg(t, "-stream_loop", "49", "-i", short, "-c", "copy", source)
	info, err := os.Stat(source)
	require.NoError(t, err)
	require.Greater(t, info.Size(), int64(100<<20))
	var most uint64
	pack(t, source, vod.Options{NoPictures: true, OnProgress: func(vod.Progress) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapInuse)
	}})
	// Segments of 8 MB: one that is read, three that are cut and two in another form, and what waits to be collected.
	require.Less(t, most, uint64(110<<20))
	t.Logf("%d MB in memory for a file of %d MB", most>>20, info.Size()>>20)
}
