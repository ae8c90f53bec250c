package mp4

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The errors that tell what is wrong with a file.
var (
	// ErrNotMP4 says that a file is none of this kind.
	ErrNotMP4 = errors.New("not an MP4 or MOV file")
	// ErrDamaged says that a file is cut short or contradicts itself.
	ErrDamaged = errors.New("damaged MP4 file")
	// ErrUnsupported says that a file is whole and has something that is not read here.
	ErrUnsupported = errors.New("unsupported in MP4")
)

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

// box is a box in memory (ISO 14496-12 §4.2).
type box struct {
	kind string
	body []byte
}

// nextBox splits the first box off.
func nextBox(b []byte) (box, []byte, error) {
	if len(b) < 8 {
		return box{}, nil, damaged("%d bytes are no box", len(b))
	}
	size, header := uint64(binary.BigEndian.Uint32(b)), uint64(8)
	switch {
	case size == 0:
		size = uint64(len(b))
	case size == 1 && len(b) >= 16:
		size, header = binary.BigEndian.Uint64(b[8:]), 16
	}
	if size < header || size > uint64(len(b)) {
		return box{}, nil, damaged("box %q of %d bytes, %d left", b[4:8], size, len(b))
	}
	return box{string(b[4:8]), b[header:size]}, b[size:], nil
}

// walk calls yield for each box in b. QuickTime ends some lists with four zero bytes.
func walk(b []byte, yield func(box) error) error {
	for len(b) >= 8 {
		one, rest, err := nextBox(b)
		if err != nil {
			return err
		}
		if err := yield(one); err != nil {
			return err
		}
		b = rest
	}
	return nil
}

// full splits a FullBox into version, flags and the rest.
func full(b box, least int) (version byte, flags uint32, body []byte, err error) {
	if len(b.body) < 4+least {
		return 0, 0, nil, damaged("box %q of %d bytes, expected at least %d", b.kind, len(b.body), 4+least)
	}
	v := binary.BigEndian.Uint32(b.body)
	return byte(v >> 24), v & 0xffffff, b.body[4:], nil
}

// place is a box in a file.
type place struct {
	kind   string
	offset int64 // of the header
	body   int64
	end    int64
}

// readPlace reads the header of the box at an offset. It returns io.EOF at the end of the file.
func readPlace(r io.ReaderAt, offset, size int64) (place, error) {
	if offset >= size {
		return place{}, io.EOF
	}
	var head [16]byte
	n, err := r.ReadAt(head[:min(16, size-offset)], offset)
	if n < 8 {
		if err == nil || errors.Is(err, io.EOF) {
			return place{}, damaged("%d bytes at %d are no box", n, offset)
		}
		return place{}, err
	}
	p := place{kind: string(head[4:8]), offset: offset, body: offset + 8}
	switch length := binary.BigEndian.Uint32(head[:]); {
	case length == 0:
		p.end = size
	case length == 1 && n == 16:
		large := binary.BigEndian.Uint64(head[8:])
		if large < 16 || large > 1<<62 {
			return place{}, damaged("box %q of %d bytes at %d", p.kind, large, offset)
		}
		p.body, p.end = offset+16, offset+int64(large)
	case length < 8:
		return place{}, damaged("box %q of %d bytes at %d", p.kind, length, offset)
	default:
		p.end = offset + int64(length)
	}
	return p, nil
}

// readBody reads a box's content into memory.
func readBody(r io.ReaderAt, p place, size, limit int64) ([]byte, error) {
	if p.end > size {
		return nil, damaged("box %q ends at %d, the file at %d: it is cut short", p.kind, p.end, size)
	}
	if p.end-p.body > limit {
		return nil, damaged("box %q of %d bytes, at most %d", p.kind, p.end-p.body, limit)
	}
	b := make([]byte, p.end-p.body)
	if _, err := r.ReadAt(b, p.body); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read box %q: %w", p.kind, err)
	}
	return b, nil
}
