package feed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/storage/object"
)

// epochs lets each epoch's media times go on where those of the one before ended, though what is between is a
// discontinuity. A player that honours the tag does not care; one built on ffmpeg ignores it, and where stamps fall
// back it reads only one of the tracks until that one has caught up. The zero value begins at media.FirstTime.
type epochs struct {
	reached time.Duration
}

// reach takes note of a media time that was put out.
func (e *epochs) reach(at time.Duration) { e.reached = max(e.reached, at) }

// next is the media time at which the next epoch begins.
func (e *epochs) next() time.Duration {
	if e.reached < media.FirstTime || e.reached >= media.LastTime {
		e.reached = 0
		return media.FirstTime
	}
	return e.reached + media.RunPause
}

// resume reads where the last segment that was recorded ended, before a restart. Where that cannot be told, media times
// begin anew.
func (e *epochs) resume(ctx context.Context, store object.Store, last *timeline.Entry) error {
	if last == nil || last.Kind != timeline.Live && last.Kind != timeline.Slate || len(last.Tracks) == 0 {
		return nil
	}
	body, err := store.Get(ctx, timeline.InitName(last.Init), 0, maxInit)
	if err != nil {
		return fmt.Errorf("read the last segment's tracks: %w", err)
	}
	init := new(media.Init)
	if err := json.Unmarshal(body, init); err != nil {
		return fmt.Errorf("read the last segment's tracks: %w", err)
	}
	for i, r := range last.Tracks {
		if i >= len(init.Tracks) || r.Length == 0 {
			continue
		}
		fragment, err := store.Get(ctx, last.Object, r.Offset, min(r.Length, maxFragment))
		if err != nil {
			return fmt.Errorf("read the last segment: %w", err)
		}
		first := errors.New("first")
		err = segment.Samples(fragment, func(s segment.StoredSample) error {
			e.reach(media.Duration(s.DTS, init.Tracks[i].Timescale) + last.Duration)
			return first
		})
		if err != nil && !errors.Is(err, first) {
			return fmt.Errorf("read the last segment: %w", err)
		}
	}
	return nil
}

// Bounds of what resume reads.
const (
	maxInit     = 1 << 20
	maxFragment = 256 << 20
)
