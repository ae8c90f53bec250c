package play

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Rewrite reads a path and writes what was understood.
func Rewrite(path string) (string, error) {
	n, err := parseName(path)
	if err != nil {
		return "", err
	}
	switch n.kind {
	case masterPlaylist:
		if n.view.mode == live {
			return "index.m3u8", nil
		}
		return n.view.String() + ".m3u8", nil
	case monoPlaylist:
		out := "mono"
		if n.rendition != "" {
			out += "-" + n.rendition
		}
		if n.view.mode != live {
			out += "-" + n.view.String()
		}
		return out + ".m3u8", nil
	case trackPlaylist:
		return fmt.Sprintf("%s/%s.m3u8", n.view, n.stream), nil
	case iframePlaylist:
		return fmt.Sprintf("%s/iframe-%s.m3u8", n.view, n.stream), nil
	case textPlaylist:
		return fmt.Sprintf("%s/text-%d.m3u8", n.view, n.side.n), nil
	case tsSegment:
		return string(appendForm(segmentName(nil, n.hour, n.seq), n.stream, n.key)) + ".ts", nil
	case manifest:
		if n.view.mode == live {
			return "index.mpd", nil
		}
		return n.view.String() + ".mpd", nil
	case trackSegment:
		if n.hour == anyHour {
			return string(appendForm(numberedName(nil, n.seq), n.stream, "")) + ".m4s", nil
		}
		return string(appendForm(segmentName(nil, n.hour, n.seq), n.stream, n.key)) + ".m4s", nil
	case textSegment:
		return string(appendForm(segmentName(nil, n.hour, n.seq), n.stream, n.key)) + ".vtt", nil
	case iframeSegment:
		return string(appendForm(appendPlace([]byte("iframe-"), n.hour, n.seq), n.stream, n.key)) + ".m4s", nil
	case partSegment:
		return string(appendPart(nil, n.run, n.seq, n.stream, n.part)), nil
	case trackInit:
		return initName(n.version, n.track), nil
	case keyFile:
		return keyName(n.key), nil
	case sideFile:
		return n.side.String(), nil
	}
	return "", fmt.Errorf("kind %d", n.kind)
}

// ViewOf names the view that a query asks for.
func ViewOf(q url.Values, zone *time.Location, now time.Time) (string, bool, error) {
	v, ok, err := viewOf(q, zone, now)
	return v.String(), ok, err
}

// BothLists makes a playlist of a channel in the way of long ones and in the usual way; both are nil where it has no such stream.
func (s *Service) BothLists(ctx context.Context, c *Channel, path, base string) (long, usual []byte, err error) {
	n, err := parseName(path)
	if err != nil {
		return nil, nil, err
	}
	if n.kind != monoPlaylist {
		base = "../" + base
	}
	sc, err := c.plan(n.view, s.now())
	if err != nil {
		return nil, nil, err
	}
	s.long.open()
	own := sc
	a, err := s.makeLong(ctx, c, &own, n, base, "key")
	if err != nil {
		return nil, nil, err
	}
	if err := c.gather(ctx, &sc, s.now()); err != nil {
		return nil, nil, err
	}
	chosen, err := s.choose(ctx, c, &sc, n.stream)
	if a == nil {
		if err == nil {
			return nil, nil, errors.New("no long list, and a usual one")
		}
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	usual, err = renderMedia(c, &sc, n, base, &chosen)
	return a.body, usual, err
}

// Ask notes that somebody asks for a channel.
func Ask(c *Channel, now time.Time) { c.Demand.ask(now) }
