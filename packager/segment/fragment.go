package segment

import (
	"encoding/binary"

	"podium.tv/podium/packager/media"
)

// Piece is one sample on its way into a fragment. Times are in the track's timescale.
type Piece struct {
	DTS      int64
	Offset   int32 // PTS-DTS
	Duration uint32
	Sync     bool
	// Units are the NAL units without start codes (video), or one frame as the only unit (audio).
	Units [][]byte
}

// size is the sample's size as it is stored.
func (p *Piece) size(lengths int) int {
	n := 0
	for _, u := range p.Units {
		n += lengths + len(u)
	}
	return n
}

// The flags of tfhd and trun boxes (ISO 14496-12 §8.8.7 and §8.8.8).
const (
	tfhdBaseDataOffset    = 0x000001
	tfhdDescriptionIndex  = 0x000002
	tfhdDefaultDuration   = 0x000008
	tfhdDefaultSize       = 0x000010
	tfhdDefaultFlags      = 0x000020
	tfhdDefaultBaseIsMoof = 0x020000

	trunDataOffset       = 0x000001
	trunFirstSampleFlags = 0x000004
	trunDurations        = 0x000100
	trunSizes            = 0x000200
	trunFlags            = 0x000400
	trunOffsets          = 0x000800
)

// Sample flags (ISO 14496-12 §8.8.3.1): whether the sample depends on others, and whether it is a sync sample.
const (
	flagsSync    = 0x02000000
	flagsNonSync = 0x01010000
	flagNonSync  = 0x00010000
)

// AppendFragment appends one CMAF fragment (a moof and a mdat box: ISO 14496-12 §8.8, ISO 23000-19 §7.3) that holds
// the pieces of one track, and returns the extended buffer. No pieces make no fragment. Video is stored with
// NAL units behind 4-byte lengths, audio as it is. The first DTS must not be negative, and a fragment is less
// than 2 GiB.
func AppendFragment(dst []byte, sequence uint32, track *media.Track, pieces []Piece) []byte {
	if len(pieces) == 0 {
		return dst
	}
	form := formOf(track, pieces)
	moof := form.moofSize(len(pieces))
	dst = grow(dst, moof+8+form.payload)
	dst = form.appendMoof(dst, sequence, track.ID, pieces, moof)
	dst = appendBoxHeader(dst, 8+form.payload, "mdat")
	for i := range pieces {
		for _, u := range pieces[i].Units {
			if form.lengths != 0 {
				dst = binary.BigEndian.AppendUint32(dst, uint32(len(u)))
			}
			dst = append(dst, u...)
		}
	}
	return dst
}

// fragmentForm says which fields of a fragment's samples need to be written one by one: a constant
// duration or size is written once, and so are the flags where only the first sample is a sync sample.
type fragmentForm struct {
	lengths int // bytes of length before each unit
	payload int
	tfhd    uint32
	trun    uint32
	size    int // of the first sample
	first   uint32
	rest    uint32
}

func formOf(track *media.Track, pieces []Piece) fragmentForm {
	f := fragmentForm{
		tfhd: tfhdDefaultBaseIsMoof | tfhdDefaultFlags,
		trun: trunDataOffset,
	}
	if track.Kind() == media.Video {
		f.lengths = 4
	}
	f.size = pieces[0].size(f.lengths)
	f.first = sampleFlags(&pieces[0])
	f.rest = f.first
	if len(pieces) > 1 {
		f.rest = sampleFlags(&pieces[1])
	}
	if f.first != f.rest {
		f.trun |= trunFirstSampleFlags
	}
	for i := range pieces {
		p := &pieces[i]
		n := p.size(f.lengths)
		f.payload += n
		if n != f.size {
			f.trun |= trunSizes
		}
		if p.Duration != pieces[0].Duration {
			f.trun |= trunDurations
		}
		if p.Offset != 0 {
			f.trun |= trunOffsets
		}
		if i > 0 && sampleFlags(p) != f.rest {
			f.trun |= trunFlags
		}
	}
	if f.trun&trunFlags != 0 {
		f.trun &^= trunFirstSampleFlags
		f.tfhd &^= tfhdDefaultFlags
	}
	if f.trun&trunDurations == 0 {
		f.tfhd |= tfhdDefaultDuration
	}
	if f.trun&trunSizes == 0 {
		f.tfhd |= tfhdDefaultSize
	}
	return f
}

func sampleFlags(p *Piece) uint32 {
	if p.Sync {
		return flagsSync
	}
	return flagsNonSync
}

func (f *fragmentForm) tfhdSize() int {
	return 16 + 4*count(f.tfhd, tfhdDefaultDuration, tfhdDefaultSize, tfhdDefaultFlags)
}

func (f *fragmentForm) trunSize(samples int) int {
	return 20 + 4*count(f.trun, trunFirstSampleFlags) +
		4*samples*count(f.trun, trunDurations, trunSizes, trunFlags, trunOffsets)
}

const tfdtSize = 20

func (f *fragmentForm) moofSize(samples int) int {
	return 8 + 16 + 8 + f.tfhdSize() + tfdtSize + f.trunSize(samples)
}

func (f *fragmentForm) appendMoof(dst []byte, sequence uint32, id int, pieces []Piece, size int) []byte {
	be := binary.BigEndian
	dst = appendBoxHeader(dst, size, "moof")
	dst = appendBoxHeader(dst, 16, "mfhd")
	dst = be.AppendUint32(dst, 0)
	dst = be.AppendUint32(dst, sequence)

	dst = appendBoxHeader(dst, size-24, "traf")
	dst = appendBoxHeader(dst, f.tfhdSize(), "tfhd")
	dst = be.AppendUint32(dst, f.tfhd)
	dst = be.AppendUint32(dst, uint32(id))
	if f.tfhd&tfhdDefaultDuration != 0 {
		dst = be.AppendUint32(dst, pieces[0].Duration)
	}
	if f.tfhd&tfhdDefaultSize != 0 {
		dst = be.AppendUint32(dst, uint32(f.size))
	}
	if f.tfhd&tfhdDefaultFlags != 0 {
		dst = be.AppendUint32(dst, f.rest)
	}

	dst = appendBoxHeader(dst, tfdtSize, "tfdt")
	dst = be.AppendUint32(dst, 1<<24)
	dst = be.AppendUint64(dst, uint64(pieces[0].DTS))

	dst = appendBoxHeader(dst, f.trunSize(len(pieces)), "trun")
	dst = be.AppendUint32(dst, 1<<24|f.trun) // Version 1: composition offsets are signed.
	dst = be.AppendUint32(dst, uint32(len(pieces)))
	dst = be.AppendUint32(dst, uint32(size+8))
	if f.trun&trunFirstSampleFlags != 0 {
		dst = be.AppendUint32(dst, f.first)
	}
	for i := range pieces {
		p := &pieces[i]
		if f.trun&trunDurations != 0 {
			dst = be.AppendUint32(dst, p.Duration)
		}
		if f.trun&trunSizes != 0 {
			dst = be.AppendUint32(dst, uint32(p.size(f.lengths)))
		}
		if f.trun&trunFlags != 0 {
			dst = be.AppendUint32(dst, sampleFlags(p))
		}
		if f.trun&trunOffsets != 0 {
			dst = be.AppendUint32(dst, uint32(p.Offset))
		}
	}
	return dst
}

func appendBoxHeader(dst []byte, size int, kind string) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(size))
	return append(dst, kind...)
}

func count(set uint32, flags ...uint32) int {
	n := 0
	for _, flag := range flags {
		if set&flag != 0 {
			n++
		}
	}
	return n
}

// grow makes room for n more bytes, exactly: a segment is kept in memory as long as it is listed, so spare
// capacity would be kept as well.
func grow(dst []byte, n int) []byte {
	if cap(dst)-len(dst) >= n {
		return dst
	}
	if len(dst) == 0 {
		return make([]byte, 0, n)
	}
	return append(dst, make([]byte, n)...)[:len(dst)]
}
