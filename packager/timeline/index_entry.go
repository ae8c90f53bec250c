package timeline

import (
	"encoding/binary"
	"strconv"
	"time"
)

// The flags of an entry. Those that many entries have fit into one byte.
const (
	flagDiscontinuity = 1 << iota
	flagIndependent
	flagDuration // Duration is another than before
	flagStart    // Start is not where the entry before ends
	flagAt       // the segment lies in the chunk, behind the one before
	flagTracks   // the tracks are not as many as before, or do not lie one behind the other
	flagCounters // the counters are not as many as before
	flagSeq      // Seq is not the one before and 1
	flagDisc     // Disc is not the one before, and 1 where Discontinuity is set
	flagTexts    // Kind, Init, Occurrence or Key is another than before
	flagName     // Object is not a segment's name
	flagOwner    // Object is the name of another owner's segment than before
	flagNumber   // Object's number is not the one before and 1
	flagRef      // Ref is not the one before and 1, or 0 like the one before
	flagRefHour  // RefHour is not as far from the entry's own hour as before
	flagTime     // Time does not continue the entry before
	flagShift    // Shift is another than before
	flagPlace    // the segment lies elsewhere in the chunk
	flagAlso
)

// indexWriter writes entries one after another.
type indexWriter struct {
	body  []byte
	table map[string]uint64
	list  []string

	prev    Entry
	prevEnd int64
	owner   string
	number  uint64
	first   int64
}

func (w *indexWriter) ref(s string) {
	n, ok := w.table[s]
	if !ok {
		n = uint64(len(w.list))
		w.table[s] = n
		w.list = append(w.list, s)
	}
	w.body = binary.AppendUvarint(w.body, n)
}

func (w *indexWriter) entry(e *Entry) {
	start := e.Start.UnixMicro()
	owner, number, named := ParseMediaName(e.Object)
	flags := w.flags(e, start, owner, number, named)
	w.body = binary.AppendUvarint(w.body, flags)
	if flags&flagSeq != 0 {
		w.varint(int64(e.Seq - w.prev.Seq))
	}
	if flags&flagDisc != 0 {
		w.varint(int64(e.Disc - w.prev.Disc))
	}
	if flags&flagStart != 0 {
		w.varint(start - w.prevEnd)
	}
	if flags&flagDuration != 0 {
		w.varint(int64(e.Duration))
	}
	if flags&flagTexts != 0 {
		for _, s := range []string{string(e.Kind), e.Init, e.Occurrence, e.Key} {
			w.ref(s)
		}
	}
	w.name(e, flags, owner, number)
	w.body = append(w.body, e.TS.PAT, e.TS.PMT)
	if flags&flagCounters != 0 {
		w.body = binary.AppendUvarint(w.body, uint64(len(e.TS.Tracks)))
	}
	w.body = append(w.body, e.TS.Tracks...)
	w.tracks(e, flags)
	w.rare(e, flags)
	w.prev, w.prevEnd = *e, start+e.Duration.Microseconds()
	if named {
		w.owner, w.number = owner, number+1
	}
	if len(e.Tracks) > 0 {
		w.first = e.Tracks[0].Offset
	}
}

func (w *indexWriter) varint(v int64) { w.body = binary.AppendVarint(w.body, v) }

// flags says what of an entry cannot be told from the one before.
func (w *indexWriter) flags(e *Entry, start int64, owner string, number uint64, named bool) (flags uint64) {
	prev := &w.prev
	for _, f := range []struct {
		set  bool
		flag uint64
	}{
		{e.Discontinuity, flagDiscontinuity},
		{e.Independent, flagIndependent},
		{e.Duration != prev.Duration, flagDuration},
		{start != w.prevEnd, flagStart},
		{len(e.Tracks) != len(prev.Tracks) || !contiguous(e.Tracks), flagTracks},
		{len(e.TS.Tracks) != len(prev.TS.Tracks), flagCounters},
		{e.Seq != prev.Seq+1, flagSeq},
		{e.Disc != nextDisc(prev.Disc, e.Discontinuity), flagDisc},
		{e.Kind != prev.Kind || e.Init != prev.Init || e.Occurrence != prev.Occurrence || e.Key != prev.Key, flagTexts},
		{!named, flagName},
		{named && owner != w.owner, flagOwner},
		{named && number != w.number, flagNumber},
		{e.Ref != nextRef(prev.Ref), flagRef},
		{e.RefHour != nextRefHour(prev.RefHour, prev.Start, e.Start), flagRefHour},
		{e.Time != prev.Time+prev.Duration, flagTime},
		{e.Shift != prev.Shift, flagShift},
		{len(e.Also) > 0, flagAlso},
	} {
		if f.set {
			flags |= f.flag
		}
	}
	switch {
	case e.At == Range{}:
	case e.At == Range{Offset: prev.At.End(), Length: stretch(e.Tracks)}:
		flags |= flagAt
	default:
		flags |= flagPlace
	}
	return flags
}

// contiguous says that tracks lie one behind the other, as they do in a segment.
func contiguous(tracks []Range) bool {
	for i := 1; i < len(tracks); i++ {
		if tracks[i].Offset != tracks[i-1].End() {
			return false
		}
	}
	return true
}

func nextDisc(prev uint64, discontinuity bool) uint64 {
	if discontinuity {
		return prev + 1
	}
	return prev
}

func nextRef(prev uint64) uint64 {
	if prev == 0 {
		return 0
	}
	return prev + 1
}

// nextRefHour is the hour an entry refers to if it is as far from its own as that of the entry before.
func nextRefHour(prev int64, before, start time.Time) int64 {
	if prev == 0 {
		return 0
	}
	return HourOf(start) + prev - HourOf(before)
}

func (w *indexWriter) name(e *Entry, flags uint64, owner string, number uint64) {
	if flags&flagName != 0 {
		dir, file := splitObject(e.Object)
		w.ref(dir)
		w.ref(file)
		return
	}
	if flags&flagOwner != 0 {
		w.ref(owner)
	}
	if flags&flagNumber != 0 {
		w.varint(int64(number - w.number))
	}
}

func (w *indexWriter) tracks(e *Entry, flags uint64) {
	if flags&flagTracks != 0 {
		w.body = appendRanges(w.body, e.Tracks)
		return
	}
	for i, r := range e.Tracks {
		if i == 0 {
			w.varint(r.Offset - w.first)
		}
		w.body = binary.AppendUvarint(w.body, uint64(r.Length))
	}
}

// rare writes what few entries have.
func (w *indexWriter) rare(e *Entry, flags uint64) {
	if flags&flagRef != 0 {
		w.body = binary.AppendUvarint(w.body, e.Ref)
	}
	if flags&flagRefHour != 0 {
		w.varint(e.RefHour)
	}
	if flags&flagTime != 0 {
		w.varint(int64(e.Time - w.prev.Time - w.prev.Duration))
	}
	if flags&flagShift != 0 {
		w.varint(int64(e.Shift - w.prev.Shift))
	}
	if flags&flagPlace != 0 {
		w.varint(e.At.Offset)
		w.varint(e.At.Length)
	}
	if flags&flagAlso != 0 {
		w.renditions(e)
	}
}

func appendRanges(dst []byte, ranges []Range) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(ranges)))
	for _, r := range ranges {
		dst = binary.AppendVarint(binary.AppendVarint(dst, r.Offset), r.Length)
	}
	return dst
}

func (w *indexWriter) renditions(e *Entry) {
	w.body = binary.AppendUvarint(w.body, uint64(len(e.Also)))
	for i := range e.Also {
		a := &e.Also[i]
		dir, file := splitObject(a.Object)
		for _, s := range []string{a.Name, dir, file, a.Init} {
			w.ref(s)
		}
		w.varint(a.At.Offset)
		w.varint(a.At.Length)
		w.body = appendRanges(w.body, a.Tracks)
		w.body = binary.AppendUvarint(w.body, a.Ref)
		w.varint(a.RefHour)
		w.varint(int64(a.Time))
		w.varint(int64(a.Shift))
	}
}

// next reads an entry over the one before it.
func (r *indexReader) next(e *Entry) {
	if r.form != '3' {
		r.next2(e)
		return
	}
	flags := r.uvarint()
	e.Discontinuity = flags&flagDiscontinuity != 0
	e.Independent = flags&flagIndependent != 0
	e.Disc = nextDisc(e.Disc, e.Discontinuity)
	e.Time += e.Duration
	before, prevAt := e.Start, e.At
	start := r.prevEnd
	if flags&(flagSeq|flagDisc|flagStart|flagDuration|flagTexts) == 0 {
		e.Seq++
	} else {
		start = r.place(e, flags, start)
	}
	e.Start = time.UnixMicro(start).UTC()
	r.prevEnd = start + e.Duration.Microseconds()
	r.name(flags)
	if head := r.bytes(2); head != nil {
		e.TS.PAT, e.TS.PMT = head[0], head[1]
	}
	if flags&flagCounters != 0 {
		r.counted = r.count(maxIndexTracks)
	}
	e.TS.Tracks = nil
	if r.counted > 0 {
		e.TS.Tracks = r.bytes(r.counted)
	}
	e.Tracks = r.runs(flags)
	e.At = Range{}
	if flags&flagAt != 0 {
		e.At = Range{Offset: prevAt.End(), Length: stretch(e.Tracks)}
		if e.At.Offset > maxObject {
			r.fail()
		}
	}
	e.Ref = nextRef(e.Ref)
	if e.RefHour != 0 {
		e.RefHour = nextRefHour(e.RefHour, before, e.Start)
	}
	e.Also = nil
	if flags >= flagRef {
		r.rare(e, flags)
	}
}

// place reads what says where an entry stands, where it does not follow from the one before.
func (r *indexReader) place(e *Entry, flags uint64, start int64) int64 {
	if flags&flagSeq != 0 {
		e.Seq += uint64(r.varint())
	} else {
		e.Seq++
	}
	if flags&flagDisc != 0 {
		e.Disc = nextDisc(e.Disc, false) + uint64(r.varint())
		if e.Discontinuity {
			e.Disc--
		}
	}
	if flags&flagStart != 0 {
		start += r.varint()
	}
	if flags&flagDuration != 0 {
		e.Duration = time.Duration(r.varint())
	}
	if flags&flagTexts != 0 {
		e.Kind = Kind(r.ref())
		e.Init = r.ref()
		e.Occurrence = r.ref()
		e.Key = r.ref()
	}
	return start
}

// name reads an object's name.
func (r *indexReader) name(flags uint64) {
	if flags&flagName != 0 {
		dir, file := r.ref(), r.ref()
		if len(dir)+len(file) > maxIndexObjName {
			r.fail()
		}
		if !r.unnamed {
			r.names = append(append(r.names, dir...), file...)
		}
		return
	}
	if flags&flagOwner != 0 {
		if r.owner = r.ref(); len(r.owner) > maxIndexObjName {
			r.fail()
		}
	}
	if flags&flagNumber != 0 {
		r.number += uint64(r.varint())
	}
	if !r.unnamed {
		r.names = appendMediaName(r.names, r.owner, r.number)
	}
	r.number++
}

// appendMediaName appends what MediaName returns.
func appendMediaName(dst []byte, owner string, seq uint64) []byte {
	dst = append(append(dst, owner...), "/media/"...)
	dst = append(strconv.AppendUint(dst, seq/1000, 10), '/')
	return append(strconv.AppendUint(dst, seq, 10), ".cmaf"...)
}

// runs reads where the tracks lie.
func (r *indexReader) runs(flags uint64) []Range {
	if flags&flagTracks != 0 {
		tracks := r.tracks()
		if r.tracked = len(tracks); r.tracked > 0 {
			r.first = tracks[0].Offset
		}
		return tracks
	}
	if r.tracked == 0 {
		return nil
	}
	r.first += r.varint()
	at, from := r.first, len(r.ranges)
	for range r.tracked {
		length := r.uvarint()
		if length > maxObject || at < 0 || at > maxObject {
			r.fail()
			return nil
		}
		r.ranges = append(r.ranges, Range{Offset: at, Length: int64(length)})
		at += int64(length)
	}
	return r.ranges[from:len(r.ranges):len(r.ranges)]
}

// rare reads what few entries have.
func (r *indexReader) rare(e *Entry, flags uint64) {
	if flags&flagRef != 0 {
		e.Ref = r.uvarint()
	}
	if flags&flagRefHour != 0 {
		e.RefHour = r.varint()
	}
	if flags&flagTime != 0 {
		e.Time += time.Duration(r.varint())
	}
	if flags&flagShift != 0 {
		e.Shift += time.Duration(r.varint())
	}
	if flags&flagPlace != 0 {
		e.At = r.run()
	}
	if flags&flagAlso != 0 {
		e.Also = r.renditions()
	}
}
