package segment

import (
	"slices"

	"podium.tv/podium/packager/media"
)

// maxPendingCues bounds the cues of a text track that are yet to be shown.
const maxPendingCues = 256

// pushText takes a sample of a text track, whose cues tell how long they are shown. It may come at any time before the
// cut of the segment that it is shown in, or later, and is then shown for the rest of its time.
func (s *Segmenter) pushText(track int, sample media.Sample) {
	t := &s.tracks[track]
	for _, unit := range sample.Units {
		cues, err := media.ReadCues(nil, unit, 0)
		if err != nil {
			s.fault(err)
			continue
		}
		for _, c := range cues {
			c.Start, c.End = c.Start+sample.PTS, c.End+sample.PTS
			if c.End <= c.Start || c.End <= s.textTime(track, s.time) || len(t.cues) == maxPendingCues {
				continue
			}
			s.bytes += len(c.Text)
			t.cues = append(t.cues, c)
		}
	}
}

// textTime converts a time of the leading track to a text track's timescale.
func (s *Segmenter) textTime(track int, at int64) int64 {
	return media.Ticks(at, s.timescale(s.leading), s.timescale(track))
}

// cutText is what a text track shows from the segment's begin until its end, both presentation times of the leading
// track: samples without a gap between them, as ISO 14496-30 §7.3 has it, each with the cues that are shown
// together. It is empty where no cue is shown at all. Cues that last longer stay for the next segment.
func (s *Segmenter) cutText(track int, until int64) []Piece {
	t := &s.tracks[track]
	from, to := s.textTime(track, s.time), s.textTime(track, until)
	bounds := []int64{from, to}
	for i := range t.cues {
		for _, at := range [...]int64{t.cues[i].Start, t.cues[i].End} {
			if at > from && at < to {
				bounds = append(bounds, at)
			}
		}
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	pieces := make([]Piece, 0, len(bounds)-1)
	empty := true
	for i := range len(bounds) - 1 {
		at, end := bounds[i], bounds[i+1]
		var shown []media.Cue
		for _, c := range t.cues {
			if c.Start < end && c.End > at && len(shown) < media.MaxCues {
				c.Start, c.End = c.Start-at, c.End-at
				shown = append(shown, c)
			}
		}
		empty = empty && len(shown) == 0
		pieces = append(pieces, Piece{
			DTS: at, Duration: duration32(end - at), Sync: true, Units: [][]byte{media.AppendCues(nil, shown)},
		})
	}
	t.cues = slices.DeleteFunc(t.cues, func(c media.Cue) bool { return c.End <= to })
	for i := range t.cues {
		s.bytes += len(t.cues[i].Text)
	}
	if empty {
		return nil
	}
	return pieces
}

func (s *Segmenter) isText(track int) bool {
	return track != s.leading && s.Init.Tracks[track].Kind() == media.Text
}
