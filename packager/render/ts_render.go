package render

import (
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/timeline"
)

// TSOptions say how a segment's MPEG-TS form continues what was before.
type TSOptions struct {
	// From are the continuity counters of the segment's first packets; the zero value serves for the first segment.
	From timeline.Counters
	// Shift is added to the stored media times, as Shift does to a fragment's. Nothing but time stamps depends on it,
	// so that the counters in an index hold for each channel that shows the segment.
	Shift time.Duration
	// Discontinuity has each track's first packet say that it continues nothing, as the first segment of an epoch does
	// by itself: where a channel changes its source, continuity counters and clock begin anew (ISO 13818-1 §2.4.3.5).
	Discontinuity bool
}

// TS appends the MPEG-TS form of a segment to dst. fragments[i] are the stored fragments of init.Tracks[i], none
// where the track had no sample; from are the continuity counters of the segment's first packets, where
// the zero value serves for the first segment. It returns the counters of the next segment's first packets.
// The same arguments make the same bytes, on every node.
func TS(dst []byte, init *media.Init, fragments [][]byte, from timeline.Counters) ([]byte, timeline.Counters, error) {
	return TSWith(dst, init, fragments, TSOptions{From: from})
}

// TSWith is TS with more to say.
func TSWith(dst []byte, init *media.Init, fragments [][]byte, o TSOptions) ([]byte, timeline.Counters, error) {
	least := 0
	for _, f := range fragments {
		least += len(f)
	}
	m := muxer{out: dst}
	if cap(dst)-len(dst) < least {
		// Measured first, at a twentieth of the cost: what is rendered stays in the hot cache, and spare capacity with it.
		size, _, err := TSSize(init, fragments, o.From)
		if err != nil {
			return dst, o.From, err
		}
		m.out = append(make([]byte, 0, len(dst)+size), dst...)
	}
	if err := m.run(init, fragments, o); err != nil {
		return dst, o.From, err
	}
	return m.out, m.next(), nil
}

// TSSize is the size in bytes of what TS would append, and the counters it would return, whatever the shift. It costs
// a small part of the rendering, for no media is copied.
func TSSize(init *media.Init, fragments [][]byte, from timeline.Counters) (int, timeline.Counters, error) {
	m := muxer{dry: true}
	if err := m.run(init, fragments, TSOptions{From: from}); err != nil {
		return 0, from, err
	}
	return m.size, m.next(), nil
}
