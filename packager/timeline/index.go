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
//	"PTL3" | uvarint count of strings | strings (uvarint length, bytes) | uvarint count of entries | entries | CRC-32 of all before
//
// Numbers are varints. An entry holds what cannot be told from the one before it: most take 12 to 14 bytes, and 900 entries
// of four seconds 12 kB. The older forms "PTL1" and "PTL2" are read as they are (index_old.go).
const (
	indexMagic  = "PTL3"
	indexMagic2 = "PTL2"
	indexMagic1 = "PTL1"
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

// EncodeIndex appends the index form of entries to dst.
func EncodeIndex(dst []byte, entries []Entry) []byte {
	begin := len(dst)
	dst = append(dst, indexMagic...)
	w := indexWriter{body: make([]byte, 0, 16*len(entries)), table: make(map[string]uint64)}
	for i := range entries {
		w.entry(&entries[i])
	}
	dst = binary.AppendUvarint(dst, uint64(len(w.list)))
	for _, s := range w.list {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
		dst = append(dst, s...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(entries)))
	dst = append(dst, w.body...)
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[begin:]))
}

// DecodeIndex reads an index object. The bytes may be hostile.
func DecodeIndex(b []byte) ([]Entry, error) {
	p, err := ReadPacked(b)
	if err != nil {
		return nil, err
	}
	return p.Entries()
}

// indexReader reads varints until the first fault, which it keeps. What entries point to lies in a few slices that all
// of an hour share, so that decoding does not allocate by the entry.
type indexReader struct {
	b       []byte
	at      int
	err     error
	form    byte // '1' to '3'
	prevEnd int64
	owner   string // whose segment the entry before was
	number  uint64 // of the segment after it
	first   int64  // its first track's offset
	tracked int    // its number of tracks
	counted int    // its number of counters
	strings []string
	unnamed bool   // object names are left out
	names   []byte // object names, one behind the other
	ranges  []Range
}

func (r *indexReader) fail() {
	if r.err == nil {
		r.err = fmt.Errorf("%w: cut short", ErrBadIndex)
	}
	r.b, r.at = nil, 0
}

// uvarint takes the way without a call for numbers of one byte, which most are.
func (r *indexReader) uvarint() uint64 {
	if r.at < len(r.b) {
		if v := r.b[r.at]; v < 0x80 {
			r.at++
			return uint64(v)
		}
	}
	return r.longUvarint()
}

func (r *indexReader) longUvarint() uint64 {
	v, n := binary.Uvarint(r.b[r.at:])
	if n <= 0 {
		r.fail()
		return 0
	}
	r.at += n
	return v
}

func (r *indexReader) varint() int64 {
	v := r.uvarint()
	return int64(v>>1) ^ -int64(v&1)
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
	if r.err != nil || n > len(r.b)-r.at {
		r.fail()
		return nil
	}
	out := r.b[r.at : r.at+n : r.at+n]
	r.at += n
	return out
}

// readStrings reads the table of strings.
func (r *indexReader) readStrings() {
	count := r.count(maxIndexStrings)
	begin := r.at
	for n := 0; n < count && r.err == nil; n++ {
		r.bytes(r.count(maxIndexString))
	}
	if r.err != nil {
		return
	}
	all := string(r.b[begin:r.at]) // A string's place is the same in both.
	r.strings = make([]string, count)
	r.at = begin
	for n := range r.strings {
		size := r.count(maxIndexString)
		from := r.at - begin
		r.bytes(size)
		r.strings[n] = all[from : from+size]
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

func (r *indexReader) run() Range {
	run := Range{Offset: r.varint(), Length: r.varint()}
	if run.Offset < 0 || run.Length < 0 || run.Offset > maxObject || run.Length > maxObject {
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
		r.ranges = append(r.ranges, r.run())
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
		if !r.unnamed {
			a.Object = dir + file
		}
		a.Init = r.ref()
		a.At = r.run()
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
