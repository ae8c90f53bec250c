package console_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/access"
)

// wayIn are the routes that somebody who is not signed in may use.
func wayIn(method, path string) bool {
	switch method + " " + strings.TrimPrefix(path, "/api/v1/console") {
	case "GET /setup", "POST /setup", "POST /session":
		return true
	}
	return false
}

// adminsOnly are the routes that editors may not use.
func adminsOnly(path string) bool { return strings.HasSuffix(path, "/feeds/:id/key") }

func fill(path string) string {
	path = strings.TrimPrefix(path, "/api/v1/console")
	return strings.ReplaceAll(strings.ReplaceAll(path, "/channels/:id", "/channels/edu1"), "/feeds/:id", "/feeds/hall1")
}

// Every route there is, as the route table tells, so that a new one is not forgotten.
func TestEveryRouteIsGuarded(t *testing.T) {
	r := newRig(t)
	admin, editor, nobody := r.signedIn(t, "admin1", access.Admin), r.signedIn(t, "editor1", access.Editor), r.browser(t)
	stale := r.browser(t)
	stale.http.Jar.SetCookies(mustURL(t, r.url), []*http.Cookie{{Name: "podium", Value: strings.Repeat("A", 43), Path: "/"}})

	routes := r.echo.Routes()
	require.GreaterOrEqual(t, len(routes), 12)
	for _, route := range routes {
		t.Run(route.Method+" "+route.Path, func(t *testing.T) {
			require.True(t, strings.HasPrefix(route.Path, "/api/v1/console/"))
			changes := route.Method != http.MethodGet && route.Method != http.MethodHead
			if changes {
				for _, b := range []*browser{nobody, admin} {
					for _, header := range []map[string]string{
						{"X-Podium": ""}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"},
					} {
						status, _, body := b.do(route.Method, fill(route.Path), "{}", header)
						require.Equal(t, 403, status, "%v: %s", header, body)
						require.Contains(t, body, "error.access.")
					}
				}
			}
			for _, b := range []*browser{nobody, stale} {
				status, header, body := b.do(route.Method, fill(route.Path), "{", map[string]string{"Sec-Fetch-Site": "same-origin"})
				require.Equal(t, "no-store", header.Get("Cache-Control"))
				if wayIn(route.Method, route.Path) {
					require.NotContains(t, []int{401, 403}, status)
					continue
				}
				require.Equal(t, 401, status, body)
				require.NotEmpty(t, header.Get("WWW-Authenticate"))
			}
			if adminsOnly(route.Path) {
				status, _, _ := editor.do(route.Method, fill(route.Path), "{", nil)
				require.Equal(t, 403, status)
			}
		})
	}
}

// A browser that sends a body of another kind, as a form can, is refused before the body is looked at.
func TestBodiesAreJSON(t *testing.T) {
	r := newRig(t)
	admin := r.signedIn(t, "admin1", access.Admin)
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "application/json2", ";"} {
		status, _, body := admin.do("POST", "/session", `{}`, map[string]string{"Content-Type": kind})
		require.Equal(t, 415, status, body)
	}
	for body, field := range map[string]string{
		``: "", `{`: "", `[]`: "", `null{}`: "", `{} {}`: "", `{"user":"x"}`: "", `{"username":3}`: "username", "{\"username\":\"\xff": "",
	} {
		status, _, text := admin.do("POST", "/session", body, nil)
		require.Equal(t, 400, status, body)
		require.Equal(t, field, parse[refusal](t, text).Field, body)
	}
	status, _, _ := admin.do("POST", "/session", `{"username":"`+strings.Repeat("a", 20<<10)+`"}`, nil)
	require.Equal(t, 413, status)
}
