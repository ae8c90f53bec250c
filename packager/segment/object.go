package segment

// recordRoom is kept free before a segment's media, so that its record can be put there when it is known: a live entry's
// takes about 500 bytes. To copy the media for its sake would be half of what a channel's ingest takes of memory.
const recordRoom = 1 << 10

// buffer has room for the record before the media, and for the pieces that are to be cut.
func (s *Segmenter) buffer() (whole []byte) {
	size := recordRoom + 4096 + s.bytes
	for n := range s.tracks {
		for i := range s.tracks[n].pieces {
			size += 16 + 4*len(s.tracks[n].pieces[i].Units) // Its entry in the trun box, and the units' lengths.
		}
	}
	return make([]byte, recordRoom, size)
}

// Object makes the stored form: the box with the record, and the media. Where there is room before the media, the record
// is written there and nothing is copied; the next time it is.
func (s *Segment) Object(record []byte) []byte {
	size := recordHeader + len(record)
	whole := s.whole
	s.whole = nil
	if size > recordRoom || len(whole) <= recordRoom || len(s.Media) == 0 || &whole[recordRoom] != &s.Media[0] {
		return append(AppendRecord(make([]byte, 0, size+len(s.Media)), record), s.Media...)
	}
	out := whole[recordRoom-size:]
	_ = AppendRecord(out[:0], record)
	return out
}
