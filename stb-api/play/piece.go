package play

import (
	"context"
	"strconv"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/timeline"
)

// piece is the media that one rendition has of an entry.
type piece struct {
	entry *timeline.Entry
	timeline.Rendition
	also *timeline.Rendition // nil for the main rendition
}

// pieceOf is an entry's media in a rendition; ok is false where the entry has none of it.
func pieceOf(e *timeline.Entry, rendition string) (p piece, ok bool) {
	if e.Kind == timeline.Gap {
		return p, false
	}
	if rendition == "" {
		return piece{entry: e, Rendition: timeline.Rendition{
			Object: e.Object, At: e.At, Tracks: e.Tracks, Ref: e.Ref, RefHour: e.RefHour, Init: e.Init, Time: e.Time, Shift: e.Shift,
		}}, true
	}
	if a := alsoOf(e, rendition); a != nil && !a.Lost() {
		return piece{entry: e, Rendition: *a, also: a}, true
	}
	return p, false
}

// alsoOf is an entry's further rendition of that name, or nil.
func alsoOf(e *timeline.Entry, rendition string) *timeline.Rendition {
	for i := range e.Also {
		if e.Also[i].Name == rendition {
			return &e.Also[i]
		}
	}
	return nil
}

// has says whether the piece has anything of a track.
func (p *piece) has(track int) bool { return track <= len(p.Tracks) && p.Tracks[track-1].Length > 0 }

// hot is a key of the hot cache for a form of the piece. What is put out at other times has another one.
func (p *piece) hot(form string) string {
	if p.Shift != 0 {
		form += "+" + strconv.FormatInt(int64(p.Shift), 10)
	}
	return form + "/" + p.Object
}

// stored is the piece as it is stored, wherever it lies.
func (s *Service) stored(ctx context.Context, p *piece) ([]byte, error) {
	return s.Hot.Load(ctx, timeline.HotMedia(p.Object), func(ctx context.Context) ([]byte, error) {
		r := timeline.Reader{Store: s.Store, Hours: s.Hours}
		if p.also != nil {
			return r.Rendition(ctx, p.entry, p.also)
		}
		return r.Entry(ctx, p.entry)
	})
}

// fragments are the piece's stored tracks.
func (s *Service) fragments(ctx context.Context, p *piece) (*media.Init, [][]byte, error) {
	init, err := s.tracks(ctx, p.Init)
	if err != nil {
		return nil, nil, err
	}
	stored, err := s.stored(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	f, err := p.Fragments(stored)
	return init, f, err
}
