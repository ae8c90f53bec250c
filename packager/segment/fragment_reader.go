package segment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// StoredSample is a sample inside a stored fragment; Data aliases it. Times are in the track's timescale.
type StoredSample struct {
	DTS      int64
	Offset   int32 // PTS-DTS
	Duration uint32
	Sync     bool
	Data     []byte
}

// ErrBadFragment is what every complaint about a stored fragment's bytes wraps.
var ErrBadFragment = errors.New("bad fragment")

// maxTime keeps sums of decoding times and durations far from overflow.
const maxTime = 1 << 61

// Samples walks the samples of one or more concatenated fragments of one track. It stops at the first
// error of yield and returns it. Bytes that are not such fragments are an error that wraps ErrBadFragment.
func Samples(fragment []byte, yield func(StoredSample) error) error {
	r := Reader{Rest: fragment}
	var s StoredSample
	for {
		err := r.Next(&s)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := yield(s); err != nil {
			return err
		}
	}
}

// Reader reads the samples of one or more concatenated fragments of one track, one after another. Boxes
// other than moof are skipped. Nothing is copied.
type Reader struct {
	// Rest are the bytes behind the last moof box that was read. Set it to start.
	Rest []byte

	moof []byte // the last moof box and all that follows it
	run  run
	runs []byte // the boxes of the traf behind the current run

	track    trackDefaults
	time     int64 // DTS of the next sample
	position int   // of the next sample's bytes, from the start of the moof
	started  bool  // a run of this fragment has been read: position is valid
	sequence uint32
}

// Sequence is the number of the fragment that was read last, from its mfhd box: 1 for the first of an epoch, 0 where there
// is none.
func (r *Reader) Sequence() uint32 { return r.sequence }

// trackDefaults are what a tfhd box says of its samples.
type trackDefaults struct {
	duration, size, flags uint32
}

// run is what is left of one trun box.
type run struct {
	flags   uint32
	left    uint32
	entries []byte
	first   uint32
	atFirst bool
	signed  bool
}

// Next reads the next sample into s, and returns io.EOF behind the last.
func (r *Reader) Next(s *StoredSample) error {
	for r.run.left == 0 {
		ok, err := r.nextRun()
		if err != nil {
			return err
		}
		if !ok {
			if err := r.nextFragment(); err != nil {
				return err
			}
		}
	}
	return r.read(s)
}

func (r *Reader) read(s *StoredSample) error {
	t := &r.run
	duration, size, flags := r.track.duration, r.track.size, r.track.flags
	var offset int32
	e := t.entries
	if t.flags&trunDurations != 0 {
		duration, e = binary.BigEndian.Uint32(e), e[4:]
	}
	if t.flags&trunSizes != 0 {
		size, e = binary.BigEndian.Uint32(e), e[4:]
	}
	if t.flags&trunFlags != 0 {
		flags, e = binary.BigEndian.Uint32(e), e[4:]
	}
	if t.flags&trunOffsets != 0 {
		raw := binary.BigEndian.Uint32(e)
		if !t.signed && raw > math.MaxInt32 {
			return fmt.Errorf("%w: composition offset %d", ErrBadFragment, raw)
		}
		offset, e = int32(raw), e[4:]
	}
	if t.atFirst && t.flags&trunFirstSampleFlags != 0 {
		flags = t.first
	}
	t.atFirst = false
	t.entries = e
	t.left--

	if int64(size) > int64(len(r.moof)-r.position) {
		return fmt.Errorf("%w: sample of %d bytes, %d left", ErrBadFragment, size, len(r.moof)-r.position)
	}
	end := r.position + int(size)
	*s = StoredSample{
		DTS: r.time, Offset: offset, Duration: duration, Sync: flags&flagNonSync == 0,
		Data: r.moof[r.position:end:end],
	}
	r.position = end
	r.time += int64(duration)
	if r.time > maxTime {
		return fmt.Errorf("%w: decoding time %d is too large", ErrBadFragment, r.time)
	}
	return nil
}

// nextFragment finds the next moof box and reads its header up to the first run. It returns io.EOF where
// there is none.
func (r *Reader) nextFragment() error {
	for len(r.Rest) > 0 {
		kind, body, rest, err := nextBox(r.Rest)
		if err != nil {
			return err
		}
		moof := r.Rest
		r.Rest = rest
		if kind == "moof" {
			r.moof = moof
			return r.openMoof(body)
		}
	}
	return io.EOF
}

func (r *Reader) openMoof(body []byte) error {
	r.started, r.sequence = false, 0
	found := false
	for len(body) > 0 {
		kind, traf, rest, err := nextBox(body)
		if err != nil {
			return err
		}
		body = rest
		if kind == "mfhd" && len(traf) >= 8 {
			r.sequence = binary.BigEndian.Uint32(traf[4:])
		}
		if kind != "traf" {
			continue
		}
		if found {
			return fmt.Errorf("%w: more than one track", ErrBadFragment)
		}
		found = true
		if err := r.openTraf(traf); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("%w: moof without traf", ErrBadFragment)
	}
	return nil
}

// openTraf reads tfhd and tfdt, which stand before the first trun (ISO 14496-12 §8.8.12).
func (r *Reader) openTraf(traf []byte) error {
	header, timed := false, false
	for len(traf) > 0 {
		kind, body, rest, err := nextBox(traf)
		if err != nil {
			return err
		}
		switch kind {
		case "tfhd":
			if err := r.openHeader(body); err != nil {
				return err
			}
			header = true
		case "tfdt":
			if err := r.openTime(body); err != nil {
				return err
			}
			timed = true
		case "trun":
			if !header || !timed {
				return fmt.Errorf("%w: trun before tfhd and tfdt", ErrBadFragment)
			}
			r.runs = traf
			return nil
		}
		traf = rest
	}
	r.runs = nil
	return nil
}

func (r *Reader) openHeader(b []byte) error {
	if len(b) < 8 {
		return fmt.Errorf("%w: tfhd of %d bytes", ErrBadFragment, len(b))
	}
	flags := binary.BigEndian.Uint32(b) & 0xffffff
	if flags&tfhdBaseDataOffset != 0 {
		// CMAF forbids it (ISO 23000-19 §7.5.16), and it would point outside of the fragment.
		return fmt.Errorf("%w: tfhd with a base data offset", ErrBadFragment)
	}
	b = b[8:]
	r.track = trackDefaults{}
	var index uint32
	for _, f := range [...]struct {
		flag uint32
		to   *uint32
	}{
		{tfhdDescriptionIndex, &index},
		{tfhdDefaultDuration, &r.track.duration},
		{tfhdDefaultSize, &r.track.size},
		{tfhdDefaultFlags, &r.track.flags},
	} {
		if flags&f.flag == 0 {
			continue
		}
		if len(b) < 4 {
			return fmt.Errorf("%w: tfhd is too short for its flags %#x", ErrBadFragment, flags)
		}
		*f.to, b = binary.BigEndian.Uint32(b), b[4:]
	}
	return nil
}

func (r *Reader) openTime(b []byte) error {
	var t uint64
	switch {
	case len(b) >= 12 && b[0] == 1:
		t = binary.BigEndian.Uint64(b[4:])
	case len(b) >= 8 && b[0] == 0:
		t = uint64(binary.BigEndian.Uint32(b[4:]))
	default:
		return fmt.Errorf("%w: tfdt of %d bytes", ErrBadFragment, len(b))
	}
	if t > maxTime {
		return fmt.Errorf("%w: decoding time %d is too large", ErrBadFragment, t)
	}
	r.time = int64(t)
	return nil
}

// nextRun reads the next trun of the traf; ok is false where there is none.
func (r *Reader) nextRun() (ok bool, err error) {
	for len(r.runs) > 0 {
		kind, body, rest, err := nextBox(r.runs)
		if err != nil {
			return false, err
		}
		r.runs = rest
		if kind == "trun" {
			return true, r.openRun(body)
		}
	}
	return false, nil
}

func (r *Reader) openRun(b []byte) error {
	if len(b) < 8 {
		return fmt.Errorf("%w: trun of %d bytes", ErrBadFragment, len(b))
	}
	flags := binary.BigEndian.Uint32(b) & 0xffffff
	t := run{flags: flags, left: binary.BigEndian.Uint32(b[4:]), atFirst: true, signed: b[0] != 0}
	b = b[8:]
	if flags&trunDataOffset != 0 {
		if len(b) < 4 {
			return fmt.Errorf("%w: trun is too short for its flags %#x", ErrBadFragment, flags)
		}
		offset := int32(binary.BigEndian.Uint32(b))
		if offset < 0 || int64(offset) > int64(len(r.moof)) {
			return fmt.Errorf("%w: data offset %d of %d bytes", ErrBadFragment, offset, len(r.moof))
		}
		r.position = int(offset)
		b = b[4:]
	} else if !r.started {
		return fmt.Errorf("%w: the first trun has no data offset", ErrBadFragment)
	}
	r.started = true
	if flags&trunFirstSampleFlags != 0 {
		if len(b) < 4 {
			return fmt.Errorf("%w: trun is too short for its flags %#x", ErrBadFragment, flags)
		}
		t.first, b = binary.BigEndian.Uint32(b), b[4:]
	}
	entry := 4 * count(flags, trunDurations, trunSizes, trunFlags, trunOffsets)
	if uint64(t.left)*uint64(entry) > uint64(len(b)) {
		return fmt.Errorf("%w: trun of %d samples is too short", ErrBadFragment, t.left)
	}
	// Without entries the count is bounded by the bytes of the samples alone, so they must have some.
	if entry == 0 && t.left > 0 && r.track.size == 0 {
		return fmt.Errorf("%w: trun of %d samples without sizes", ErrBadFragment, t.left)
	}
	t.entries = b
	r.run = t
	return nil
}

// nextBox splits the first box off (ISO 14496-12 §4.2). It does not allocate: the kind is one of those known.
func nextBox(b []byte) (kind string, body, rest []byte, err error) {
	if len(b) < 8 {
		return "", nil, nil, fmt.Errorf("%w: %d bytes are no box", ErrBadFragment, len(b))
	}
	size, header := uint64(binary.BigEndian.Uint32(b)), 8
	switch size {
	case 0: // To the end of the object.
		size = uint64(len(b))
	case 1:
		if len(b) < 16 {
			return "", nil, nil, fmt.Errorf("%w: %d bytes are no large box", ErrBadFragment, len(b))
		}
		size, header = binary.BigEndian.Uint64(b[8:]), 16
	}
	if size < uint64(header) || size > uint64(len(b)) {
		return "", nil, nil, fmt.Errorf("%w: box %q of %d bytes, %d left", ErrBadFragment, b[4:8], size, len(b))
	}
	switch string(b[4:8]) {
	case "moof":
		kind = "moof"
	case "mfhd":
		kind = "mfhd"
	case "traf":
		kind = "traf"
	case "tfhd":
		kind = "tfhd"
	case "tfdt":
		kind = "tfdt"
	case "trun":
		kind = "trun"
	}
	return kind, b[header:size], b[size:], nil
}
