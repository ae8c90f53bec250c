package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/access"
	"podium.tv/podium/stb-api/console"
	"podium.tv/podium/stb-api/ops"
)

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	parsed, err := url.Parse(text)
	require.NoError(t, err)
	return parsed
}

func TestFirstStart(t *testing.T) {
	r := newRig(t)
	b := r.browser(t)
	path, token, err := r.Setup.Link(t.Context())
	require.NoError(t, err)
	require.Equal(t, "/console/#setup="+token, path)

	_, _, body := b.do("GET", "/setup?token=wrong", nil, nil)
	require.JSONEq(t, `{"valid":false}`, body)
	_, _, body = b.do("GET", "/setup?token="+token, nil, nil)
	require.JSONEq(t, `{"valid":true}`, body)

	status, _, body := b.do("POST", "/setup", map[string]string{"token": token, "username": "李 明", "password": goodPassword}, nil)
	require.Equal(t, 422, status)
	require.Equal(t, "username", parse[refusal](t, body).Field)
	status, _, body = b.do("POST", "/setup", map[string]string{"token": token, "username": "李明", "password": "12345678901234"}, nil)
	require.Equal(t, 422, status)
	require.Equal(t, "password", parse[refusal](t, body).Field)
	status, _, _ = b.do("POST", "/setup", map[string]string{"token": "wrong", "username": "李明", "password": goodPassword}, nil)
	require.Equal(t, 403, status)

	status, _, body = b.do("POST", "/setup", map[string]string{"token": token, "username": "李明", "password": goodPassword}, nil)
	require.Equal(t, 201, status, body)
	session := parse[console.Session](t, body)
	require.Equal(t, "李明", session.Username)
	require.Equal(t, access.Admin, session.Role)
	status, _, _ = b.do("GET", "/onair", nil, nil)
	require.Equal(t, 200, status, "they are signed in at once")

	status, _, _ = b.do("POST", "/setup", map[string]string{"token": token, "username": "second", "password": goodPassword}, nil)
	require.Equal(t, 403, status)
	_, _, body = b.do("GET", "/setup?token="+token, nil, nil)
	require.JSONEq(t, `{"valid":false}`, body)
	require.NotContains(t, r.log.String(), token)
	require.NotContains(t, r.log.String(), goodPassword)
}

func TestSession(t *testing.T) {
	r := newRig(t)
	b := r.signedIn(t, "editor1", access.Editor)
	first := b.cookie(t, "podium")
	status, header, body := b.do("POST", "/session", map[string]string{"username": "editor1", "password": goodPassword}, nil)
	require.Equal(t, 200, status)
	for _, cookie := range header.Values("Set-Cookie") {
		require.Contains(t, cookie, "HttpOnly")
		require.Contains(t, cookie, "SameSite=Strict")
		require.Contains(t, cookie, "Path=/")
		require.NotContains(t, cookie, "Secure")
	}
	require.NotEqual(t, first, b.cookie(t, "podium"), "the session is another after signing in")
	require.Equal(t, "editor1", parse[console.Session](t, body).Username)

	status, _, body = b.do("GET", "/session", nil, nil)
	require.Equal(t, 200, status)
	require.Equal(t, access.Editor, parse[console.Session](t, body).Role)
	status, _, _ = b.do("DELETE", "/session", nil, nil)
	require.Equal(t, 204, status)
	require.Empty(t, b.cookie(t, "podium"))
	status, _, _ = b.do("GET", "/session", nil, nil)
	require.Equal(t, 401, status)

	// The token of before does not come back to life.
	b.http.Jar.SetCookies(mustURL(t, r.url), []*http.Cookie{{Name: "podium", Value: first, Path: "/"}})
	status, _, _ = b.do("GET", "/session", nil, nil)
	require.Equal(t, 401, status)
}

func (b *browser) cookie(t *testing.T, name string) string {
	t.Helper()
	for _, cookie := range b.http.Jar.Cookies(mustURL(t, b.rig.url)) {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}

func TestCookieOverHTTPS(t *testing.T) {
	r := newRig(t)
	r.Guard.Secure = ops.Proxies{Trusted: ops.Loopback()}.Secure
	require.NoError(t, r.accounts.Create(t.Context(), "editor1", goodPassword, access.Editor, false))
	b := r.browser(t)
	https := map[string]string{"X-Forwarded-Proto": "https"}
	status, header, _ := b.do("POST", "/session", map[string]string{"username": "editor1", "password": goodPassword}, https)
	require.Equal(t, 200, status)
	cookies := header.Values("Set-Cookie")
	require.Len(t, cookies, 2)
	for _, cookie := range cookies {
		require.True(t, strings.HasPrefix(cookie, "__Host-podium"), cookie)
		require.Contains(t, cookie, "; Secure")
		require.NotContains(t, cookie, "Domain")
	}
	name, _, _ := strings.Cut(cookies[0], ";")
	b = r.browser(t) // Without what the first one keeps.
	status, _, _ = b.do("GET", "/session", nil, map[string]string{"X-Forwarded-Proto": "https", "Cookie": name})
	require.Equal(t, 200, status)
	status, _, _ = b.do("GET", "/session", nil, map[string]string{"X-Forwarded-Proto": "https", "Cookie": strings.TrimPrefix(name, "__Host-")})
	require.Equal(t, 401, status, "one that could have been set without https is not taken")
}

func TestWrongPassword(t *testing.T) {
	r := newRig(t)
	require.NoError(t, r.accounts.Create(t.Context(), "editor1", goodPassword, access.Editor, false))
	var answers []string
	for _, name := range []string{"editor1", "nobody"} {
		b := r.browser(t)
		status, _, body := b.do("POST", "/session", map[string]string{"username": name, "password": "wrong"}, nil)
		require.Equal(t, 401, status)
		answers = append(answers, body)
	}
	require.Equal(t, answers[0], answers[1], "it is not told which accounts there are")

	b := r.browser(t)
	slowed := false
	for i := range 10 {
		// Claims about the address do not help.
		status, header, body := b.do("POST", "/session", map[string]string{"username": "editor1", "password": "wrong"},
			map[string]string{"X-Forwarded-For": "203.0.113." + string(rune('0'+i)), "X-Real-Ip": "203.0.113.9"})
		if status == 429 {
			slowed = true
			require.NotEmpty(t, header.Get("Retry-After"))
			require.Contains(t, body, "seconds")
		}
	}
	require.True(t, slowed)
}

func TestPasswordMustBeChangedFirst(t *testing.T) {
	r := newRig(t)
	require.NoError(t, r.accounts.Create(t.Context(), "editor1", goodPassword, access.Editor, true))
	b := r.browser(t)
	_, _, body := b.do("POST", "/session", map[string]string{"username": "editor1", "password": goodPassword}, nil)
	require.True(t, parse[console.Session](t, body).MustChange)
	status, _, body := b.do("GET", "/onair", nil, nil)
	require.Equal(t, 403, status)
	require.Contains(t, body, "error.access.must-change")
	status, _, body = b.do("PUT", "/password", map[string]string{"current": "wrong", "password": "rain over the tea hills"}, nil)
	require.Equal(t, 422, status)
	require.Equal(t, "current", parse[refusal](t, body).Field)
	status, _, body = b.do("PUT", "/password", map[string]string{"current": goodPassword, "password": "editor1editor1"}, nil)
	require.Equal(t, 422, status)
	require.Equal(t, "password", parse[refusal](t, body).Field)
	status, _, body = b.do("PUT", "/password", map[string]string{"current": goodPassword, "password": "rain over the tea hills"}, nil)
	require.Equal(t, 200, status, body)
	require.False(t, parse[console.Session](t, body).MustChange)
	status, _, _ = b.do("GET", "/onair", nil, nil)
	require.Equal(t, 200, status)
}
