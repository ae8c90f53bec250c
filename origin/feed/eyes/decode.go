package eyes

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

const (
	// patience bounds one look. It takes a tenth of a second where the machine has time for it.
	patience = 10 * time.Second
	// maxJPEG and maxSaid bound what ffmpeg may answer.
	maxJPEG = 256 << 10
	maxSaid = 4 << 10
)

// decode has ffmpeg make a JPEG of at most 320x180 and a gray picture.
func (e *Eyes) decode(ctx context.Context, k *key) (jpeg, gray []byte, err error) {
	stream, form, err := annexB(k)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	small, out, err := os.Pipe()
	if err != nil {
		return nil, nil, fmt.Errorf("look at a picture: %w", err)
	}
	defer func() { _ = small.Close() }()
	cmd := e.command(ctx, form)
	dieWithParent(cmd)
	cmd.WaitDelay = time.Second
	picture, said := &bounded{most: maxJPEG}, &bounded{most: maxSaid}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stream), picture, said
	cmd.ExtraFiles = []*os.File{out}
	if err := cmd.Start(); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("start ffmpeg: %w", err), out.Close())
	}
	restrain(cmd.Process.Pid)
	_ = out.Close() // ffmpeg has its own.
	// A pipe holds more than a gray picture, so that ffmpeg does not wait for it to be read.
	err = cmd.Wait()
	if err == nil {
		gray, err = io.ReadAll(io.LimitReader(small, graySize))
	}
	if err == nil && (len(picture.b) == 0 || len(gray) != graySize) {
		err = errors.New("no picture came of it")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("ffmpeg cannot decode the picture: %w: %s", err, lastLine(string(said.b)))
	}
	return picture.b, gray, nil
}

// command reads a picture from standard input, and writes a JPEG to standard output and the gray picture to descriptor 3.
func (e *Eyes) command(ctx context.Context, form string) *exec.Cmd {
	filter := "[0:v]split=2[a][b];" +
		// With square samples, as screens have them.
		"[a]scale=w='min(320,trunc(180*dar/2)*2)':h='min(180,trunc(320/dar/2)*2)',setsar=1,format=yuvj420p[j];" +
		fmt.Sprintf("[b]scale=%d:%d:flags=area,format=gray[g]", grayWidth, grayHeight)
	cmd := exec.CommandContext(ctx, e.FFmpeg, "-hide_banner", "-v", "error", //nolint:gosec // The operator's program.
		"-protocol_whitelist", "pipe", "-threads", "1", "-max_pixels", fmt.Sprint(maxSamples), "-f", form, "-i", "pipe:0",
		"-filter_complex_threads", "1", "-filter_complex", filter,
		"-map", "[j]", "-frames:v", "1", "-c:v", "mjpeg", "-q:v", "5", "-threads", "1", "-f", "image2pipe", "pipe:1",
		"-map", "[g]", "-frames:v", "1", "-f", "rawvideo", "pipe:3")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LD_LIBRARY_PATH=" + os.Getenv("LD_LIBRARY_PATH")} // No secret of ours.
	return cmd
}

// bounded keeps the first bytes that are written to it. It is no bytes.Buffer, whose ReadFrom knows no bound.
type bounded struct {
	b    []byte
	most int
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	b.b = append(b.b, p[:min(len(p), b.most-len(b.b))]...)
	return len(p), nil
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
