package play

import (
	"context"
	"encoding/binary"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
)

// numbered is a segment that a manifest lists by its number. A period's timeline has no holes, so that one is listed where
// the track has nothing as well: it then has no samples, or, of text, the one that says that nothing is shown.
func (s *Service) numbered(ctx context.Context, c subject, p *piece, n name) (body []byte, kind string, err error) {
	if n.track > len(p.Tracks) || p.has(n.track) || c.keys() != nil {
		return s.form(ctx, c, p, n)
	}
	t, err := s.description(ctx, p, n.track)
	if err != nil {
		return nil, "", err
	}
	at := ticks(p.Time+p.Shift, t.Timescale)
	if t.Kind() != media.Text {
		return emptyFragment(uint32(t.ID), at), typeMP4, nil
	}
	nothing := segment.Piece{
		DTS: at, Duration: uint32(max(ticks(p.Time+p.Shift+p.entry.Duration, t.Timescale)-at, 1)), Sync: true,
		Units: [][]byte{{0, 0, 0, 8, 'v', 't', 't', 'e'}}, // ISO 14496-30 §7.4
	}
	return segment.AppendFragment(nil, 1, t, []segment.Piece{nothing}), typeMP4, nil
}

// emptyFragment is a moof box whose only run has no samples, and an empty mdat box (ISO 14496-12 §8.8).
func emptyFragment(id uint32, at int64) []byte {
	b := make([]byte, 0, 96)
	box := func(size int, kind string, fields ...uint32) {
		b = append(binary.BigEndian.AppendUint32(b, uint32(size)), kind...)
		for _, f := range fields {
			b = binary.BigEndian.AppendUint32(b, f)
		}
	}
	const traf = 8 + 16 + 20 + 20
	const moof = 8 + 16 + traf
	box(moof, "moof")
	box(16, "mfhd", 0, 1)
	box(traf, "traf")
	box(16, "tfhd", 0x020000, id)
	box(20, "tfdt", 1<<24, uint32(at>>32), uint32(at))
	box(20, "trun", 1, 0, moof+8)
	box(8, "mdat")
	return b
}
