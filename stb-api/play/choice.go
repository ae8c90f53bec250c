package play

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/timeline"
)

// choice says for each entry which of its streams is played as the one that was asked for. Where an entry lacks the
// rendition, the nearest lower one stands in, else the main one, else the nearest higher one: a viewer of any variant
// sees the whole channel. The answer depends on the entry alone, and on what kind of track was asked for, so that a
// segment that was listed once stays as it is (RFC 8216bis §6.2.1).
type choice struct {
	stream
	kind  media.Kind             // of the track; 0 where it does not matter or cannot be known
	id    int                    // its track_ID: what stands in without a discontinuity has the same (RFC 8216bis §4.4.4.3)
	inits map[string]*media.Init // by version, nil where one cannot be read: live goes on without what only the store knows
}

// choose looks what kind of track a stream is. A stream that the subject has never had is an error.
func (s *Service) choose(ctx context.Context, c subject, sc *scene, st stream) (choice, error) {
	ch := choice{stream: st, inits: make(map[string]*media.Init)}
	version, ok := newestOf(sc.entries, st)
	if !ok {
		version, ok = newestOf(c.recent(), st)
	}
	if !ok {
		return ch, errNoMedia
	}
	if st.track == 0 {
		return ch, nil
	}
	s.learn(ctx, &ch, version)
	if init := ch.inits[version]; init != nil && st.track <= len(init.Tracks) {
		ch.kind, ch.id = init.Tracks[st.track-1].Kind(), init.Tracks[st.track-1].ID
	}
	if st.rendition == "" {
		return ch, nil
	}
	for i := range sc.entries {
		if e := &sc.entries[i]; e.Kind != timeline.Gap && alsoOf(e, st.rendition) == nil {
			s.learn(ctx, &ch, e.Init)
			for j := range e.Also {
				s.learn(ctx, &ch, e.Also[j].Init)
			}
		}
	}
	return ch, nil
}

// learn reads an init that the choice depends on.
func (s *Service) learn(ctx context.Context, ch *choice, version string) {
	if _, known := ch.inits[version]; known || version == "" {
		return
	}
	init, err := s.tracks(ctx, version)
	if err != nil {
		init = nil
	}
	ch.inits[version] = init
}

// newestOf is the init of the newest entry that has a stream.
func newestOf(entries []timeline.Entry, st stream) (version string, ok bool) {
	for i := len(entries) - 1; i >= 0; i-- {
		e := &entries[i]
		if st.rendition == "" && st.track <= len(e.Tracks) && e.Init != "" {
			return e.Init, true
		}
		if a := alsoOf(e, st.rendition); a != nil && st.track <= len(a.Tracks) {
			return a.Init, true
		}
	}
	return "", false
}

// of is the stream to play of an entry with its init, and whether there is anything of it.
func (c *choice) of(e *timeline.Entry) (st stream, init string, there bool) {
	if c.rendition == "" {
		there = e.Kind != timeline.Gap && (c.track == 0 || c.track <= len(e.Tracks) && e.Tracks[c.track-1].Length > 0)
		if c.track <= len(e.Tracks) {
			init = e.Init
		}
		return c.stream, init, there
	}
	if e.Kind == timeline.Gap {
		return c.stream, "", false
	}
	if a := alsoOf(e, c.rendition); a != nil {
		there = !a.Lost() && (c.track == 0 || c.track <= len(a.Tracks) && a.Tracks[c.track-1].Length > 0)
		return c.stream, a.Init, there
	}
	return c.standIn(e)
}

func (c *choice) standIn(e *timeline.Entry) (st stream, init string, there bool) {
	mine := rank(c.rendition)
	order := make([]string, 0, len(e.Also)+1)
	for i := range e.Also {
		order = append(order, e.Also[i].Name)
	}
	order = append(order, "")
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(distance(a, mine), distance(b, mine)) })
	for _, name := range order {
		p, ok := pieceOf(e, name)
		if !ok {
			continue
		}
		if track := c.same(&p); c.track == 0 || track > 0 && p.has(track) {
			return stream{rendition: name, track: track}, p.Init, true
		}
	}
	return c.stream, "", false
}

// distance sorts stand-ins: lower ones from the nearest on, the main one, higher ones.
func distance(rendition string, from int) int {
	const main, higher = 1 << 20, 1 << 21
	if rendition == "" {
		return main
	}
	r := rank(rendition)
	if r <= from {
		return from - r
	}
	return higher + r - from
}

// rank is the height in a rendition's name, such as 720 of 720p; 0 where it has none.
func rank(rendition string) int {
	digits := rendition[:len(rendition)-len(strings.TrimLeft(rendition, "0123456789"))]
	return int(max(parseNumber(digits, 1<<16), 0))
}

// same is the number of the piece's track that is what was asked for; 0 where there is none.
func (c *choice) same(p *piece) int {
	if c.track == 0 {
		return 0
	}
	init := c.inits[p.Init]
	if init == nil || c.kind == 0 {
		return 0
	}
	for i := range init.Tracks {
		if init.Tracks[i].Kind() == c.kind && init.Tracks[i].ID == c.id {
			return i + 1
		}
	}
	return 0
}
