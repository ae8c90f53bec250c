package play

import (
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
		if n.view.mode == live {
			return "mono.m3u8", nil
		}
		return "mono-" + n.view.String() + ".m3u8", nil
	case trackPlaylist:
		return fmt.Sprintf("%s/%d.m3u8", n.view, n.track), nil
	case tsSegment:
		return string(segmentName(nil, n.hour, n.seq)) + ".ts", nil
	case trackSegment:
		return fmt.Sprintf("%s-%d.m4s", segmentName(nil, n.hour, n.seq), n.track), nil
	case trackInit:
		return initName(n.version, n.track), nil
	}
	return "", fmt.Errorf("kind %d", n.kind)
}

// ViewOf names the view that a query asks for.
func ViewOf(q url.Values, zone *time.Location, now time.Time) (string, bool, error) {
	v, ok, err := viewOf(q, zone, now)
	return v.String(), ok, err
}
