package timeline

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// Packed is an hour's index as it is stored, decoded only as somebody walks through it. It takes an eighth of the room of its
// entries, and a playlist of a week needs each of them once.
type Packed struct {
	strings []string
	body    []byte
	count   int
	sum     uint32
	form    byte
}

// minEntry is the fewest bytes an entry takes: flags, and the counters of the tables.
const minEntry = 3

// ReadPacked reads an index object's frame. The bytes may be hostile, and are kept.
func ReadPacked(b []byte) (*Packed, error) {
	if len(b) < len(indexMagic)+4 || string(b[:4]) != indexMagic && string(b[:4]) != indexMagic2 && string(b[:4]) != indexMagic1 {
		return nil, fmt.Errorf("%w: no %s at its head", ErrBadIndex, indexMagic)
	}
	sum := binary.BigEndian.Uint32(b[len(b)-4:])
	if crc32.ChecksumIEEE(b[:len(b)-4]) != sum {
		return nil, fmt.Errorf("%w: checksum does not match", ErrBadIndex)
	}
	r := indexReader{b: b[4 : len(b)-4]}
	r.readStrings()
	count := r.count(maxIndexEntries)
	if r.err != nil {
		return nil, r.err
	}
	if count > (len(r.b)-r.at)/minEntry {
		return nil, fmt.Errorf("%w: %d entries in %d bytes", ErrBadIndex, count, len(r.b)-r.at)
	}
	return &Packed{strings: r.strings, body: r.b[r.at:], count: count, form: b[3], sum: sum}, nil
}

// Sum tells it from what the hour's index was at other times.
func (p *Packed) Sum() uint32 { return p.sum }

// Len is the number of entries.
func (p *Packed) Len() int { return p.count }

func (p *Packed) reader() indexReader {
	return indexReader{b: p.body, strings: p.strings, form: p.form}
}

// Entries are all entries, decoded.
func (p *Packed) Entries() ([]Entry, error) {
	r := p.reader()
	entries := make([]Entry, 0, p.count)
	ends := make([]int, 0, p.count) // of the entries' object names in r.names
	r.ranges = make([]Range, 0, 2*p.count)
	r.names = make([]byte, 0, 32*p.count)
	var e Entry
	for range p.count {
		r.next(&e)
		if r.err != nil {
			return nil, r.err
		}
		entries = append(entries, e)
		ends = append(ends, len(r.names))
	}
	if r.at < len(r.b) {
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

// Walk calls yield for each entry until it returns false. The entry and what it points to are the walk's and hold until
// yield returns; names of objects are left out.
func (p *Packed) Walk(yield func(*Entry) bool) error {
	r := p.reader()
	r.unnamed = true
	var e Entry
	for range p.count {
		r.ranges = r.ranges[:0]
		r.next(&e)
		if r.err != nil {
			return r.err
		}
		if !yield(&e) {
			return nil
		}
	}
	return nil
}
