package play

// What is loaded to make a form of is loaded before, never while, the form is made: one load inside another holds two of
// the hot cache's places, and a crowd of those would wait for each other.

import (
	"context"
	"errors"
	"strconv"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/timeline"
)

// segment answers for a segment in the form that is asked for.
func (s *Service) segment(ctx context.Context, c subject, n name) (*answer, error) {
	e, err := c.find(ctx, n.hour, n.seq)
	if err != nil {
		return nil, s.explain(err)
	}
	p, ok := pieceOf(&e, n.rendition)
	if !ok {
		return nil, errNoMedia
	}
	form := s.form
	if n.hour == anyHour {
		form = s.numbered
	}
	body, kind, err := form(ctx, c, &p, n)
	if err != nil {
		return nil, s.explain(err)
	}
	cache := cacheMedia
	if _, remade := c.(*asset); remade && n.hour == anyHour {
		cache = cacheClosed // Without the hour, the name says nothing of when the asset was made.
	}
	return &answer{body: body, contentType: kind, cache: c.caching(cache), modified: modified(c, &e)}, nil
}

// form is a piece in the form that a name asks for, encrypted where the subject's media are.
func (s *Service) form(ctx context.Context, c subject, p *piece, n name) (body []byte, kind string, err error) {
	keys := c.keys()
	if keys == nil {
		if n.key != "" {
			return nil, "", errNoFile
		}
		return s.clear(ctx, p, n)
	}
	// A name always means the same bytes, and nobody gets a period's media under another period's key.
	key, ok := keys.named(c.scope(), p.entry.Start, n.key)
	if !ok {
		return nil, "", errNoFile
	}
	form := p.hot(string(appendForm([]byte("e"+strconv.Itoa(int(n.kind))), n.stream, key.id)))
	if body, ok := s.Hot.Get(form); ok {
		return body, n.mediaType(), nil
	}
	plain, kind, err := s.clear(ctx, p, n)
	if err != nil {
		return nil, "", err
	}
	body, err = s.Hot.Load(ctx, form, func(context.Context) ([]byte, error) { return render.Encrypt(nil, plain, key.key, key.iv) })
	return body, kind, err
}

// mediaType is the media type of a segment.
func (n *name) mediaType() string {
	switch n.kind {
	case tsSegment:
		return typeTS
	case textSegment:
		return typeText
	default:
		return typeMP4
	}
}

// clear is a piece in the form that a name asks for, as it is before it is encrypted.
func (s *Service) clear(ctx context.Context, p *piece, n name) (body []byte, kind string, err error) {
	kind = n.mediaType()
	switch n.kind {
	case tsSegment:
		body, err = s.muxed(ctx, p)
	case iframeSegment:
		body, err = s.iframe(ctx, p, n.track)
	case trackSegment:
		body, err = s.track(ctx, p, n.track)
	case textSegment:
		body, err = s.text(ctx, p, n.track)
	default:
		err = errNoFile
	}
	return body, kind, err
}

// muxed is a piece as MPEG-TS, made when somebody first asks.
func (s *Service) muxed(ctx context.Context, p *piece) ([]byte, error) {
	key := timeline.HotTS(p.Object)
	if p.Shift != 0 {
		key = p.hot("t")
	}
	if body, ok := s.Hot.Get(key); ok {
		return body, nil
	}
	init, fragments, err := s.fragments(ctx, p)
	if err != nil {
		return nil, err
	}
	o := render.TSOptions{From: p.entry.TS, Shift: p.Shift, Discontinuity: p.Shift != 0 && p.entry.Discontinuity}
	if p.also != nil {
		if o.From, err = s.counters(ctx, p); err != nil {
			return nil, err
		}
	}
	return s.Hot.Load(ctx, key, func(context.Context) ([]byte, error) {
		body, _, err := render.TSWith(nil, init, fragments, o)
		return body, err
	})
}

// counters are the continuity counters of a further rendition, which its owner wrote into the stored object.
func (s *Service) counters(ctx context.Context, p *piece) (timeline.Counters, error) {
	stored, err := s.stored(ctx, p)
	if err != nil {
		return timeline.Counters{}, err
	}
	e, err := timeline.ReadObject(stored)
	return e.TS, err
}

// track is one track of a piece. Where it is put out at the times that it is stored with, nothing is copied.
func (s *Service) track(ctx context.Context, p *piece, track int) ([]byte, error) {
	if !p.has(track) {
		return nil, errNoMedia
	}
	if p.Shift == 0 {
		return s.asStored(ctx, p, track)
	}
	key := p.hot("s" + strconv.Itoa(track))
	if body, ok := s.Hot.Get(key); ok {
		return body, nil
	}
	t, err := s.description(ctx, p, track)
	if err != nil {
		return nil, err
	}
	fragment, err := s.asStored(ctx, p, track)
	if err != nil {
		return nil, err
	}
	return s.Hot.Load(ctx, key, func(context.Context) ([]byte, error) { return render.Shift(nil, fragment, t, p.Shift) })
}

// iframe is the key picture that a piece begins with, lasting as long as the piece.
func (s *Service) iframe(ctx context.Context, p *piece, track int) ([]byte, error) {
	if !p.has(track) {
		return nil, errNoMedia
	}
	key := p.hot("k" + strconv.Itoa(track))
	if body, ok := s.Hot.Get(key); ok {
		return body, nil
	}
	t, err := s.description(ctx, p, track)
	if err != nil {
		return nil, err
	}
	fragment, err := s.track(ctx, p, track)
	if err != nil {
		return nil, err
	}
	body, err := s.Hot.Load(ctx, key, func(context.Context) ([]byte, error) { return render.IFrame(nil, t, fragment) })
	if errors.Is(err, render.ErrNoPicture) {
		return nil, errNoMedia.WithCause(err)
	}
	return body, err
}

// text is what a piece has of words. Where it has no such track nobody speaks: a player that shows text goes on.
func (s *Service) text(ctx context.Context, p *piece, track int) ([]byte, error) {
	init, fragments, err := s.fragments(ctx, p)
	if err != nil {
		return nil, err
	}
	t, fragment := &media.Track{Timescale: 1000, Codec: new(media.WebVTT)}, []byte(nil)
	if track <= len(init.Tracks) && track <= len(fragments) && init.Tracks[track-1].Kind() == media.Text {
		t, fragment = &init.Tracks[track-1], fragments[track-1]
	}
	return render.WebVTT(nil, t, fragment, p.Time, p.Shift)
}

// asStored is a track's fragment in the stored piece.
func (s *Service) asStored(ctx context.Context, p *piece, track int) ([]byte, error) {
	stored, err := s.stored(ctx, p)
	if err != nil {
		return nil, err
	}
	r := p.Tracks[track-1]
	if r.Offset < 0 || r.Offset > int64(len(stored)) || r.Length > int64(len(stored))-r.Offset {
		return nil, errNoMedia
	}
	return stored[r.Offset:r.End():r.End()], nil
}

// description is what a piece's init says of a track.
func (s *Service) description(ctx context.Context, p *piece, track int) (*media.Track, error) {
	init, err := s.tracks(ctx, p.Init)
	if err != nil {
		return nil, err
	}
	if track > len(init.Tracks) {
		return nil, errNoMedia
	}
	return &init.Tracks[track-1], nil
}
