package play_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/stb-api/play"
	"podium.tv/podium/storage/object"
)

// week is a channel with seven days of segments of four seconds behind it, in a local folder.
type week struct {
	folder *object.Folder
	line   *timeline.Timeline
	init   string
	now    time.Time
}

func newWeek(b *testing.B) *week {
	b.Helper()
	w := &week{folder: &object.Folder{Root: b.TempDir()}, now: signOn}
	require.NoError(b, w.folder.Initialize())
	init := &media.Init{Tracks: []media.Track{
		{ID: 1, Timescale: 90000, Codec: &media.H264{SPS: airSPS, PPS: airPPS}},
		{ID: 2, Timescale: 48000, Codec: &media.AAC{Config: []byte{0x11, 0x90}}},
	}}
	body, err := init.MarshalJSON()
	require.NoError(b, err)
	w.init = init.Version()
	require.NoError(b, w.folder.Put(b.Context(), timeline.InitName(w.init), body))
	w.line = &timeline.Timeline{
		Name: "channels/edu1", Store: w.folder, Journal: filepath.Join(b.TempDir(), "journal"), Now: func() time.Time { return w.now },
		FlushEvery: time.Hour, Retention: 1000 * time.Hour,
	}
	require.NoError(b, w.line.Open(b.Context()))
	b.Cleanup(func() { w.line.Close(b.Context()) })
	for i := range 7*24*900 + 1000 {
		w.append(b)
		if i%900 == 0 {
			require.NoError(b, w.line.Flush(b.Context()))
		}
	}
	require.NoError(b, w.line.Flush(b.Context()))
	return w
}

func (w *week) append(b *testing.B) {
	seq := w.line.Tail().Next
	length := 1_300_000 + int64(seq*7919%40_000)
	e := timeline.Entry{
		Start: w.now, Time: 10*time.Second + time.Duration(seq)*4*time.Second, Duration: 4 * time.Second, Kind: timeline.Live,
		Independent: true, Init: w.init, Object: timeline.MediaName("feeds/hall1", seq+77), Ref: seq + 77, RefHour: timeline.HourOf(w.now),
		Tracks: []timeline.Range{{Offset: 431, Length: length}, {Offset: 431 + length, Length: 65_000}},
		TS:     timeline.Counters{PAT: uint8(seq) & 15, PMT: uint8(seq) & 15, Tracks: []uint8{uint8(length) & 15, uint8(seq*3) & 15}},
	}
	require.NoError(b, w.line.Append(w.line.Prepare(e)))
	w.now = w.now.Add(4 * time.Second)
}

// serve is a server with nothing in memory.
func (w *week) serve(b *testing.B) *echo.Echo {
	b.Helper()
	w.line.Hours = new(timeline.HourCache)
	hot := new(object.Cache)
	require.NoError(b, hot.Initialize())
	s := &play.Service{Store: w.folder, Hot: hot, Hours: w.line.Hours, Now: func() time.Time { return w.now }}
	s.SetChannels([]*play.Channel{{
		ID: "edu1", Timeline: w.line, Target: 4 * time.Second, Window: 40 * time.Second, Archive: 30 * 24 * time.Hour,
	}})
	e := echo.New()
	s.Register(e)
	return e
}

// sink takes an answer without keeping it, as a socket does.
type sink struct {
	header http.Header
	status int
	bytes  int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(b []byte) (int, error) { s.bytes += len(b); return len(b), nil }

func (w *week) get(b *testing.B, e *echo.Echo, path, coding string) int {
	b.Helper()
	r := httptest.NewRequest(http.MethodGet, "/live/edu1/"+path, http.NoBody)
	if coding != "" {
		r.Header.Set("Accept-Encoding", coding)
	}
	s := &sink{header: http.Header{}}
	e.ServeHTTP(s, r)
	require.True(b, s.status == 0 || s.status == 200, s.status)
	return s.bytes
}

// BenchmarkWeek is the playlist of seven days, 151,200 segments: cold, with nothing in memory of this process but the last
// two hours of the timeline (the folder's files are in the kernel's page cache); grown, when a segment has come since it was
// asked for; and from the cache. The metric cpu-ms is what the process used, on all cores, which says more than the time on a
// machine that has other things to do.
func BenchmarkWeek(b *testing.B) {
	w := newWeek(b)
	path := "rewind-604800/1.m3u8"
	closed := fmt.Sprintf("archive-%d-604800/1.m3u8", w.now.Add(-7*24*time.Hour-10*time.Minute).Unix())
	for _, coding := range []string{"", "gzip"} {
		name := "plain"
		if coding != "" {
			name = coding
		}
		run := func(kind, path string, prepare func() *echo.Echo) {
			b.Run(kind+"/"+name, func(b *testing.B) {
				var used time.Duration
				var size int
				for b.Loop() {
					b.StopTimer()
					e := prepare()
					before := cpu()
					b.StartTimer()
					size = w.get(b, e, path, coding)
					b.StopTimer()
					used += cpu() - before
					b.StartTimer()
				}
				b.ReportMetric(float64(used.Microseconds())/1000/float64(b.N), "cpu-ms/op")
				b.ReportMetric(float64(size)/1e6, "MB")
			})
		}
		run("cold", path, func() *echo.Echo { return w.serve(b) })
		run("cold-closed", closed, func() *echo.Echo { return w.serve(b) })
		warm := w.serve(b)
		w.get(b, warm, path, coding)
		w.get(b, warm, closed, coding)
		run("grown", path, func() *echo.Echo { w.append(b); return warm })
		run("cached", path, func() *echo.Echo { return warm })
		run("cached-closed", closed, func() *echo.Echo { return warm })
	}
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
