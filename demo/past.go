package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"podium.tv/podium/epg"
	"podium.tv/podium/origin/playout"
	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/station"
	"podium.tv/podium/storage/object"
)

// asset is the name of the lecture's packaged form in the object store.
const asset = "assets/lecture"

// pastDays is how many whole days before today the demo channel can show.
const pastDays = 2

// Past gives a demo channel that has never been on the air a past to go back to: the lecture, packaged once and put
// on the channel's timeline by reference, over and over, from two days ago until now. It is what playout does with
// an asset; nothing is copied.
func Past(ctx context.Context, s *station.Station, channel string, t *timeline.Timeline) error {
	if channel != Channel || t.Tail().Next > 0 {
		return nil
	}
	clip, err := Lecture()
	if err != nil {
		return err
	}
	entries, err := packClip(ctx, s.Store(), clip)
	if err != nil {
		return fmt.Errorf("package the lecture: %w", err)
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

// packClip stores the clip's segments and returns their entries, without places in any timeline.
func packClip(ctx context.Context, store object.Store, clip *Clip) ([]timeline.Entry, error) {
	init := &media.Init{Tracks: append([]media.Track(nil), clip.Tracks...)}
	for i := range init.Tracks {
		init.Tracks[i].ID = i + 1
	}
	body, err := init.MarshalJSON()
	if err != nil {
		return nil, err
	}
	version := init.Version()
	if err := store.Put(ctx, timeline.InitName(version), body); err != nil {
		return nil, err
	}
	var entries []timeline.Entry
	var counters timeline.Counters
	var failed error
	cutter := &segment.Segmenter{Init: init, OnSegment: func(seg *segment.Segment) {
		e := timeline.Entry{
			Time: seg.Time, Duration: seg.Duration, Kind: timeline.Asset, Independent: seg.Independent, Init: version,
			Tracks: seg.Tracks, TS: counters,
			Object: fmt.Sprintf("%s/media/%d.cmaf", asset, len(entries)),
		}
		fragments, err := seg.Fragments()
		failed = errors.Join(failed, err)
		_, next, err := render.TSSize(init, fragments, counters)
		failed = errors.Join(failed, err)
		counters = next
		object, err := timeline.BuildObject(&e, seg.Media)
		failed = errors.Join(failed, err, store.Put(ctx, e.Object, object))
		entries = append(entries, e)
	}}
	for _, s := range interleave(clip) {
		cutter.Write(s.track, s.sample)
	}
	cutter.Flush()
	return entries, failed
}

type clipSample struct {
	track  int
	sample media.Sample
}

// interleave puts the clip's samples in order of time, ten seconds from zero, where every epoch begins.
func interleave(clip *Clip) []clipSample {
	next := make([]int, len(clip.Tracks))
	var out []clipSample
	for {
		first, best := -1, time.Duration(0)
		for i, t := range clip.Tracks {
			if next[i] == len(clip.Samples[i]) {
				continue
			}
			at := media.Duration(clip.Samples[i][next[i]].DTS, t.Timescale)
			if first < 0 || at < best {
				first, best = i, at
			}
		}
		if first < 0 {
			return out
		}
		s := clip.Samples[first][next[first]]
		shift := media.FromDuration(10*time.Second, clip.Tracks[first].Timescale)
		s.DTS += shift
		s.PTS += shift
		next[first]++
		out = append(out, clipSample{first, s})
	}
}
