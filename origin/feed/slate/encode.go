package slate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ErrNoFFmpeg says that a slate of the station's own cannot be made.
var ErrNoFFmpeg = errors.New("ffmpeg is needed to make a slate of a picture or a film: install it, or set the slate to auto")

// maxFilm is how much of a film is played round and round.
const maxFilm = time.Minute

// patience is how long ffmpeg may take for it.
const patience = 5 * time.Minute

// Encode makes a slate of a picture or a film, by ffmpeg, once: it is kept in a folder under its content's hash, and read from there the
// next time.
func Encode(ctx context.Context, program, folder, path string) (*Loop, error) {
	name, err := hashOf(path)
	if err != nil {
		return nil, fmt.Errorf("read the slate: %w", err)
	}
	kept := filepath.Join(folder, "slate-"+name+".mp4")
	if l, err := readFile(kept); err == nil {
		return l, nil
	}
	program, err = exec.LookPath(program)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoFFmpeg, err)
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return nil, fmt.Errorf("make room for the slate: %w", err)
	}
	work, err := os.MkdirTemp(folder, "slate-")
	if err != nil {
		return nil, fmt.Errorf("make room for the slate: %w", err)
	}
	defer os.RemoveAll(work)
	made := filepath.Join(work, "slate.mp4")
	if err := encode(ctx, program, path, made); err != nil {
		return nil, fmt.Errorf("make a slate of %s: %w", path, err)
	}
	l, err := readFile(made)
	if err != nil {
		return nil, fmt.Errorf("make a slate of %s: %w", path, err)
	}
	if err := os.Rename(made, kept); err != nil {
		return nil, fmt.Errorf("keep the slate: %w", err)
	}
	return l, nil
}

// encode makes an MP4 file of the form that Read takes. A film without sound gets silence.
func encode(ctx context.Context, program, path, made string) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	if still(path) {
		return ffmpeg(ctx, program, arguments(path, made, true, false))
	}
	if err := ffmpeg(ctx, program, arguments(path, made, false, true)); err == nil || ctx.Err() != nil {
		return err
	}
	return ffmpeg(ctx, program, arguments(path, made, false, false))
}

// still says whether a file is a picture, by its name.
func still(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff":
		return true
	}
	return false
}

// arguments are those of ffmpeg. The pictures fit every box: 720p25, no B-frames, a key frame every 2 s.
func arguments(path, made string, still, sound bool) []string {
	args := []string{"-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-protocol_whitelist", "file"}
	length, moves := maxFilm, "fps=25"
	if still {
		// Repeated here and not by -loop, which tries a damaged picture for ever.
		length, moves = 2*time.Second, "loop=loop=49:size=1:start=0,setpts=N/25/TB"
	}
	args = append(args, "-i", "file:"+path)
	audio := "0:a:0"
	if !sound {
		audio = "1:a:0"
		args = append(args, "-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo")
	}
	return append(args, "-map", "0:v:0", "-map", audio, "-shortest", "-t", fmt.Sprint(length.Seconds()),
		"-vf", "scale=1280:720:force_original_aspect_ratio=decrease,pad=1280:720:(ow-iw)/2:(oh-ih)/2:color=0x15110F,setsar=1,"+
			moves+",format=yuv420p", "-r", "25",
		"-c:v", "libx264", "-profile:v", "high", "-level", "3.1", "-preset", "medium", "-crf", "24", "-maxrate", "3M", "-bufsize", "6M",
		"-g", "50", "-keyint_min", "50", "-sc_threshold", "0", "-bf", "0", "-refs", "1",
		"-c:a", "aac", "-ac", "2", "-ar", "48000", "-b:a", "128k", "-sn", "-dn", "-map_metadata", "-1", "-f", "mp4", "file:"+made)
}

// ffmpeg runs it and gives the last of what it said where it fails.
func ffmpeg(ctx context.Context, program string, args []string) error {
	said, err := exec.CommandContext(ctx, program, args...).CombinedOutput() // The operator names both.
	if err == nil {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	return fmt.Errorf("%w: %s", err, lines[len(lines)-1])
}

// hashOf names a file's content.
func hashOf(path string) (string, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)[:12]), nil
}

func readFile(path string) (*Loop, error) {
	f, err := os.Open(path) //nolint:gosec // within the data folder
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return Read(f, info.Size())
}
