package play

import (
	"context"
	"fmt"
	"strings"

	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/timeline"
)

// audioGroup is the GROUP-ID of a channel's sound tracks.
const audioGroup = "audio"

// mediaPlaylist renders a view of a stream as a media playlist.
func (s *Service) mediaPlaylist(ctx context.Context, c subject, v view, st stream, base string) (*answer, error) {
	var slot *slot
	if strings.Trim(base, "./") == "" {
		if slot = c.slot(v, st); slot != nil {
			if r := slot.current(c.version()); r != nil {
				return r.answer, nil
			}
		}
	}
	if v.long(s.now()) {
		// A playlist of days takes tens of megabytes to make: few at a time, or a crowd of them would take all memory.
		if err := s.heavy().Acquire(ctx, 1); err != nil {
			return nil, errStore.WithCause(err)
		}
		defer s.heavy().Release(1)
	}
	sc, err := c.look(ctx, v, s.now())
	if err != nil {
		return nil, s.explain(err)
	}
	if len(sc.entries) == 0 {
		return nil, errStarting
	}
	key := fmt.Sprintf("p/%s/%s/%s/%s", c.scope(), v, st, base)
	if !sc.settled {
		key += fmt.Sprintf("@%d-%t", sc.version, sc.closed)
	}
	if slot != nil {
		return s.renderLive(c, slot, &sc, st)
	}
	if strings.Contains(base, "~") {
		// It is one viewer's alone, and would push what all share out of the cache.
		body, err := renderMedia(c, &sc, st, base)
		if err != nil {
			return nil, err
		}
		return newPlaylist(body, ownLive), nil
	}
	cache := cacheLive
	if sc.closed {
		cache = cacheClosed
	}
	return s.keptPlaylist(ctx, key, c.caching(cache), func() ([]byte, error) { return renderMedia(c, &sc, st, base) })
}

// keptPlaylist renders and compresses a playlist once for all who ask for it. The key names its content, so that it does
// for a validator: a week's playlist has 12 MB, which nobody should have to read for that.
func (s *Service) keptPlaylist(ctx context.Context, key, cache string, render func() ([]byte, error)) (*answer, error) {
	body, err := s.Hot.Load(ctx, key, func(context.Context) ([]byte, error) { return render() })
	if err != nil {
		return nil, err
	}
	a := &answer{body: body, contentType: typePlaylist, cache: cache, etag: etag([]byte(key))}
	if a.packed = pack(body); a.packed != nil {
		a.packed.make = func(c coding, body []byte) []byte {
			form, err := s.Hot.Load(ctx, c.String()+key, func(context.Context) ([]byte, error) { return compress(c, body), nil })
			if err != nil {
				return nil // It is sent as it is.
			}
			return form
		}
	}
	return a, nil
}

// renderLive renders one of the live playlists that are kept ready, the same for all viewers.
func (s *Service) renderLive(c subject, at *slot, sc *scene, st stream) (*answer, error) {
	base := ""
	if st.track > 0 {
		base = "../"
	}
	body, err := renderMedia(c, sc, st, base)
	if err != nil {
		return nil, err
	}
	a := newPlaylist(body, c.caching(cacheLive))
	at.Store(&rendered{version: sc.version, answer: a})
	return a, nil
}

func renderMedia(c subject, sc *scene, st stream, base string) ([]byte, error) {
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
		buf = appendForm(segmentName(buf, e.Hour(), e.Seq), st, "")
		seg := &m.Segments[i]
		*seg = playlist.Segment{
			Duration: e.Duration, ProgramDateTime: e.Start, Discontinuity: e.Discontinuity, Gap: e.Kind == timeline.Gap,
		}
		if st.track == 0 {
			seg.URI = string(append(buf, ".ts"...))
			continue
		}
		seg.Gap = seg.Gap || st.track > len(e.Tracks) || e.Tracks[st.track-1].Length == 0
		seg.URI = string(append(buf, ".m4s"...))
		if e.Init != "" && st.track <= len(e.Tracks) {
			seg.Map = base + initName(e.Init, st.track) // A gap may have none.
		}
	}
	return m.Append(nil)
}

// master renders the multivariant playlist of a view.
func (s *Service) master(ctx context.Context, c subject, v view, base string) (*answer, error) {
	sc, err := c.look(ctx, v, s.now())
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
