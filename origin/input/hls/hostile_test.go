package hls_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/hls"
)

const head = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n"

func TestHostileServers(t *testing.T) {
	t.Parallel()
	text := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(s)) }
	}
	one := func(segment http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/live.m3u8" {
				_, _ = w.Write([]byte(head + strings.Repeat("#EXTINF:0.1,\ns.ts\n", 6) + "#EXT-X-ENDLIST\n"))
				return
			}
			segment(w, r)
		}
	}
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusFound)
		}
	}
	endless := func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(head))
		for r.Context().Err() == nil {
			if _, err := w.Write(bytes.Repeat([]byte("# and on it goes\n"), 4096)); err != nil {
				return
			}
		}
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write(make([]byte, 20<<20))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	bomb := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	}
	stall := func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(head))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	for _, c := range []struct {
		name   string
		server http.HandlerFunc
		want   string
	}{
		{"an endless playlist", endless, "more than 16777216 bytes"},
		{"a compressed playlist without an end", bomb, "more than 16777216 bytes"},
		{"a playlist that stalls", stall, "the server is too slow"},
		{"a redirect to a cloud's credentials", redirect("http://169.254.169.254/latest/meta-data/"), "169.254.169.254 refused: it is a cloud's metadata"},
		{"a redirect to a file", redirect("file:///etc/passwd"), `scheme "file"`},
		{"redirects without an end", redirect("/live.m3u8"), "more than 5 redirects"},
		{"a web page", text("<!doctype html><title>portal</title>"), "a web page"},
		{"a segment at a cloud's credentials", text(head + "#EXTINF:0.1,\nhttp://169.254.169.254/x.ts\n#EXTINF:0.1,\nhttp://169.254.169.254/x.ts\n" +
			strings.Repeat("#EXTINF:0.1,\nhttp://169.254.169.254/x.ts\n", 3) + "#EXT-X-ENDLIST\n"), "cloud's metadata"},
		{"a segment in a file", text(head + strings.Repeat("#EXTINF:0.1,\nfile:///etc/passwd\n", 5) + "#EXT-X-ENDLIST\n"), `scheme "file"`},
		{"a multivariant playlist of itself", text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlive.m3u8\n"), "a multivariant playlist, where"},
		{"codecs that nobody carries", text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"av01.0.04M.08\"\nlive.m3u8\n"), "the portal offers av01"},
		{"drm", text(head + "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://1\",KEYFORMAT=\"com.apple.streamingkeydelivery\"\n" +
			"#EXTINF:0.1,\nlive.m3u8\n#EXT-X-ENDLIST\n"), "ask the portal for a stream without DRM"},
		{"no segments", text(head + "#EXT-X-ENDLIST\n"), "has no segments"},
		{"segments that are text", one(text("WEBVTT\n\n")), "it is text (WebVTT)"},
		{"segments that are web pages", one(text("<html>sorry</html>")), "a web page"},
		{"segments of no bytes", one(text("")), "a segment of no bytes"},
		{"segments that are too large", one(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(make([]byte, 2<<20))
		}), "more than 1048576 bytes"},
		{"segments of another encoding", one(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			_, _ = w.Write(make([]byte, 100))
		}), `encoded by "br"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := pull(serve(t, c.server) + "/live.m3u8?token=hush")
			in.ReadTimeout, in.MaxSegment = 3*time.Second, 1<<20
			err := run(t, in, new(recorder), func() bool { return false })
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "hush")
		})
	}
}

func TestRefusedAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"http://127.0.0.1:1/a.m3u8":     "127.0.0.1 refused: it is a loopback address",
		"http://metadata.example/a":     "169.254.169.254) refused",
		"ftp://example.org/a.m3u8":      "http or https expected",
		"http:///a.m3u8":                "without a host",
		"http://u:hush@%zz/a":           "cannot be read",
		"http://u:hush@127.0.0.1:1/a?t": "hls stream: http://127.0.0.1:1/a:",
	} {
		in := &hls.Pull{URL: address, Lookup: lookup}
		err := in.Run(t.Context(), new(recorder))
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "hush")
		require.NotContains(t, in.String(), "hush")
	}
}

func lookup(context.Context, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("169.254.169.254")}, nil
}

// TestCredentialsStayAtHome has a portal send us on to another host, by its list and by a redirect.
func TestCredentialsStayAtHome(t *testing.T) {
	t.Parallel()
	leaked := make(chan string, 100)
	stranger := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Authorization", "X-Token", "Referer", "Cookie"} {
			if v := r.Header.Get(name); v != "" {
				leaked <- fmt.Sprintf("%s: %s at %s", name, v, r.URL.Path)
			}
		}
		http.NotFound(w, r)
	}))
	home := make(chan bool, 100)
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		home <- ok && user == "viewer" && password == "hush" && r.Header.Get("X-Token") == "hush"
		if r.URL.Path == "/away.ts" {
			http.Redirect(w, r, stranger+"/redirected.ts", http.StatusFound)
			return
		}
		_, _ = fmt.Fprintf(w, "%s#EXTINF:0.1,\n%s/listed.ts\n#EXTINF:0.1,\naway.ts\n#EXTINF:0.1,\naway.ts\n#EXTINF:0.1,\naway.ts\n#EXT-X-ENDLIST\n", head, stranger)
	}))
	in := pull(strings.Replace(address, "http://", "http://viewer:hush@", 1) + "/live.m3u8")
	in.Headers = http.Header{"X-Token": {"hush"}}
	err := run(t, in, new(recorder), func() bool { return false })
	require.ErrorContains(t, err, "404")
	require.NotContains(t, err.Error(), "hush")
	require.True(t, <-home)
	require.True(t, <-home)
	require.Empty(t, leaked)
}
