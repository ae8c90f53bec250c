package vod

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
)

// loader reads the bytes of planned segments and makes their fragments. Its buffers are used again and again.
type loader struct {
	src    source
	in     []media.Track
	places []samplePlace
	bytes  []byte
	units  [][]byte
	pieces []segment.Piece
}

// samplePlace is where a sample is in the file, and where its bytes go.
type samplePlace struct {
	pos  int64
	size int64
	data *[][]byte
	one  [1][]byte
}

// gap is how many bytes between two samples are read rather than skipped: a read costs as much as some tens of kilobytes.
const gap = 64 << 10

// read fills the plan's samples with their bytes, which are the loader's until it reads again.
func (l *loader) read(p *plan) error {
	file := l.src.file()
	if file == nil {
		return nil
	}
	l.places = l.places[:0]
	for _, samples := range p.samples {
		for i := range samples {
			s := &samples[i]
			l.places = append(l.places, samplePlace{pos: s.pos, size: int64(s.size), data: &s.units})
		}
	}
	slices.SortStableFunc(l.places, func(a, b samplePlace) int { return cmp.Compare(a.pos, b.pos) })
	total := int64(0)
	for from := 0; from < len(l.places); {
		to, end := l.run(from)
		total += end - l.places[from].pos
		from = to
	}
	if int64(cap(l.bytes)) < total {
		l.bytes = make([]byte, total+total/4)
	}
	rest := l.bytes[:cap(l.bytes)]
	for from := 0; from < len(l.places); {
		to, end := l.run(from)
		begin := l.places[from].pos
		run := rest[: end-begin : end-begin]
		rest = rest[end-begin:]
		if n, err := file.ReadAt(run, begin); n < len(run) {
			if err == nil || errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("read %d bytes at %d: %w", len(run), begin, err)
		}
		for i := from; i < to; i++ {
			s := &l.places[i]
			s.one[0] = run[s.pos-begin : s.pos-begin+s.size : s.pos-begin+s.size]
			*s.data = s.one[:]
		}
		from = to
	}
	return nil
}

// run is how many samples are read at once, and where they end in the file.
func (l *loader) run(from int) (to int, end int64) {
	end = l.places[from].pos + l.places[from].size
	for to = from + 1; to < len(l.places) && l.places[to].pos-end <= gap; to++ {
		end = max(end, l.places[to].pos+l.places[to].size)
	}
	return to, end
}

// fragments appends the segment's fragments to dst, one track behind the other, and returns their places.
func (l *loader) fragments(dst []byte, sequence uint32, p *plan) ([]byte, []media.Range, error) {
	ranges := make([]media.Range, len(l.in))
	for i := range l.in {
		l.pieces, l.units = l.pieces[:0], l.units[:0]
		t := &l.in[i]
		for j := range p.samples[i] {
			s := &p.samples[i][j]
			units := s.units
			if l.src.file() != nil && t.Kind() == media.Video {
				from := len(l.units)
				if err := l.split(units[0], l.src.lengthSize(i)); err != nil {
					return dst, nil, fmt.Errorf("video at %v: %w", media.Duration(s.dts, t.Timescale)-media.FirstTime, err)
				}
				units = l.units[from:len(l.units):len(l.units)]
			}
			l.pieces = append(l.pieces, segment.Piece{
				DTS: s.dts, Offset: s.offset, Duration: max(s.duration, 1), Sync: s.sync, Units: units,
			})
		}
		offset := int64(len(dst))
		dst = segment.AppendFragment(dst, sequence, t, l.pieces)
		ranges[i] = media.Range{Offset: offset, Length: int64(len(dst)) - offset}
	}
	return dst, ranges, nil
}

// errUnits says that a picture's bytes are not NAL units behind lengths.
var errUnits = errors.New("the picture is damaged: its NAL units do not fit its size")

// split appends a sample's NAL units to l.units.
func (l *loader) split(b []byte, lengthSize int) error {
	for len(b) > 0 {
		if len(b) < lengthSize {
			return errUnits
		}
		var n uint64
		if lengthSize == 4 {
			n = uint64(binary.BigEndian.Uint32(b))
		} else {
			for _, v := range b[:lengthSize] {
				n = n<<8 | uint64(v)
			}
		}
		b = b[lengthSize:]
		if n > uint64(len(b)) {
			return errUnits
		}
		if n > 0 {
			l.units = append(l.units, b[:n:n])
		}
		b = b[n:]
	}
	return nil
}
