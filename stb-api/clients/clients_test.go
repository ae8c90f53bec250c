package clients_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/epg"
	"podium.tv/podium/epg/xmltv"
	"podium.tv/podium/stb-api/clients"
	"podium.tv/podium/stb-api/problem"
	"podium.tv/podium/storage/catalogue"
)

var (
	shanghai = time.FixedZone("CST", 8*60*60)
	noon     = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)
)

// source is a catalogue in memory.
type source struct {
	channels   []catalogue.Channel
	programmes map[string][]catalogue.Programme
	revision   int64
}

func (s *source) Channels(context.Context) ([]catalogue.Channel, error) { return s.channels, nil }

func (s *source) Programmes(_ context.Context, channel string, _, _ time.Time) ([]catalogue.Programme, error) {
	return s.programmes[channel], nil
}

func (s *source) Revisions(context.Context) (catalogue.Revisions, error) {
	return catalogue.Revisions{Channels: s.revision}, nil
}

func house() *source {
	at := func(hour int) time.Time { return noon.Add(time.Duration(hour-12) * time.Hour) }
	return &source{
		revision: 1,
		channels: []catalogue.Channel{
			{ID: "edu1", Number: 1, Name: "党员教育电视频道", Group: "教育", XMLTV: "edu1.podium.tv", ArchiveHours: 168, Enabled: true},
			{ID: "hall_2", Number: 2, Name: `礼堂"二",media=现场`, Logo: "https://example.org/a.png?media=1", ArchiveHours: 30, Enabled: true},
			{ID: "plain3", Number: 3, Name: "无回看", Logo: `/files/三 "x".png`, Enabled: true},
			{ID: "off4", Number: 4, Name: "停播"},
		},
		programmes: map[string][]catalogue.Programme{"edu1": {
			{ID: "old", Channel: "edu1", Start: at(8 - 6*24), End: at(9 - 6*24), Title: "六天前的讲座"},
			{ID: "a", Channel: "edu1", Start: at(8), End: at(9), Title: "政策法规讲堂", Lecturer: "周明德", Category: "政策法规"},
			{ID: "b", Channel: "edu1", Start: at(9), End: at(10), Title: "实用技术", Repeat: true},
		}},
	}
}

func server(t testing.TB, s *source, site clients.Site) (*echo.Echo, *epg.Guide) {
	t.Helper()
	guide := &epg.Guide{Source: s, Zone: shanghai, Now: func() time.Time { return noon }}
	require.NoError(t, guide.Refresh(t.Context()))
	e := echo.New()
	e.HTTPErrorHandler = problem.Handler(nil)
	cl := &clients.Clients{Guide: guide, Site: func() clients.Site { return site }, Now: func() time.Time { return noon }}
	cl.Register(e)
	return e, guide
}

func get(e *echo.Echo, path string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	r.Host = "tv.example.org:8080"
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

func TestPlaylistGolden(t *testing.T) {
	e, _ := server(t, house(), clients.Site{})
	for name, path := range map[string]string{
		"cn": "?profile=cn", "kodi": "?profile=kodi", "tivimate": "?profile=tivimate", "plain": "?profile=plain",
		"cn-token": "?profile=cn&token=abc.DEF-1~2_3=", "plain-token": "?profile=plain&token=abc",
	} {
		t.Run(name, func(t *testing.T) {
			w := get(e, "/playlist.m3u"+path)
			require.Equal(t, http.StatusOK, w.Code)
			require.Equal(t, "audio/x-mpegurl; charset=utf-8", w.Header().Get("Content-Type"))
			golden(t, name+".m3u", w.Body.Bytes())
		})
	}
}

func TestPlaylistByPlayer(t *testing.T) {
	e, _ := server(t, house(), clients.Site{})
	for agent, kodi := range map[string]bool{"Kodi/21.0 (X11; Linux)": true, "kodi": true, "okhttp/4": false, "": false, "Mozilla/5.0 kodi": false} {
		w := get(e, "/playlist.m3u", header("User-Agent", agent))
		require.Equal(t, kodi, strings.Contains(w.Body.String(), "#KODIPROP"), agent)
		require.Equal(t, "User-Agent", w.Header().Get("Vary"))
	}
}

func TestPlaylistRefuses(t *testing.T) {
	e, _ := server(t, house(), clients.Site{})
	for query, says := range map[string]string{
		"?profile=vlc":                          "vlc",
		"?token=a%22b":                          "令牌",
		"?token=a%0d%0ab":                       "令牌",
		"?profile=" + strings.Repeat("x", 5000): "…",
	} {
		w := get(e, "/playlist.m3u"+query)
		require.Equal(t, http.StatusBadRequest, w.Code)
		var body struct{ Detail string }
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
		require.Contains(t, body.Detail, says)
	}
}

func TestBeforeTheFirstGuide(t *testing.T) {
	e := echo.New()
	e.HTTPErrorHandler = problem.Handler(nil)
	cl := &clients.Clients{Guide: &epg.Guide{}}
	cl.Register(e)
	for _, path := range []string{"/playlist.m3u", "/epg/guide.xml"} {
		w := get(e, path)
		require.Equal(t, http.StatusServiceUnavailable, w.Code, "an empty list would make players forget their channels")
		require.Equal(t, "1", w.Header().Get("Retry-After"))
	}
}

func TestConditional(t *testing.T) {
	e, _ := server(t, house(), clients.Site{Name: "党员教育电视频道"})
	for _, path := range []string{"/playlist.m3u", "/epg/guide.xml", "/epg/guide.xml.gz"} {
		t.Run(path, func(t *testing.T) {
			full := get(e, path)
			require.Equal(t, http.StatusOK, full.Code)
			tag := full.Header().Get("ETag")
			require.Regexp(t, `^"[0-9a-f]{24}(-gz)?"$`, tag)
			again := get(e, path, header("If-None-Match", tag))
			require.Equal(t, http.StatusNotModified, again.Code)
			require.Empty(t, again.Body.Bytes())
			require.Equal(t, tag, again.Header().Get("ETag"))
			head := get(e, path, func(r *http.Request) { r.Method = http.MethodHead })
			require.Equal(t, http.StatusOK, head.Code)
			require.Empty(t, head.Body.Bytes())
			require.Equal(t, full.Header().Get("Content-Length"), head.Header().Get("Content-Length"))
			require.Equal(t, tag, head.Header().Get("ETag"))
			if path == "/playlist.m3u" {
				return
			}
			modified := full.Header().Get("Last-Modified")
			require.Equal(t, "Mon, 23 Nov 2026 04:00:00 GMT", modified)
			require.Equal(t, http.StatusNotModified, get(e, path, header("If-Modified-Since", modified)).Code)
		})
	}
}

func TestBaseURL(t *testing.T) {
	proxy := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	from := func(remote string) func(*http.Request) { return func(r *http.Request) { r.RemoteAddr = remote } }
	host := func(h string) func(*http.Request) { return func(r *http.Request) { r.Host = h } }
	for name, test := range map[string]struct {
		site clients.Site
		edit []func(*http.Request)
		want string
	}{
		"the request's":       {want: "http://tv.example.org:8080/"},
		"tls":                 {edit: []func(*http.Request){func(r *http.Request) { r.TLS = &tls.ConnectionState{} }}, want: "https://tv.example.org:8080/"},
		"configured":          {site: clients.Site{BaseURL: "https://tv.cn/"}, want: "https://tv.cn/"},
		"ipv6":                {edit: []func(*http.Request){host("[2001:db8::1]:8080")}, want: "http://[2001:db8::1]:8080/"},
		"a container":         {edit: []func(*http.Request){host("podium_web:80")}, want: "http://podium_web:80/"},
		"hostile host":        {edit: []func(*http.Request){host("a\"\n#EXTINF:-1,x")}, want: "http://localhost/"},
		"host with a path":    {edit: []func(*http.Request){host("evil/x?")}, want: "http://localhost/"},
		"no host":             {edit: []func(*http.Request){host("")}, want: "http://localhost/"},
		"forwarded, no trust": {edit: []func(*http.Request){header("X-Forwarded-Host", "evil.org"), header("X-Forwarded-Proto", "https")}, want: "http://tv.example.org:8080/"},
		"forwarded by other": {site: clients.Site{TrustedProxies: proxy}, edit: []func(*http.Request){
			from("192.0.2.1:1"), header("X-Forwarded-Host", "evil.org"),
		}, want: "http://tv.example.org:8080/"},
		"forwarded by proxy": {site: clients.Site{TrustedProxies: proxy}, edit: []func(*http.Request){
			from("[::ffff:10.1.2.3]:1"), header("X-Forwarded-Host", "tv.cn, inner"), header("X-Forwarded-Proto", "https"),
		}, want: "https://tv.cn/"},
		"forwarded nonsense": {site: clients.Site{TrustedProxies: proxy}, edit: []func(*http.Request){
			from("10.1.2.3:1"), header("X-Forwarded-Host", "a b"), header("X-Forwarded-Proto", "javascript"),
		}, want: "http://tv.example.org:8080/"},
	} {
		t.Run(name, func(t *testing.T) {
			e, _ := server(t, house(), test.site)
			w := get(e, "/playlist.m3u?profile=plain", test.edit...)
			require.Contains(t, w.Body.String(), ",党员教育电视频道\n"+test.want+"live/edu1/index.m3u8\n")
		})
	}
}

func gunzip(t *testing.T, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	require.NoError(t, err)
	plain, err := io.ReadAll(z)
	require.NoError(t, err)
	return plain
}

func TestGuide(t *testing.T) {
	e, _ := server(t, house(), clients.Site{Name: "党员教育电视频道", BaseURL: "http://tv.example.org"})
	plain := get(e, "/epg/guide.xml")
	require.Equal(t, "application/xml; charset=utf-8", plain.Header().Get("Content-Type"))
	golden(t, "guide.xml", plain.Body.Bytes())

	zipped := get(e, "/epg/guide.xml.gz")
	require.Equal(t, "application/gzip", zipped.Header().Get("Content-Type"))
	require.Empty(t, zipped.Header().Get("Content-Encoding"))
	require.Equal(t, plain.Body.Bytes(), gunzip(t, zipped.Body.Bytes()))
	require.NotEqual(t, plain.Header().Get("ETag"), zipped.Header().Get("ETag"))

	encoded := get(e, "/epg/guide.xml", header("Accept-Encoding", "br;q=1, gzip"))
	require.Equal(t, "gzip", encoded.Header().Get("Content-Encoding"))
	require.Equal(t, plain.Body.Bytes(), gunzip(t, encoded.Body.Bytes()))
	require.Empty(t, get(e, "/epg/guide.xml", header("Accept-Encoding", "gzip;q=0")).Header().Get("Content-Encoding"))

	read, err := xmltv.Read(plain.Body, xmltv.Limits{})
	require.NoError(t, err)
	require.Len(t, read.Channels, 3)
	require.Equal(t, []string{"礼堂二，media＝现场", "2"}, read.Channels[1].Names, "the same name as in the playlist")
	ends := map[string]time.Time{}
	for _, p := range read.Programmes {
		if end, ok := ends[p.Channel]; ok {
			require.Equal(t, end, p.Start, "no overlap, no hole")
		}
		ends[p.Channel] = p.Stop
	}
	require.Contains(t, get(e, "/epg/guide.xml").Body.String(), "六天前的讲座", "the archive's past is kept")

	if _, err := exec.LookPath("tv_validate_file"); err != nil && os.Getenv("PODIUM_TEST") != "full" {
		t.Skip("apt-get install xmltv-util")
	}
	file := filepath.Join(t.TempDir(), "guide.xml")
	require.NoError(t, os.WriteFile(file, gunzip(t, zipped.Body.Bytes()), 0o600))
	out, err := exec.CommandContext(t.Context(), "tv_validate_file", "--dtd-file", "/usr/share/xmltv/xmltv.dtd", file).CombinedOutput()
	require.NoError(t, err, string(out))
	sorted, err := exec.CommandContext(t.Context(), "tv_sort", "--output", os.DevNull, file).CombinedOutput()
	require.NoError(t, err)
	require.Empty(t, string(sorted), "tv_sort tells of overlaps")
}

func TestGuideDays(t *testing.T) {
	e, _ := server(t, house(), clients.Site{})
	size := func(query string) int {
		w := get(e, "/epg/guide.xml"+query)
		require.Equal(t, http.StatusOK, w.Code)
		read, err := xmltv.Read(w.Body, xmltv.Limits{})
		require.NoError(t, err)
		var first, last time.Time
		for _, p := range read.Programmes {
			if p.Channel == "plain3.podium.tv" {
				if first.IsZero() {
					first = p.Start
				}
				last = p.Stop
			}
		}
		return int(last.Sub(first).Hours() / 24)
	}
	require.Equal(t, 15, size(""), "a week back, today, a week ahead")
	require.Equal(t, 1, size("?days=0&prev_days=0"))
	require.Equal(t, 4, size("?days=2&prev_days=1"))
	require.Equal(t, 63, size("?days=999999&prev_days=31"))
	require.Equal(t, 1, size("?days=-5&prev_days=-1"))
	w := get(e, "/epg/guide.xml?days=week")
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Contains(t, w.Body.String(), `"field":"days"`)
}

func TestGuideFollowsTheCatalogue(t *testing.T) {
	s := house()
	e, guide := server(t, s, clients.Site{})
	before := get(e, "/epg/guide.xml")
	s.programmes["edu1"][1].Title = "临时变更"
	require.Equal(t, before.Header().Get("ETag"), get(e, "/epg/guide.xml").Header().Get("ETag"), "made once for a revision")
	s.revision++
	s.channels[0].Group = "教育频道" // The list changed, so the guide is read.
	require.NoError(t, guide.Refresh(t.Context()))
	after := get(e, "/epg/guide.xml", header("If-None-Match", before.Header().Get("ETag")))
	require.Equal(t, http.StatusOK, after.Code)
	require.Contains(t, after.Body.String(), "临时变更")
}

// district is 200 channels with two weeks of programmes each, of texts as various as a real guide's.
func district() *source {
	s := &source{programmes: map[string][]catalogue.Programme{}}
	subjects := []string{"政策法规", "党务知识", "实用技术", "居家生活", "红色经典", "健康", "新闻", "书法", "农时", "法律援助"}
	for n := 1; n <= 200; n++ {
		id := fmt.Sprintf("edu%d", n)
		s.channels = append(s.channels, catalogue.Channel{ID: id, Number: n, Name: fmt.Sprintf("第%d套", n), ArchiveHours: 168, Enabled: true})
		at := noon.AddDate(0, 0, -7).Add(-12 * time.Hour)
		for i := 0; at.Before(noon.AddDate(0, 0, 8)); i++ {
			subject := subjects[(i*7+n)%len(subjects)]
			end := at.Add(time.Duration(15+(i*37+n*11)%60) * time.Minute)
			s.programmes[id] = append(s.programmes[id], catalogue.Programme{
				ID: fmt.Sprint(id, i), Channel: id, Start: at, End: end, Title: fmt.Sprintf("%s讲堂 第%d讲", subject, (i*13+n)%97),
				Description: fmt.Sprintf("本讲围绕%s中常见的%d个问题，结合身边的事例逐一说明，并回答观众来信。", subject, i%9+2),
				Lecturer:    string([]rune("赵钱孙李周吴郑王冯陈")[(i+n)%10]) + string([]rune("明德秀兰建国志强玉珍")[(i*3+n)%10]) + "老师", Category: subject, Repeat: i%5 == 0,
			})
			at = end
		}
	}
	return s
}

func BenchmarkGuideDistrict(b *testing.B) {
	s := district()
	e, guide := server(b, s, clients.Site{Name: "区台"})
	w := get(e, "/epg/guide.xml.gz")
	for b.Loop() {
		b.StopTimer()
		s.revision++
		s.channels[0].Position++
		require.NoError(b, guide.Refresh(b.Context()))
		b.StartTimer()
		get(e, "/epg/guide.xml.gz")
	}
	b.ReportMetric(float64(w.Body.Len())/1e6, "MB-gz")
}

func TestGuideDistrict(t *testing.T) {
	e, _ := server(t, district(), clients.Site{})
	w := get(e, "/epg/guide.xml.gz")
	require.Less(t, w.Body.Len(), 3_000_000, "bytes of a district's guide")
}

func BenchmarkPlaylistDistrict(b *testing.B) {
	e, _ := server(b, district(), clients.Site{})
	b.ReportAllocs()
	for b.Loop() {
		get(e, "/playlist.m3u")
	}
}
