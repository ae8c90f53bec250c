package rtmp_test

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

// recorder keeps what an input delivers. Its methods may be called while it records.
type recorder struct {
	mutex    sync.Mutex
	tracks   [][]media.Track // of each Describe
	samples  map[int][]media.Sample
	warnings []string
	refuse   error // what Describe answers
}

var _ input.Receiver = (*recorder)(nil)

func (r *recorder) Describe(tracks []media.Track) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.tracks = append(r.tracks, append([]media.Track(nil), tracks...))
	return r.refuse
}

func (r *recorder) Sample(track int, s media.Sample) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(r.tracks) == 0 || track < 0 || track >= len(r.tracks[len(r.tracks)-1]) {
		panic(fmt.Sprintf("sample of track %d before its description", track))
	}
	if r.samples == nil {
		r.samples = make(map[int][]media.Sample)
	}
	r.samples[track] = append(r.samples[track], s)
}

func (r *recorder) Warn(err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.warnings = append(r.warnings, err.Error())
}

func (r *recorder) count(track int) int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return len(r.samples[track])
}

func (r *recorder) warned() string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return strings.Join(r.warnings, "\n")
}

// codecs are the names of the last described tracks' codecs.
func (r *recorder) codecs() []string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(r.tracks) == 0 {
		return nil
	}
	var names []string
	for _, t := range r.tracks[len(r.tracks)-1] {
		names = append(names, t.Codec.Name())
	}
	return names
}

// running is an input's Run in the background.
type running struct {
	*recorder
	cancel context.CancelFunc
	ended  chan error
}

func run(t *testing.T, in input.Input) *running {
	t.Helper()
	return runInto(t, in, &recorder{})
}

func runInto(t *testing.T, in input.Input, r *recorder) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out := &running{recorder: r, cancel: cancel, ended: make(chan error, 1)}
	go func() { out.ended <- in.Run(ctx, r) }()
	t.Cleanup(cancel)
	return out
}

// wait gives Run's error.
func (r *running) wait(t *testing.T) error {
	t.Helper()
	select {
	case err := <-r.ended:
		return err
	case <-time.After(40 * time.Second):
		require.FailNow(t, "the input does not end", "warnings: %s", r.warned())
		return nil
	}
}

// stop ends Run from outside.
func (r *running) stop(t *testing.T) {
	t.Helper()
	r.cancel()
	require.ErrorIs(t, r.wait(t), context.Canceled)
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 40*time.Second, 5*time.Millisecond, what)
}

// requireSane checks the times of a track's samples: DTS rises, never above PTS, PTS near each other.
func requireSane(t *testing.T, track media.Track, samples []media.Sample) {
	t.Helper()
	for i, s := range samples {
		require.LessOrEqual(t, s.DTS, s.PTS, "sample %d of %s", i, track.Codec.Name())
		if i == 0 {
			continue
		}
		prev := samples[i-1]
		require.Greater(t, s.DTS, prev.DTS, "sample %d of %s", i, track.Codec.Name())
		require.Less(t, s.DTS-prev.DTS, int64(track.Timescale), "sample %d of %s", i, track.Codec.Name())
	}
}
