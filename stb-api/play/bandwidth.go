package play

import (
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/timeline"
)

// bandwidth measures a stream over a window: the peak segment bit rate, which is the most in any run of segments that
// lasts between a half and one and a half target durations, and the mean (RFC 8216bis §4.1, §4.4.6.2).
func bandwidth(entries []timeline.Entry, st stream, target time.Duration) (peak, mean int) {
	var bytes int64
	var total time.Duration
	for i := range entries {
		size := sizeOf(&entries[i], st)
		if size > 0 {
			bytes += size
			total += entries[i].Duration
		}
		var run int64
		var lasts time.Duration
		for j := i; j < len(entries); j++ {
			run += sizeOf(&entries[j], st)
			lasts += entries[j].Duration
			if lasts > target*3/2 {
				break
			}
			if lasts >= target/2 {
				peak = max(peak, rate(run, lasts))
			}
		}
	}
	if total > 0 {
		mean = rate(bytes, total)
	}
	return max(peak, mean), mean // Where all is shorter than half a target the mean is all there is.
}

func rate(bytes int64, d time.Duration) int { return int(float64(bytes*8) / d.Seconds()) }

// sizeOf is the size of an entry's stream; what stands in for it where it is missing does not count.
func sizeOf(e *timeline.Entry, st stream) int64 {
	tracks := e.Tracks
	if st.rendition != "" {
		a := alsoOf(e, st.rendition)
		if a == nil {
			return 0
		}
		tracks = a.Tracks
	}
	if st.track > len(tracks) {
		return 0
	}
	return tracks[st.track-1].Length
}

// sampled is how many segments' key pictures are looked at to know how large they are.
const sampled = 4

// pictureRate measures a stream's key pictures on the newest segments in memory; zero where there are none.
func (s *Service) pictureRate(entries []timeline.Entry, st stream, t *media.Track) (peak, mean int) {
	var bytes int64
	var total time.Duration
	for i, n := len(entries)-1, 0; i >= 0 && n < sampled; i-- {
		e := &entries[i]
		p, ok := pieceOf(e, st.rendition)
		if !ok || !p.has(st.track) || e.Duration <= 0 {
			continue
		}
		n++
		stored, ok := s.Hot.Get(timeline.HotMedia(p.Object))
		if !ok {
			continue
		}
		fragments, err := p.Fragments(stored)
		if err != nil {
			continue
		}
		body, err := render.IFrame(nil, t, fragments[st.track-1])
		if err != nil {
			continue
		}
		peak = max(peak, rate(int64(len(body)), e.Duration))
		bytes += int64(len(body))
		total += e.Duration
	}
	if total > 0 {
		mean = rate(bytes, total)
	}
	// Others may be larger than these few.
	return peak * 3 / 2, mean
}
