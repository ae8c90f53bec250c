package media

import "time"

// Sample is one access unit of a video track or one frame of an audio track.
type Sample struct {
	// PTS and DTS are the presentation and decoding times in the track's timescale.
	// For audio they are equal.
	PTS, DTS int64

	// Wall is the sender's own clock at PTS (from an RTCP sender report, for example), or the zero
	// time where the sender does not tell.
	Wall time.Time

	// Sync marks a random access point: an IDR picture of H.264, an IDR or CRA picture of H.265.
	// It is always true for audio.
	Sync bool

	// Units are the NAL units without start codes (video), or one frame without ADTS or other
	// framing as the only unit (audio). The receiver of a sample owns them.
	Units [][]byte
}

// Size is the sample's payload in bytes, framing not counted.
func (s Sample) Size() int {
	n := 0
	for _, u := range s.Units {
		n += len(u)
	}
	return n
}
