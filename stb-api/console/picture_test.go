package console_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/access"
	"podium.tv/podium/stb-api/console"
)

// gallery has a picture of one feed.
type gallery struct{}

func (gallery) Picture(feed string) (console.Picture, error) {
	if feed != "hall1" {
		return console.Picture{}, console.ErrNoPicture
	}
	return console.Picture{JPEG: []byte("\xff\xd8\xff a picture"), At: noon, ETag: `"0123456789abcdef"`}, nil
}

func TestPicture(t *testing.T) {
	r := newRig(t)
	b := r.signedIn(t, "editor1", access.Editor)
	status, _, body := b.do("GET", "/feeds/hall1/picture.jpg", nil, map[string]string{"Accept-Language": "en"})
	require.Equal(t, 404, status)
	require.Contains(t, body, "ffmpeg is not installed")

	r.Pictures = gallery{}
	status, header, body := b.do("GET", "/feeds/hall1/picture.jpg", nil, map[string]string{"X-Podium": ""})
	require.Equal(t, 200, status, "an <img> sends no header of ours")
	require.Equal(t, "image/jpeg", header.Get("Content-Type"))
	require.Equal(t, "no-store", header.Get("Cache-Control"))
	require.Equal(t, "Mon, 23 Nov 2026 04:00:00 GMT", header.Get("Last-Modified"))
	require.Equal(t, "\xff\xd8\xff a picture", body)
	status, _, body = b.do("GET", "/feeds/hall1/picture.jpg", nil, map[string]string{"If-None-Match": header.Get("ETag")})
	require.Equal(t, 304, status)
	require.Empty(t, body)
	status, _, body = b.do("GET", "/feeds/hall2/picture.jpg", nil, map[string]string{"Accept-Language": "zh-CN"})
	require.Equal(t, 404, status)
	require.Contains(t, body, "暂时没有画面")
	status, _, _ = b.do("GET", "/feeds/hall9/picture.jpg", nil, nil)
	require.Equal(t, 404, status)
	status, _, _ = r.browser(t).do("GET", "/feeds/hall1/picture.jpg", nil, nil)
	require.Equal(t, 401, status)
}

// poorly is a station whose feed has trouble.
type poorly struct{ hall }

func (poorly) Feeds() []console.Feed {
	return []console.Feed{{ID: "hall1", OnSlate: true, Sources: []console.Source{{
		Name: "main", Grade: "poor", Reasons: []console.Notice{{Code: "long-gop", Key: "health.long-gop", Args: []any{"10"}}},
		LastError: "EOF", Advice: &console.Notice{Code: "advise.closed", Key: "health.advise.closed"},
	}}}}
}

func TestHealthIsToldInTheReadersLanguage(t *testing.T) {
	r := newRig(t)
	r.OnAir = poorly{}
	b := r.signedIn(t, "editor1", access.Editor)
	_, header, body := b.do("GET", "/onair", nil, map[string]string{"Accept-Language": "en"})
	require.Equal(t, "en", header.Get("Content-Language"))
	require.Contains(t, body, "Key frames come every 10 s: set the encoder's key frame interval to 2 s.")
	require.Contains(t, body, "The other end hung up")
	_, _, body = b.do("GET", "/onair", nil, map[string]string{"Accept-Language": "zh-CN"})
	require.Contains(t, body, "关键帧每 10 秒才有一个")
}
