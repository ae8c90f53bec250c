package file

import (
	"errors"
	"io"
	"time"

	"podium.tv/podium/origin/input/mpegts"
)

// transport is a file of MPEG-TS.
type transport struct {
	r       io.ReaderAt
	size    int64
	in      *intake
	demuxer *mpegts.Demuxer
	at      int64
	ended   bool
	buf     [64 << 10]byte
}

func openTS(r io.ReaderAt, size int64, in *intake) *transport {
	t := &transport{r: r, size: size, in: in}
	t.begin()
	return t
}

func (t *transport) rewind() error {
	t.begin()
	return nil
}

func (t *transport) begin() {
	// A clock that stands: nothing is waited for in a file. What a track is, is told within probe bytes.
	t.demuxer = &mpegts.Demuxer{Receiver: t.in, Now: t.now, ParametersWait: time.Second, Silence: time.Hour, KeyframeWait: time.Hour}
	t.at, t.ended = 0, false
}

// probe is how far into the file tracks are looked for that are announced, each second of that clock.
const probe = 16 << 20

func (t *transport) now() time.Time {
	return time.Unix(0, 0).Add(time.Duration(t.at / probe * int64(time.Second)))
}

func (t *transport) step() error {
	if t.ended {
		return io.EOF
	}
	n, err := t.r.ReadAt(t.buf[:min(int64(len(t.buf)), t.size-t.at)], t.at)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	t.at += int64(n)
	if n == 0 {
		t.ended = true
		t.demuxer.Close()
		return nil
	}
	if _, err := t.demuxer.Write(t.buf[:n]); err != nil {
		return err
	}
	return t.demuxer.Tick(t.now())
}
