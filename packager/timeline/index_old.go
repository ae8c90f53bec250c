package timeline

import "time"

// The flags of PTL2; PTL1 had the first two.
const (
	flag2Discontinuity = 1 << iota
	flag2Independent
	flag2Time    // Time does not continue the entry before
	flag2Shift   // Shift is another than before
	flag2RefHour // RefHour is not the entry's own hour
	flag2At
	flag2Also
)

// next2 reads an entry of PTL1 or PTL2 over the one before it.
func (r *indexReader) next2(e *Entry) {
	flags := r.uvarint()
	e.Discontinuity = flags&flag2Discontinuity != 0
	e.Independent = flags&flag2Independent != 0
	e.Seq += uint64(r.varint())
	e.Disc += uint64(r.varint())
	start := r.prevEnd + r.varint()
	e.Start = time.UnixMicro(start).UTC()
	e.Time += e.Duration
	e.Duration = time.Duration(r.varint())
	r.prevEnd = start + e.Duration.Microseconds()
	e.Kind = Kind(r.ref())
	dir, file := r.ref(), r.ref()
	if len(dir)+len(file) > maxIndexObjName {
		r.fail()
	}
	if !r.unnamed {
		r.names = append(append(r.names, dir...), file...)
	}
	e.Init = r.ref()
	e.Occurrence = r.ref()
	e.Key = r.ref()
	e.Ref = r.uvarint()
	if head := r.bytes(2); head != nil {
		e.TS.PAT, e.TS.PMT = head[0], head[1]
	}
	e.TS.Tracks = nil
	if n := r.count(maxIndexTracks); n > 0 {
		e.TS.Tracks = r.bytes(n)
	}
	e.Tracks = r.tracks()
	if r.form == '1' {
		e.Time = 0
		return
	}
	r.rare2(e, flags)
}

// rare2 reads what few entries have.
func (r *indexReader) rare2(e *Entry, flags uint64) {
	if flags&flag2Time != 0 {
		e.Time += time.Duration(r.varint())
	}
	if flags&flag2Shift != 0 {
		e.Shift += time.Duration(r.varint())
	}
	e.RefHour, e.At, e.Also = 0, Range{}, nil
	if flags&flag2RefHour != 0 {
		e.RefHour = e.Hour() + r.varint()
	}
	if flags&flag2At != 0 {
		e.At = r.run()
	}
	if flags&flag2Also != 0 {
		e.Also = r.renditions()
	}
}
