package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What a player must have played of seven seconds: all assets and feeds of the tests have 25 pictures and nearly 47 frames of
// sound a second. A player that begins between two key frames has a little less.
const (
	enoughPictures = 160
	enoughSound    = 300
)

// ffmpegPlayer decodes seven seconds, and may have nothing to say.
type ffmpegPlayer struct{ path string }

func (f *ffmpegPlayer) play(ctx context.Context, _, url string) error {
	var said, out bytes.Buffer
	cmd := exec.CommandContext(ctx, f.path, "-nostdin", "-v", "error", "-i", url, "-t", "7", "-map", "0:v:0", "-map", "0:a:0",
		"-f", "framehash", "-hash", "adler32", "-")
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil || said.Len() > 0 {
		return fmt.Errorf("ffmpeg: %w, it says %q", err, said.String())
	}
	return enough(bytes.Count(out.Bytes(), []byte("\n0,")), bytes.Count(out.Bytes(), []byte("\n1,")))
}

func enough(pictures, sounds int) error {
	if pictures < enoughPictures || sounds < enoughSound {
		return fmt.Errorf("%d pictures and %d frames of sound, expected %d and %d", pictures, sounds, enoughPictures, enoughSound)
	}
	return nil
}

// gstPlayer decodes with GStreamer until enough is there: pictures of 16 by 16 grey dots and sound of 8000 bytes a second.
type gstPlayer struct{ launch, element string }

func (g *gstPlayer) play(ctx context.Context, _, url string) error {
	dir, err := os.MkdirTemp("", "podium-gst-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	pictures, sound := filepath.Join(dir, "pictures"), filepath.Join(dir, "sound")
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, g.launch, "-q", g.element, "uri="+url, "flags=0x3", // Video and audio.
		"video-sink=videoconvert ! videoscale method=nearest-neighbour ! video/x-raw,format=GRAY8,width=16,height=16 ! "+
			"filesink buffer-mode=unbuffered location="+pictures,
		"audio-sink=audioconvert ! audioresample ! audio/x-raw,format=S8,rate=8000,channels=1 ! "+
			"filesink buffer-mode=unbuffered location="+sound)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		count := func() error { return enough(int(size(pictures)/256), int(size(sound)*enoughSound/(7*8000-4000))) }
		select {
		case err := <-ended:
			if short := count(); err != nil || short != nil {
				return fmt.Errorf("GStreamer: %w, %w, it says %.600q", err, short, said.String())
			}
			return nil
		case <-time.After(200 * time.Millisecond):
			if count() == nil {
				cancel()
				<-ended
				return nil
			}
		}
	}
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// vlcPlayer writes what VLC has read into a file, which ffprobe counts the frames of.
type vlcPlayer struct{ vlc, ffprobe, dir string }

func newVLC(t testing.TB, vlc, ffprobe string) *vlcPlayer {
	t.Helper()
	dir, err := os.MkdirTemp("", "podium-vlc-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if os.Geteuid() == 0 {
		require.NoError(t, os.Chown(dir, nobody, nobody))
	}
	return &vlcPlayer{vlc, ffprobe, dir}
}

// nobody is whom VLC runs as in a container: it refuses to run as root.
const nobody = 65534

func (v *vlcPlayer) play(ctx context.Context, kind, url string) error {
	file := filepath.Join(v.dir, kind+".ts")
	ctx, cancel := context.WithTimeout(ctx, 16*time.Second)
	defer cancel()
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, v.vlc, "--intf", "dummy", "--no-color", "--play-and-exit", "--no-sout-spu",
		"--sout", `#std{access=file,mux=ts,dst="`+file+`"}`, url, "vlc://quit")
	cmd.Env = append(os.Environ(), "HOME="+v.dir, "XDG_RUNTIME_DIR="+v.dir)
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = 5 * time.Second
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	err := cmd.Run()
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("VLC: %w, it says %.600q", err, said.String())
	}
	pictures, sounds, err := v.count(file)
	if err == nil {
		err = enough(pictures, sounds)
	}
	if err != nil {
		return fmt.Errorf("VLC: %w, it says %.600q", err, said.String())
	}
	return nil
}

func (v *vlcPlayer) count(file string) (pictures, sounds int, err error) {
	out, err := exec.Command(v.ffprobe, "-v", "error", "-count_packets", "-of", "json", "-show_entries",
		"stream=codec_type,nb_read_packets", file).Output()
	if err != nil {
		return 0, 0, fmt.Errorf("read what it wrote: %w", err)
	}
	var found probed
	if err := json.Unmarshal(out, &found); err != nil {
		return 0, 0, err
	}
	for _, s := range found.Streams {
		n, err := strconv.Atoi(s.Frames)
		if err != nil {
			return 0, 0, err
		}
		if s.Type == "video" {
			pictures = n
		} else {
			sounds = max(sounds, n)
		}
	}
	return pictures, sounds, nil
}
