package hls_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/packager/media"
)

// recorder is a feed that writes down what it is given.
type recorder struct {
	mu        sync.Mutex
	described [][]media.Track
	samples   []recorded
	warnings  []string
	began     time.Time
}

type recorded struct {
	kind  media.Kind
	dts   time.Duration
	pts   time.Duration
	sync  bool
	wall  time.Time
	at    time.Duration // since the first
	round int           // of descriptions
}

func (r *recorder) Describe(tracks []media.Track) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.described = append(r.described, tracks)
	return nil
}

func (r *recorder) Sample(track int, s media.Sample) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.began.IsZero() {
		r.began = time.Now()
	}
	t := r.described[len(r.described)-1][track]
	r.samples = append(r.samples, recorded{
		kind: t.Kind(), dts: media.Duration(s.DTS, t.Timescale), pts: media.Duration(s.PTS, t.Timescale), sync: s.Sync, wall: s.Wall,
		at: time.Since(r.began), round: len(r.described),
	})
}

func (r *recorder) Warn(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.warnings = append(r.warnings, err.Error())
}

func (r *recorder) of(kind media.Kind) []recorded {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []recorded
	for _, s := range r.samples {
		if s.kind == kind {
			out = append(out, s)
		}
	}
	return out
}

func (r *recorder) count(kind media.Kind) int { return len(r.of(kind)) }

func (r *recorder) codecs() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]string, 0, len(r.described))
	for _, tracks := range r.described {
		names := make([]string, 0, len(tracks))
		for _, t := range tracks {
			names = append(names, t.Codec.Name())
		}
		out = append(out, strings.Join(names, "+"))
	}
	return strings.Join(out, ", ")
}

// run runs an input until enough says so, or it ends.
func run(t *testing.T, in input.Input, r *recorder, enough func() bool) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- in.Run(ctx, r) }()
	deadline := time.After(60 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-deadline:
			cancel()
			<-ended
			return r.tooLittle()
		case <-tick.C:
			if enough() {
				cancel()
				require.ErrorIs(t, <-ended, context.Canceled)
				return nil
			}
		}
	}
}

func (r *recorder) tooLittle() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fmt.Errorf("not enough came in time: %d samples, warnings %q", len(r.samples), r.warnings)
}

func (r *recorder) warned(part string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Contains(strings.Join(r.warnings, "\n"), part)
}
