package vod

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tools are the programs that help where they are there: ffmpeg, and ffprobe beside it.
type tools struct {
	ffmpeg, ffprobe string
}

// findTools looks for the programs; none is no error.
func findTools(ffmpeg string) tools {
	if ffmpeg == "" {
		ffmpeg = "ffmpeg"
	}
	path, err := exec.LookPath(ffmpeg)
	if err != nil {
		return tools{}
	}
	probe, err := exec.LookPath(strings.TrimSuffix(path, "ffmpeg") + "ffprobe")
	if err != nil {
		return tools{}
	}
	return tools{path, probe}
}

func (t tools) there() bool { return t.ffmpeg != "" }

// errTool is what a program said of its input.
var errTool = errors.New("ffmpeg cannot read it")

// stream is one of a file's, as ffprobe tells.
type stream struct {
	Index       int               `json:"index"`
	Type        string            `json:"codec_type"`
	Codec       string            `json:"codec_name"`
	Width       int               `json:"width"`
	Height      int               `json:"height"`
	PixelFormat string            `json:"pix_fmt"`
	FrameRate   string            `json:"avg_frame_rate"`
	FieldOrder  string            `json:"field_order"`
	Tags        map[string]string `json:"tags"`
	Disposition map[string]int    `json:"disposition"`
	SideData    []struct {
		Rotation float64 `json:"rotation"`
	} `json:"side_data_list"`
}

// contents are what a file holds, as ffprobe tells.
type contents struct {
	Streams []stream `json:"streams"`
	Format  struct {
		Duration string `json:"duration"`
	} `json:"format"`
}

func (c *contents) duration() time.Duration {
	seconds, err := strconv.ParseFloat(c.Format.Duration, 64)
	if err != nil || seconds < 0 || seconds > 1e7 {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}

func (c *contents) hasTexts() bool {
	return slices.ContainsFunc(c.Streams, func(s stream) bool { return s.Type == "subtitle" })
}

// fileURL keeps a name from being taken for an option or for another protocol than that of files, which ffmpeg would fetch.
func fileURL(path string) string { return "file:" + path }

// localOnly keeps playlists in the guise of a film from making ffmpeg fetch anything, or read files that they name.
func localOnly() []string { return []string{"-protocol_whitelist", "file,pipe"} }

// probe asks what a file holds.
func (t tools) probe(ctx context.Context, path string) (*contents, error) {
	args := append(localOnly(), "-v", "error", "-show_streams", "-show_format", "-of", "json", fileURL(path))
	cmd := exec.CommandContext(ctx, t.ffprobe, args...) //nolint:gosec // The operator's own program.
	dieWithParent(cmd)
	var said bytes.Buffer
	cmd.Stderr = &limited{w: &said, left: maxSaid}
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s", errTool, lastLine(said.String(), path))
	}
	c := new(contents)
	if err := json.Unmarshal(out, c); err != nil {
		return nil, fmt.Errorf("read what ffprobe tells: %w", err)
	}
	return c, nil
}

// run runs ffmpeg. progress is called with how far it is in the media.
func (t tools) run(ctx context.Context, progress func(time.Duration), args ...string) error {
	all := append([]string{"-nostdin", "-hide_banner", "-v", "error", "-y", "-progress", "pipe:1", "-nostats"}, args...)
	cmd := exec.CommandContext(ctx, t.ffmpeg, all...) //nolint:gosec // The operator's own program.
	dieWithParent(cmd)
	var said bytes.Buffer
	cmd.Stderr = &limited{w: &said, left: maxSaid}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		value, ok := strings.CutPrefix(lines.Text(), "out_time_us=")
		us, err := strconv.ParseInt(value, 10, 64)
		if ok && err == nil && progress != nil {
			progress(time.Duration(us) * time.Microsecond)
		}
	}
	err = cmd.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("%w: %s", errTool, lastLine(said.String(), ""))
	}
	return nil
}

// maxSaid bounds what is kept of what a program says.
const maxSaid = 64 << 10

type limited struct {
	w    io.Writer
	left int
}

// Write implements io.Writer.
func (l *limited) Write(b []byte) (int, error) {
	n := min(len(b), l.left)
	l.left -= n
	if n > 0 {
		_, _ = l.w.Write(b[:n])
	}
	return len(b), nil
}

// lastLine is the last line that a program said, which tells what it stumbled over.
func lastLine(said, path string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	line := strings.TrimSpace(lines[len(lines)-1])
	if path != "" {
		line = strings.TrimPrefix(line, fileURL(path)+": ")
	}
	if line == "" {
		return "it ended with a fault"
	}
	return line
}
