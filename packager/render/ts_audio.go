package render

import "fmt"

// The largest frame with its header in ADTS, whose length has 13 bits, and the largest of all
// frames in a PES packet, whose length has 16.
const (
	maxADTS    = 1<<13 - 1
	maxGather  = 60000
	opusPrefix = 0x7fe0
)

// gatherAudio puts the next frames of sound into m.chunks, each with the header that it has in MPEG-TS, and advances;
// until is the DTS of what follows.
func (m *muxer) gatherAudio(s *stream) (until int64, err error) {
	from, size := s.dts, 0
	for {
		data := s.next.Data
		header := len(m.headers)
		switch {
		case s.form.streamType == typeADTS:
			n := len(data) + len(s.form.adts)
			if n > maxADTS {
				return 0, fmt.Errorf("%w: AAC frame of %d bytes, at most %d", ErrUnsuitable, n, maxADTS)
			}
			m.headers = append(m.headers, s.form.adts[:]...)
			h := m.headers[header:]
			h[3] |= byte(n >> 11)
			h[4] = byte(n >> 3)
			h[5] |= byte(n << 5)
		case s.form.opus:
			// An opus_access_unit with a control header without trimming: the length in bytes of 255 and a last one.
			m.headers = append(m.headers, opusPrefix>>8, opusPrefix&0xff)
			n := len(data)
			for ; n >= 255; n -= 255 {
				m.headers = append(m.headers, 255)
			}
			m.headers = append(m.headers, byte(n))
		}
		if len(m.headers) > header {
			h := m.headers[header:len(m.headers):len(m.headers)]
			m.chunks = append(m.chunks, h)
			size += len(h)
		}
		m.chunks = append(m.chunks, data)
		size += len(data)
		until = s.rescale(s.next.DTS + int64(s.next.Duration))
		if err := s.advance(); err != nil {
			return 0, err
		}
		// Frames that do not follow on need a time stamp of their own.
		if s.done || s.dts != until || size+len(s.next.Data)+300 > maxGather ||
			s.rescale(s.next.DTS+int64(s.next.Duration))-from > audioGather {
			return until, nil
		}
	}
}
