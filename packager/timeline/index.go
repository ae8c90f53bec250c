package timeline

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"
)

// An index object holds one hour's entries:
//
//	"PTL2" | uvarint count of strings | strings (uvarint length, bytes) | uvarint count of entries | entries | CRC-32 of all before
//
// Numbers are varints and most are differences to the entry before, so that an entry takes about 40 bytes and
// 900 entries of four seconds make 36 kB. What few entries have is there where a flag says so; "PTL1" had none of
// those flags and is read as it is.
const (
	indexMagic    = "PTL2"
	indexMagicOld = "PTL1"
)

// ErrBadIndex says that an index object cannot be read.
var ErrBadIndex = errors.New("bad timeline index")

// Bounds for what a reader believes.
const (
	maxIndexEntries = 1 << 16
	maxIndexStrings = 4 * maxIndexEntries
	maxIndexString  = 1024
	maxIndexObjName = 512
	maxIndexTracks  = 16
)

const (
	flagDiscontinuity = 1 << iota
	flagIndependent
	flagTime    // Time does not continue the entry before
	flagShift   // Shift is another than before
	flagRefHour // RefHour is not the entry's own hour
	flagAt
	flagAlso
)

// EncodeIndex appends the index form of entries to dst.
func EncodeIndex(dst []byte, entries []Entry) []byte {
	begin := len(dst)
	dst = append(dst, indexMagic...)
	table := map[string]uint64{}
	var list []string
	ref := func(s string) uint64 {
		n, ok := table[s]
		if !ok {
			n = uint64(len(list))
			table[s] = n
			list = append(list, s)
		}
		return n
	}
	body := make([]byte, 0, 48*len(entries))
	var prev Entry
	var prevEnd int64
	for i := range entries {
		e := &entries[i]
		start := e.Start.UnixMicro()
		var flags uint64
		if e.Discontinuity {
			flags |= flagDiscontinuity
		}
		if e.Independent {
			flags |= flagIndependent
		}
		if e.Time != prev.Time+prev.Duration {
			flags |= flagTime
		}
		if e.Shift != prev.Shift {
			flags |= flagShift
		}
		if e.RefHour != 0 {
			flags |= flagRefHour
		}
		if e.At != (Range{}) {
			flags |= flagAt
		}
		if len(e.Also) > 0 {
			flags |= flagAlso
		}
		body = binary.AppendUvarint(body, flags)
		body = binary.AppendVarint(body, int64(e.Seq-prev.Seq))
		body = binary.AppendVarint(body, int64(e.Disc-prev.Disc))
		body = binary.AppendVarint(body, start-prevEnd)
		body = binary.AppendVarint(body, int64(e.Duration))
		dir, file := splitObject(e.Object)
		for _, s := range []string{string(e.Kind), dir, file, e.Init, e.Occurrence, e.Key} {
			body = binary.AppendUvarint(body, ref(s))
		}
		body = binary.AppendUvarint(body, e.Ref)
		body = append(body, e.TS.PAT, e.TS.PMT)
		body = binary.AppendUvarint(body, uint64(len(e.TS.Tracks)))
		body = append(body, e.TS.Tracks...)
		body = appendRanges(body, e.Tracks)
		if flags&flagTime != 0 {
			body = binary.AppendVarint(body, int64(e.Time-prev.Time-prev.Duration))
		}
		if flags&flagShift != 0 {
			body = binary.AppendVarint(body, int64(e.Shift-prev.Shift))
		}
		if flags&flagRefHour != 0 {
			body = binary.AppendVarint(body, e.RefHour-e.Hour())
		}
		if flags&flagAt != 0 {
			body = binary.AppendVarint(binary.AppendVarint(body, e.At.Offset), e.At.Length)
		}
		if flags&flagAlso != 0 {
			body = appendRenditions(body, e, ref)
		}
		prev = *e
		prevEnd = start + e.Duration.Microseconds()
	}
	dst = binary.AppendUvarint(dst, uint64(len(list)))
	for _, s := range list {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
		dst = append(dst, s...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(entries)))
	dst = append(dst, body...)
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[begin:]))
}

func appendRanges(dst []byte, ranges []Range) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(ranges)))
	for _, r := range ranges {
		dst = binary.AppendVarint(binary.AppendVarint(dst, r.Offset), r.Length)
	}
	return dst
}

// appendRenditions writes an entry's further renditions.
func appendRenditions(dst []byte, e *Entry, ref func(string) uint64) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(e.Also)))
	for i := range e.Also {
		a := &e.Also[i]
		dir, file := splitObject(a.Object)
		for _, s := range []string{a.Name, dir, file, a.Init} {
			dst = binary.AppendUvarint(dst, ref(s))
		}
		dst = binary.AppendVarint(binary.AppendVarint(dst, a.At.Offset), a.At.Length)
		dst = appendRanges(dst, a.Tracks)
		dst = binary.AppendUvarint(dst, a.Ref)
		dst = binary.AppendVarint(dst, a.RefHour)
		dst = binary.AppendVarint(binary.AppendVarint(dst, int64(a.Time)), int64(a.Shift))
	}
	return dst
}

// DecodeIndex reads an index object. The bytes may be hostile.
func DecodeIndex(b []byte) ([]Entry, error) {
	if len(b) < len(indexMagic)+4 || string(b[:4]) != indexMagic && string(b[:4]) != indexMagicOld {
		return nil, fmt.Errorf("%w: no %s at its head", ErrBadIndex, indexMagic)
	}
	sum := binary.BigEndian.Uint32(b[len(b)-4:])
	if crc32.ChecksumIEEE(b[:len(b)-4]) != sum {
		return nil, fmt.Errorf("%w: checksum does not match", ErrBadIndex)
	}
	r := &indexReader{b: b[4 : len(b)-4], old: string(b[:4]) == indexMagicOld}
	r.readStrings()
	count := r.count(maxIndexEntries)
	room := min(count, len(r.b)/minEntry+1)
	entries := make([]Entry, 0, room)
	ends := make([]int, 0, room) // of the entries' object names in r.names
	r.counters = make([]uint8, 0, 2*room)
	r.ranges = make([]Range, 0, 2*room)
	r.names = make([]byte, 0, 32*room)
	var prev Entry
	var prevEnd int64
	for range count {
		e := r.entry(&prev, prevEnd)
		if r.err != nil {
			return nil, r.err
		}
		entries = append(entries, e)
		ends = append(ends, len(r.names))
		prev = e
		prevEnd = e.Start.UnixMicro() + e.Duration.Microseconds()
	}
	if len(r.b) > 0 {
		r.fail()
	}
	if r.err != nil {
		return nil, r.err
	}
	names, from := string(r.names), 0
	for i, end := range ends {
		entries[i].Object, from = names[from:end], end
	}
	return entries, nil
}

// minEntry is the fewest bytes an entry takes.
const minEntry = 16

// indexReader reads varints until the first fault, which it keeps. What entries point to lies in a few slices that all
// of an hour share, so that decoding does not allocate by the entry.
type indexReader struct {
	b        []byte
	err      error
	old      bool // "PTL1"
	strings  []string
	names    []byte // object names, one behind the other
	counters []uint8
	ranges   []Range
}

func (r *indexReader) fail() {
	if r.err == nil {
		r.err = fmt.Errorf("%w: cut short", ErrBadIndex)
	}
	r.b = nil
}

func (r *indexReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *indexReader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

// count reads a number of things, at most limit.
func (r *indexReader) count(limit uint64) int {
	v := r.uvarint()
	if v > limit {
		r.fail()
		return 0
	}
	return int(v)
}

func (r *indexReader) bytes(n int) []byte {
	if r.err != nil || n > len(r.b) {
		r.fail()
		return nil
	}
	out := r.b[:n:n]
	r.b = r.b[n:]
	return out
}

// readStrings reads the table of strings.
func (r *indexReader) readStrings() {
	count := r.count(maxIndexStrings)
	r.strings = make([]string, 0, min(count, len(r.b)))
	all := string(r.b) // A string's place is the same in both.
	for n := 0; n < count && r.err == nil; n++ {
		size := r.count(maxIndexString)
		from := len(all) - len(r.b)
		if r.bytes(size) != nil {
			r.strings = append(r.strings, all[from:from+size])
		}
	}
}

func (r *indexReader) ref() string {
	n := r.uvarint()
	if n >= uint64(len(r.strings)) {
		r.fail()
		return ""
	}
	return r.strings[n]
}

func (r *indexReader) entry(prev *Entry, prevEnd int64) Entry {
	var e Entry
	flags := r.uvarint()
	e.Discontinuity = flags&flagDiscontinuity != 0
	e.Independent = flags&flagIndependent != 0
	e.Seq = prev.Seq + uint64(r.varint())
	e.Disc = prev.Disc + uint64(r.varint())
	e.Start = time.UnixMicro(prevEnd + r.varint()).UTC()
	e.Duration = time.Duration(r.varint())
	e.Kind = Kind(r.ref())
	dir, file := r.ref(), r.ref()
	if len(dir)+len(file) > maxIndexObjName {
		r.fail()
	}
	r.names = append(append(r.names, dir...), file...)
	e.Init = r.ref()
	e.Occurrence = r.ref()
	e.Key = r.ref()
	e.Ref = r.uvarint()
	if head := r.bytes(2); head != nil {
		e.TS.PAT, e.TS.PMT = head[0], head[1]
	}
	if n := r.count(maxIndexTracks); n > 0 {
		from := len(r.counters)
		r.counters = append(r.counters, r.bytes(n)...)
		e.TS.Tracks = r.counters[from:len(r.counters):len(r.counters)]
	}
	e.Tracks = r.tracks()
	if r.old {
		return e
	}
	e.Time = prev.Time + prev.Duration
	if flags&flagTime != 0 {
		e.Time += time.Duration(r.varint())
	}
	e.Shift = prev.Shift
	if flags&flagShift != 0 {
		e.Shift += time.Duration(r.varint())
	}
	if flags&flagRefHour != 0 {
		e.RefHour = e.Hour() + r.varint()
	}
	if flags&flagAt != 0 {
		e.At = r.rangeUpTo(maxChunk)
	}
	if flags&flagAlso != 0 {
		e.Also = r.renditions()
	}
	return e
}

// maxChunk bounds an object that holds many segments.
const maxChunk = 1 << 40

func (r *indexReader) rangeUpTo(limit int64) Range {
	run := Range{Offset: r.varint(), Length: r.varint()}
	if run.Offset < 0 || run.Length < 0 || run.Offset > limit || run.Length > limit {
		r.fail()
		return Range{}
	}
	return run
}

func (r *indexReader) tracks() []Range {
	n := r.count(maxIndexTracks)
	if n == 0 {
		return nil
	}
	from := len(r.ranges)
	for range n {
		r.ranges = append(r.ranges, r.rangeUpTo(maxObject))
	}
	return r.ranges[from:len(r.ranges):len(r.ranges)]
}

func (r *indexReader) renditions() []Rendition {
	n := r.count(maxIndexTracks)
	var out []Rendition
	for i := 0; i < n && r.err == nil; i++ {
		a := Rendition{Name: r.ref()}
		dir, file := r.ref(), r.ref()
		if len(dir)+len(file) > maxIndexObjName {
			r.fail()
		}
		a.Object = dir + file
		a.Init = r.ref()
		a.At = r.rangeUpTo(maxChunk)
		a.Tracks = r.tracks()
		a.Ref = r.uvarint()
		a.RefHour = r.varint()
		a.Time, a.Shift = time.Duration(r.varint()), time.Duration(r.varint())
		out = append(out, a)
	}
	return out
}

// splitObject parts an object name behind its last slash, so that the folder is stored once.
func splitObject(name string) (dir, file string) {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '/' {
			return name[:i+1], name[i+1:]
		}
	}
	return "", name
}
