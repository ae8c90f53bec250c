package play

import (
	"context"
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// listedParts is of how many finished segments the parts are listed. One more segment's are kept, for whoever read the
// playlist just before they left it.
const listedParts = 3

// holdBackHalves is PART-HOLD-BACK in halves of PART-TARGET. RFC 8216bis §4.4.3.8 wants twice it at least and three times
// by preference; two and a half, as MediaMTX has, is what players begin a tenth of a second closer with. One that
// stalls moves away by itself.
const holdBackHalves = 5

// lowPlaylist renders a stream's low-latency playlist as it is at an edge, as a delta update where skip allows one and
// there is something to skip.
func (s *Service) lowPlaylist(ctx context.Context, c *Channel, edge *timeline.Edge, st stream, base string, skip bool) ([]byte, error) {
	sc := scene{entries: c.liveRun(edge.Tail), version: edge.Version}
	if len(sc.entries) == 0 {
		return nil, errStarting
	}
	n := name{kind: trackPlaylist, stream: st}
	chosen, err := s.choose(ctx, c, &sc, n.stream)
	if err != nil {
		return nil, s.explain(err)
	}
	m := listMedia(c, &sc, n, base, &chosen)
	if chosen.kind == media.Text {
		return m.Append(nil) // A text is whole or nothing.
	}
	l := &lowList{channel: c, edge: edge, stream: st, base: base, target: partTarget(edge)}
	m.LowLatency = &playlist.LowLatency{
		PartTarget: l.target, PartHoldBack: l.target * holdBackHalves / 2, Hint: l.hint(), Reports: l.reports(),
	}
	for i := max(len(sc.entries)-listedParts, 0); i < len(sc.entries); i++ {
		e := &sc.entries[i]
		m.Segments[i].Parts = l.parts(e, streamParts(edge, e.Seq, st, l.target))
	}
	l.making(&m)
	if skip {
		l.skip(&m, sc.entries)
	}
	return m.Append(nil)
}

// lowList is a low-latency playlist on its way.
type lowList struct {
	channel *Channel
	edge    *timeline.Edge
	stream  stream
	base    string
	target  time.Duration
}

// parts lists the parts of a segment.
func (l *lowList) parts(e *timeline.Entry, parts []segment.Part) []playlist.Part {
	if len(parts) == 0 {
		return nil
	}
	out := make([]playlist.Part, len(parts))
	for i := range parts {
		out[i] = playlist.Part{URI: l.uri(e.Seq, i), Duration: parts[i].Duration, Independent: parts[i].Independent}
	}
	return out
}

func (l *lowList) uri(seq uint64, part int) string {
	b := make([]byte, 0, len(l.base)+48)
	return string(appendPart(append(b, l.base...), l.edge.Run, seq, l.stream, part))
}

// making lists the segment in the making.
func (l *lowList) making(m *playlist.Media) {
	if l.edge.Making == nil {
		return
	}
	e := &l.edge.Making.Entry
	parts, init := l.parts(e, makingParts(l.edge, l.stream, l.target)), e.Init
	if len(parts) == 0 {
		return
	}
	if r := l.edge.RenditionOf(e.Seq, l.stream.rendition); r != nil {
		init = r.Init
	}
	m.Independent = m.Independent && e.Independent
	m.LowLatency.Making = &playlist.Segment{
		ProgramDateTime: e.Start, Discontinuity: e.Discontinuity, Map: l.base + initName(init, l.stream.track), Parts: parts,
	}
}

// hint is the URI of the part that comes next (RFC 8216bis §4.4.5.3), or empty where none does.
func (l *lowList) hint() string {
	if l.target == 0 {
		return ""
	}
	m := l.edge.Making
	if l.stream.rendition != "" {
		// Whether a rendition comes is known when its feed has it in the making, and has it in common with the main one.
		if m == nil {
			return ""
		}
		if r := l.edge.RenditionOf(m.Entry.Seq, l.stream.rendition); r == nil || r.Over || r.Parts.Target != l.target {
			return ""
		}
	}
	if m != nil {
		return l.uri(m.Entry.Seq, len(makingParts(l.edge, l.stream, l.target)))
	}
	return l.uri(l.edge.Tail.Last().Seq+1, 0)
}

// reports tell where the playlists of the other streams stand (RFC 8216bis §4.4.5.4).
func (l *lowList) reports() []playlist.Report {
	last := l.edge.Tail.Last()
	var out []playlist.Report
	report := func(rendition string, tracks int) {
		for track := 1; track <= tracks; track++ {
			if st := (stream{rendition: rendition, track: track}); st != l.stream {
				out = append(out, l.report(st, last.Seq))
			}
		}
	}
	report("", len(last.Tracks))
	for i := range last.Also {
		report(last.Also[i].Name, len(last.Also[i].Tracks))
	}
	return out
}

func (l *lowList) report(st stream, last uint64) playlist.Report {
	r := playlist.Report{URI: st.String() + ".m3u8", Sequence: last}
	if l.base != "../" {
		r.URI = l.base + "live/" + r.URI
	}
	r.Part = len(streamParts(l.edge, last, st, l.target)) - 1
	if n := len(makingParts(l.edge, st, l.target)); n > 0 {
		r.Sequence, r.Part = l.edge.Making.Entry.Seq, n-1
	}
	return r
}

// skip leaves out the segments that lie before the skip boundary (RFC 8216bis §6.2.5.1). Where there is none, all are
// listed: an EXT-X-SKIP of nothing is not allowed.
func (l *lowList) skip(m *playlist.Media, entries []timeline.Entry) {
	boundary := entries[len(entries)-1].End().Add(-playlist.SkipUntil(m.TargetDuration))
	n := 0
	for n < len(entries)-1 && entries[n].End().Before(boundary) {
		n++
	}
	m.Segments = m.Segments[n:]
	m.LowLatency.Skipped = n
}
