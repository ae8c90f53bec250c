package play_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/playlist/strict"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/stb-api/access"
)

func TestSegments(t *testing.T) {
	a := newAir(t)
	a.run(time.Minute)
	p := a.playlist("mono.m3u8")
	for _, memory := range []bool{true, false} {
		if !memory {
			a.cold()
		}
		for i := range p.Segments {
			s := &p.Segments[i]
			w := a.get(s.URI)
			require.Equal(t, 200, w.Code)
			require.Equal(t, "video/mp2t", w.Header().Get("Content-Type"))
			require.Contains(t, w.Header().Get("Cache-Control"), "immutable")
			require.Equal(t, "*", w.Header().Get("Access-Control-Allow-Origin"))
			// What is rendered when somebody asks is what was made live, to the continuity counter.
			require.True(t, bytes.Equal(a.made[a.line.MediaName(s.Sequence)], w.Body.Bytes()), "%s from memory: %t", s.URI, memory)
		}
	}
	entries := a.line.Tail().Entries
	for track := 1; track <= 2; track++ {
		p := a.playlist(fmt.Sprintf("live/%d.m3u8", track))
		for i := range p.Segments {
			s := &p.Segments[i]
			w := a.get(strings.TrimPrefix(s.URI, "../"))
			require.Equal(t, 200, w.Code)
			require.Equal(t, "moof", string(w.Body.Bytes()[4:8]))
			require.EqualValues(t, entries[s.Sequence].Tracks[track-1].Length, w.Body.Len())
		}
		w := a.get(strings.TrimPrefix(p.Segments[0].Map, "../"))
		require.Equal(t, 200, w.Code)
		require.Equal(t, "ftyp", string(w.Body.Bytes()[4:8]))
	}
	hour := entries[0].Hour()
	for name, uri := range map[string]string{
		"not yet":       fmt.Sprintf("seg-%d-%d.ts", hour, len(entries)),
		"another hour":  fmt.Sprintf("seg-%d-1.ts", hour-1),
		"a later hour":  fmt.Sprintf("seg-%d-1.ts", hour+1),
		"long ago":      "seg-0-0.ts",
		"no such track": fmt.Sprintf("seg-%d-1-3.m4s", hour),
		"no such init":  "init-0123456789abcdef-1.mp4",
		"no track init": fmt.Sprintf("init-%s-3.mp4", entries[0].Init),
	} {
		t.Run(name, func(t *testing.T) { a.problem(a.get(uri), 404, "no longer kept") })
	}
}

func TestGapIsNotThere(t *testing.T) {
	a := newAir(t)
	a.run(10 * time.Second)
	a.gap(4 * time.Second)
	last := a.line.Tail().Last()
	require.Equal(t, timeline.Gap, last.Kind)
	a.problem(a.get(fmt.Sprintf("seg-%d-%d.ts", last.Hour(), last.Seq)), 404, "no longer kept")
	a.problem(a.get(fmt.Sprintf("seg-%d-%d-1.m4s", last.Hour(), last.Seq)), 404, "no longer kept")
	require.Contains(t, a.get("mono.m3u8").Body.String(), "#EXT-X-GAP")
	require.Equal(t, 200, a.get("index.m3u8").Code)
}

func TestNoSuchThing(t *testing.T) {
	a := newAir(t)
	a.run(20 * time.Second)
	a.problem(a.do("GET", "/live/edu9/index.m3u8"), 404, "There is no such channel")
	a.problem(a.do("GET", "/live/..%2fedu1/index.m3u8"), 404, "")
	for _, name := range badNames {
		target := "/live/edu1/" + strings.NewReplacer("%", "%25", "?", "%3F", "#", "%23", "\x00", "%00", " ", "%20", "\\", "%5C").Replace(name)
		w := a.do("GET", target)
		require.Equal(t, 404, w.Code, target)
	}
	for _, target := range []string{
		"/live/edu1/%2e%2e/edu1/index.m3u8", "/live/edu1/%2e%2e%2fpodium.db", "/live/edu1/..%5c..%5cx", "/live/edu1/~/../index.m3u8",
		"/live/edu1/live%2F1.m3u8x", "/live/edu1/",
	} {
		require.Equal(t, 404, a.do("GET", target).Code, target)
	}
}

func TestTokens(t *testing.T) {
	a := newAir(t)
	a.run(time.Minute)
	good := a.signer.Sign("edu1", time.Now().Add(time.Hour))
	tokens := map[string]string{
		"missing":         "",
		"wrong":           strings.Repeat("A", len(good)),
		"changed":         good[:len(good)-1] + map[bool]string{true: "A", false: "B"}[good[len(good)-1] != 'A'],
		"expired":         a.signer.Sign("edu1", time.Now().Add(-time.Minute)),
		"another channel": a.signer.Sign("edu2", time.Now().Add(time.Hour)),
		"long":            strings.Repeat(good, 100),
		"hostile":         "%0A%23EXT-X-ENDLIST",
	}
	segment := a.playlist("mono.m3u8").Segments[0].URI
	for name, token := range tokens {
		require.Equal(t, 200, a.get("mono.m3u8?token="+token).Code, "an open channel needs none")
		require.NotContains(t, a.get("mono.m3u8?token="+token).Body.String(), "~")
		a.channel.Protected = true
		t.Run(name, func(t *testing.T) {
			for _, p := range []string{"index.m3u8", "mono.m3u8", "live/1.m3u8", segment, "rewind-60.m3u8", "nonsense"} {
				a.problem(a.get(p+"?token="+token), 403, "token")
				if token != "" {
					a.problem(a.get("~"+token+"/"+p), 403, "token")
				}
			}
		})
		a.channel.Protected = false
	}
	require.Equal(t, 200, a.get("~whatever/mono.m3u8").Code, "an open channel needs none")

	a.channel.Protected = true
	for _, begin := range []string{"index.m3u8?token=" + good, "~" + good + "/index.m3u8", "mono.m3u8?token=" + good, "~" + good + "/mono.m3u8"} {
		t.Run(begin[:1]+begin[len(begin)-4:], func(t *testing.T) { follow(t, a, begin, map[string]bool{}) })
	}
	w := a.get("mono.m3u8?token=" + good)
	require.Contains(t, w.Header().Get("Cache-Control"), "private")
	everywhere := a.signer.Sign(access.AnyScope, time.Now().Add(time.Hour))
	require.Equal(t, 200, a.get("~"+everywhere+"/mono.m3u8").Code)
}

// follow fetches all that a playlist lists, as a player does, which resolves URIs and carries no query along.
func follow(t *testing.T, a *air, uri string, seen map[string]bool) {
	t.Helper()
	if seen[uri] {
		return
	}
	seen[uri] = true
	w := a.get(uri)
	require.Equal(t, 200, w.Code, uri)
	file, _, _ := strings.Cut(uri, "?")
	if !strings.HasSuffix(file, ".m3u8") {
		return
	}
	listed := 0
	for line := range strings.Lines(w.Body.String()) {
		line = strings.TrimSpace(line)
		if i := strings.Index(line, `URI="`); i >= 0 {
			line, _, _ = strings.Cut(line[i+5:], `"`)
		}
		if line == "" || line[0] == '#' {
			continue
		}
		listed++
		follow(t, a, path.Join(path.Dir(file), line), seen)
	}
	require.NotZero(t, listed)
}

func TestHead(t *testing.T) {
	a := newAir(t)
	a.run(time.Minute)
	segment := a.playlist("mono.m3u8").Segments[0].URI
	for _, p := range []string{"index.m3u8", "mono.m3u8", segment} {
		for _, coding := range []string{"gzip", "identity"} {
			got := a.get(p, "Accept-Encoding: "+coding)
			head := a.do(http.MethodHead, "/live/edu1/"+p, "Accept-Encoding: "+coding)
			require.Equal(t, 200, head.Code)
			require.Empty(t, head.Body.Bytes())
			for _, field := range []string{"Content-Type", "Cache-Control", "ETag", "Last-Modified", "Content-Encoding", "Vary"} {
				require.Equal(t, got.Header().Get(field), head.Header().Get(field), field)
			}
			require.Equal(t, fmt.Sprint(got.Body.Len()), head.Header().Get("Content-Length"))
		}
	}
	w := a.do(http.MethodHead, "/live/edu1/nonsense")
	require.Equal(t, 404, w.Code)
	require.Empty(t, w.Body.Bytes())
	require.Equal(t, 405, a.do(http.MethodPost, "/live/edu1/index.m3u8").Code)
}

func TestRange(t *testing.T) {
	a := newAir(t)
	a.run(time.Minute)
	segment := a.playlist("mono.m3u8").Segments[0].URI
	whole := a.get(segment).Body.Bytes()
	for field, want := range map[string][]byte{
		"bytes=0-187": whole[:188], "bytes=188-": whole[188:], "bytes=-376": whole[len(whole)-376:],
	} {
		w := a.get(segment, "Range: "+field)
		require.Equal(t, 206, w.Code)
		require.Equal(t, want, w.Body.Bytes())
		require.Contains(t, w.Header().Get("Content-Range"), fmt.Sprintf("/%d", len(whole)))
	}
	require.Equal(t, 416, a.get(segment, "Range: bytes=99999999-").Code)
	require.Equal(t, 200, a.get(segment, "Range: lines=1").Code, "a unit that nobody knows")
	w := a.get("mono.m3u8", "Range: bytes=0-6", "Accept-Encoding: gzip")
	require.Equal(t, 206, w.Code)
	require.Equal(t, "#EXTM3U", w.Body.String())
	require.Empty(t, w.Header().Get("Content-Encoding"))
}

func TestConditions(t *testing.T) {
	a := newAir(t)
	a.run(5 * time.Minute)
	for _, p := range []string{"index.m3u8", "mono.m3u8", "mono-rewind-300.m3u8"} {
		for _, coding := range []string{"gzip", "identity"} {
			w := a.get(p, "Accept-Encoding: "+coding)
			tag := w.Header().Get("ETag")
			require.NotEmpty(t, tag)
			again := a.get(p, "Accept-Encoding: "+coding, "If-None-Match: "+tag)
			require.Equal(t, 304, again.Code)
			require.Empty(t, again.Body.Bytes())
			require.Equal(t, tag, again.Header().Get("ETag"))
			require.Equal(t, 304, a.get(p, "Accept-Encoding: "+coding, `If-None-Match: "x", `+tag).Code, "one of a list")
			require.Equal(t, 304, a.get(p, "Accept-Encoding: "+coding, "If-None-Match: W/"+tag).Code, "a proxy weakened it")
			require.Equal(t, 304, a.get(p, "Accept-Encoding: "+coding, "If-None-Match: *").Code)
			require.Equal(t, 200, a.get(p, "Accept-Encoding: "+coding, `If-None-Match: "x"`).Code)
		}
	}
	segment := a.playlist("mono.m3u8").Segments[0].URI
	modified := a.get(segment).Header().Get("Last-Modified")
	require.Equal(t, 304, a.get(segment, "If-Modified-Since: "+modified).Code)

	// A new segment makes a new playlist, at once.
	before := a.get("mono.m3u8")
	a.run(4 * time.Second)
	after := a.get("mono.m3u8", "If-None-Match: "+before.Header().Get("ETag"))
	require.Equal(t, 200, after.Code)
	require.NotEqual(t, before.Body.String(), after.Body.String())
}

func TestGzip(t *testing.T) {
	a := newAir(t)
	a.run(10 * time.Minute)
	for accept, zipped := range map[string]bool{
		"": false, "identity": false, "gzip": true, "gzip, deflate": true, "deflate, gzip;q=1.0": true, "*": true,
		"gzip;q=0": false, "gzip; q=0.000": false, "gzip;q=0.5": true, "identity;q=1, *;q=0": false, "GZIP": true, "xgzip": false,
		"deflate;q=0.5, *;q=0": false, "*;q=0, gzip": true, ",,;": false,
	} {
		w := a.get("mono-rewind-600.m3u8", "Accept-Encoding: "+accept)
		require.Equal(t, 200, w.Code, accept)
		require.Equal(t, zipped, w.Header().Get("Content-Encoding") == "gzip", "%q", accept)
		require.Equal(t, "Accept-Encoding", w.Header().Get("Vary"), accept)
		body := io.Reader(w.Body)
		if zipped {
			r, err := gzip.NewReader(w.Body)
			require.NoError(t, err)
			body = r
		}
		text, err := io.ReadAll(body)
		require.NoError(t, err)
		_, err = strict.ParseMedia(text)
		require.NoError(t, err)
	}
	require.Empty(t, a.get("index.m3u8", "Accept-Encoding: gzip").Header().Get("Content-Encoding"), "it would not pay")
}

func TestPreflight(t *testing.T) {
	a := newAir(t)
	w := a.do(http.MethodOptions, "/live/edu1/index.m3u8", "Origin: https://portal.example", "Access-Control-Request-Method: GET")
	require.Equal(t, 204, w.Code)
	require.Equal(t, "*", w.Header().Get("Access-Control-Allow-Origin"))
	require.Contains(t, w.Header().Get("Access-Control-Allow-Methods"), "GET")
	require.Contains(t, w.Header().Get("Access-Control-Allow-Headers"), "Range")
}

// TestStoreAway: the archive says so; live goes on.
func TestStoreAway(t *testing.T) {
	a := newAir(t)
	a.run(5 * time.Minute)
	require.NoError(t, a.line.Flush(t.Context()))
	a.cold()
	a.away.Store(true)
	a.run(time.Minute)
	p := a.playlist("mono.m3u8")
	for i := range p.Segments {
		require.Equal(t, 200, a.get(p.Segments[i].URI).Code)
	}
	old := a.playlist(fmt.Sprintf("mono-archive-%d-60.m3u8", signOn.Unix())) // Its entries are in memory, its media is not.
	w := a.get(old.Segments[0].URI)
	a.problem(w, 503, "The archive cannot be reached for the moment; live goes on")
	require.Equal(t, "5", w.Header().Get("Retry-After"))
	a.problem(a.get(strings.Replace(old.Segments[0].URI, ".ts", "-1.m4s", 1)), 503, "live goes on")
	a.away.Store(false)
	require.Equal(t, 200, a.get(old.Segments[0].URI).Code, "an error is not kept")
}

func TestViewers(t *testing.T) {
	a := newAir(t)
	a.run(time.Minute)
	fetch := func(address, player string) {
		r := func(c *http.Request) { c.RemoteAddr = address }
		w := a.from(r, "mono.m3u8", "User-Agent: "+player)
		require.Equal(t, 200, w.Code)
	}
	require.Zero(t, a.channel.Viewers(a.now))
	fetch("192.0.2.1:4001", "box")
	fetch("192.0.2.1:4002", "box")
	require.Equal(t, 1, a.channel.Viewers(a.now), "one that opens connections")
	fetch("192.0.2.1:4003", "phone")
	fetch("192.0.2.2:4001", "box")
	fetch("[2001:db8::1]:4001", "box")
	require.Equal(t, 4, a.channel.Viewers(a.now))
	a.get("index.m3u8")
	a.get("seg-1-1.ts")
	require.Equal(t, 4, a.channel.Viewers(a.now), "only who plays")
	a.now = a.now.Add(20 * time.Second)
	fetch("192.0.2.2:4001", "box")
	a.now = a.now.Add(20 * time.Second)
	require.Equal(t, 1, a.channel.Viewers(a.now))
}

// TestHostileParameters: what a camera writes into its parameter sets must not take its channel off the air.
func TestHostileParameters(t *testing.T) {
	a := newAir(t)
	a.run(20 * time.Second)
	var sps h264.SPS
	require.NoError(t, sps.Unmarshal(airSPS))
	for i := range airSPS {
		for _, flip := range []byte{0x01, 0x80, 0xff} {
			hostile := append([]byte(nil), airSPS...)
			hostile[i] ^= flip
			a.picture(hostile)
			a.run(6 * time.Second)
			a.flush()
			w := a.get("index.m3u8")
			require.Equal(t, 200, w.Code, "%x: %s", hostile, w.Body)
			require.NotContains(t, w.Body.String(), "NaN")
			require.NotContains(t, w.Body.String(), "Inf")
		}
	}
}
