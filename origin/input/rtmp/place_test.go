package rtmp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlaceOf(t *testing.T) {
	for _, c := range []struct{ name, app, stream, feed, key string }{
		{"OBS", "hall1", "KEY", "hall1", "KEY"},
		{"OBS with a slash behind", "hall1/", "KEY", "hall1", "KEY"},
		{"an application", "live", "hall1?key=KEY", "hall1", "KEY"},
		{"an application and a feed", "live/hall1", "KEY", "hall1", "KEY"},
		{"all in the application", "hall1?key=KEY", "", "hall1", "KEY"},
		{"all in the application, with one of its own", "live/hall1?key=KEY", "", "hall1", "KEY"},
		{"feed and key in the application", "hall1/KEY", "", "hall1", "KEY"},
		{"escaped", "live", "hall1?key=a%20b%26c", "hall1", "a b&c"},
		{"as it is", "hall1", "a b&c/d?e", "hall1", "a b&c/d?e"},
		{"a feed called live", "live", "KEY", "live", "KEY"},
		{"a feed called live, with the key behind", "live?key=KEY", "", "live", "KEY"},
		{"a query of others", "hall1?x=1", "KEY", "hall1", "KEY"},
		{"the stream's key counts", "live?key=A", "hall1?key=B", "hall1", "B"},
		{"nothing", "", "", "", ""},
		{"no key", "hall1", "", "hall1", ""},
		{"too many parts", "a/b/c", "KEY", "", "KEY"},
		{"no name of a feed", "ha ll", "KEY", "", "KEY"},
		{"a way out", "..", "KEY", "", "KEY"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, place{c.feed, c.key}, placeOf(c.app, c.stream))
		})
	}
}

func TestClip(t *testing.T) {
	require.Equal(t, "plain text", clip("plain\n text\x00"))
	require.Equal(t, "讲堂", clip("讲堂\xff"))
	require.LessOrEqual(t, len(clip(strings.Repeat("讲", 1000))), 200)
}

func TestParseAddress(t *testing.T) {
	for raw, want := range map[string]address{
		"rtmp://h/live/one":            {host: "h", dial: "h:1935", app: "live", name: "one", shown: "rtmp://h/live/one"},
		"rtmps://h/live/inst/one":      {secure: true, host: "h", dial: "h:443", app: "live/inst", name: "one", shown: "rtmps://h/live/inst/one"},
		"rtmp://h:1936/live/one?k=s3c": {host: "h", dial: "h:1936", app: "live", name: "one?k=s3c", shown: "rtmp://h:1936/live/one?...", secret: "k=s3c"},
		"rtmp://[2001:db8::1]/a/b":     {host: "2001:db8::1", dial: "[2001:db8::1]:1935", app: "a", name: "b", shown: "rtmp://[2001:db8::1]/a/b"},
		"rtmp://h/one":                 {host: "h", dial: "h:1935", app: "one", shown: "rtmp://h/one"},
	} {
		got, err := parseAddress(raw)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for raw, want := range map[string]string{
		"rtsp://h/a/b":            "rtmp or rtmps expected",
		"rtmp:///a/b":             "no host",
		"rtmp://h":                "no application",
		"rtmp://user:s3cret@h/a":  "user name",
		"rtmp://u:s3 cret@h/\x7f": "it cannot be read",
	} {
		_, err := parseAddress(raw)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "cret")
	}
}
