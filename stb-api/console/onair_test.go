package console_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/access"
	"podium.tv/podium/stb-api/console"
)

func TestOnAir(t *testing.T) {
	r := newRig(t)
	b := r.signedIn(t, "editor1", access.Editor)
	status, _, body := b.do("GET", "/onair", nil, nil)
	require.Equal(t, 200, status)
	require.JSONEq(t, `{"serverTime":"2026-11-23T04:00:00Z","feeds":[
		{"id":"hall1","name":"第一报告厅","state":"online","input":"rtsp://10.0.0.5/stream","since":"2026-11-23T03:00:00Z",
		 "tracks":[{"kind":"video","codec":"H.264","detail":"1920x1080"}],"bitrate":2600000,"fps":25,"lastFrameAge":0.04,"restarts":0,"lastError":"","onSlate":false,"sources":[]},
		{"id":"hall2","name":"","state":"waiting","input":"","since":null,"tracks":[],"bitrate":0,"fps":0,"lastFrameAge":null,"restarts":0,"lastError":"","onSlate":false,"sources":[]}],
		"channels":[{"id":"edu1","number":1,"name":"党员教育电视频道","feed":"hall1","segments":123,"viewers":4,"renditions":["720p"],"now":null}]}`, body)
}

func TestStreamKey(t *testing.T) {
	r := newRig(t)
	b := r.signedIn(t, "admin1", access.Admin)
	status, _, body := b.do("POST", "/feeds/hall1/key", nil, nil)
	require.Equal(t, 201, status)
	made := parse[struct{ Feed, Key string }](t, body)
	require.Equal(t, "hall1", made.Feed)
	require.NoError(t, r.Keys.CheckStreamKey(t.Context(), "hall1", made.Key))
	require.NotContains(t, r.log.String(), made.Key)
	require.Contains(t, r.log.String(), `"msg":"stream key created","account":"admin1"`)
	status, _, _ = b.do("DELETE", "/feeds/hall1/key", nil, nil)
	require.Equal(t, 204, status)
	require.ErrorIs(t, r.Keys.CheckStreamKey(t.Context(), "hall1", made.Key), access.ErrBadStreamKey)
	for _, feed := range []string{"hall9", "..%2f..", "%00"} {
		status, _, _ = b.do("POST", "/feeds/"+feed+"/key", nil, nil)
		require.Equal(t, 404, status)
	}
}

func TestOnAirOfNothing(t *testing.T) {
	r := newRig(t)
	r.OnAir = silence{}
	b := r.signedIn(t, "editor1", access.Editor)
	_, _, body := b.do("GET", "/onair", nil, nil)
	require.JSONEq(t, `{"serverTime":"2026-11-23T04:00:00Z","feeds":[],"channels":[]}`, body)
}

type silence struct{}

func (silence) Feeds() []console.Feed       { return nil }
func (silence) Channels() []console.Channel { return nil }
