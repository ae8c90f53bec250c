package play_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/playlist/strict"
	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/stb-api/access"
	"podium.tv/podium/stb-api/play"
	"podium.tv/podium/stb-api/problem"
	"podium.tv/podium/storage/object"
)

var update = flag.Bool("update", false, "write the golden files")

// signOn is when the synthetic channel goes on the air.
var signOn = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

// air is a channel with pictures and sound of a camera that never was, cut and stored as a feed does, on a clock that the
// test turns.
type air struct {
	t       testing.TB
	folder  *object.Folder
	away    atomic.Bool
	hot     *object.Cache
	line    *timeline.Timeline
	channel *play.Channel
	service *play.Service
	signer  *access.Signer
	echo    *echo.Echo
	now     time.Time

	init     *media.Init
	cutter   *segment.Segmenter
	pace     *segment.Pace // of a channel that is put out in parts
	counters timeline.Counters
	frames   int64
	sounds   int64
	mute     bool
	noIDR    bool
	made     map[string][]byte // the MPEG-TS form as it was made live, by object
	small    string            // the name of a second rendition, where there is one
	shift    time.Duration     // of what is put out
	away2    bool              // the second rendition's feed is not there
}

const (
	airRate = 2 // pictures a second
	airGOP  = 4 // pictures
)

var (
	airSPS = []byte{
		0x67, 0x4d, 0x40, 0x1f, 0xe8, 0xc0, 0x28, 0x02, 0xdd, 0x35, 0x01, 0x01, 0x01, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00,
		0x0c, 0x83, 0xc6, 0x0c, 0x46, 0x80,
	}
	airPPS = []byte{0x68, 0xe9, 0x78, 0xf2, 0xc8}
)

func newAir(t testing.TB) *air {
	t.Helper()
	a := &air{
		t: t, now: signOn, folder: &object.Folder{Root: t.TempDir()}, hot: new(object.Cache), made: map[string][]byte{},
		signer: &access.Signer{Secrets: [][]byte{bytes.Repeat([]byte{1}, 32)}},
	}
	require.NoError(t, a.folder.Initialize())
	require.NoError(t, a.hot.Initialize())
	clock := func() time.Time { return a.now }
	a.line = &timeline.Timeline{
		Name: "feeds/hall1", Store: (*airStore)(a), Owns: true, Journal: filepath.Join(t.TempDir(), "journal"), Now: clock,
		Recent: 10 * time.Minute, Retention: 49 * time.Hour,
	}
	require.NoError(t, a.line.Open(t.Context()))
	t.Cleanup(func() { _ = a.line.Close(context.Background()) })
	a.channel = &play.Channel{
		ID: "edu1", Timeline: a.line, Target: 4 * time.Second, Window: 40 * time.Second, Archive: 48 * time.Hour,
	}
	zone, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	a.service = &play.Service{Store: (*airStore)(a), Hot: a.hot, Tokens: a.signer, Secrets: a.signer.Secrets, Zone: zone, Now: clock}
	a.service.SetChannels([]*play.Channel{a.channel})
	a.echo = echo.New()
	a.echo.HTTPErrorHandler = problem.Handler(nil)
	a.service.Register(a.echo)
	a.describe(airPPS)
	return a
}

// airStore is the air's store, which can be away.
type airStore air

func (s *airStore) PutStream(ctx context.Context, name string, body io.Reader, size int64) error {
	return s.folder.PutStream(ctx, name, body, size)
}

func (s *airStore) Open(ctx context.Context, name string, offset int64) (io.ReadCloser, object.Info, error) {
	return s.folder.Open(ctx, name, offset)
}

func (s *airStore) Stat(ctx context.Context, name string) (object.Info, error) {
	return s.folder.Stat(ctx, name)
}

func (s *airStore) Delete(ctx context.Context, name string) error { return s.folder.Delete(ctx, name) }
func (s *airStore) Check(ctx context.Context) error               { return s.folder.Check(ctx) }
func (s *airStore) List(ctx context.Context, prefix string) iter.Seq2[object.Info, error] {
	return s.folder.List(ctx, prefix)
}

func (s *airStore) Put(ctx context.Context, name string, body []byte) error {
	if s.away.Load() {
		return object.ErrAway
	}
	return s.folder.Put(ctx, name, body)
}

func (s *airStore) Get(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	if s.away.Load() {
		return nil, fmt.Errorf("get %s: %w", name, object.ErrAway)
	}
	return s.folder.Get(ctx, name, offset, length)
}

// describe begins an epoch with these parameters.
func (a *air) describe(pps []byte) {
	a.t.Helper()
	a.begin(
		media.Track{ID: 1, Timescale: 90000, Codec: &media.H264{SPS: airSPS, PPS: pps}},
		media.Track{ID: 2, Timescale: 48000, Codec: &media.AAC{Config: []byte{0x11, 0x90}}},
	)
}

// picture begins an epoch without sound.
func (a *air) picture(sps []byte) {
	a.t.Helper()
	a.begin(media.Track{ID: 1, Timescale: 90000, Codec: &media.H264{SPS: sps, PPS: airPPS}})
}

func (a *air) begin(tracks ...media.Track) {
	a.t.Helper()
	a.flush()
	a.init = &media.Init{Tracks: tracks}
	body, err := a.init.MarshalJSON()
	require.NoError(a.t, err)
	require.NoError(a.t, a.folder.Put(a.t.Context(), timeline.InitName(a.init.Version()), body))
	a.hot.Put(timeline.InitName(a.init.Version()), body)
	a.frames, a.sounds = 0, 0
	base := a.now
	a.cutter = &segment.Segmenter{
		Init: a.init, OnSegment: a.store, Wall: func(at time.Duration) time.Time { return base.Add(at - 10*time.Second) },
		Pace: a.pace, OnPart: a.show,
	}
}

func (a *air) flush() {
	if a.cutter != nil {
		a.cutter.Flush()
	}
}

// run puts out d of pictures and sound.
func (a *air) run(d time.Duration) {
	a.t.Helper()
	for end := a.now.Add(d); a.now.Before(end); a.now = a.now.Add(time.Second / airRate) {
		at := 10*90000 + a.frames*90000/airRate
		idr := a.frames%airGOP == 0 && !a.noIDR
		unit := bytes.Repeat([]byte{0x41}, 200)
		if idr {
			unit = bytes.Repeat([]byte{0x65}, 2000)
		}
		a.cutter.Write(0, media.Sample{DTS: at, PTS: at, Sync: idr, Units: [][]byte{unit}})
		a.frames++
		for ; a.sounds*1024*airRate < a.frames*48000; a.sounds++ {
			if !a.mute {
				at := 10*48000 + a.sounds*1024
				a.cutter.Write(1, media.Sample{DTS: at, PTS: at, Sync: true, Units: [][]byte{bytes.Repeat([]byte{0x21}, 40)}})
			}
		}
	}
}

// store does what a feed's recorder does.
func (a *air) store(seg *segment.Segment) {
	fragments := make([][]byte, len(seg.Tracks))
	for i, r := range seg.Tracks {
		fragments[i] = seg.Media[r.Offset:r.End()]
	}
	ts, next, err := render.TS(nil, seg.Init, fragments, a.counters)
	require.NoError(a.t, err)
	e := a.line.Prepare(timeline.Entry{
		Discontinuity: seg.Discontinuity, Start: seg.Start, Time: seg.Time, Duration: seg.Duration, Kind: timeline.Live, Independent: seg.Independent,
		Init: seg.Init.Version(), Tracks: seg.Tracks, TS: a.counters, Shift: a.shift,
	})
	if a.small != "" && !a.away2 {
		e.Also = []timeline.Rendition{a.storeSmall(&e, seg)}
	}
	var also []timeline.MadeRendition
	was := a.line.Edge().RenditionOf(e.Seq, a.small)
	switch {
	case len(e.Also) > 0:
		also = a.smallParts(seg.Init, seg.Time, seg.Parts)
	case was != nil: // It was shown in the making, and did not become whole.
		e.Also = []timeline.Rendition{{Name: a.small, Object: "feeds/hall2/media/0/0.cmaf", Init: was.Init, Time: was.Time, Shift: was.Shift}}
	}
	a.counters = next
	e.Object = a.line.MediaName(e.Seq)
	body, err := timeline.BuildObject(&e, seg.Media)
	require.NoError(a.t, err)
	a.hot.Put(timeline.HotMedia(e.Object), body)
	a.hot.Put(timeline.HotTS(e.Object), ts)
	a.made[e.Object] = ts
	if !a.away.Load() {
		require.NoError(a.t, a.folder.Put(a.t.Context(), e.Object, body))
	}
	parts := segment.Parts{Target: seg.Parts.Target, Tracks: make([][]segment.Part, len(seg.Parts.Tracks))}
	for n := range parts.Tracks {
		parts.Tracks[n] = segment.Settle(seg.Parts.Tracks[n], fragments[n])
	}
	require.NoError(a.t, a.line.Finish(e, parts, also...))
}

// storeSmall stores the same once more, as another size that another feed brings, which has its own clock and begins with
// its sound.
func (a *air) storeSmall(e *timeline.Entry, seg *segment.Segment) timeline.Rendition {
	init := &media.Init{Tracks: slices.Clone(seg.Init.Tracks)}
	slices.Reverse(init.Tracks)
	own := timeline.Entry{
		Seq: e.Seq, Start: e.Start, Duration: e.Duration, Kind: timeline.Live, Init: init.Version(), Tracks: slices.Clone(seg.Tracks), TS: e.TS,
		Object: fmt.Sprintf("feeds/hall2/media/%d/%d.cmaf", e.Seq/1000, e.Seq),
	}
	slices.Reverse(own.Tracks)
	body, err := timeline.BuildObject(&own, seg.Media)
	require.NoError(a.t, err)
	a.hot.Put(timeline.HotMedia(own.Object), body)
	description, err := init.MarshalJSON()
	require.NoError(a.t, err)
	a.hot.Put(timeline.InitName(own.Init), description)
	return timeline.Rendition{Name: a.small, Object: own.Object, Tracks: own.Tracks, Init: own.Init, Time: seg.Time, Shift: time.Second}
}

// smallParts are the second rendition's parts of a segment: those of the first, with its sound before its picture.
func (a *air) smallParts(init *media.Init, at time.Duration, parts segment.Parts) []timeline.MadeRendition {
	own := segment.Parts{Target: parts.Target, Tracks: slices.Clone(parts.Tracks)}
	slices.Reverse(own.Tracks)
	reversed := &media.Init{Tracks: slices.Clone(init.Tracks)}
	slices.Reverse(reversed.Tracks)
	return []timeline.MadeRendition{{Name: a.small, Parts: own, Init: reversed.Version(), Time: at, Shift: time.Second}}
}

// silence lets time go by without anything on the air.
func (a *air) silence(d time.Duration) {
	a.flush()
	a.now = a.now.Add(d)
	h264, ok := a.init.Tracks[0].Codec.(*media.H264)
	require.True(a.t, ok)
	a.describe(h264.PPS)
}

// gap puts an entry on the timeline whose media is lost.
func (a *air) gap(d time.Duration) {
	a.flush()
	e := a.line.Prepare(timeline.Entry{
		Start: a.now, Duration: d, Kind: timeline.Gap, Discontinuity: true, Init: a.init.Version(), Tracks: make([]media.Range, 2),
	})
	require.NoError(a.t, a.line.Append(e))
	a.now = a.now.Add(d)
	a.describe(airPPS)
}

// cold forgets what is in memory.
func (a *air) cold() {
	for name := range a.made {
		a.hot.Remove(timeline.HotMedia(name))
		a.hot.Remove(timeline.HotTS(name))
	}
	a.hot.Remove(timeline.InitName(a.init.Version()))
}

// get asks for a path below /live/edu1/; fields are "Name: value".
func (a *air) get(path string, fields ...string) *httptest.ResponseRecorder {
	return a.do(http.MethodGet, "/live/edu1/"+path, fields...)
}

func (a *air) do(method, target string, fields ...string) *httptest.ResponseRecorder {
	a.t.Helper()
	return a.serve(httptest.NewRequest(method, target, http.NoBody), fields...)
}

// from is get with a request that is changed before it is answered.
func (a *air) from(change func(*http.Request), path string, fields ...string) *httptest.ResponseRecorder {
	a.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/live/edu1/"+path, http.NoBody)
	change(r)
	return a.serve(r, fields...)
}

func (a *air) serve(r *http.Request, fields ...string) *httptest.ResponseRecorder {
	a.t.Helper()
	r.Header.Set("Accept-Language", "en")
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	a.echo.ServeHTTP(w, r)
	return w
}

// playlist fetches a media playlist that must be without fault.
func (a *air) playlist(path string) *strict.Playlist {
	a.t.Helper()
	w := a.get(path)
	require.Equal(a.t, 200, w.Code, w.Body.String())
	require.Equal(a.t, "application/vnd.apple.mpegurl", w.Header().Get("Content-Type"))
	p, err := strict.ParseMedia(w.Body.Bytes())
	require.NoError(a.t, err, w.Body.String())
	require.Empty(a.t, strict.Check(p), w.Body.String())
	return p
}

// golden compares what a path answers with a file.
func (a *air) golden(name, path string) {
	a.t.Helper()
	w := a.get(path)
	require.Equal(a.t, 200, w.Code, w.Body.String())
	file := filepath.Join("testdata", name+".m3u8")
	if *update {
		require.NoError(a.t, os.MkdirAll("testdata", 0o750))
		require.NoError(a.t, os.WriteFile(file, w.Body.Bytes(), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(a.t, err)
	require.Equal(a.t, string(want), w.Body.String())
}

func (a *air) problem(w *httptest.ResponseRecorder, status int, text string) {
	a.t.Helper()
	require.Equal(a.t, status, w.Code, w.Body.String())
	require.Equal(a.t, problem.ContentType, w.Header().Get("Content-Type"))
	require.Contains(a.t, w.Body.String(), text)
}
