package feed_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/feed"
	"podium.tv/podium/origin/input"
	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/playlist/strict"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/storage/object"
)

// lecture is the parameters of a real recording: H.264 1280x720, AAC stereo.
func lecture(t testing.TB) []media.Track {
	t.Helper()
	b, err := os.ReadFile("testdata/lecture.json")
	require.NoError(t, err)
	var init media.Init
	require.NoError(t, json.Unmarshal(b, &init))
	return init.Tracks
}

// errUnplugged is how a camera's connection ends.
var errUnplugged = errors.New("read tcp 192.0.2.7:40001: connection reset by peer")

// cameraInput is an input whose connections follow a script; after its end nobody is there.
type cameraInput struct {
	tracks  []media.Track
	script  []func(c *camera)
	radio   bool  // sound alone comes of it
	refused error // what connections after the script end with at once

	mu    sync.Mutex
	tries []time.Time
}

func (in *cameraInput) String() string { return "rtsp://camera.example/live" }

func (in *cameraInput) Run(ctx context.Context, r input.Receiver) error {
	in.mu.Lock()
	n := len(in.tries)
	in.tries = append(in.tries, time.Now())
	in.mu.Unlock()
	if n >= len(in.script) {
		if in.refused != nil {
			return in.refused
		}
		<-ctx.Done()
		return ctx.Err()
	}
	c := &camera{ctx: ctx, r: r, fps: 25, gop: 50, tracks: in.tracks, sound: len(in.tracks) > 1}
	if in.radio {
		c.r = soundOnly{r}
	}
	if err := c.r.Describe(in.tracks); err != nil {
		return err
	}
	in.script[n](c)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errUnplugged
}

// soundOnly leaves the first track out.
type soundOnly struct{ input.Receiver }

func (s soundOnly) Describe(tracks []media.Track) error { return s.Receiver.Describe(tracks[1:]) }

func (s soundOnly) Sample(track int, sample media.Sample) {
	if track > 0 {
		s.Receiver.Sample(track-1, sample)
	}
}

// camera sends pictures and sound in real time, with stamps and dates that tests put out of order.
type camera struct {
	ctx    context.Context
	r      input.Receiver
	tracks []media.Track

	fps, gop int
	sound    bool
	noIDR    bool
	small    bool // pictures are a tenth
	// frameOfSound is what is heard, if not noise.
	frameOfSound []byte
	frames       int           // sent
	heard        int64         // sound sent, in samples
	at           time.Duration // media time as it should be
	clock        time.Duration // what the camera's stamps are ahead of that
	video        time.Duration // and its pictures' alone
	audio        time.Duration // and its sound's alone
	wall         func(now time.Time) time.Time
}

// play sends d of pictures and sound.
func (c *camera) play(d time.Duration) {
	interval := time.Second / time.Duration(c.fps)
	for end := c.at + d; c.at < end && c.ctx.Err() == nil; {
		c.frame()
		time.Sleep(interval)
	}
}

// frame sends a picture and the sound that goes with it.
func (c *camera) frame() {
	c.picture()
	c.at += time.Second / time.Duration(c.fps)
	for c.sound && media.Duration(c.heard, 48000) < c.at {
		stamp := c.heard + media.FromDuration(c.clock+c.audio, 48000)
		c.r.Sample(1, media.Sample{PTS: stamp, DTS: stamp, Sync: true, Units: [][]byte{c.noise()}})
		c.heard += 1024
	}
}

func (c *camera) noise() []byte {
	if c.frameOfSound != nil {
		return c.frameOfSound
	}
	return bytes.Repeat([]byte{0x21}, 300)
}

func (c *camera) picture() {
	idr := c.frames%c.gop == 0 && !c.noIDR
	dts := media.FromDuration(c.at+c.clock+c.video, 90000)
	s := media.Sample{DTS: dts, PTS: dts + 3600, Sync: idr, Units: [][]byte{append([]byte{0x41}, make([]byte, 1000)...)}}
	if idr {
		s.Units = [][]byte{append([]byte{0x65}, make([]byte, 5000)...)}
	}
	if c.small {
		s.Units[0] = s.Units[0][:100]
	}
	if c.wall != nil {
		s.Wall = c.wall(time.Now())
	}
	c.frames++
	c.r.Sample(0, s)
}

// pause lets time go by in which nothing comes, while the camera's stamps go on.
func (c *camera) pause(d time.Duration) {
	time.Sleep(d)
	c.at += d
	c.heard = media.FromDuration(c.at, 48000) / 1024 * 1024
}

// hall is a feed on a folder, ready to run within a bubble of fake time.
type hall struct {
	*feed.Feed
	in    *cameraInput
	log   *bytes.Buffer
	store *faulty
	hot   *object.Cache
	dir   string
}

func newHall(t testing.TB, script ...func(*camera)) *hall {
	t.Helper()
	dir := t.TempDir()
	folder := &object.Folder{Root: filepath.Join(dir, "objects")}
	require.NoError(t, folder.Initialize())
	h := &hall{
		in:  &cameraInput{tracks: lecture(t), script: script},
		log: new(bytes.Buffer), dir: dir, store: &faulty{Store: folder},
		hot: new(object.Cache),
	}
	require.NoError(t, h.hot.Initialize())
	h.Feed = h.newFeed()
	return h
}

// newFeed is the feed as a fresh process has it.
func (h *hall) newFeed() *feed.Feed {
	return &feed.Feed{
		ID: "hall1", Name: "Hall", Sources: []feed.Source{{Input: h.in}}, Store: h.store, Hot: h.hot,
		Timeline: &timeline.Timeline{
			Name: "feeds/hall1", Store: h.store, Owns: true, Journal: filepath.Join(h.dir, "journal"), FlushEvery: time.Hour,
			Recent: 24 * time.Hour,
		},
		Log: slog.New(slog.NewTextHandler(h.log, nil)),
	}
}

// run runs the feed for d.
func (h *hall) run(t testing.TB, d time.Duration) []timeline.Entry {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), d)
	defer stop()
	h.Initialize()
	require.NoError(t, h.Run(ctx))
	entries := h.Timeline.Tail().Entries
	requireStrict(t, 2*h.Target, entries)
	return entries
}

// requireStrict checks what a player would be told of the entries.
func requireStrict(t testing.TB, target time.Duration, entries []timeline.Entry) {
	t.Helper()
	if len(entries) == 0 {
		return
	}
	p, err := strict.ParseMedia(playlistOf(t, target, entries))
	require.NoError(t, err)
	require.Empty(t, strict.Check(p))
	if n := len(entries); entries[0].Seq == 0 {
		require.EqualValues(t, discontinuities(entries), entries[n-1].Disc)
	}
}

// playlistOf is what a player is told of the entries.
func playlistOf(t testing.TB, target time.Duration, entries []timeline.Entry) []byte {
	t.Helper()
	m := playlist.Media{TargetDuration: target, Sequence: entries[0].Seq, DiscontinuitySequence: entries[0].Disc}
	if entries[0].Discontinuity {
		m.DiscontinuitySequence-- // The tag is before the first segment.
	}
	for i := range entries {
		e := &entries[i]
		m.Segments = append(m.Segments, playlist.Segment{
			URI: "s.ts", Duration: e.Duration, ProgramDateTime: e.Start, Discontinuity: e.Discontinuity,
		})
		if i > 0 {
			require.Equal(t, entries[i-1].Seq+1, e.Seq)
		}
	}
	text, err := m.Append(nil)
	require.NoError(t, err)
	return text
}

func discontinuities(entries []timeline.Entry) int {
	n := 0
	for i := range entries {
		if entries[i].Discontinuity {
			n++
		}
	}
	return n
}

func total(entries []timeline.Entry) time.Duration {
	var d time.Duration
	for i := range entries {
		d += entries[i].Duration
	}
	return d
}

// faulty is a store that fails when it is told to.
type faulty struct {
	object.Store
	mu   sync.Mutex
	fail func(name string) error
	slow time.Duration
}

func (f *faulty) set(fail func(name string) error, slow time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail, f.slow = fail, slow
}

func (f *faulty) Put(ctx context.Context, name string, body []byte) error {
	f.mu.Lock()
	fail, slow := f.fail, f.slow
	f.mu.Unlock()
	if slow > 0 {
		select {
		case <-time.After(slow):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if fail != nil {
		if err := fail(name); err != nil {
			return err
		}
	}
	return f.Store.Put(ctx, name, body)
}
