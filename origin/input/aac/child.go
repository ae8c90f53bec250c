package aac

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"

	"podium.tv/podium/packager/media"
)

const (
	// frameLasts is the length of an AAC frame.
	frameLasts = 1024
	// priming is how far the encoder's first frame begins before the first sample that it was given.
	priming = 1024
	// stuckAfter is how long the child may take nothing before it counts as dead.
	stuckAfter = 5 * time.Second
	// endWithin is how long it may take to end after its last packet.
	endWithin = time.Second
)

// child is one process of ffmpeg, with a time line of its own.
type child struct {
	cancel  context.CancelFunc
	in      *os.File
	ogg     oggWriter
	base    int64 // PTS of the first sample
	deliver func(media.Sample)
	stderr  tail
	over    chan struct{} // closed when it has ended and all it made is delivered
	err     error         // why; set before over is closed
}

func startChild(program string, bitrate int, pts int64, deliver func(media.Sample)) (*child, error) {
	if program == "" {
		program = "ffmpeg"
	}
	if bitrate <= 0 {
		bitrate = 128000
	}
	in, out, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	// Not with -fflags nobuffer: it drops the packets that ffmpeg looks at to begin with, and the lips are 20 ms off.
	//nolint:gosec // The program is what the operator configured.
	cmd := exec.CommandContext(ctx, program, "-hide_banner", "-nostdin", "-loglevel", "error",
		"-probesize", "32", "-analyzeduration", "0", "-threads", "1", "-f", "ogg", "-i", "pipe:0", "-map", "0:a:0",
		"-c:a", "aac", "-b:a", strconv.Itoa(bitrate), "-ar", strconv.Itoa(rate), "-ac", "2", "-flush_packets", "1", "-f", "adts", "pipe:1")
	c := &child{cancel: cancel, in: out, ogg: oggWriter{to: out}, base: pts, deliver: deliver, over: make(chan struct{})}
	cmd.Stdin, cmd.Stderr = in, &c.stderr
	made, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	_ = in.Close()
	if err != nil {
		cancel()
		_ = out.Close()
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	go func() {
		defer close(c.over)
		c.err = c.read(bufio.NewReader(made))
		cancel()
		if err := cmd.Wait(); c.err == nil {
			c.err = err
		}
	}()
	if err := c.ogg.begin(); err != nil {
		c.end()
		return nil, fmt.Errorf("%w: %w", err, c.reason())
	}
	return c, nil
}

// next is the PTS that continues what the child was given.
func (c *child) next() int64 { return c.base + c.ogg.granule }

func (c *child) write(packet []byte, samples int64) error {
	if err := c.in.SetWriteDeadline(time.Now().Add(stuckAfter)); err != nil {
		return err
	}
	return c.ogg.packet(packet, samples)
}

// read delivers what the child makes. It is for one goroutine.
func (c *child) read(r *bufio.Reader) error {
	pts := c.base - priming
	for {
		frame, err := readADTS(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if pts >= c.base { // What comes before is the encoder's warming up.
			c.deliver(media.Sample{PTS: pts, DTS: pts, Sync: true, Units: [][]byte{frame}})
		}
		pts += frameLasts
	}
}

// end lets the child finish, for a bounded time.
func (c *child) end() {
	_ = c.in.Close()
	timer := time.NewTimer(endWithin)
	defer timer.Stop()
	select {
	case <-c.over:
	case <-timer.C:
		c.cancel()
		<-c.over
	}
}

// reason is why it ended; call it after end.
func (c *child) reason() error {
	if said := c.stderr.String(); said != "" {
		return fmt.Errorf("ffmpeg said %q", said)
	}
	if c.err != nil {
		return fmt.Errorf("ffmpeg: %w", c.err)
	}
	return errors.New("ffmpeg ended")
}

// maxSaid bounds what is kept of the child's words.
const maxSaid = 500

// tail keeps the first that a child says. The process writes to it until it has ended.
type tail struct{ said bytes.Buffer }

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	if room := maxSaid - t.said.Len(); room > 0 {
		t.said.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// String gives it in one line.
func (t *tail) String() string { return string(bytes.Join(bytes.Fields(t.said.Bytes()), []byte(" "))) }
