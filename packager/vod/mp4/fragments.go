package mp4

// fragments goes through the moof boxes of a file and gives the samples of one track.
type fragments struct {
	track  *Track
	offset int64 // of the box to look at next

	begin int64  // of the moof box in the file
	trafs []byte // boxes of the moof that follow
	runs  []byte // boxes of the traf that follow

	track1  defaults
	base    int64 // what data offsets count from
	pos     int64 // of the next sample
	left    uint32
	flags   uint32
	first   uint32
	atFirst bool
	entries []byte
}

// Flags of tfhd and trun boxes (ISO 14496-12 §8.8.7 and §8.8.8).
const (
	tfhdBase     = 0x1
	tfhdEntry    = 0x2
	tfhdDuration = 0x8
	tfhdSize     = 0x10
	tfhdFlags    = 0x20

	trunData      = 0x1
	trunFirst     = 0x4
	trunDurations = 0x100
	trunSizes     = 0x200
	trunFlags     = 0x400
	trunOffsets   = 0x800

	flagNonSync = 0x10000
)

// next gives the next sample and how long it lasts; dts is set where a fragment tells it.
func (f *fragments) next(s *Sample, dts *int64) (uint32, error) {
	for f.left == 0 {
		if err := f.advance(dts); err != nil {
			return 0, err
		}
	}
	size := 4 * ones(f.flags&(trunDurations|trunSizes|trunFlags|trunOffsets))
	if len(f.entries) < size {
		return 0, damaged("trun is too short")
	}
	e := f.entries
	d, flags := f.track1.duration, f.track1.flags
	s.Size, s.Offset = f.track1.size, 0
	if f.flags&trunDurations != 0 {
		d, e = u32(e), e[4:]
	}
	if f.flags&trunSizes != 0 {
		s.Size, e = u32(e), e[4:]
	}
	if f.flags&trunFlags != 0 {
		flags, e = u32(e), e[4:]
	} else if f.atFirst && f.flags&trunFirst != 0 {
		flags = f.first
	}
	if f.flags&trunOffsets != 0 {
		s.Offset, e = int32(u32(e)), e[4:]
	}
	f.entries, f.atFirst = e, false
	f.left--
	s.Sync = flags&flagNonSync == 0
	s.Pos = f.pos
	f.pos += int64(s.Size)
	return d, nil
}

// advance goes to the next run of the track's samples.
func (f *fragments) advance(dts *int64) error {
	for len(f.runs) >= 8 {
		b, rest, err := nextBox(f.runs)
		if err != nil {
			return err
		}
		f.runs = rest
		if b.kind == "trun" {
			return f.openRun(b)
		}
	}
	for len(f.trafs) >= 8 {
		b, rest, err := nextBox(f.trafs)
		if err != nil {
			return err
		}
		f.trafs = rest
		if b.kind == "traf" {
			return f.openTrack(b.body, dts)
		}
	}
	return f.nextMoof()
}

// nextMoof finds the next moof box and reads it. A file may end inside of a box that is no fragment.
func (f *fragments) nextMoof() error {
	for {
		p, err := readPlace(f.track.file.r, f.offset, f.track.file.size)
		if err != nil {
			return err
		}
		f.offset = p.end
		if p.kind != "moof" {
			continue
		}
		body, err := readBody(f.track.file.r, p, f.track.file.size, maxMoof)
		if err != nil {
			return err
		}
		f.trafs, f.begin = body, p.offset
		return nil
	}
}

// openTrack reads the headers of a traf box, if it is the track's.
func (f *fragments) openTrack(traf []byte, dts *int64) error {
	f.runs = nil
	mine := false
	err := walk(traf, func(b box) error {
		switch b.kind {
		case "tfhd":
			_, flags, body, err := full(b, 4)
			if err != nil {
				return err
			}
			mine = u32(body) == f.track.id
			if mine {
				return f.openHeader(flags, body[4:])
			}
		case "tfdt":
			if !mine {
				return nil
			}
			version, _, body, err := full(b, 4)
			if err != nil {
				return err
			}
			t := uint64(u32(body))
			if version == 1 {
				if len(body) < 8 {
					return damaged("tfdt of %d bytes", len(body))
				}
				t = u64(body)
			}
			if t > maxEdit {
				return damaged("decoding time %d", t)
			}
			*dts = int64(t)
		}
		return nil
	})
	if mine {
		f.runs = traf
	}
	return err
}

func (f *fragments) openHeader(flags uint32, b []byte) error {
	f.track1, f.base = f.track.defaults, f.begin
	take := func(size int) []byte {
		if len(b) < size {
			b = nil
			return make([]byte, size)
		}
		v := b[:size]
		b = b[size:]
		return v
	}
	if flags&tfhdBase != 0 {
		f.base = int64(u64(take(8)) & (1<<62 - 1))
	}
	if flags&tfhdEntry != 0 {
		take(4)
	}
	if flags&tfhdDuration != 0 {
		f.track1.duration = u32(take(4))
	}
	if flags&tfhdSize != 0 {
		f.track1.size = u32(take(4))
	}
	if flags&tfhdFlags != 0 {
		f.track1.flags = u32(take(4))
	}
	f.pos = f.base
	return nil
}

func (f *fragments) openRun(b box) error {
	_, flags, body, err := full(b, 4)
	if err != nil {
		return err
	}
	f.flags, f.left, f.atFirst = flags, u32(body), true
	body = body[4:]
	if flags&trunData != 0 {
		if len(body) < 4 {
			return damaged("trun of %d bytes", len(b.body))
		}
		f.pos, body = f.base+int64(int32(u32(body))), body[4:]
		if f.pos < 0 {
			return damaged("samples at %d", f.pos)
		}
	}
	if flags&trunFirst != 0 {
		if len(body) < 4 {
			return damaged("trun of %d bytes", len(b.body))
		}
		f.first, body = u32(body), body[4:]
	}
	f.entries = body
	size := 4 * ones(flags&(trunDurations|trunSizes|trunFlags|trunOffsets))
	if uint64(f.left)*uint64(size) > uint64(len(body)) {
		return damaged("trun of %d samples in %d bytes", f.left, len(body))
	}
	if size == 0 && f.left > 0 && f.track1.size == 0 {
		return damaged("trun of %d samples without sizes", f.left)
	}
	return nil
}

func ones(v uint32) int {
	n := 0
	for ; v != 0; v &= v - 1 {
		n++
	}
	return n
}
