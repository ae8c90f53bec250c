package rtmp

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// What a chunk stream may ask of us. Encoders use five or six chunk streams.
const (
	firstChunkSize  = 128 // RTMP 1.0 §5.4.1
	maxChunkStreams = 32
	readStep        = 64 << 10 // so much is made room for before it comes
	extended        = 0xFFFFFF // instead of a stamp: it stands in four bytes behind the header
)

// chunkReader puts messages together from their chunks (RTMP 1.0 §5.3).
type chunkReader struct {
	in      *bufio.Reader
	limits  limits
	size    int
	streams map[uint32]*chunkStream
	pending int // bytes of messages that are not complete
}

func newChunkReader(in *bufio.Reader, l limits) *chunkReader {
	return &chunkReader{in: in, limits: l, size: firstChunkSize, streams: make(map[uint32]*chunkStream)}
}

// chunkStream is what the last header on a chunk stream said, which later ones leave out.
type chunkStream struct {
	known    bool
	kind     uint8
	length   int
	stamp    uint32
	delta    uint32
	extended bool
	field    [4]byte // the extended stamp, as it stood behind the header
	begun    bool    // chunks of a message are missing
	body     []byte
}

// read gives the next complete message.
func (r *chunkReader) read() (message, error) {
	for {
		c, format, err := r.basicHeader()
		if err != nil {
			return message{}, err
		}
		if c.begun && format != 3 {
			return message{}, fmt.Errorf("rtmp chunk with a header of format %d in the middle of a message: format 3 expected", format)
		}
		if err := r.messageHeader(c, format); err != nil {
			return message{}, err
		}
		if err := r.payload(c); err != nil {
			return message{}, err
		}
		if len(c.body) == c.length {
			return r.finish(c), nil
		}
	}
}

func (r *chunkReader) finish(c *chunkStream) message {
	m := message{kind: c.kind, stamp: c.stamp, body: c.body}
	r.drop(c)
	return m
}

// drop forgets what there is of an incomplete message.
func (r *chunkReader) drop(c *chunkStream) {
	r.pending -= len(c.body)
	c.body, c.begun = nil, false
}

// abort is what an Abort message asks for (§5.4.2).
func (r *chunkReader) abort(id uint32) {
	if c := r.streams[id]; c != nil {
		r.drop(c)
	}
}

// basicHeader tells the chunk stream and how much of a message header follows (§5.3.1.1).
func (r *chunkReader) basicHeader() (*chunkStream, byte, error) {
	b, err := r.in.ReadByte()
	if err != nil {
		return nil, 0, err
	}
	id := uint32(b & 0x3F)
	if id < 2 {
		more, err := r.in.ReadByte()
		if err != nil {
			return nil, 0, cut(err)
		}
		wide := id == 1
		id = 64 + uint32(more)
		if wide {
			if more, err = r.in.ReadByte(); err != nil {
				return nil, 0, cut(err)
			}
			id += uint32(more) << 8
		}
	}
	c := r.streams[id]
	if c == nil {
		if len(r.streams) == maxChunkStreams {
			return nil, 0, fmt.Errorf("rtmp connection with more than %d chunk streams", maxChunkStreams)
		}
		c = new(chunkStream)
		r.streams[id] = c
	}
	return c, b >> 6, nil
}

// messageHeader reads what a chunk tells of its message (§5.3.1.2). Format 0 has all of it, 1 no message stream, 2 a time only, 3
// nothing.
func (r *chunkReader) messageHeader(c *chunkStream, format byte) error {
	if format != 0 && !c.known {
		return fmt.Errorf("rtmp chunk of format %d on a chunk stream that has not begun", format)
	}
	if format == 3 {
		return r.continued(c)
	}
	var buf [11]byte
	head := buf[:[]int{11, 7, 3}[format]]
	if _, err := io.ReadFull(r.in, head); err != nil {
		return cut(err)
	}
	time := uint24(head)
	if format < 2 {
		c.length, c.kind = int(uint24(head[3:])), head[6]
		if limit := r.limits.of(c.kind); c.length > limit {
			return fmt.Errorf("rtmp message of type %d with %d bytes: at most %d expected", c.kind, c.length, limit)
		}
	}
	c.extended = time == extended
	if c.extended {
		if _, err := io.ReadFull(r.in, c.field[:]); err != nil {
			return cut(err)
		}
		time = binary.BigEndian.Uint32(c.field[:])
	}
	if format == 0 {
		// By the letter of §5.3.1.2.4 a chunk of format 3 that begins a message after this one would add the stamp itself. Encoders
		// (librtmp's descendants) write it when the stamp is the same, and servers read it so.
		c.stamp, c.delta, c.known = time, 0, true
		return nil
	}
	c.delta = time
	c.stamp += time
	return nil
}

// continued is a chunk without a header: it goes on with a message, or begins one with the same header as the last.
func (r *chunkReader) continued(c *chunkStream) error {
	begins := !c.begun
	if c.extended {
		// The extended stamp is repeated (§5.3.1.3). But encoders exist that leave it out in the middle of a message, and gortmplib,
		// which is MediaMTX's, writes zeros; four zeros are nothing that H.264, H.265 or AAC has in the middle of a frame.
		next, err := r.in.Peek(len(c.field))
		if begins && err != nil {
			return cut(err)
		}
		if begins || err == nil && ([4]byte(next) == c.field || [4]byte(next) == [4]byte{}) {
			if _, err := r.in.Discard(len(c.field)); err != nil {
				return cut(err)
			}
		}
	}
	if begins {
		c.stamp += c.delta
	}
	return nil
}

// payload reads a chunk's part of the message. Room is made for what came, not for what was announced.
func (r *chunkReader) payload(c *chunkStream) error {
	c.begun = true
	left := min(r.size, c.length-len(c.body))
	if r.pending+left > r.limits.total {
		return fmt.Errorf("rtmp connection with more than %d bytes in messages that are not complete", r.limits.total)
	}
	for left > 0 {
		step := min(left, readStep)
		at := len(c.body)
		if cap(c.body)-at < step {
			grown := make([]byte, at, min(c.length, max(2*at, step)))
			copy(grown, c.body)
			c.body = grown
		}
		step = min(step, cap(c.body)-at)
		if _, err := io.ReadFull(r.in, c.body[at:at+step]); err != nil {
			return cut(err)
		}
		c.body = c.body[:at+step]
		r.pending += step
		left -= step
	}
	return nil
}

// setSize takes a Set Chunk Size message (§5.4.1).
func (r *chunkReader) setSize(size uint32) error {
	if size == 0 || size > 1<<31-1 {
		return fmt.Errorf("rtmp chunk size %d: 1 to 2147483647 expected", size)
	}
	r.size = int(min(size, extended)) // No message is longer.
	return nil
}

func uint24(b []byte) uint32 { return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]) }

// cut is an error in the middle of something: an end there is no orderly one.
func cut(err error) error {
	if err == io.EOF { //nolint:errorlint // It is what io.Reader promises.
		return io.ErrUnexpectedEOF
	}
	return err
}
