package render

import "fmt"

// The largest frame with its header in ADTS, whose length has 13 bits, and the largest of all
// frames in a PES packet, whose length has 16.
const (
	maxADTS    = 1<<13 - 1
	maxGather  = 60000
	opusPrefix = 0x7fe0
)

// gatherAudio puts the next frames of sound into m.sound, each behind the header that it has in MPEG-TS, as m.chunks' only
// one, and advances; until is the DTS of what follows. Frames may be of a few bytes each: to copy them costs less than to
// keep track of them.
func (m *muxer) gatherAudio(s *stream) (until int64, err error) {
	from := s.dts
	for {
		data := s.next.Data
		var head [8]byte
		header := head[:0]
		size := len(data)
		switch {
		case s.form.streamType == typeADTS:
			n := size + len(s.form.adts)
			if n > maxADTS {
				return 0, fmt.Errorf("%w: AAC frame of %d bytes, at most %d", ErrUnsuitable, n, maxADTS)
			}
			header = append(header, s.form.adts[:]...)
			header[3] |= byte(n >> 11)
			header[4] = byte(n >> 3)
			header[5] |= byte(n << 5)
			size = n
		case s.form.opus:
			// An opus_access_unit with a control header without trimming: the length in bytes of 255 and a last one.
			size += 2 + size/255 + 1
		}
		m.load += size
		if !m.dry {
			m.sound = append(m.sound, header...)
			if s.form.opus {
				m.sound = appendOpusControl(m.sound, len(data))
			}
			m.sound = append(m.sound, data...)
		}
		until = s.end
		if err := s.advance(); err != nil {
			return 0, err
		}
		// Frames that do not follow on need a time stamp of their own.
		if s.done || s.dts != until || m.load+len(s.next.Data)+300 > maxGather || s.end-from > audioGather {
			m.chunks = append(m.chunks, m.sound)
			return until, nil
		}
	}
}

// appendOpusControl appends the control header of a frame of that many bytes.
func appendOpusControl(dst []byte, n int) []byte {
	dst = append(dst, opusPrefix>>8, opusPrefix&0xff)
	for ; n >= 255; n -= 255 {
		dst = append(dst, 255)
	}
	return append(dst, byte(n))
}
