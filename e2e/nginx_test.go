package e2e_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/playlist/strict"
	"podium.tv/podium/stb-api/access"
	"podium.tv/podium/testserver"
)

// edge is deploy/nginx.conf with a real nginx, in front of a real podium with an open and a protected channel.
type edge struct {
	*servedPodium
	plain, secure string // the addresses that viewers use
	signer        *access.Signer
	client        *http.Client
}

const (
	edgeSecret  = "a secret of the tests and of the tests alone"
	edgeViewers = 200
)

func newEdge(t *testing.T) *edge {
	t.Helper()
	nginx := tool(t, "nginx")
	s := newServed(t, podiumBinary(t), served{feeds: []string{"hall1"}})
	config, err := os.ReadFile(s.config)
	require.NoError(t, err)
	text := strings.Replace(string(config), "trusted_proxies: []", "trusted_proxies: [127.0.0.0/8]", 1) +
		"  - {id: shut, number: 9, name: 内部, feed: hall1, access: token}\nplayback: {token_secret: " + edgeSecret + "}\n"
	require.NoError(t, os.WriteFile(s.config, []byte(text), 0o600))
	s.Start()
	e := &edge{
		servedPodium: s, plain: testserver.FreeAddress(t), secure: testserver.FreeAddress(t),
		signer: &access.Signer{Secrets: [][]byte{[]byte(edgeSecret)}},
		client: &http.Client{
			Timeout: 30 * time.Second,
			Transport: &http.Transport{
				TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true, MaxConnsPerHost: 0,
				DisableCompression: true,
			},
		},
	}
	e.startNginx(t, nginx)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	s.publish(ctx, "hall1")
	s.awaitSegments("hall1", 4)
	return e
}

// startNginx runs the shipped file, with other paths and addresses alone.
func (e *edge) startNginx(t *testing.T, nginx string) {
	t.Helper()
	dir := t.TempDir()
	shipped, err := os.ReadFile("../deploy/nginx.conf")
	require.NoError(t, err)
	text := string(shipped)
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;" // Its folders are ours alone.
	}
	for _, change := range [][2]string{
		{"user www-data;", user},
		{"/run/nginx.pid", dir + "/nginx.pid"},
		{" buffer=64k flush=5s", ""},
		{"/var/log/nginx/", dir + "/"},
		{"/var/cache/nginx/", dir + "/"},
		{"/etc/nginx/podium", dir + "/podium"},
		{"127.0.0.1:8080", strings.TrimPrefix(e.URL, "http://")},
		{"listen 80;", "listen " + e.plain + ";"},
		{"listen 443 ", "listen " + e.secure + " "},
	} {
		require.Contains(t, text, change[0], "the shipped file")
		text = strings.ReplaceAll(text, change[0], change[1])
	}
	for _, kind := range []string{"body", "proxy", "fastcgi", "uwsgi", "scgi"} { // Where Debian's build keeps them is not ours.
		name := map[string]string{"body": "client_body"}[kind]
		if name == "" {
			name = kind
		}
		text = strings.Replace(text, "http {\n", fmt.Sprintf("http {\n    %s_temp_path %s/%s;\n", name, dir, kind), 1)
	}
	makeCertificate(t, dir+"/podium.crt", dir+"/podium.key")
	file := filepath.Join(dir, "nginx.conf")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	out, err := exec.CommandContext(t.Context(), nginx, "-t", "-e", "stderr", "-p", dir, "-c", file).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NotContains(t, string(out), "[warn]")

	var log bytes.Buffer
	run := exec.CommandContext(context.Background(), nginx, "-e", "stderr", "-p", dir, "-c", file, "-g", "daemon off;")
	run.Stdout, run.Stderr = &log, &log
	require.NoError(t, run.Start())
	t.Cleanup(func() {
		_ = run.Process.Signal(os.Interrupt)
		_ = run.Wait()
		if t.Failed() {
			errors, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			requests, _ := os.ReadFile(filepath.Join(dir, "podium.log"))
			if len(requests) > 4000 {
				requests = requests[len(requests)-4000:]
			}
			t.Logf("nginx: %s\n%s\n%s", log.String(), errors, requests)
		}
	})
	await(t, 20*time.Second, "nginx to listen", func() bool {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", e.plain)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

func makeCertificate(t *testing.T, cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	der2, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der2}), 0o600))
}

type reply struct {
	status int
	header http.Header
	body   []byte
	proto  int
}

func (e *edge) ask(t testing.TB, url string, fields ...string) reply {
	t.Helper()
	if !strings.Contains(url, "://") {
		url = "http://" + e.plain + url
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	for i := 0; i < len(fields); i += 2 {
		request.Header.Set(fields[i], fields[i+1])
	}
	r, err := e.client.Do(request)
	require.NoError(t, err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return reply{r.StatusCode, r.Header, body, r.ProtoMajor}
}

// upstream is how many requests for playlists and media have reached Podium.
func (e *edge) upstream(t testing.TB) (n int) {
	t.Helper()
	metrics := e.ask(t, e.URL+"/metrics").body
	for line := range strings.Lines(string(metrics)) {
		if strings.HasPrefix(line, "podium_http_requests_total{") && strings.Contains(line, `route="/live/`) {
			count, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndexByte(line, ' '):]), 64)
			require.NoError(t, err)
			n += int(count)
		}
	}
	return n
}

// newest is the name of a segment that nobody has asked for.
func (e *edge) newest(t testing.TB) string {
	t.Helper()
	p := e.playlist("/live/hall1/mono.m3u8")
	require.NotNil(t, p)
	return p.Segments[len(p.Segments)-1].URI
}

// crowd asks for a path of each viewer at the same time.
func (e *edge) crowd(t *testing.T, path func(viewer int) string) (all []reply, took time.Duration) {
	t.Helper()
	all = make([]reply, edgeViewers)
	began := time.Now()
	var group sync.WaitGroup
	for i := range all {
		group.Go(func() { all[i] = e.ask(t, path(i)) })
	}
	group.Wait()
	return all, time.Since(began)
}

func (e *edge) token(lasts time.Duration) string { return e.signer.Sign("shut", time.Now().Add(lasts)) }

// TestBehindNginx holds the shipped deploy/nginx.conf to docs/caching.md.
func TestBehindNginx(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	t.Run("one request for all viewers", func(t *testing.T) { e.coalesces(t) })
	t.Run("only with a token", func(t *testing.T) { e.keepsOut(t) })
	t.Run("as told", func(t *testing.T) { e.isHonest(t) })
	t.Run("low latency", func(t *testing.T) { e.waits(t) })
	t.Run("bound to a device", func(t *testing.T) { e.enters(t) })
	t.Run("while podium is away", func(t *testing.T) { e.outlives(t) })
}

func (e *edge) coalesces(t *testing.T) {
	tokens := make([]string, 20)
	for i := range tokens {
		tokens[i] = e.token(time.Hour + time.Duration(i)*time.Second)
	}
	for name, path := range map[string]func(file string) func(int) string{
		"open": func(file string) func(int) string {
			return func(int) string { return "/live/hall1/" + file }
		},
		"protected": func(file string) func(int) string {
			return func(i int) string { return "/live/shut/~" + tokens[i%20] + "/" + file }
		},
	} {
		segment := e.newest(t)
		before := e.upstream(t)
		all, _ := e.crowd(t, path(segment))
		for _, r := range all {
			require.Equal(t, http.StatusOK, r.status, "%s: %s", name, r.body)
			require.True(t, bytes.Equal(all[0].body, r.body))
		}
		require.Equal(t, 1, e.upstream(t)-before, "%s segment", name)

		before = e.upstream(t)
		all, took := e.crowd(t, path("mono-rewind-30.m3u8"))
		for _, r := range all {
			require.Equal(t, http.StatusOK, r.status, "%s: %s", name, r.body)
		}
		// It is good for a second, and a busy machine takes longer than that for all.
		require.LessOrEqual(t, e.upstream(t)-before, 1+int(took.Seconds()), "%s playlist", name)
		require.Positive(t, e.upstream(t)-before)
	}
}

func (e *edge) keepsOut(t *testing.T) {
	segment := e.newest(t)
	good, short := e.token(time.Hour), e.token(4*time.Second)
	for _, token := range []string{good, short} {
		require.Equal(t, http.StatusOK, e.ask(t, "/live/shut/~"+token+"/"+segment).status)
	}
	for _, dir := range []string{"", "~/", "~" + strings.Repeat("A", 32) + "/", "~" + e.signer.Sign("hall1", time.Now().Add(time.Hour)) + "/"} {
		for _, file := range []string{segment, "mono.m3u8", "index.m3u8", "index.mpd", "mono.m3u8?_HLS_msn=1"} {
			r := e.ask(t, "/live/shut/"+dir+file, "Accept-Language", "en", "X-Podium-Edge", "1")
			require.Equal(t, http.StatusForbidden, r.status, file)
			require.Equal(t, "application/problem+json", r.header.Get("Content-Type"), "Podium says why")
			require.Equal(t, "no-store", r.header.Get("Cache-Control"))
		}
	}
	await(t, 20*time.Second, "the token to expire", func() bool {
		return e.ask(t, "/live/shut/~"+short+"/"+segment).status == http.StatusForbidden
	})
	r := e.ask(t, "/live/shut/~"+good+"/"+segment)
	require.Equal(t, http.StatusOK, r.status)
	require.Equal(t, "HIT", r.header.Get("X-Cache"), "what the expired token does not open is there for others")
	require.Equal(t, http.StatusNotFound, e.ask(t, "/live/none/index.m3u8").status)
	require.Equal(t, http.StatusOK, e.ask(t, "/live/shut/mono.m3u8?token="+good).status)
}

func (e *edge) isHonest(t *testing.T) {
	good := e.token(time.Hour)
	segment := e.newest(t)
	for path, cache := range map[string]string{
		"/live/hall1/" + segment:               "public, max-age=86400, immutable",
		"/live/shut/~" + good + "/" + segment:  "private, max-age=86400, immutable",
		"/live/hall1/mono.m3u8":                "public, max-age=1",
		"/live/hall1/index.m3u8":               "public, max-age=1",
		"/live/shut/~" + good + "/mono.m3u8":   "private, max-age=1",
		"/live/shut/~" + good + "/live/1.m3u8": "private, max-age=1",
	} {
		for range 2 {
			r := e.ask(t, path)
			require.Equal(t, http.StatusOK, r.status, path)
			require.Equal(t, []string{cache}, r.header.Values("Cache-Control"), path)
			require.NotContains(t, r.header.Get("ETag"), "W/")
			require.Equal(t, []string{"*"}, r.header.Values("Access-Control-Allow-Origin"))
			require.Equal(t, http.StatusNotModified, e.ask(t, path, "If-None-Match", r.header.Get("ETag")).status)
		}
	}
	part := e.ask(t, "/live/shut/~"+good+"/"+segment, "Range", "bytes=188-375")
	require.Equal(t, http.StatusPartialContent, part.status)
	require.Equal(t, "HIT", part.header.Get("X-Cache"))
	require.Len(t, part.body, 188)
	require.EqualValues(t, 0x47, part.body[0])
	r := e.ask(t, "https://"+e.secure+"/live/hall1/"+segment)
	require.Equal(t, http.StatusOK, r.status)
	require.Equal(t, 2, r.proto)
	require.Equal(t, "HIT", r.header.Get("X-Cache"))
	require.Equal(t, http.StatusOK, e.ask(t, "/healthz").status)
}

func (e *edge) enters(t *testing.T) {
	bound := e.signer.Grant(access.Grant{Scope: "shut", Device: "box-1", Expires: time.Now().Add(time.Hour)})
	path := "/live/shut/~" + bound + "/mono.m3u8"
	require.Equal(t, http.StatusForbidden, e.ask(t, path).status)
	r := e.ask(t, path, "X-Podium-Device", "box-1")
	require.Equal(t, http.StatusOK, r.status, "redirected to its session: %s", r.body)
	require.NotContains(t, string(r.body), "~")
	require.Equal(t, http.StatusOK, e.ask(t, path+"?device=box-1").status)
	require.Equal(t, http.StatusForbidden, e.ask(t, path).status, "nothing was kept of it")
}

// waits asks for what is not there yet: a playlist two segments ahead, and the part that the playlist hints at.
func (e *edge) waits(t *testing.T) {
	token := "~" + e.token(time.Hour) + "/"
	low := regexp.MustCompile(`(?m)^#EXT-X-PRELOAD-HINT:TYPE=PART,URI="([^"]+)"`)
	for dir, cache := range map[string]string{"/live/hall1/": "public, ", "/live/shut/" + token: "private, "} {
		var text string
		await(t, 30*time.Second, "a hint", func() bool {
			text = string(e.ask(t, dir+"live/1.m3u8").body)
			return low.MatchString(text)
		})
		r := e.ask(t, dir+"live/"+low.FindStringSubmatch(text)[1])
		require.Equal(t, http.StatusOK, r.status)
		require.Equal(t, "moof", string(r.body[4:8]))
		require.Equal(t, cache+"max-age=86400, immutable", r.header.Get("Cache-Control"))

		p, err := strict.ParseMedia([]byte(text))
		require.NoError(t, err)
		next := p.MediaSequence + uint64(len(p.Segments)) + 1
		path := fmt.Sprintf("%slive/1.m3u8?_HLS_msn=%d", dir, next)
		answers, began := make([]reply, 20), time.Now()
		var group sync.WaitGroup
		for i := range answers {
			group.Go(func() { answers[i] = e.ask(t, path) })
		}
		group.Wait()
		require.Greater(t, time.Since(began), 500*time.Millisecond, "it was to come")
		for _, r := range answers {
			require.Equal(t, http.StatusOK, r.status, "%s", r.body)
			require.Contains(t, string(r.body), fmt.Sprintf("-%d-1.m4s", next))
			require.Equal(t, cache+"max-age=12", r.header.Get("Cache-Control"), "six target durations")
		}
		require.Equal(t, "HIT", e.ask(t, path).header.Get("X-Cache"), "who comes later does not ask again")
	}
}

// outlives ends the server: it is the last.
func (e *edge) outlives(t *testing.T) {
	good, short := e.token(time.Hour), e.token(8*time.Second)
	expires := time.Now().Add(8 * time.Second)
	segment := e.newest(t)
	known := []string{"/live/hall1/" + segment, "/live/hall1/mono.m3u8", "/live/shut/~" + good + "/" + segment, "/live/shut/~" + good + "/mono.m3u8"}
	for _, path := range append(known, "/live/shut/~"+short+"/"+segment) {
		require.Equal(t, http.StatusOK, e.ask(t, path).status)
	}
	e.Kill()
	for time.Now().Before(expires.Add(2 * time.Second)) { // Past what the checks and the playlists are good for.
		for _, path := range known {
			r := e.ask(t, path)
			require.Equal(t, http.StatusOK, r.status, path)
			require.NotEmpty(t, r.body)
		}
		time.Sleep(time.Second)
	}
	r := e.ask(t, "/live/shut/~"+short+"/"+segment)
	require.NotEqual(t, http.StatusOK, r.status, "a token ends though nobody can be asked")
	r = e.ask(t, "/live/hall1/seg-1-1.ts")
	require.GreaterOrEqual(t, r.status, 500, "what is not there is not")
}
