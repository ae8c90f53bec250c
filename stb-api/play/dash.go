package play

import (
	"context"
	"net/http"
	"strings"
	"time"

	"podium.tv/podium/packager/dash"
	"podium.tv/podium/stb-api/problem"
)

// typeManifest is the media type of an MPD (ISO 23009-1 annex C).
const typeManifest = "application/dash+xml"

// errNoDash is for what is encrypted: AES-128 over whole segments is HLS's own (RFC 8216bis §4.4.4.4), and no player of DASH
// knows it.
var errNoDash = problem.New(http.StatusNotFound, "error.play.dash")

// manifest answers with a view as an MPD, over the segments and inits that its playlists list as well.
func (s *Service) manifest(ctx context.Context, c subject, v view, base string) (*answer, error) {
	if c.keys() != nil {
		return nil, errNoDash
	}
	now := s.now()
	sc, err := c.plan(v, now)
	if err != nil {
		return nil, err
	}
	own := strings.Contains(base, "~") // It is one viewer's alone, and would push what all share out of the cache.
	key := "d/" + base + sc.key(c)
	if !own && !sc.moving {
		if body, ok := s.Hot.Get(key); ok {
			a := s.keptAnswer(ctx, key, c.caching(sc.cache()), body)
			a.contentType = typeManifest
			return a, nil
		}
	}
	if v.long(now) {
		if err := s.heavy().Acquire(ctx, 1); err != nil {
			return nil, errStore.WithCause(err)
		}
		defer s.heavy().Release(1)
	}
	if err := c.gather(ctx, &sc, now); err != nil {
		return nil, s.explain(err)
	}
	if len(sc.entries) == 0 {
		return nil, errStarting
	}
	// What is loaded for it is loaded before it is kept: a load inside another can wait for itself.
	body, err := s.manifestOf(ctx, c, v, &sc, base)
	if err != nil {
		return nil, s.explain(err)
	}
	var a *answer
	switch {
	case own:
		a = newPlaylist(body, ownLive)
	case sc.moving:
		a = newPlaylist(body, c.caching(sc.cache()))
	default:
		a, err = s.keptPlaylist(ctx, key, c.caching(sc.cache()), func() ([]byte, error) { return body, nil })
		if err != nil {
			return nil, err
		}
	}
	a.contentType = typeManifest
	return a, nil
}

// manifestOf is a view's text.
func (s *Service) manifestOf(ctx context.Context, c subject, v view, sc *scene, base string) ([]byte, error) {
	m, err := s.present(ctx, c, v, sc, base)
	if err != nil {
		return nil, err
	}
	return m.Append(nil)
}

// present describes a view. Where media is missing, a period ends, and the next begins where there is media again: numbers
// have no holes in a period.
//
// A view that slides or grows is on the wall clock, counted from the Unix epoch or from where it begins, so that every
// node and every version says the same of what is listed. One that has two ends is without the pauses in between.
func (s *Service) present(ctx context.Context, c subject, v view, sc *scene, base string) (*dash.MPD, error) {
	runs := runsOf(sc.entries)
	if len(runs) == 0 {
		return nil, errNoMedia
	}
	m := &dash.MPD{
		Static: sc.closed, MinBuffer: c.targetDuration() / 2, MaxSegment: c.targetDuration(),
		Periods: make([]dash.Period, 0, len(runs)),
	}
	zero, err := s.place(ctx, c, v, sc, runs)
	if err != nil {
		return nil, err
	}
	for i := range runs {
		p, err := s.period(ctx, &runs[i], base)
		if err != nil {
			return nil, err
		}
		m.Periods = append(m.Periods, p)
	}
	if len(runs) == 1 {
		addTexts(&m.Periods[0], c.texts(), base) // Of which each is as long as all of it.
	}
	m.Duration = connect(m.Periods, runs)
	if m.Static {
		return m, nil
	}
	last := &sc.entries[len(sc.entries)-1]
	m.Periods[len(runs)-1].Duration = 0 // It may grow.
	m.AvailabilityStart = zero.Add(v.delay())
	m.Published = last.End().Add(v.delay())
	m.UpdatePeriod = max(c.targetDuration()/4, time.Second)
	m.Delay = c.targetDuration() * 3 / 2
	m.TimeURL = TimeRoute
	if v.slides() {
		m.TimeShift = sc.entries[len(sc.entries)-1].End().Sub(sc.entries[0].Start).Round(time.Second)
	}
	return m, nil
}

// slides says that a view loses entries at its beginning.
func (v view) slides() bool { return v.mode == live || v.mode == rewind || v.mode == delayed }

// delay is how much later than it was a view shows everything.
func (v view) delay() time.Duration {
	if v.mode == delayed {
		return time.Duration(v.seconds) * time.Second
	}
	return 0
}
