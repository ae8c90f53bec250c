package play

import (
	"context"
	"fmt"
	"time"

	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/packager/vod"
)

// asset is a packaged item as viewers look at it: a timeline that was closed when it was made.
type asset struct {
	*vod.Asset
	entries []timeline.Entry
	target  time.Duration
	secret  *Keys // nil where it is in the clear
	read    time.Time
}

var _ subject = (*asset)(nil)

// newAsset measures what does not change any more.
func newAsset(a *vod.Asset, entries []timeline.Entry, secrets [][]byte) (*asset, error) {
	if len(entries) == 0 {
		return nil, fmt.Errorf("%w: %s has no segments", vod.ErrBadAsset, a.ID)
	}
	out := &asset{Asset: a, entries: entries, target: time.Second}
	for i := range entries {
		out.target = max(out.target, entries[i].Duration.Round(time.Second))
	}
	if a.Encrypted {
		if len(secrets) == 0 {
			return nil, fmt.Errorf("%w: %s is to be encrypted, and there is no secret to make its key of", vod.ErrBadAsset, a.ID)
		}
		out.secret = &Keys{Secrets: secrets}
	}
	return out, nil
}

func (a *asset) scope() string { return AssetScope(a.ID) }

// AssetScope is what a token must be for that plays an asset.
func AssetScope(id string) string { return "vod/" + id }

func (a *asset) guarded() bool { return a.Protected }

func (a *asset) ready() bool { return true }

// version is another once the asset was packaged anew.
func (a *asset) version() uint64 { return uint64(a.CreatedAt.UnixNano()) }

// targetDuration is the longest segment's: nothing longer can come.
func (a *asset) targetDuration() time.Duration { return a.target }

func (a *asset) caching(open string) string {
	if !a.Protected {
		return open
	}
	return owned(open)
}

func (a *asset) keys() *Keys { return a.secret }

func (a *asset) recent() []timeline.Entry { return a.entries }

func (a *asset) slot(name) *slot { return nil }

func (a *asset) look(ctx context.Context, v view, now time.Time) (scene, error) {
	sc, err := a.plan(v, now)
	if err != nil {
		return sc, err
	}
	err = a.gather(ctx, &sc, now)
	return sc, err
}

func (a *asset) plan(v view, _ time.Time) (scene, error) {
	sc := scene{view: v, version: a.version(), closed: true, undated: true}
	if v.mode != whole {
		return sc, errNoFile
	}
	return sc, nil
}

func (a *asset) gather(_ context.Context, sc *scene, _ time.Time) error {
	sc.entries = a.entries
	return nil
}

func (a *asset) find(_ context.Context, hour int64, seq uint64) (timeline.Entry, error) {
	if seq >= uint64(len(a.entries)) || hour != anyHour && a.entries[seq].Hour() != hour {
		return timeline.Entry{}, timeline.ErrUnknown
	}
	return a.entries[seq], nil
}

func (a *asset) texts() []playlist.Rendition {
	out := make([]playlist.Rendition, len(a.Subtitles))
	for i, t := range a.Subtitles {
		out[i] = playlist.Rendition{Name: quotable(t.Name), Language: quotable(t.Language), URI: fmt.Sprintf("text-%d.m3u8", i+1)}
		if out[i].Name == "" {
			out[i].Name = fmt.Sprintf("text%d", i+1)
		}
	}
	return out
}
