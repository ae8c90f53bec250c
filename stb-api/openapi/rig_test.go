package openapi_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/epg"
	"podium.tv/podium/origin/input/publish"
	ingest "podium.tv/podium/origin/input/whip"
	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/packager/vod"
	stbapi "podium.tv/podium/stb-api"
	"podium.tv/podium/stb-api/access"
	"podium.tv/podium/stb-api/clients"
	"podium.tv/podium/stb-api/console"
	"podium.tv/podium/stb-api/menu"
	"podium.tv/podium/stb-api/openapi"
	"podium.tv/podium/stb-api/play"
	"podium.tv/podium/stb-api/web"
	"podium.tv/podium/stb-api/whip"
	"podium.tv/podium/storage/catalogue"
	objects "podium.tv/podium/storage/object"
)

var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

const password = "three ginkgo trees"

type day struct{}

func (day) Span(string) (from, to time.Time, ok bool) {
	return noon.Add(-12 * time.Hour), noon, true
}

// hall is one feed and the channel that follows it.
type hall struct{}

func (hall) Feeds() []console.Feed {
	age := 0.04
	return []console.Feed{
		{
			ID: "hall1", Name: "第一讲堂", State: console.Online, Input: "rtsp publish /hall1", Since: &noon, LastFrameAge: &age,
			Tracks: []console.Track{{Kind: "video", Codec: "h264", Detail: "1280x720"}}, Bitrate: 2_600_000, FPS: 25,
			Sources: []console.Source{{
				Name: "main", State: console.Online, OnAir: true, Since: &noon, Grade: "poor",
				Reasons: []console.Notice{{Code: "loss", Key: "health.loss", Args: []any{"2"}}},
				Tracks:  []console.SourceTrack{{Kind: "video", Codec: "h264", Width: 1280, Height: 720}},
				Network: &console.SourceNetwork{Peer: "192.0.2.7:9000", Loss: 2, NACKs: 7, RTT: 0.04},
				Advice:  &console.Notice{Code: "advise.loss", Key: "health.advise.loss"}, LastErrorAt: &noon,
			}, {Name: "backup", State: console.Waiting, Grade: "off"}},
		},
		{ID: "hall2", State: console.Waiting},
	}
}

func (hall) Picture(feed string) (console.Picture, error) {
	if feed != "hall1" {
		return console.Picture{}, console.ErrNoPicture
	}
	return console.Picture{JPEG: []byte{0xff, 0xd8, 0xff}, At: noon, ETag: `"0123456789abcdef"`}, nil
}

func (hall) Channels() []console.Channel {
	return []console.Channel{
		{ID: "edu1", Number: 1, Name: "党员教育电视频道", Feed: "hall1", Renditions: []string{}, Now: &console.Programme{
			ID: "p1", Title: "实用技术", Start: noon.Format(time.RFC3339), End: noon.Add(time.Hour).Format(time.RFC3339),
		}},
		{ID: "edu2", Number: 2, Name: "二套", Feed: "hall2", Renditions: []string{}},
	}
}

// rig is the whole server over a real catalogue, with a segment on the air and an administrator.
type rig struct {
	*stbapi.Server
	handler http.Handler
	setup   string
	cookies []*http.Cookie
}

func newRig(t *testing.T) *rig {
	t.Helper()
	db, err := catalogue.Open(t.Context(), catalogue.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "podium.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.PutChannels(t.Context(), catalogue.Channel{
		ID: "edu1", Number: 1, Name: "党员教育电视频道", ArchiveHours: 168, Enabled: true,
	}))
	_, err = db.ReplaceProgrammes(t.Context(), "edu1", noon.Add(-12*time.Hour), noon.Add(12*time.Hour), []catalogue.Programme{
		{Title: "政策法规讲堂", Start: noon.Add(-2 * time.Hour), End: noon.Add(-time.Hour), Lecturer: "周明德", Category: "政策法规"},
		{Title: "实用技术", Start: noon.Add(-time.Hour), End: noon.Add(time.Hour), Repeat: true},
	})
	require.NoError(t, err)
	clock := func() time.Time { return noon }
	guide := &epg.Guide{Source: db, Now: clock}
	require.NoError(t, guide.Refresh(t.Context()))

	secrets := [][]byte{bytes.Repeat([]byte{1}, 32)}
	accounts := &access.Accounts{Store: db, Hasher: &access.Hasher{Memory: 64, Passes: 1}, Now: clock}
	setup := &access.Setup{Store: db, Accounts: accounts, Now: clock}
	_, token, err := setup.Link(t.Context())
	require.NoError(t, err)
	registry := prometheus.NewPedanticRegistry()
	r := &rig{setup: token, Server: &stbapi.Server{
		Slices: []stbapi.Slice{
			onAir(t, clock),
			&menu.Menu{Guide: guide, Archive: day{}, Now: clock},
			&clients.Clients{Guide: guide, Now: clock},
			&console.Console{
				Guard: &access.Guard{Sessions: &access.Sessions{
					Accounts: accounts, Store: db, Throttle: &access.Throttle{Now: clock}, Secrets: secrets, Now: clock,
				}},
				Setup: setup, Keys: &access.StreamKeys{Store: db, Now: clock},
				Signer: &access.Signer{Secrets: secrets, Now: clock}, Guide: db, OnAir: hall{}, Events: hall{}, Pictures: hall{}, Now: clock,
			},
			&whip.Slice{Ingest: &ingest.Server{Desk: &publish.Desk{Keys: publish.StaticKeys{"hall1": password}}}},
			openapi.Document{},
		},
		Pages: web.Pages{Files: fstest.MapFS{
			"tv/index.html":      {Data: []byte("<!doctype html><title>tv</title>")},
			"console/index.html": {Data: []byte("<!doctype html><title>console</title>")},
			"assets/a.js":        {Data: []byte("'use strict'")},
		}},
		Registerer: registry, Gatherer: registry,
	}}
	r.handler, err = r.Handler()
	require.NoError(t, err)
	return r
}

// onAir is a channel that has put out one segment of sound, whose media is gone.
func onAir(t *testing.T, clock func() time.Time) *play.Service {
	t.Helper()
	store := &objects.Folder{Root: t.TempDir()}
	require.NoError(t, store.Initialize())
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	cache := &objects.Cache{Limit: 1 << 20}
	require.NoError(t, cache.Initialize())
	sound := &media.Init{Tracks: []media.Track{{ID: 1, Timescale: 48000, Codec: &media.AAC{Config: []byte{0x11, 0x90}}}}}
	body, err := sound.MarshalJSON()
	require.NoError(t, err)
	require.NoError(t, store.Put(t.Context(), timeline.InitName(sound.Version()), body))
	line := &timeline.Timeline{Name: "feeds/hall1", Store: store, Journal: filepath.Join(t.TempDir(), "journal"), Now: clock}
	require.NoError(t, line.Open(t.Context()))
	t.Cleanup(func() { require.NoError(t, line.Close(context.Background())) })
	require.NoError(t, line.Append(line.Prepare(timeline.Entry{
		Start: noon.Add(-4 * time.Second), Duration: 4 * time.Second, Kind: timeline.Live, Independent: true,
		Object: line.MediaName(0), Tracks: []timeline.Range{{Length: 1000}}, Init: sound.Version(),
	})))
	require.NoError(t, vod.Put(t.Context(), store, &vod.Asset{ID: "lecture", CreatedAt: noon, Poster: "assets/lecture/poster.jpg"}, []timeline.Entry{{
		Duration: 4 * time.Second, Kind: timeline.Asset, Independent: true, Object: vod.ObjectName("lecture", "", 0),
		Tracks: []timeline.Range{{Length: 1000}}, Init: sound.Version(),
	}}))
	service := &play.Service{Store: store, Hot: cache, Now: clock}
	channel := &play.Channel{ID: "edu1", Timeline: line, Target: 4 * time.Second, Window: 40 * time.Second, Archive: time.Hour}
	closed := &play.Channel{ID: "edu2", Timeline: line, Target: 4 * time.Second, Protected: true}
	service.SetChannels([]*play.Channel{channel, closed})
	return service
}

// do sends a request from this machine as the console's page does, with the cookies of those before.
func (r *rig) do(method, path, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	request.RemoteAddr = "127.0.0.1:40000"
	request.Header.Set("X-Podium", "1")
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, cookie := range r.cookies {
		request.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, request)
	response := w.Result()
	_ = response.Body.Close() // It is in memory.
	if set := response.Cookies(); len(set) > 0 {
		r.cookies = set
	}
	return w
}

func (hall) Events(of string, _ int) []console.Event {
	return []console.Event{{At: noon, Feed: of, Kind: "switched", From: "main", To: "backup", Reason: "no_video", Cause: "no picture", Advice: "look"}}
}
