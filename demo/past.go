package demo

import (
	"context"
	"errors"
	"time"

	"podium.tv/podium/epg"
	"podium.tv/podium/origin/playout"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/station"
)

// pastDays is how many whole days before today the demo channel can show.
const pastDays = 2

// Past gives a demo channel that has never been on the air a past to go back to: the lecture, packaged once and put
// on the channel's timeline by reference, over and over, from two days ago until now. It is what playout does with
// an asset; nothing is copied.
func Past(ctx context.Context, s *station.Station, channel string, t *timeline.Timeline) error {
	if channel != Channel {
		return nil
	}
	entries, err := packLecture(ctx, s.Store())
	if err != nil || t.Tail().Next > 0 {
		return err
	}
	guide := s.Guide().Snapshot()
	now := time.Now().UTC()
	today := now.In(guide.Zone)
	at, _ := epg.Day(today.Year(), today.Month(), today.Day()-pastDays, guide.Zone)
	for at.Before(now) && ctx.Err() == nil {
		for i := range entries {
			e := entries[i]
			e.Start = at
			e.Discontinuity = i == 0
			if at = at.Add(e.Duration); at.After(now) {
				break
			}
			if err := t.Append(t.Prepare(playout.Join(t.Tail().Last(), e))); err != nil {
				return err
			}
		}
	}
	return errors.Join(ctx.Err(), t.Flush(ctx))
}
