package play

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/timeline"
)

// audioGroup is the GROUP-ID of a channel's sound tracks.
const audioGroup = "audio"

// scene is what a view shows at an instant.
type scene struct {
	entries []timeline.Entry
	version uint64
	closed  bool // and nothing is expected any more
	settled bool // and nothing can come any more
	event   bool
	start   *time.Duration
}

// look gathers the entries of a view.
func (s *Service) look(ctx context.Context, c *Channel, v view) (scene, error) {
	tail := c.Timeline.Tail()
	sc := scene{version: tail.Version}
	if v.mode == live {
		sc.entries = tail.Live(c.window())
		return sc, nil
	}
	now := s.now()
	from, to := v.span(now)
	oldest := c.oldest(now)
	if v.mode != archive {
		oldest = later(oldest, now.Add(-longestGrowing))
	}
	if v.mode == rewind {
		from = later(from, oldest)
	}
	end := to
	if end.IsZero() {
		end = now.Add(time.Hour) // Dates may be ahead of our clock, where they are the sender's.
	}
	if from.Before(oldest.Add(-time.Minute)) || from.After(now.Add(time.Minute)) {
		return sc, errNoMedia
	}
	entries, err := c.Timeline.Between(ctx, from, end)
	if err != nil {
		return sc, err
	}
	sc.entries = entries
	switch v.mode {
	case rewind:
		// While nothing is put out, what was leaves the view, but never more than the live view keeps: the
		// media sequence number must not go back to it.
		edge := tail.Live(c.window())
		if len(entries) == 0 || len(edge) > 0 && entries[0].Seq > edge[0].Seq {
			sc.entries = edge
		}
	case archive, startOver:
		sc.event = true // And stays it when the end is there: the type must not change (RFC 8216bis §6.2.1).
		sc.settled = !to.IsZero() && !endsBefore(tail, to)
		sc.closed = sc.settled || !to.IsZero() && now.Sub(to) > patience
	case live:
	}
	if len(sc.entries) == 0 {
		if v.mode == startOver && now.Sub(from) < patience {
			return sc, errStarting // The programme's first segment is in the making.
		}
		return sc, errNoMedia
	}
	if sc.event {
		// The first segment begins before the instant asked for; and a growing playlist would be begun at its end.
		offset := max(from.Sub(sc.entries[0].Start), 0)
		sc.start = &offset
	}
	return sc, nil
}

// longestGrowing is how far back a view reaches that goes on to the present.
const longestGrowing = timeline.MaxWindow - 2*time.Hour

// endsBefore says that the timeline has not come to an instant.
func endsBefore(tail *timeline.Tail, at time.Time) bool {
	last := tail.Last()
	return last == nil || last.End().Before(at)
}

// patience is how long a view waits for the segment that covers its end; then the channel was off the air.
const patience = timeline.MaxSegment

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// The places of Channel.live.
const (
	slotMono = iota
	slotTrack1
	slotTrack2
)

// mediaPlaylist renders a view as a media playlist: of muxed MPEG-TS where track is 0, else of that track as CMAF.
func (s *Service) mediaPlaylist(ctx context.Context, c *Channel, v view, track int, base string) (*answer, error) {
	ready := v.mode == live && track < len(c.live) && strings.Trim(base, "./") == ""
	if ready {
		if r := c.live[track].Load(); r != nil && r.version == c.Timeline.Tail().Version {
			return r.answer, nil
		}
	}
	if v.long(s.now()) {
		// A playlist of days takes tens of megabytes to make: few at a time, or a crowd of them would take all memory.
		if err := s.heavy().Acquire(ctx, 1); err != nil {
			return nil, errStore.WithCause(err)
		}
		defer s.heavy().Release(1)
	}
	sc, err := s.look(ctx, c, v)
	if err != nil {
		return nil, s.explain(err)
	}
	if len(sc.entries) == 0 {
		return nil, errStarting
	}
	key := fmt.Sprintf("p/%s/%s/%d/%s", c.ID, v, track, base)
	if !sc.settled {
		key += fmt.Sprintf("@%d-%t", sc.version, sc.closed)
	}
	if ready {
		return s.renderLive(c, &sc, track)
	}
	if strings.Contains(base, "~") {
		// It is one viewer's alone, and would push what all share out of the cache.
		body, err := s.renderMedia(c, &sc, track, base)
		if err != nil {
			return nil, err
		}
		return newPlaylist(body, cacheToken), nil
	}
	cache := cacheLive
	if sc.closed {
		cache = cacheClosed
	}
	return s.keptPlaylist(ctx, key, c.caching(cache), func() ([]byte, error) { return s.renderMedia(c, &sc, track, base) })
}

// keptPlaylist renders and compresses a playlist once for all who ask for it. The key names its content, so that it does
// for a validator: a week's playlist has 12 MB, which nobody should have to read for that.
func (s *Service) keptPlaylist(ctx context.Context, key, cache string, render func() ([]byte, error)) (*answer, error) {
	body, err := s.Hot.Load(ctx, key, func(context.Context) ([]byte, error) { return render() })
	if err != nil {
		return nil, err
	}
	a := &answer{body: body, contentType: typePlaylist, cache: cache, etag: etag([]byte(key))}
	if len(body) < minGzip {
		return a, nil
	}
	a.gzipped, err = s.Hot.Load(ctx, "z"+key, func(context.Context) ([]byte, error) { return compress(body), nil })
	return a, err
}

// renderLive renders one of the live playlists that are kept ready, the same for all viewers.
func (s *Service) renderLive(c *Channel, sc *scene, track int) (*answer, error) {
	base := ""
	if track > 0 {
		base = "../"
	}
	body, err := s.renderMedia(c, sc, track, base)
	if err != nil {
		return nil, err
	}
	a := newPlaylist(body, c.caching(cacheLive))
	c.live[track].Store(&rendered{version: sc.version, answer: a})
	return a, nil
}

func (s *Service) renderMedia(c *Channel, sc *scene, track int, base string) ([]byte, error) {
	first := &sc.entries[0]
	m := playlist.Media{
		TargetDuration: c.targetDuration(), Sequence: first.Seq, DiscontinuitySequence: first.Disc,
		Closed: sc.closed, Event: sc.event, StartOffset: sc.start, Independent: true,
		Segments: make([]playlist.Segment, len(sc.entries)),
	}
	if first.Discontinuity && first.Disc > 0 {
		// The tag before the first segment stays until the segment goes (RFC 8216bis §6.2.2).
		m.DiscontinuitySequence--
	}
	buf := make([]byte, 0, len(base)+64)
	for i := range sc.entries {
		e := &sc.entries[i]
		if !e.Independent && e.Kind != timeline.Gap {
			m.Independent = false
		}
		buf = append(buf[:0], base...)
		buf = segmentName(buf, e.Hour(), e.Seq)
		seg := &m.Segments[i]
		*seg = playlist.Segment{
			Duration: e.Duration, ProgramDateTime: e.Start, Discontinuity: e.Discontinuity, Gap: e.Kind == timeline.Gap,
		}
		if track == 0 {
			seg.URI = string(append(buf, ".ts"...))
			continue
		}
		seg.Gap = seg.Gap || track > len(e.Tracks) || e.Tracks[track-1].Length == 0
		buf = append(buf, '-')
		buf = strconv.AppendInt(buf, int64(track), 10)
		seg.URI = string(append(buf, ".m4s"...))
		if e.Init != "" && track <= len(e.Tracks) {
			seg.Map = base + initName(e.Init, track) // A gap may have none.
		}
	}
	return m.Append(nil)
}

func initName(version string, track int) string {
	return "init-" + version + "-" + strconv.Itoa(track) + ".mp4"
}

// master renders the multivariant playlist of a view.
func (s *Service) master(ctx context.Context, c *Channel, v view, base string) (*answer, error) {
	sc, err := s.look(ctx, c, v)
	if err != nil {
		return nil, s.explain(err)
	}
	if len(sc.entries) == 0 {
		return nil, errStarting
	}
	version := newestInit(sc.entries)
	if version == "" {
		return nil, errNoMedia
	}
	init, err := s.tracks(ctx, version)
	if err != nil {
		return nil, s.explain(err)
	}
	m := describe(init, sc.entries, base+v.String()+"/")
	body, err := m.Append(nil)
	if err != nil {
		return nil, err
	}
	cache := cacheLive
	if sc.closed {
		cache = cacheClosed
	}
	return newPlaylist(body, c.caching(cache)), nil
}

// newestInit is the version of the tracks that a view ends with; gaps may have none.
func newestInit(entries []timeline.Entry) string {
	for i := len(entries) - 1; i >= 0; i-- {
		if entries[i].Init != "" {
			return entries[i].Init
		}
	}
	return ""
}
