package play

import (
	"context"
	"slices"
	"strings"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/timeline"
)

// The GROUP-IDs of sound and of text.
const (
	audioGroup = "audio"
	textGroup  = "text"
)

// master renders the multivariant playlist of a view.
func (s *Service) master(ctx context.Context, c subject, v view, base string) (*answer, error) {
	now := s.now()
	sc, err := c.plan(v, now)
	if err != nil {
		return nil, err
	}
	own := strings.Contains(base, "~")
	key := "p/index/" + sc.key(c)
	if !own && !sc.moving {
		if body, ok := s.Hot.Get(key); ok {
			return s.keptAnswer(ctx, key, c.caching(sc.cache()), body), nil
		}
	}
	if err := c.gather(ctx, &sc, now); err != nil {
		return nil, s.explain(err)
	}
	if len(sc.entries) == 0 {
		return nil, errStarting
	}
	m, err := s.describe(ctx, c, &sc, base+v.String()+"/")
	if err != nil {
		return nil, s.explain(err)
	}
	body, err := m.Append(nil)
	if err != nil {
		return nil, err
	}
	if own || sc.moving {
		return newPlaylist(body, c.caching(sc.cache())), nil
	}
	s.Hot.Put(key, body)
	return s.keptAnswer(ctx, key, c.caching(sc.cache()), body), nil
}

// ladder are the renditions of a view, each with the tracks that it ends with; the main one is the first.
type ladder []rung

type rung struct {
	rendition string
	*media.Init
}

// ladderOf finds the renditions that a view's entries have.
func (s *Service) ladderOf(ctx context.Context, entries []timeline.Entry) (ladder, error) {
	version, ok := newestOf(entries, stream{})
	if !ok {
		return nil, errNoMedia
	}
	init, err := s.tracks(ctx, version)
	if err != nil {
		return nil, err
	}
	out := ladder{{"", init}}
	for i := len(entries) - 1; i >= 0; i-- {
		for _, a := range entries[i].Also {
			if !isRendition(a.Name) || slices.ContainsFunc(out, func(r rung) bool { return r.rendition == a.Name }) {
				continue
			}
			init, err := s.tracks(ctx, a.Init)
			if err != nil {
				return nil, err
			}
			out = append(out, rung{a.Name, init})
		}
	}
	return out, nil
}

// describe lists the streams of a view: each picture as a variant, sound and text beside them as renditions. What it
// tells comes from the source, which may tell nonsense.
func (s *Service) describe(ctx context.Context, c subject, sc *scene, dir string) (*playlist.Master, error) {
	steps, err := s.ladderOf(ctx, sc.entries)
	if err != nil {
		return nil, err
	}
	m := &playlist.Master{Independent: true}
	for i := range sc.entries {
		if !sc.entries[i].Independent && sc.entries[i].Kind != timeline.Gap {
			m.Independent = false
		}
	}
	d := description{dir: dir, target: c.targetDuration(), entries: sc.entries, Master: m}
	d.sound(steps)
	d.text(steps)
	for _, t := range c.texts() {
		t.Group, t.URI = textGroup, dir+t.URI
		m.Subtitles = append(m.Subtitles, t)
	}
	d.pictures(steps, s.pictureRate)
	if len(m.Variants) == 0 {
		d.soundAlone(steps)
	}
	for i := range m.Variants {
		if len(m.Subtitles) > 0 {
			m.Variants[i].Subtitles = textGroup
		}
	}
	startWithMiddle(m.Variants)
	return m, nil
}

// likely is what nearly every box's line takes without a pause.
const likely = 3_000_000

// startWithMiddle sorts variants from the best down, and puts the one first that a player should begin with: AVPlayer and
// hls.js begin with the first (RFC 8216bis §4.4.6.2 leaves it to them), before they know how fast the line is. It is the
// best that most lines take, else the lowest.
func startWithMiddle(v []playlist.Variant) {
	slices.SortStableFunc(v, func(a, b playlist.Variant) int { return b.Bandwidth - a.Bandwidth })
	first := slices.IndexFunc(v, func(v playlist.Variant) bool { return v.Bandwidth <= likely && v.Width > 0 })
	if first < 0 {
		first = len(v) - 1
		for first > 0 && v[first].Width == 0 && v[first-1].Width > 0 {
			first-- // Not sound alone.
		}
	}
	if first > 0 {
		start := v[first]
		copy(v[1:first+1], v[:first])
		v[0] = start
	}
}
