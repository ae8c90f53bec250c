package play

import (
	"context"
	"strconv"
	"strings"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// maxPart bounds a part's number: a segment of a minute has a few hundred.
const maxPart = 1 << 16

// parsePart reads what stands behind "part-": {hour}-{seq}-{track}-{n}.m4s.
func parsePart(s string) (name, error) {
	stem, ending := cutEnding(s)
	if ending != "m4s" {
		return name{}, errName
	}
	n, rest, err := parsePlace(stem)
	if err != nil {
		return name{}, err
	}
	of, number, found := strings.Cut(rest, "-")
	part := parseNumber(number, maxPart)
	if n.stream, err = parseStream(of); err != nil || !found || part < 0 {
		return name{}, errName
	}
	n.kind, n.part = partSegment, int(part)
	return n, nil
}

// appendPart writes what parsePart reads.
func appendPart(dst []byte, hour int64, seq uint64, st stream, part int) []byte {
	dst = append(dst, "part-"...)
	dst = strconv.AppendInt(dst, hour, 10)
	dst = append(dst, '-')
	dst = strconv.AppendUint(dst, seq, 10)
	dst = appendForm(dst, st, "")
	dst = append(dst, '-')
	dst = strconv.AppendInt(dst, int64(part), 10)
	return append(dst, ".m4s"...)
}

// part answers for a part, and where it is the next to come, when it is there.
func (s *Service) part(ctx context.Context, c subject, n name) (*answer, error) {
	ch, ok := c.(*Channel)
	if !ok || !ch.isLow(view{}, n.stream) {
		return nil, errNoFile
	}
	edge := ch.Timeline.Edge()
	if n.hinted(edge) {
		var err error
		if edge, err = s.waitFor(ctx, ch, func(e *timeline.Edge) bool { return !n.hinted(e) }); err != nil {
			return nil, err
		}
	}
	e, p := n.partAt(edge)
	if p == nil {
		return nil, errNoMedia
	}
	body, err := s.partBody(ctx, ch, e, p, &n)
	if err != nil {
		return nil, s.explain(err)
	}
	return &answer{body: body, contentType: typeMP4, cache: ch.caching(cacheMedia), modified: e.Start.Unix()}, nil
}

// hinted says that a part is not there and may be the next one to come.
func (n *name) hinted(e *timeline.Edge) bool {
	if e.Making != nil && n.seq == e.Making.Entry.Seq {
		return n.track <= len(e.Making.Parts.Tracks) && n.part == len(e.Making.Parts.Tracks[n.track-1])
	}
	return n.part == 0 && n.seq == e.Tail.Next && partTarget(e) > 0
}

// partAt finds a part and its segment; nil where there is none. Whoever was told of a part before its segment was begun
// may have been told the hour before.
func (n *name) partAt(edge *timeline.Edge) (*timeline.Entry, *segment.Part) {
	var e *timeline.Entry
	if m := edge.Making; m != nil && m.Entry.Seq == n.seq {
		e = &m.Entry
	} else {
		entries := edge.Tail.Entries
		if len(entries) == 0 || n.seq < entries[0].Seq || n.seq-entries[0].Seq >= uint64(len(entries)) {
			return nil, nil
		}
		e = &entries[n.seq-entries[0].Seq]
	}
	parts := edge.PartsOf(n.seq)
	if off := e.Hour() - n.hour; off < 0 || off > 1 || n.track > len(parts.Tracks) || n.part >= len(parts.Tracks[n.track-1]) {
		return nil, nil
	}
	return e, &parts.Tracks[n.track-1][n.part]
}

// partBody puts a part together, once for all who ask for it.
func (s *Service) partBody(ctx context.Context, c *Channel, e *timeline.Entry, p *segment.Part, n *name) ([]byte, error) {
	key := string(appendPart([]byte("l/"+c.ID+"/"), e.Hour(), e.Seq, n.stream, n.part))
	if body, ok := s.Hot.Get(key); ok {
		return body, nil
	}
	var track *media.Track
	if e.Shift != 0 {
		init, err := s.tracks(ctx, e.Init)
		if err != nil {
			return nil, err
		}
		if n.track > len(init.Tracks) {
			return nil, errNoMedia
		}
		track = &init.Tracks[n.track-1]
	}
	return s.Hot.Load(ctx, key, func(context.Context) ([]byte, error) {
		body := p.Append(nil)
		if track == nil {
			return body, nil
		}
		return render.Shift(nil, body, track, e.Shift)
	})
}
