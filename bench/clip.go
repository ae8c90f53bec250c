package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// clipSeconds is a whole number of GOPs of 2 s and of AAC frames of 1024 samples at 48 kHz, so that the clip can be
// repeated without a seam.
const clipSeconds = 64

// clip makes the stream that is published: 2.6 Mb/s, 25 pictures a second, a GOP of 2 s, so that a segment of 4 s has
// 1.3 MB. It is made once and kept in the user's cache folder.
func clip(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	name := filepath.Join(cache, "podium", "bench", "clip-2600k-1.mp4")
	if _, err := os.Stat(name); err == nil {
		return name, nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return "", err
	}
	half := name + ".half"
	args := strings.Fields(fmt.Sprintf("-v error -y -f lavfi -i testsrc2=size=1280x720:rate=25,noise=alls=12:allf=t"+
		" -f lavfi -i sine=frequency=440:sample_rate=48000 -t %d"+
		" -c:v libx264 -preset veryfast -pix_fmt yuv420p -g 50 -keyint_min 50 -sc_threshold 0 -bf 2"+
		" -b:v 2450k -minrate 2450k -maxrate 2450k -bufsize 2450k -c:a aac -b:a 128k -f mp4", clipSeconds))
	out, err := exec.CommandContext(ctx, "ffmpeg", append(args, half)...).CombinedOutput() //nolint:gosec // Our own arguments.
	if err != nil {
		return "", fmt.Errorf("make the stream with ffmpeg: %w\n%s", err, out)
	}
	return name, os.Rename(half, name)
}

// publish sends the clip again and again to an RTSP address, as an encoder would.
func publish(ctx context.Context, clip, address string) (*process, error) {
	return launch(ctx, "", "ffmpeg", "-v", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i", clip, "-c", "copy",
		"-f", "rtsp", "-rtsp_transport", "tcp", address)
}
