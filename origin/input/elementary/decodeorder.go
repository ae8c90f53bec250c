package elementary

// extractor is mediacommon's DTSExtractor of a video codec.
type extractor interface {
	comparable
	Extract(units [][]byte, pts int64) (int64, error)
}

// decodeOrder finds the decoding times of a video track, which RTP does not carry. It starts at a random access
// point, and starts anew at the next one after the order could not be followed.
type decodeOrder[E extractor] struct {
	fresh func() E

	current E
	// leading is true from the random access point we started at until the next one.
	leading bool
	// renew asks for a new extractor at the next random access point: after a loss the old one has counted
	// pictures that never came as reordered ones, and would delay every later DTS.
	renew bool
	buf   [][]byte

	any  bool
	last int64
}

func (o *decodeOrder[E]) lost() { o.renew = true }

// maxOverlap is how far the DTS of a new extractor may lie before the last one of the old. A new one guesses the
// depth of reordering (100 ms where the stream does not tell), and a track's DTS must not go back for that.
const maxOverlap = VideoTimescale / 2

// dts gives the DTS of an access unit; parameters are those of the track if it is a random access point. It is
// false while there is nothing to start from.
func (o *decodeOrder[E]) dts(units, parameters [][]byte, pts int64, sync bool) (int64, bool, error) {
	dts, ok, err := o.extract(units, parameters, pts, sync)
	if !ok || err != nil {
		return 0, false, err
	}
	if o.any && dts <= o.last && o.last-dts < maxOverlap && o.last < pts {
		dts = o.last + 1
	}
	o.any, o.last = true, dts
	return dts, true, nil
}

func (o *decodeOrder[E]) extract(units, parameters [][]byte, pts int64, sync bool) (int64, bool, error) {
	var none E
	if sync {
		o.buf = append(append(o.buf[:0], parameters...), units...)
		started := o.current == none
		if started || o.renew {
			o.current, o.renew = o.fresh(), false
		}
		o.leading = started
		dts, err := o.current.Extract(o.buf, pts)
		if err != nil && !started {
			// Times jumped back, or pictures are missing: this picture can stand at the beginning.
			o.current, o.leading = o.fresh(), true
			var again error
			if dts, again = o.current.Extract(o.buf, pts); again == nil {
				return dts, true, nil
			}
		}
		if err != nil {
			o.current = none
			return 0, false, err
		}
		return dts, true, nil
	}
	if o.current == none {
		return 0, false, nil
	}
	dts, err := o.current.Extract(units, pts)
	if err != nil {
		o.current = none
		return 0, false, err
	}
	return dts, true, nil
}

// waiting says whether pictures are dropped until a random access point comes.
func (o *decodeOrder[E]) waiting() bool {
	var none E
	return o.current == none
}
