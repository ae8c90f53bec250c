// Package file plays a film round and round, as if it were live.
package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/pace"
	"podium.tv/podium/packager/media"
)

// Loop plays a file at the pace of the wall clock, and again from its beginning when it ends: media times go on there, so that
// neither eye nor ear finds the seam where the file allows it. Run may be called again after it returned.
type Loop struct {
	// Path is the file's, absolute.
	Path string

	// Folders are those that files may lie in. Nothing outside of them is read, whatever links lead there. Without any, no
	// file is.
	Folders []string

	// Now is the wall clock. It defaults to time.Now.
	Now func() time.Time
}

var _ input.Input = (*Loop)(nil)

// String names the input.
func (l *Loop) String() string { return "file:" + l.Path }

// Validate says what is wrong with the parameters, without a look at the file.
func (l *Loop) Validate() error {
	_, _, err := l.place()
	return err
}

// Run implements input.Input.
func (l *Loop) Run(ctx context.Context, r input.Receiver) error {
	p := &player{receiver: r, clock: pace.Clock{Now: l.Now}}
	for {
		if err := l.play(ctx, p); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("film %s: %w", filepath.Base(l.Path), err)
		}
		// It has become another film.
		p.seam = seam{}
		p.clock.Jump()
	}
}

// play plays rounds until the file is another one at the end of one of them.
func (l *Loop) play(ctx context.Context, p *player) error {
	f, err := l.open()
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	in := new(intake)
	film, err := openFilm(f.File, f.info.Size(), in)
	if err != nil {
		return err
	}
	for {
		if err := p.round(ctx, film, in); err != nil {
			return err
		}
		changed, err := l.changed(f)
		if err != nil || changed {
			return err
		}
		if err := film.rewind(); err != nil {
			return err
		}
		if p.seam.broken {
			p.clock.Jump()
		}
		p.seam.again()
	}
}

// player hands a film's samples out.
type player struct {
	receiver input.Receiver
	clock    pace.Clock
	seam     seam
	tracks   []media.Track // as the receiver knows them
	lead     int
}

var errNothing = fmt.Errorf("it has nothing to play: %w", input.ErrNoKeyframe)

// round plays the film once.
func (p *player) round(ctx context.Context, f film, in *intake) error {
	given := 0
	for {
		err := f.step()
		ended := errors.Is(err, io.EOF)
		if err != nil && !ended {
			return err
		}
		for {
			e, ok := in.next(ended)
			if !ok {
				break
			}
			if ended && !in.has(p.lead) && (e.tracks != nil || e.track != p.lead) {
				p.seam.finish()
			}
			n, err := p.take(ctx, e)
			if err != nil {
				return err
			}
			given += n
		}
		if !ended {
			continue
		}
		if given == 0 {
			return errNothing
		}
		p.seam.finish()
		return ctx.Err()
	}
}

// take hands one event out, and says how many samples of the leading track that were.
func (p *player) take(ctx context.Context, e event) (int, error) {
	if e.tracks != nil {
		return 0, p.describe(e.tracks)
	}
	if !e.isSample() {
		p.receiver.Warn(e.warn)
		return 0, nil
	}
	s, at, ok := p.seam.place(e.track, e.sample)
	if !ok {
		return 0, nil
	}
	if e.track == p.lead {
		if _, err := p.clock.Wait(ctx, at); err != nil {
			return 0, err
		}
	}
	p.receiver.Sample(e.track, s)
	if e.track != p.lead {
		return 0, nil
	}
	return 1, nil
}

// describe tells the receiver of tracks, if they are others than the ones it knows.
func (p *player) describe(tracks []media.Track) error {
	same := len(tracks) == len(p.tracks)
	for i := range tracks {
		same = same && tracks[i].Timescale == p.tracks[i].Timescale && tracks[i].Language == p.tracks[i].Language &&
			media.Equal(tracks[i].Codec, p.tracks[i].Codec)
	}
	p.lead = (&media.Init{Tracks: tracks}).Leading()
	p.seam.describe(tracks, p.lead)
	if same {
		return nil
	}
	p.tracks = tracks
	if err := p.receiver.Describe(tracks); err != nil {
		return fmt.Errorf("describe the tracks: %w", err)
	}
	return nil
}
