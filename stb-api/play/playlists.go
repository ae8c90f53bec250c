package play

import (
	"context"
	"strings"
)

// mediaPlaylist renders a view of a stream as a media playlist.
func (s *Service) mediaPlaylist(ctx context.Context, c subject, n name, base string) (*answer, error) {
	own := strings.Contains(base, "~") // It is one viewer's alone, and would push what all share out of the cache.
	var slot *slot
	if !own {
		if slot = c.slot(n); slot != nil {
			if r := slot.current(c.version()); r != nil {
				return r.answer, nil
			}
		}
	}
	now := s.now()
	sc, err := c.plan(n.view, now)
	if err != nil {
		return nil, err
	}
	if ch, ok := c.(*Channel); ok && n.view.long(now) {
		a, err := s.longPlaylist(ctx, ch, &sc, n, base, !own)
		if a != nil || err != nil {
			return a, err
		}
	}
	kept := slot == nil && !own && !sc.moving
	key := "p/" + n.form() + base + sc.key(c)
	if kept {
		// A week has 150,000 entries, which nobody should have to gather to find the playlist made of them before.
		if body, ok := s.Hot.Get(key); ok {
			return s.keptAnswer(ctx, key, c.caching(sc.cache()), body), nil
		}
	}
	if n.view.long(now) {
		// A playlist of days takes tens of megabytes to make: few at a time, or a crowd of them would take all memory.
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
	if slot != nil {
		return s.renderLive(ctx, c, slot, &sc, n)
	}
	// What is loaded for it is loaded before: a load inside another can wait for itself.
	chosen, err := s.choose(ctx, c, &sc, n.stream)
	if err != nil {
		return nil, s.explain(err)
	}
	render := func() ([]byte, error) { return renderMedia(c, &sc, n, base, &chosen) }
	if kept {
		return s.keptPlaylist(ctx, key, c.caching(sc.cache()), render)
	}
	body, err := render()
	if err != nil {
		return nil, s.explain(err)
	}
	cache := c.caching(sc.cache())
	if own {
		cache = ownLive
	}
	return newPlaylist(body, cache), nil
}

// form tells the playlists of one view apart.
func (n *name) form() string {
	switch n.kind {
	case monoPlaylist:
		return "m" + n.rendition + "/"
	case iframePlaylist:
		return "k" + n.String() + "/"
	default:
		return n.String() + "/"
	}
}

// keptPlaylist renders and compresses a playlist once for all who ask for it. The key names its content, so that it does
// for a validator: a week's playlist has 12 MB, which nobody should have to read for that.
func (s *Service) keptPlaylist(ctx context.Context, key, cache string, render func() ([]byte, error)) (*answer, error) {
	body, err := s.Hot.Load(ctx, key, func(context.Context) ([]byte, error) { return render() })
	if err != nil {
		return nil, s.explain(err)
	}
	return s.keptAnswer(ctx, key, cache, body), nil
}

func (s *Service) keptAnswer(ctx context.Context, key, cache string, body []byte) *answer {
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
	return a
}

// renderLive renders one of the live playlists that are kept ready, the same for all viewers.
func (s *Service) renderLive(ctx context.Context, c subject, at *slot, sc *scene, n name) (*answer, error) {
	base := ""
	if n.kind != monoPlaylist {
		base = "../"
	}
	chosen, err := s.choose(ctx, c, sc, n.stream)
	if err != nil {
		return nil, s.explain(err)
	}
	body, err := renderMedia(c, sc, n, base, &chosen)
	if err != nil {
		return nil, s.explain(err)
	}
	a := newPlaylist(body, c.caching(cacheLive))
	at.Store(&rendered{version: sc.version, answer: a})
	return a, nil
}
