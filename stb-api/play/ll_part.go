package play

import (
	"context"
	"strconv"
	"strings"
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// maxPart bounds a part's number: a segment of a minute has a few hundred.
const maxPart = 1 << 16

// parsePart reads what stands behind "part-": {run}-{seq}-{track}-{n}.m4s.
func parsePart(s string) (name, error) {
	stem, ending := cutEnding(s)
	place := strings.SplitN(stem, "-", 5)
	if ending != "m4s" || len(place) != 4 {
		return name{}, errName
	}
	run, seq, part := parseNumber(place[0], 1<<53), parseNumber(place[1], 1<<53), parseNumber(place[3], maxPart)
	st, err := parseStream(place[2])
	if err != nil || run < 0 || seq < 0 || part < 0 {
		return name{}, errName
	}
	return name{kind: partSegment, stream: st, run: run, seq: uint64(seq), part: int(part)}, nil
}

// appendPart writes what parsePart reads.
func appendPart(dst []byte, run int64, seq uint64, st stream, part int) []byte {
	dst = append(dst, "part-"...)
	dst = strconv.AppendInt(dst, run, 10)
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
	p, ok := n.partAt(edge)
	if !ok {
		return nil, errNoMedia
	}
	body, err := s.partBody(ctx, ch, &p, &n)
	if err != nil {
		return nil, s.explain(err)
	}
	return &answer{body: body, contentType: typeMP4, cache: ch.caching(cacheMedia), modified: p.entry.Start.Unix()}, nil
}

// hinted says that a part is not there and may be the next one to come.
func (n *name) hinted(e *timeline.Edge) bool {
	if n.run != e.Run {
		return false
	}
	m := e.Making
	if n.rendition != "" {
		if m == nil || n.seq != m.Entry.Seq {
			return false
		}
		r := e.RenditionOf(n.seq, n.rendition)
		return r != nil && !r.Over && n.track <= len(r.Parts.Tracks) && n.part == len(r.Parts.Tracks[n.track-1])
	}
	if m != nil && n.seq == m.Entry.Seq {
		return n.track <= len(m.Parts.Tracks) && n.part == len(m.Parts.Tracks[n.track-1])
	}
	return n.part == 0 && n.seq == e.Tail.Next && partTarget(e) > 0
}

// foundPart is a part and what it is put out with.
type foundPart struct {
	*segment.Part
	entry *timeline.Entry
	init  string
	shift time.Duration
}

// partAt finds a part and its segment. A part of an earlier run is not taken for one of this: a crash lost what was in the
// making, and its number is given out again.
func (n *name) partAt(edge *timeline.Edge) (p foundPart, ok bool) {
	if n.run != edge.Run {
		return p, false
	}
	if m := edge.Making; m != nil && m.Entry.Seq == n.seq {
		p.entry = &m.Entry
	} else {
		entries := edge.Tail.Entries
		if len(entries) == 0 || n.seq < entries[0].Seq || n.seq-entries[0].Seq >= uint64(len(entries)) {
			return p, false
		}
		p.entry = &entries[n.seq-entries[0].Seq]
	}
	p.init, p.shift = p.entry.Init, p.entry.Shift
	parts := edge.PartsOf(n.seq)
	if n.rendition != "" {
		r := edge.RenditionOf(n.seq, n.rendition)
		if r == nil {
			return p, false
		}
		p.init, p.shift, parts = r.Init, r.Shift, r.Parts
	}
	if n.track > len(parts.Tracks) || n.part >= len(parts.Tracks[n.track-1]) {
		return p, false
	}
	p.Part = &parts.Tracks[n.track-1][n.part]
	return p, true
}

// partBody puts a part together, once for all who ask for it.
func (s *Service) partBody(ctx context.Context, c *Channel, p *foundPart, n *name) ([]byte, error) {
	key := string(appendPart([]byte("l/"+c.ID+"/"), n.run, p.entry.Seq, n.stream, n.part))
	if body, ok := s.Hot.Get(key); ok {
		return body, nil
	}
	var track *media.Track
	if p.shift != 0 {
		init, err := s.tracks(ctx, p.init)
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
		return render.Shift(nil, body, track, p.shift)
	})
}
