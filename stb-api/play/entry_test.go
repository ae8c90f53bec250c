package play_test

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/access"
)

// The entry that is bound to a device starts there and nowhere else; what it leads to needs no proof.
func TestBoundEntry(t *testing.T) {
	e := newEdge(t, nil)
	signer := &access.Signer{Secrets: [][]byte{bytes.Repeat([]byte{7}, 32)}}
	token := signer.Grant(access.Grant{Scope: "shut", Device: "box-1", Expires: time.Now().Add(time.Hour)})
	other := signer.Grant(access.Grant{Scope: "elsewhere", Device: "box-1", Expires: time.Now().Add(time.Hour)})
	everything := signer.Grant(access.Grant{Scope: "*", Device: "box-1", Expires: time.Now().Add(time.Hour)})
	late := signer.Grant(access.Grant{Scope: "shut", Device: "box-1", Expires: time.Now().Add(-time.Hour)})
	seek := strconv.FormatInt(time.Now().Unix()-60, 10)
	for _, c := range []struct {
		name, path string
		fields     []string
		to         string // behind the session's token; "" is a refusal
	}{
		{"header", "~" + token + "/index.m3u8", []string{"X-Podium-Device: box-1"}, "index.m3u8"},
		{"query", "~" + token + "/mono.m3u8?device=box-1", nil, "mono.m3u8"},
		{"token in the query", "mono.m3u8?token=" + token + "&device=box-1&utc=" + seek, nil, "mono.m3u8?utc=" + seek},
		{"of everything", "~" + everything + "/live/1.m3u8", []string{"X-Podium-Device: box-1"}, "live/1.m3u8"},
		{"segment", "~" + token + "/" + e.segment + ".ts?device=box-1", nil, e.segment + ".ts"},
		{"copied", "~" + token + "/index.m3u8", nil, ""},
		{"copied segment", "~" + token + "/" + e.segment + ".ts", nil, ""},
		{"another device", "~" + token + "/index.m3u8", []string{"X-Podium-Device: box-2"}, ""},
		{"another channel's", "~" + other + "/index.m3u8?device=box-1", nil, ""},
		{"expired", "~" + late + "/index.m3u8?device=box-1", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := dial(t, e.fast)
			p.say(t, get("/live/shut/"+c.path, c.fields...))
			r, body := p.hear(t, "GET")
			require.Equal(t, "no-store", r.Header.Get("Cache-Control"))
			require.Equal(t, "*", r.Header.Get("Access-Control-Allow-Origin"))
			if c.to == "" {
				require.Equal(t, http.StatusForbidden, r.StatusCode)
				require.Contains(t, string(body), "error.play.device")
				return
			}
			require.Equal(t, http.StatusFound, r.StatusCode)
			to := r.Header.Get("Location")
			session, file, found := strings.Cut(strings.TrimPrefix(to, "/live/shut/~"), "/")
			require.True(t, found)
			require.Equal(t, c.to, file)
			require.NotContains(t, to, "box-1")
			p.say(t, get(to))
			r, body = p.hear(t, "GET")
			require.Equal(t, http.StatusOK, r.StatusCode)
			if strings.Contains(file, ".m3u8") {
				require.NotContains(t, string(body), "~", "the playlist is the same for all viewers")
			}
			p.say(t, get("/live/shut/~"+session+"/"+e.segment+"-1.m4s"))
			r, _ = p.hear(t, "GET")
			require.Equal(t, http.StatusOK, r.StatusCode)
			p.say(t, get("/live/open/~"+session+"/index.m3u8"))
			r, _ = p.hear(t, "GET")
			require.Equal(t, http.StatusOK, r.StatusCode, "an open channel asks for none")
		})
	}
}

func TestCheck(t *testing.T) {
	e := newEdge(t, nil)
	signer := &access.Signer{Secrets: [][]byte{bytes.Repeat([]byte{7}, 32)}}
	short := signer.Sign("shut", time.Now().Add(3*time.Second))
	soon := signer.Sign("shut", time.Now().Add(100*time.Second))
	bound := signer.Grant(access.Grant{Scope: "shut", Device: "box-1", Expires: time.Now().Add(time.Hour)})
	for _, c := range []struct {
		path   string
		status int
		fresh  string // how Cache-Control begins
	}{
		{"live/open", 204, "max-age=5, stale-if-error=595"},
		{"live/open/~nonsense", 204, "max-age=5, stale-if-error=595"},
		{"live/shut/~" + e.token, 204, "max-age=5, stale-if-error=595"},
		{"live/shut/~" + soon, 204, "max-age=5, stale-if-error=9"},
		{"live/shut/~" + short, 204, "max-age=1"},
		{"live/shut", 403, "no-store"},
		{"live/shut/" + e.token, 403, "no-store"},
		{"live/shut/~", 403, "no-store"},
		{"live/shut/~" + e.expired, 403, "no-store"},
		{"live/shut/~" + e.other, 403, "no-store"},
		{"live/shut/~" + bound, 403, "no-store"},
		{"live/none", 403, "no-store"},
		{"vod/none/~" + e.token, 403, "no-store"},
		{"disc/open", 403, "no-store"},
	} {
		t.Run(c.path, func(t *testing.T) {
			p := dial(t, e.fast)
			p.say(t, get("/api/v1/playback/check/"+c.path))
			r, _ := p.hear(t, "GET")
			require.Equal(t, c.status, r.StatusCode)
			require.Contains(t, r.Header.Get("Cache-Control"), c.fresh)
		})
	}
}
