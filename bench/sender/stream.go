// Package sender sends one MPEG-TS to many addresses over UDP, each at a place of its own in it and at the stream's own
// pace, for so little that what takes the streams in can be measured on the same machine.
package sender

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// The form of MPEG-TS (ISO 13818-1 §2.4.3) and of its datagrams.
const (
	packet   = 188
	datagram = 7 * packet
	second   = 90000 // of PTS, DTS and PCR base
	wrap     = 1 << 33
)

// Stream is an MPEG-TS that can be repeated without a seam, cut into datagrams that are due at times of their own.
type Stream struct {
	lasts time.Duration
	bytes []byte
	due   []time.Duration // of each datagram
	stamp []stamp
	count map[uint16]int // packets with a payload of each PID
}

// stamp is the place of a time that has to be moved with each repetition.
type stamp struct {
	at  int
	pcr bool // else of a PES header
}

// Read makes a stream of a clip that lasts so long, a whole number of frames of all its tracks.
func Read(ctx context.Context, clip string, lasts time.Duration) (*Stream, error) {
	cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-i", clip, "-c", "copy", "-muxdelay", "0", "-pcr_period", "20",
		"-f", "mpegts", "-")
	var out, faults bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &faults
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("read %s with ffmpeg: %w\n%s", clip, err, faults.String())
	}
	s := &Stream{lasts: lasts, bytes: out.Bytes(), count: make(map[uint16]int)}
	if err := s.index(); err != nil {
		return nil, fmt.Errorf("read %s: %w", clip, err)
	}
	return s, nil
}

// index finds all stamps, and when each datagram is due: by the clock references in it, evenly between two.
func (s *Stream) index() error {
	if len(s.bytes) == 0 || len(s.bytes)%packet != 0 {
		return fmt.Errorf("%d bytes: whole packets of %d expected", len(s.bytes), packet)
	}
	type reference struct {
		at  int
		pcr int64
	}
	var clock []reference
	for at := 0; at < len(s.bytes); at += packet {
		p := s.bytes[at : at+packet]
		if p[0] != 0x47 {
			return fmt.Errorf("no packet at %d", at)
		}
		pid := binary.BigEndian.Uint16(p[1:]) & 0x1FFF
		payload := 4
		if p[3]&0x20 != 0 {
			payload += 1 + int(p[4])
			if p[4] > 0 && p[5]&0x10 != 0 {
				s.stamp = append(s.stamp, stamp{at: at + 6, pcr: true})
				clock = append(clock, reference{at, int64(binary.BigEndian.Uint32(p[6:]))<<1 | int64(p[10]>>7)})
			}
		}
		if p[3]&0x10 == 0 || payload >= packet {
			continue
		}
		s.count[pid]++
		if pes := p[payload:]; p[1]&0x40 != 0 && len(pes) > 19 && pes[0] == 0 && pes[1] == 0 && pes[2] == 1 {
			if pes[7]&0x80 != 0 {
				s.stamp = append(s.stamp, stamp{at: at + payload + 9})
			}
			if pes[7]&0x40 != 0 {
				s.stamp = append(s.stamp, stamp{at: at + payload + 14})
			}
		}
	}
	if len(clock) < 2 {
		return errors.New("no clock references")
	}
	next := 1
	for at := 0; at < len(s.bytes); at += datagram {
		for next < len(clock)-1 && clock[next].at <= at {
			next++
		}
		a, b := clock[next-1], clock[next]
		ticks := a.pcr - clock[0].pcr + (b.pcr-a.pcr)*int64(at-a.at)/int64(b.at-a.at)
		s.due = append(s.due, min(max(time.Duration(ticks)*time.Second/second, 0), s.lasts))
	}
	return nil
}

// repetition writes the stream as it is sent the nth time: times and continuity counters go on.
func (s *Stream) repetition(dst []byte, n int) []byte {
	dst = append(dst[:0], s.bytes...)
	shift := int64(s.lasts) / int64(time.Millisecond) * second / 1000 * int64(n)
	for _, t := range s.stamp {
		b := dst[t.at:]
		if t.pcr {
			base := (int64(binary.BigEndian.Uint32(b))<<1 | int64(b[4]>>7)) + shift
			base &= wrap - 1
			binary.BigEndian.PutUint32(b, uint32(base>>1))
			b[4] = b[4]&0x7F | byte(base<<7)
			continue
		}
		v := int64(b[0]>>1&7)<<30 | int64(b[1])<<22 | int64(b[2]>>1)<<15 | int64(b[3])<<7 | int64(b[4]>>1)
		v = (v + shift) & (wrap - 1)
		b[0] = b[0]&0xF1 | byte(v>>29)&0x0E
		b[1], b[2], b[3], b[4] = byte(v>>22), byte(v>>14)|1, byte(v>>7), byte(v<<1)|1
	}
	for at := 0; at < len(dst); at += packet {
		pid := binary.BigEndian.Uint16(dst[at+1:]) & 0x1FFF
		dst[at+3] = dst[at+3]&0xF0 | (dst[at+3]+byte(s.count[pid]*n))&0x0F
	}
	return dst
}
