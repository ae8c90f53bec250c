package segment

import (
	"encoding/binary"
	"time"

	"podium.tv/podium/packager/media"
)

// Part is one chunk of a track's segment: a moof and a mdat of its own, made of the same samples (RFC 8216bis §4.4.4.9,
// ISO 23000-19 §7.3.2.3). It refers to its samples rather than copying them; only what is asked for is ever put together.
type Part struct {
	// Duration is the time from the part's beginning to the next part's.
	Duration time.Duration
	// Independent says that it begins with a random access point.
	Independent bool

	head    []byte   // the moof, and the mdat's header
	units   [][]byte // the payload while the segment is in the making
	lengths int      // bytes of length before each unit
	media   []byte   // the payload in its stored segment
	payload int
}

// Size is the part's length in bytes.
func (p *Part) Size() int { return len(p.head) + p.payload }

// Append appends the part's bytes to dst.
func (p *Part) Append(dst []byte) []byte {
	dst = grow(dst, p.Size())
	dst = append(dst, p.head...)
	dst = append(dst, p.media...)
	for _, u := range p.units {
		if p.lengths != 0 {
			dst = binary.BigEndian.AppendUint32(dst, uint32(len(u)))
		}
		dst = append(dst, u...)
	}
	return dst
}

// newPart makes a part of a track's pieces, of which there is at least one.
func newPart(sequence uint32, track *media.Track, pieces []Piece, length time.Duration) Part {
	form := formOf(track, pieces)
	moof := form.moofSize(len(pieces))
	head := form.appendMoof(make([]byte, 0, moof+8), sequence, track.ID, pieces, moof)
	p := Part{
		Duration: length, Independent: pieces[0].Sync,
		head: appendBoxHeader(head, 8+form.payload, "mdat"), lengths: form.lengths, payload: form.payload,
	}
	n := 0
	for i := range pieces {
		n += len(pieces[i].Units)
	}
	p.units = make([][]byte, 0, n)
	for i := range pieces {
		p.units = append(p.units, pieces[i].Units...)
	}
	return p
}

// Settle lets a segment's parts, which have to be all of a track's, refer to the track's stored fragment, so that the
// samples they were made of can go. It returns nil where they are not its parts.
func Settle(parts []Part, fragment []byte) []Part {
	total := 0
	for i := range parts {
		total += parts[i].payload
	}
	from := len(fragment) - total // A fragment ends with the payload of its mdat.
	if len(parts) == 0 || from < 0 {
		return nil
	}
	out := make([]Part, len(parts))
	for i := range parts {
		p := &out[i]
		*p = parts[i]
		p.units, p.media = nil, fragment[from:from+p.payload:from+p.payload]
		from += p.payload
	}
	return out
}

// Making is a segment in the making, as far as its parts are there: a snapshot that stays as it is.
type Making struct {
	// Init, Start, Time, Discontinuity and Independent are what the segment's will be.
	Init          *media.Init
	Start         time.Time
	Time          time.Duration
	Discontinuity bool
	Independent   bool
	Parts         Parts
}

// Parts are the parts of one segment.
type Parts struct {
	// Target is what no part is longer than: PART-TARGET (RFC 8216bis §4.4.3.7).
	Target time.Duration
	// Tracks are each track's parts, in order. A track may have none although it has samples, where they do not come
	// at a pace that parts could be made of.
	Tracks [][]Part
}
