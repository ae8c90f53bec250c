package hls

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"podium.tv/podium/packager/media"
)

// chunk is what one segment brings, with the sound that goes with it, as it is handed out.
type chunk struct {
	events []event
	lead   int // track that the pace is kept by
	lasts  time.Duration
	ready  time.Time
}

// joint puts the tracks of one or two playlists together.
type joint struct {
	main  *part
	sound *part // nil where it is in main

	kept      []int // of main's tracks, their index among all; -1 for those left out
	tracks    []media.Track
	sounds    []media.Track
	described bool
	without   int // chunks that came while the sound has told nothing
	begin     time.Duration
	pending   []event // of the sound, later than what was handed out
	reached   time.Duration
}

// silentChunks is how long sound is waited for that is told of and does not come.
const silentChunks = 3

// maxApart is how far sound and picture may lie apart. The specification has them on one time line (§6.2.4).
const maxApart = 30 * time.Second

// stampWrap is after how long the stamps of MPEG-TS begin anew.
const stampWrap = time.Duration((1 << 33) * int64(time.Second) / 90000)

// begin sets out.
func (j *joint) start() {
	j.main.begin(startAt)
	if j.sound == nil {
		return
	}
	// A segment more, so that there is sound to the first picture wherever segments are cut.
	j.sound.begin(startAt + 1)
	j.reached = math.MinInt64
	j.sound.fit = j.fit
}

// fit finds what to add to the sound's times: nothing, where the portal keeps to the rules.
func (j *joint) fit(at time.Duration) time.Duration {
	shift := time.Duration(0)
	if j.sound.kind != fragmentedMP4 {
		turns := math.Round(float64(j.begin-at) / float64(stampWrap))
		shift = time.Duration(turns) * stampWrap
	}
	if off := at + shift - j.begin; off.Abs() > maxApart {
		j.main.in.Warn(fmt.Errorf("the portal's sound is stamped %s off its picture: it is put beside it", off.Round(time.Second)))
		shift = j.begin - at
	}
	return shift
}

// next waits for a segment and gives what it brings.
func (j *joint) next(ctx context.Context) (chunk, error) {
	lasts, err := j.main.read(ctx)
	if errors.Is(err, io.EOF) && !j.main.pull.Once {
		if err = j.rewind(ctx); err == nil {
			lasts, err = j.main.read(ctx)
		}
	}
	events := j.main.in.take()
	order(events)
	if err == nil && j.sound != nil {
		events, err = j.join(ctx, events)
	} else {
		events = j.alone(events)
	}
	return chunk{events: events, lead: j.leading(), lasts: lasts, ready: time.Now()}, err
}

func (j *joint) rewind(ctx context.Context) error {
	if err := j.main.rewind(ctx); err != nil || j.sound == nil {
		return err
	}
	j.pending, j.reached = nil, math.MinInt64
	return j.sound.rewind(ctx)
}

func (j *joint) leading() int { return (&media.Init{Tracks: j.all()}).Leading() }

func (j *joint) all() []media.Track { return slices.Concat(j.tracks, j.sounds) }

// order sorts samples by their decoding times between descriptions: multiplexes have one track ahead of the other.
func order(events []event) {
	for len(events) > 0 {
		n := slices.IndexFunc(events, func(e event) bool { return e.tracks != nil })
		if n < 0 {
			n = len(events)
		}
		slices.SortStableFunc(events[:n], func(a, b event) int {
			if a.warn != nil || b.warn != nil {
				return 0
			}
			return int(min(max(a.at-b.at, -1), 1))
		})
		events = events[min(n+1, len(events)):]
	}
}

// alone takes note of what main describes.
func (j *joint) alone(events []event) []event {
	if j.sound != nil {
		return j.merge(events, nil)
	}
	for i := range events {
		if events[i].tracks != nil {
			j.tracks = events[i].tracks
		}
	}
	return events
}

// join fetches the sound that goes with what main brought, and puts them in order.
func (j *joint) join(ctx context.Context, events []event) ([]event, error) {
	first, last, some := span(events)
	if some {
		if j.begin == 0 || (first-j.begin).Abs() > maxApart {
			j.begin = first
		}
		if j.reached > last+maxApart || j.reached < first-maxApart {
			j.reached, j.pending = math.MinInt64, nil // Times have jumped.
		}
		if err := j.fill(ctx, last); err != nil {
			return j.merge(events, nil), err
		}
		j.begin = last
	}
	n := len(j.pending)
	if some {
		n = slices.IndexFunc(j.pending, func(e event) bool { return e.isSample() && e.at > last })
		if n < 0 {
			n = len(j.pending)
		}
	}
	now := j.pending[:n:n]
	j.pending = slices.Clone(j.pending[n:])
	return j.merge(events, now), nil
}

// span is between which times samples lie.
func span(events []event) (first, last time.Duration, some bool) {
	for i := range events {
		e := &events[i]
		if !e.isSample() {
			continue
		}
		if !some {
			first, last, some = e.at, e.at, true
		}
		first, last = min(first, e.at), max(last, e.at)
	}
	return first, last, some
}

// fill reads sound up to a time. Where it is not to be had, the picture goes on alone, and the sound comes late.
func (j *joint) fill(ctx context.Context, until time.Duration) error {
	s := j.sound
	patience, cancel := context.WithTimeout(ctx, s.list.target*3/2)
	defer cancel()
	for range 64 {
		if j.reached >= until {
			return nil
		}
		if s.has() {
			next := s.list.at(s.next)
			if next.epoch > j.main.epoch {
				return nil // It goes on behind the discontinuity.
			}
			if next.epoch < j.main.epoch && s.list.segments[len(s.list.segments)-1].epoch >= j.main.epoch {
				s.next++
				s.broken = true
				continue
			}
		}
		_, err := s.read(patience)
		got := s.in.take()
		order(got)
		j.pending = append(j.pending, got...)
		if _, last, some := span(got); some {
			j.reached = last
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
		case s.ended(err), errors.Is(err, errEnded), patience.Err() != nil:
			return nil
		default:
			return fmt.Errorf("the portal's sound: %w", err)
		}
	}
	return nil
}

// merge puts both in the order of their times, and describes all tracks as one stream.
func (j *joint) merge(events, sounds []event) []event {
	out := make([]event, 0, len(events)+len(sounds))
	waited := false
	for len(events) > 0 || len(sounds) > 0 {
		var e event
		isSound := len(events) == 0 || len(sounds) > 0 && sounds[0].before(&events[0])
		if isSound {
			e, sounds = sounds[0], sounds[1:]
		} else {
			e, events = events[0], events[1:]
		}
		switch {
		case e.warn != nil:
			out = append(out, e)
		case e.tracks != nil && isSound:
			j.sounds, j.described = soundOf(e.tracks), false
		case e.tracks != nil:
			j.describe(e.tracks)
		default:
			if !j.described && !j.ready(&waited) {
				continue
			}
			if !j.described {
				j.described = true
				out = append(out, event{tracks: j.all()})
			}
			if e.track = j.index(e.track, isSound); e.track >= 0 {
				out = append(out, e)
			}
		}
	}
	return out
}

// ready says whether all tracks are known, or the sound has been waited for long enough.
func (j *joint) ready(waited *bool) bool {
	if len(j.tracks) > 0 && len(j.sounds) > 0 {
		return true
	}
	if !*waited {
		*waited = true
		j.without++
	}
	return len(j.tracks) > 0 && j.without > silentChunks
}

// soundOf is the first track of a playlist of sound; more would be other languages.
func soundOf(tracks []media.Track) []media.Track {
	for _, t := range tracks {
		if t.Kind() == media.Audio {
			return []media.Track{t}
		}
	}
	return nil
}

// describe takes main's tracks on. Sound among them stands back behind the one that has a playlist of its own.
func (j *joint) describe(tracks []media.Track) {
	j.tracks, j.kept = nil, nil
	for _, t := range tracks {
		if t.Kind() == media.Audio {
			j.kept = append(j.kept, -1)
			continue
		}
		j.kept = append(j.kept, len(j.tracks))
		j.tracks = append(j.tracks, t)
	}
	j.described = false
}

func (j *joint) index(track int, isSound bool) int {
	if !isSound {
		return j.kept[track]
	}
	if track == 0 && len(j.sounds) > 0 {
		return len(j.tracks)
	}
	return -1
}
