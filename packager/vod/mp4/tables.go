package mp4

import (
	"encoding/binary"
	"io"
)

func u64(b []byte) uint64 { return binary.BigEndian.Uint64(b) }

// tables are a track's sample tables as they stand in the file (ISO 14496-12 §8.6 and §8.7): a film of ten hours takes
// some 20 MB in this form, five times less than a list of samples.
type tables struct {
	stts, ctts, stss, stsc, chunks []byte // entries, without their count
	sizes                          []byte
	wide                           bool   // chunks are 64 bits wide
	sizeBits                       int    // of an entry of sizes
	size                           uint32 // of all samples, or 0
	samples                        uint32
	hasSync                        bool
	err                            error
}

// set keeps a box of the sample table.
func (t *tables) set(b box) {
	list := func(entry int) []byte {
		_, _, body, err := full(b, 4)
		if err == nil && uint64(u32(body))*uint64(entry) > uint64(len(body)-4) {
			err = damaged("box %q of %d entries in %d bytes", b.kind, u32(body), len(body))
		}
		if err != nil {
			t.err = err
			return nil
		}
		return body[4 : 4+int(u32(body))*entry]
	}
	switch b.kind {
	case "stts":
		t.stts = list(8)
	case "ctts":
		// Both versions are read as signed: writers of version 0 put negative offsets there as well.
		t.ctts = list(8)
	case "stss":
		t.stss, t.hasSync = list(4), true
	case "stsc":
		t.stsc = list(12)
	case "stco":
		t.chunks = list(4)
	case "co64":
		t.chunks, t.wide = list(8), true
	case "stsz", "stz2":
		t.setSizes(b)
	}
}

func (t *tables) setSizes(b box) {
	_, _, body, err := full(b, 8)
	if err != nil {
		t.err = err
		return
	}
	t.size, t.samples, t.sizeBits = u32(body), u32(body[4:]), 32
	if b.kind == "stz2" {
		t.size, t.sizeBits = 0, int(body[3])
		if t.sizeBits != 4 && t.sizeBits != 8 && t.sizeBits != 16 {
			t.err = damaged("stz2 with fields of %d bits", t.sizeBits)
			return
		}
	}
	t.sizes = body[8:]
	if t.size == 0 && (uint64(t.samples)*uint64(t.sizeBits)+7)/8 > uint64(len(t.sizes)) {
		t.err = damaged("box %q of %d samples in %d bytes", b.kind, t.samples, len(t.sizes))
	}
}

// check refuses tables that do not belong together.
func (t *tables) check(id uint32) error {
	if t.err != nil {
		return t.err
	}
	if t.samples > 0 && (len(t.stts) == 0 || len(t.stsc) == 0 || len(t.chunks) == 0) {
		return damaged("track %d has %d samples and no tables of times or places", id, t.samples)
	}
	return nil
}

// walker goes through the tables sample by sample.
type walker struct {
	t *tables

	n          uint32 // samples given
	stts, ctts []byte // entries that follow
	timeLeft   uint32
	delta      uint32
	shiftLeft  uint32
	offset     int32
	stss       []byte

	chunk    uint32 // number of the current one, from 1
	stsc     []byte // entries that follow
	perChunk uint32
	inChunk  uint32 // samples left in the chunk
	pos      int64
	entry    uint32
}

func (t *tables) walk() walker {
	return walker{t: t, stts: t.stts, ctts: t.ctts, stss: t.stss, stsc: t.stsc}
}

// next gives the next sample, its DTS left out: d is how long it lasts.
func (w *walker) next(s *Sample) (d uint32, err error) {
	t := w.t
	if w.n >= t.samples {
		return 0, io.EOF
	}
	for w.timeLeft == 0 {
		if len(w.stts) == 0 {
			return 0, damaged("times of %d samples, expected %d", w.n, t.samples)
		}
		w.timeLeft, w.delta, w.stts = u32(w.stts), u32(w.stts[4:]), w.stts[8:]
	}
	w.timeLeft--
	for w.shiftLeft == 0 && len(w.ctts) > 0 {
		w.shiftLeft, w.offset, w.ctts = u32(w.ctts), int32(u32(w.ctts[4:])), w.ctts[8:]
	}
	s.Offset = 0
	if w.shiftLeft > 0 {
		s.Offset = w.offset
		w.shiftLeft--
	}
	for len(w.stss) > 0 && u32(w.stss) < w.n+1 {
		w.stss = w.stss[4:]
	}
	s.Sync = !t.hasSync || len(w.stss) > 0 && u32(w.stss) == w.n+1
	s.Size = w.sizeOf()
	if err := w.locate(s); err != nil {
		return 0, err
	}
	w.n++
	return w.delta, nil
}

func (w *walker) sizeOf() uint32 {
	t, n := w.t, int(w.n)
	if t.size != 0 {
		return t.size
	}
	switch t.sizeBits {
	case 4:
		return uint32(t.sizes[n/2]>>(4-4*(n%2))) & 15
	case 8:
		return uint32(t.sizes[n])
	case 16:
		return uint32(u16(t.sizes[2*n:]))
	}
	return u32(t.sizes[4*n:])
}

// locate finds the sample's place: chunks hold runs of samples, one behind the other.
func (w *walker) locate(s *Sample) error {
	if w.inChunk == 0 {
		w.chunk++
		for len(w.stsc) > 0 && u32(w.stsc) <= w.chunk {
			w.perChunk, w.entry, w.stsc = u32(w.stsc[4:]), u32(w.stsc[8:]), w.stsc[12:]
		}
		if w.perChunk == 0 {
			return damaged("chunk %d has no samples", w.chunk)
		}
		w.inChunk = w.perChunk
		i := int(w.chunk - 1)
		switch {
		case w.t.wide && 8*i+8 <= len(w.t.chunks):
			w.pos = int64(u64(w.t.chunks[8*i:]))
		case !w.t.wide && 4*i+4 <= len(w.t.chunks):
			w.pos = int64(u32(w.t.chunks[4*i:]))
		default:
			return damaged("sample %d is in chunk %d, which has no place", w.n+1, w.chunk)
		}
	}
	w.inChunk--
	s.Pos = w.pos
	if w.pos < 0 || w.pos > maxEdit {
		return damaged("sample %d at %d", w.n+1, w.pos)
	}
	w.pos += int64(s.Size)
	return nil
}
