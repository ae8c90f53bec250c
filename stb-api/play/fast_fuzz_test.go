package play

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the fast path understands, net/http has to understand in the same way, and to find nothing in it that would
// change the answer.
func FuzzParseFast(f *testing.F) {
	const host = "Host: tv.example.org\r\n"
	for _, seed := range []string{
		"GET /live/edu1/mono.m3u8 HTTP/1.1\r\n" + host + "\r\n",
		"GET /live/edu1/~token/live/1.m3u8 HTTP/1.1\r\n" + host + "User-Agent: box\r\nAccept-Encoding: gzip, br\r\n\r\n",
		"GET /live/edu1/seg-1-2.ts HTTP/1.1\r\n" + host + "Connection: keep-alive\r\nX-Forwarded-For: 10.1.1.1\r\n\r\n",
		"GET /live/edu1/mono.m3u8 HTTP/1.1\r\n" + host + "Range: bytes=0-1\r\n\r\n",
		"GET /live/edu1/mono.m3u8 HTTP/1.1\r\n" + host + "Content-Length : 3\r\n\r\nabc",
		"GET /live/edu1/mono.m3u8 HTTP/1.1\r\n" + host + "X: a\rTransfer-Encoding: chunked\r\n\r\n",
		"GET /live/edu1/mono.m3u8 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"GET /live/edu1/mono.m3u8 HTTP/1.1\r\n" + host + "If-None-Match: W/\"a\", \"b\"\r\nIf-Modified-Since: x\r\nX-Podium-Edge: 1\r\n\r\n",
		"GET /live/edu1/mono.m3u8?utc=1 HTTP/1.1\r\n" + host + "\r\n",
		"GET /live/edu1/../x HTTP/1.1\r\n" + host + "\r\n",
		"GET /live/%65du1/mono.m3u8 HTTP/1.1\r\n" + host + "\r\n",
		"GET /live/edu1/mono.m3u8 HTTP/1.0\r\n" + host + "\r\n",
		"GET /live/edu1/mono.m3u8 HTTP/1.1\r\n" + host + " folded\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		end := bytes.Index(b, headEnd)
		if end < 0 || end+len(headEnd) > maxFastHead {
			return
		}
		head := b[:end+len(headEnd)]
		r, ok := parseFast(head)
		if !ok {
			return
		}
		theirs, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b)))
		require.NoError(t, err)
		require.Equal(t, http.MethodGet, theirs.Method)
		require.Equal(t, "HTTP/1.1", theirs.Proto)
		require.False(t, theirs.Close)
		require.Zero(t, theirs.ContentLength)
		require.Empty(t, theirs.TransferEncoding)
		path := "/live/" + string(r.channel) + "/"
		if bytes.Contains(head, []byte("/~")) && len(r.token) > 0 {
			path += "~" + string(r.token) + "/"
		}
		if len(r.token) > 0 || !strings.Contains(theirs.URL.Path, "/~/") {
			require.Equal(t, theirs.URL.Path, path+string(r.path))
		}
		require.Empty(t, theirs.URL.RawQuery)
		for _, name := range []string{
			"Range", "If-Match", "If-Range", "If-Unmodified-Since", "Expect", "Upgrade", "Te", "Trailer",
		} {
			require.NotContains(t, theirs.Header, name)
		}
		require.Equal(t, strings.Join(theirs.Header.Values("X-Forwarded-For"), ","), string(r.forwarded))
		require.Equal(t, r.vouched, len(theirs.Header.Values("X-Podium-Edge")) > 0)
		require.Equal(t, strings.Join(theirs.Header.Values("If-None-Match"), ","), string(r.noneMatch))
		require.True(t, r.noneMatch != nil || len(theirs.Header.Values("If-Modified-Since")) == 0)
		require.Equal(t, choose([]byte(strings.Join(theirs.Header.Values("Accept-Encoding"), ","))), r.coding)
	})
}
