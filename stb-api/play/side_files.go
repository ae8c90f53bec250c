package play

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"strconv"
	"time"

	"podium.tv/podium/packager/playlist"
)

// maxSide bounds a picture or a text beside an asset's timeline.
const maxSide = 16 << 20

// sideOf is a file that an asset has beside its timeline.
func (s *Service) sideOf(ctx context.Context, a *asset, f side) (*answer, error) {
	object, kind := "", typePicture
	var change func([]byte) []byte
	switch f.of {
	case sidePoster:
		object = a.Poster
	case sideThumbs:
		object, kind, change = a.Thumbnails, typeText, a.renameSprites
	case sideSprite:
		if f.n <= len(a.Sprites) {
			object = a.Sprites[f.n-1]
		}
	case sideText:
		if f.n <= len(a.Subtitles) {
			object, kind, change = a.Subtitles[f.n-1].Object, typeText, a.timed
		}
	}
	if object == "" {
		return nil, errNoFile
	}
	key := fmt.Sprintf("f/%d/%s", a.version(), object)
	body, err := s.Hot.Load(ctx, key, func(ctx context.Context) ([]byte, error) {
		b, err := s.Store.Get(ctx, object, 0, maxSide)
		if err != nil || change == nil {
			return b, err
		}
		return change(b), nil
	})
	if err != nil {
		return nil, s.explain(err)
	}
	// The names say nothing of a version: they are kept for as long as closed playlists are.
	return &answer{body: body, contentType: kind, cache: a.caching(cacheClosed), etag: etag(body)}, nil
}

// renameSprites gives the sprites in a file of thumbnails the names that they are served under.
func (a *asset) renameSprites(b []byte) []byte {
	for i, sprite := range a.Sprites {
		name := side{of: sideSprite, n: i + 1}
		b = bytes.ReplaceAll(b, []byte("\n"+path.Base(sprite)+"#"), []byte("\n"+name.String()+"#"))
	}
	return b
}

// clockRate is MPEG-TS's, which WebVTT is tied to (RFC 8216bis §3.1.4).
const clockRate = 90000

// timed ties a text, whose times count from the asset's beginning, to the asset's media times.
func (a *asset) timed(b []byte) []byte {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	head, rest, _ := bytes.Cut(b, []byte("\n"))
	if !bytes.HasPrefix(head, []byte("WEBVTT")) || bytes.HasPrefix(rest, []byte("X-TIMESTAMP-MAP=")) {
		return b
	}
	first := &a.entries[0]
	ticks := int64((first.Time+first.Shift)/time.Microsecond) * (clockRate / 1000) / 1000
	out := append([]byte(nil), bytes.TrimRight(head, "\r")...)
	out = append(out, "\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:"...)
	out = strconv.AppendInt(out, ticks, 10)
	return append(append(out, '\n'), rest...)
}

// textPlaylist lists a text that is one file as long as the asset. A playlist of texts has a target duration of its own
// where it is of the type VOD (RFC 8216bis §6.2.4).
func (s *Service) textPlaylist(a *asset, n int, base string) (*answer, error) {
	if n > len(a.Subtitles) {
		return nil, errNoFile
	}
	name := side{of: sideText, n: n}
	m := playlist.Media{
		TargetDuration: max(a.Duration.Round(time.Second), time.Second), Closed: true,
		Segments: []playlist.Segment{{URI: base + name.String(), Duration: a.Duration}},
	}
	body, err := m.Append(nil)
	if err != nil {
		return nil, err
	}
	return newPlaylist(body, a.caching(cacheClosed)), nil
}
