package play_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/ops"
	"podium.tv/podium/stb-api/play"
)

// The caching contract of docs/caching.md, for every kind of answer and on both paths.
func TestCachingContract(t *testing.T) {
	e := newEdge(t, func(f *play.Fast) {
		f.Proxied = func(net.Addr) bool { return true }
		f.Service.Vouched = ops.Proxies{Trusted: ops.Loopback()}.Vouches
	})
	token := "/live/shut/~" + e.token + "/"
	const (
		live, closed, media          = "public, max-age=1", "public, max-age=60", "public, max-age=86400, immutable"
		ownLive, ownClosed, ownMedia = "private, max-age=1", "private, max-age=60", "private, max-age=86400, immutable"
	)
	began := time.Now().Unix() - 120
	past := "archive-" + strconv.FormatInt(began, 10) + "-20"
	for _, c := range []struct {
		name, path  string
		fields      []string
		status      int
		cache, kind string
		tagged      bool
	}{
		{"multivariant", "/live/open/index.m3u8", nil, 200, live, "m3u8", true},
		{"media playlist", "/live/open/live/1.m3u8", nil, 200, live, "m3u8", true},
		{"mono", "/live/open/mono.m3u8", nil, 200, live, "m3u8", true},
		{"rewind", "/live/open/mono-rewind-60.m3u8", nil, 200, live, "m3u8", true},
		{"closed", "/live/open/mono-" + past + ".m3u8", nil, 200, closed, "m3u8", true},
		{"closed track", "/live/open/" + past + "/1.m3u8", nil, 200, closed, "m3u8", true},
		{"closed multivariant", "/live/open/" + past + ".m3u8", nil, 200, closed, "m3u8", true},
		{"segment", "/live/open/" + e.segment + ".ts", nil, 200, media, "ts", true},
		{"fragment", "/live/open/" + e.segment + "-1.m4s", nil, 200, media, "mp4", true},
		{"no channel", "/live/none/index.m3u8", nil, 404, "no-store", "problem", false},
		{"no media", "/live/open/seg-1-1.ts", nil, 404, "no-store", "problem", false},
		{"no token", "/live/shut/index.m3u8", nil, 403, "no-store", "problem", false},
		{"own multivariant", token + "index.m3u8", nil, 200, ownLive, "m3u8", true},
		{"own mono", token + "mono.m3u8", nil, 200, ownLive, "m3u8", true},
		{"own closed", token + "mono-" + past + ".m3u8", nil, 200, ownClosed, "m3u8", true},
		{"own segment", token + e.segment + ".ts", nil, 200, ownMedia, "ts", true},
		{"own by the query", "/live/shut/mono.m3u8?token=" + e.token, nil, 200, ownLive, "m3u8", true},
		{"vouched playlist", token + "mono.m3u8", []string{"X-Podium-Edge: 1"}, 200, live, "m3u8", true},
		{"vouched closed", token + "mono-" + past + ".m3u8", []string{"X-Podium-Edge: 1"}, 200, closed, "m3u8", true},
		{"vouched segment", token + e.segment + ".ts", []string{"X-Podium-Edge: 1"}, 200, media, "ts", true},
		{"vouched without a token", "/live/shut/mono.m3u8", []string{"X-Podium-Edge: 1"}, 403, "no-store", "problem", false},
	} {
		for where, address := range map[string]string{"fast": e.fast, "net/http": e.plain} {
			t.Run(c.name+" "+where, func(t *testing.T) {
				p := dial(t, address)
				p.say(t, get(c.path, c.fields...))
				r, body := p.hear(t, "GET")
				require.Equal(t, c.status, r.StatusCode, "%s", body)
				require.Equal(t, c.cache, r.Header.Get("Cache-Control"))
				require.Equal(t, "*", r.Header.Get("Access-Control-Allow-Origin"))
				require.Equal(t, "nosniff", r.Header.Get("X-Content-Type-Options"))
				require.Equal(t, map[string]string{
					"m3u8": "application/vnd.apple.mpegurl", "ts": "video/mp2t", "mp4": "video/mp4", "problem": "application/problem+json",
				}[c.kind], r.Header.Get("Content-Type"))
				require.EqualValues(t, len(body), r.ContentLength, "its length is told")
				require.Equal(t, c.tagged, r.Header.Get("ETag") != "")
				require.NotContains(t, r.Header.Get("ETag"), "W/", "it is a strong validator")
				if c.status != 200 {
					return
				}
				require.Equal(t, "bytes", r.Header.Get("Accept-Ranges"))
				require.Contains(t, r.Header.Get("Access-Control-Expose-Headers"), "Content-Range")
				again(t, p, get(c.path, c.fields...), r)
			})
		}
	}
}

// again asks for what is known in the other ways: HEAD, If-None-Match, and the first bytes.
func again(t *testing.T, p *peer, request string, known *http.Response) {
	t.Helper()
	p.say(t, strings.Replace(request, "GET", "HEAD", 1))
	r, _ := p.hear(t, "HEAD")
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.Equal(t, without(known.Header, "Date"), without(r.Header, "Date"), "HEAD tells what GET tells")

	tag := known.Header.Get("ETag")
	for _, list := range []string{tag, "W/" + tag, `"a", ` + tag, `"a" , W/` + tag + `, "b"`, "*"} {
		p.say(t, with(request, "If-None-Match: "+list, "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT"))
		r, _ = p.hear(t, "GET")
		require.Equal(t, http.StatusNotModified, r.StatusCode, list)
		require.Equal(t, without(known.Header, "Date", "Content-Type", "Content-Length", "Accept-Ranges"), without(r.Header, "Date"))
	}
	p.say(t, with(request, `If-None-Match: "a"`, "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"))
	r, _ = p.hear(t, "GET")
	require.Equal(t, http.StatusOK, r.StatusCode, "If-Modified-Since does not count beside If-None-Match")

	for field, status := range map[string]int{
		"Range: bytes=0-3": 206, "Range: bytes=-4": 206, "Range: bytes=0-0,2-3": 206, "Range: bytes=99999999-": 416, "Range: pages=1": 200,
		"Range: bytes=0-3\r\nIf-Range: " + tag: 206, "Range: bytes=0-3\r\nIf-Range: \"a\"": 200,
	} {
		p.say(t, with(request, field))
		r, body := p.hear(t, "GET")
		require.Equal(t, status, r.StatusCode, field)
		if status == 206 && !strings.Contains(field, ",") {
			require.Len(t, body, 4)
			require.NotEmpty(t, r.Header.Get("Content-Range"))
			require.Equal(t, tag, r.Header.Get("ETag"), "a part of the same")
		}
	}
}

func with(request string, fields ...string) string {
	return strings.TrimSuffix(request, "\r\n") + strings.Join(fields, "\r\n") + "\r\n\r\n"
}

func without(h http.Header, names ...string) http.Header {
	h = h.Clone()
	for _, name := range names {
		h.Del(name)
	}
	return h
}

// Each form says what it is, has a validator of its own, and unpacks to the same.
func TestCompressedPlaylists(t *testing.T) {
	e := newEdge(t, nil)
	const path = "/live/open/mono-rewind-300.m3u8"
	tags := map[string]bool{}
	var plain []byte
	for _, address := range []string{e.fast, e.plain} {
		for _, c := range []struct{ accept, coding string }{
			{"identity", ""},
			{"", ""},
			{"gzip", "gzip"},
			{"x-gzip", "gzip"},
			{"br", "br"},
			{"gzip, deflate, br", "br"},
			{"gzip;q=1.0, br;q=0.9", "gzip"},
			{"br;q=0, *", "gzip"},
			{"gzip;q=0, br; q=0.000", ""},
			{"*;q=0", ""},
			{"deflate", ""},
		} {
			p := dial(t, address)
			p.say(t, get(path, "Accept-Encoding: "+c.accept))
			r, body := p.hear(t, "GET")
			require.Equal(t, c.coding, r.Header.Get("Content-Encoding"), c.accept)
			require.Equal(t, "Accept-Encoding", r.Header.Get("Vary"))
			require.EqualValues(t, len(body), r.ContentLength)
			tags[r.Header.Get("ETag")] = true
			unpacked := unpack(t, c.coding, body)
			if plain == nil {
				plain = unpacked
			}
			require.Equal(t, string(plain), string(unpacked))
			if c.coding != "" {
				require.Less(t, len(body), len(plain)/3)
			}
			again(t, p, get(path, "Accept-Encoding: identity"), r2(t, p, path))
		}
	}
	require.Len(t, tags, 3)
}

func r2(t *testing.T, p *peer, path string) *http.Response {
	t.Helper()
	p.say(t, get(path, "Accept-Encoding: identity"))
	r, _ := p.hear(t, "GET")
	return r
}

func unpack(t *testing.T, coding string, body []byte) []byte {
	t.Helper()
	var from io.Reader = bytes.NewReader(body)
	switch coding {
	case "gzip":
		z, err := gzip.NewReader(from)
		require.NoError(t, err)
		from = z
	case "br":
		from = brotli.NewReader(from)
	}
	unpacked, err := io.ReadAll(from)
	require.NoError(t, err)
	return unpacked
}

func TestPreflightOfPlayers(t *testing.T) {
	e := newEdge(t, nil)
	p := dial(t, e.fast)
	p.say(t, strings.Replace(get("/live/open/mono.m3u8", "Origin: https://tv.example.org", "Access-Control-Request-Method: GET",
		"Access-Control-Request-Headers: range,x-podium-device"), "GET /", "OPTIONS /", 1))
	r, _ := p.hear(t, "OPTIONS")
	require.Equal(t, http.StatusNoContent, r.StatusCode)
	require.Equal(t, "*", r.Header.Get("Access-Control-Allow-Origin"))
	require.Contains(t, r.Header.Get("Access-Control-Allow-Methods"), "HEAD")
	for _, name := range []string{"Range", "If-None-Match", "X-Podium-Device"} {
		require.Contains(t, r.Header.Get("Access-Control-Allow-Headers"), name)
	}
}
