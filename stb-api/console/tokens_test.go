package console_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/access"
)

func TestPlaybackToken(t *testing.T) {
	r := newRig(t)
	b := r.signedIn(t, "editor1", access.Editor)
	status, _, body := b.do("POST", "/channels/edu1/token", map[string]int{"hours": 2}, nil)
	require.Equal(t, 201, status)
	made := parse[struct {
		Token, Path string
		Expires     time.Time
	}](t, body)
	require.Equal(t, noon.Add(2*time.Hour), made.Expires)
	require.Equal(t, "/live/edu1/~"+made.Token+"/index.m3u8", made.Path)
	require.NoError(t, r.Signer.Verify(made.Token, "edu1"))
	require.Error(t, r.Signer.Verify(made.Token, "edu2"))
	for _, hours := range []int{0, -1, 8785, 1 << 40} {
		status, _, body := b.do("POST", "/channels/edu1/token", map[string]int{"hours": hours}, nil)
		require.Equal(t, 422, status, body)
	}
	status, _, _ = b.do("POST", "/channels/nothing/token", map[string]int{"hours": 1}, nil)
	require.Equal(t, 404, status)

	r.Signer = &access.Signer{}
	status, _, _ = b.do("POST", "/channels/edu1/token", map[string]int{}, nil)
	require.Equal(t, 500, status, "there is nothing to sign with")
}

type granted struct {
	Token, Path string
	Expires     time.Time
}

func TestTokensOfEveryReach(t *testing.T) {
	r := newRig(t)
	editor, admin := r.signedIn(t, "editor1", access.Editor), r.signedIn(t, "admin1", access.Admin)
	for _, c := range []struct {
		body, plays, not, path string
		device                 string
	}{
		{`{"channel":"edu1"}`, "edu1", "edu2", "/live/edu1/~TOKEN/index.m3u8", ""},
		{`{"asset":"lecture-1","hours":1}`, "vod/lecture-1", "lecture-1", "/vod/lecture-1/~TOKEN/index.m3u8", ""},
		{`{"channel":"edu1","device":"box-1"}`, "edu1", "edu2", "/live/edu1/~TOKEN/index.m3u8", "box-1"},
		{`{"all":true}`, "vod/lecture-1", "", "/playlist.m3u?token=TOKEN", ""},
	} {
		status, _, body := admin.do("POST", "/tokens", c.body, nil)
		require.Equal(t, 201, status, body)
		made := parse[granted](t, body)
		require.Equal(t, strings.ReplaceAll(c.path, "TOKEN", made.Token), made.Path)
		verify := func(scope string) error {
			if c.device == "" {
				return r.Signer.Verify(made.Token, scope)
			}
			require.ErrorIs(t, r.Signer.Verify(made.Token, scope), access.ErrTokenBound)
			_, err := r.Signer.Enter(made.Token, scope, c.device)
			return err
		}
		require.NoError(t, verify(c.plays))
		require.Error(t, verify(c.not))
	}
	for body, want := range map[string]int{
		`{}`: 422, `{"channel":"edu1","asset":"a"}`: 422, `{"channel":"edu1","all":true}`: 422, `{"channel":"none"}`: 404,
		`{"asset":"../a"}`: 422, `{"asset":"a/b"}`: 422, `{"channel":"edu1","device":"a b"}`: 422, `{"channel":"edu1","hours":0}`: 422,
		`{"channel":"edu1","ip":"10.0.0.1"}`: 400, `{"all":true}`: 403,
	} {
		status, _, text := editor.do("POST", "/tokens", body, nil)
		require.Equal(t, want, status, "%s: %s", body, text)
	}
}
