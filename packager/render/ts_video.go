package render

// NAL unit types that matter here (ITU-T H.264 table 7-1, H.265 table 7-1).
const (
	h264SPS       = 7
	h264Delimiter = 9
	h265SPS       = 33
	h265Delimiter = 35
)

// gatherVideo puts the next picture into m.chunks, in Annex B form, and advances; until is the DTS of what follows.
// The stored form has lengths of 4 bytes where Annex B has start codes of 4 bytes, so sizes do not change.
func (m *muxer) gatherVideo(s *stream) (until int64, err error) {
	start := s.form.delimiter[:4]
	m.chunks = append(m.chunks, s.form.delimiter)
	hasSets := false
	for rest := s.next.Data; len(rest) > 0; {
		var unit []byte
		if unit, rest, err = nextUnit(rest); err != nil {
			return 0, err
		}
		kind, sps, delimiter := unit[0]&0x1f, byte(h264SPS), byte(h264Delimiter)
		if s.form.h265 {
			kind, sps, delimiter = unit[0]>>1&0x3f, h265SPS, h265Delimiter
		}
		if kind == delimiter {
			continue // It would be the second one.
		}
		hasSets = hasSets || kind == sps
		m.load += len(start) + len(unit)
		if !m.dry {
			m.chunks = append(m.chunks, start, unit)
		}
	}
	if s.next.Sync && !hasSets {
		m.chunks[0] = s.form.access
	}
	if m.load > 0 { // A sample without NAL units is no picture.
		m.load += len(m.chunks[0])
	}
	end := s.end
	return end, s.advance()
}
