package object_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/lifecycle"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/storage/object"
	"podium.tv/podium/testserver"
)

func TestBucketChecksItsFields(t *testing.T) {
	good := func() *object.Bucket {
		return &object.Bucket{Endpoint: "https://minio.example:9000", Name: "podium", AccessKey: "k", SecretKey: "s"}
	}
	require.NoError(t, good().Initialize())
	for _, ca := range []struct {
		change func(*object.Bucket)
		want   string
	}{
		{func(b *object.Bucket) { b.Endpoint = "minio.example:9000" }, "expected http://HOST:PORT"},
		{func(b *object.Bucket) { b.Endpoint = "" }, "expected http://HOST:PORT"},
		{func(b *object.Bucket) { b.Endpoint = "http://minio/path" }, "expected http://HOST:PORT"},
		{func(b *object.Bucket) { b.Endpoint = "http://user:hunter2@minio" }, "expected http://HOST:PORT"},
		{func(b *object.Bucket) { b.Name = "Podium" }, "expected 3 to 63"},
		{func(b *object.Bucket) { b.Prefix = "../other" }, "prefix"},
		{func(b *object.Bucket) { b.AccessKey = "" }, "no access key"},
		{func(b *object.Bucket) { b.SecretKey = "" }, "no access key"},
		{func(b *object.Bucket) { b.PartSize = 1000 }, "part size is 1000 bytes, expected 5242880"},
		{func(b *object.Bucket) { b.Expiry = []object.Expiry{{Prefix: "a/", Days: 0}} }, "0 days, expected 1 or more"},
		{func(b *object.Bucket) { b.Expiry = []object.Expiry{{Prefix: "//", Days: 1}} }, "expiry"},
		{func(b *object.Bucket) { b.CAFile = "/does/not/exist" }, "certificate authorities"},
		{func(b *object.Bucket) { b.AccessKey, b.SecretKey = "minioadmin", "minioadmin" }, "which everybody knows"},
		{func(b *object.Bucket) { b.SecretKey, b.AllowDefaultCredentials = "minioadmin", true }, "which everybody knows"},
		{func(b *object.Bucket) { b.Endpoint, b.SecretKey = "http://127.0.0.1:9000", "minioadmin" }, "set others, or allow"},
	} {
		b := good()
		ca.change(b)
		err := b.Initialize()
		require.ErrorContains(t, err, ca.want)
		require.NotContains(t, err.Error(), "hunter2")
	}
	for _, host := range []string{"127.0.0.1:9000", "localhost", "[::1]:9000"} {
		b := good()
		b.Endpoint, b.AccessKey, b.SecretKey = "http://"+host, "minioadmin", "minioadmin"
		b.AllowDefaultCredentials = true
		require.NoError(t, b.Initialize(), host)
	}
}

// xmlError is an answer of a store.
func xmlError(code string) string {
	return "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>m</Message><RequestId>1</RequestId></Error>"
}

// answers is a store whose bucket is fine, and that answers to all that concerns objects as the handler says.
func answers(t *testing.T, handler http.HandlerFunc) *object.Bucket {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Trim(r.URL.Path, "/") != "podium" {
			handler(w, r)
			return
		}
		if r.URL.Query().Has("lifecycle") {
			w.WriteHeader(http.StatusNotImplemented)
			_, _ = io.WriteString(w, xmlError("NotImplemented"))
		}
	}))
	t.Cleanup(server.Close)
	b := &object.Bucket{
		Endpoint: server.URL, Name: "podium", AccessKey: "k", SecretKey: "s", Tries: 1, Timeout: 300 * time.Millisecond,
	}
	require.NoError(t, b.Initialize())
	return b
}

func TestBucketErrors(t *testing.T) {
	for _, ca := range []struct {
		name   string
		status int
		body   string
		want   error // nil: refused for good
	}{
		{"no such key", 404, xmlError("NoSuchKey"), object.ErrNotFound},
		{"no such bucket", 404, xmlError("NoSuchBucket"), object.ErrAway},
		{"a proxy's 404", 404, "<html>default backend - 404</html>", object.ErrAway},
		{"a proxy's empty 404", 404, "", object.ErrAway},
		{"a proxy's sign-in page", 302, "", object.ErrAway},
		{"wrong secret", 403, xmlError("SignatureDoesNotMatch"), object.ErrAway},
		{"unknown key", 403, xmlError("InvalidAccessKeyId"), object.ErrAway},
		{"wrong clock", 403, xmlError("RequestTimeTooSkewed"), object.ErrAway},
		{"unauthorized", 401, "", object.ErrAway},
		{"server fault", 500, xmlError("InternalError"), object.ErrAway},
		{"bad gateway", 502, "<html>", object.ErrAway},
		{"slow down", 503, xmlError("SlowDown"), object.ErrAway},
		{"too many", 429, "", object.ErrAway},
		{"full", 507, xmlError("XMinioStorageFull"), object.ErrFull},
		{"quota", 400, xmlError("XMinioAdminBucketQuotaExceeded"), object.ErrFull},
		{"parent", 400, xmlError("XMinioParentIsObject"), object.ErrBadName},
		{"too large", 400, xmlError("EntityTooLarge"), nil},
		{"teapot", 418, "", nil},
	} {
		t.Run(ca.name, func(t *testing.T) {
			b := answers(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(ca.status)
				_, _ = io.WriteString(w, ca.body)
			})
			_, getErr := b.Get(t.Context(), "live/a", 0, -1)
			for _, err := range []error{getErr, b.Put(t.Context(), "live/a", []byte("x"))} {
				require.ErrorContains(t, err, "live/a")
				if ca.want != nil {
					require.ErrorIs(t, err, ca.want)
				}
				for _, other := range []error{object.ErrNotFound, object.ErrAway, object.ErrFull, object.ErrBadName} {
					if !errors.Is(other, ca.want) {
						require.NotErrorIs(t, err, other)
					}
				}
			}
		})
	}
}

func TestBucketBrokenAnswers(t *testing.T) {
	headers := func(w http.ResponseWriter, size int) {
		w.Header().Set("Last-Modified", "Mon, 23 Nov 2026 04:00:00 GMT")
		w.Header().Set("Content-Length", fmt.Sprint(size))
		w.Header().Set("ETag", `"x"`)
	}
	t.Run("breaks off", func(t *testing.T) {
		var gets atomic.Int32
		b := answers(t, func(w http.ResponseWriter, _ *http.Request) {
			gets.Add(1)
			headers(w, 1000)
			_, _ = w.Write(make([]byte, 500))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		})
		b.Tries = 3
		_, err := b.Get(t.Context(), "a", 0, -1)
		require.ErrorIs(t, err, object.ErrAway)
		require.EqualValues(t, 3, gets.Load())
	})
	t.Run("falls silent", func(t *testing.T) {
		b := answers(t, func(w http.ResponseWriter, r *http.Request) {
			headers(w, 1000)
			_, _ = w.Write(make([]byte, 500))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		})
		start := time.Now()
		_, err := b.Get(t.Context(), "a", 0, -1)
		require.ErrorIs(t, err, object.ErrAway)
		require.ErrorContains(t, err, "silent")
		require.Less(t, time.Since(start), 5*time.Second)
	})
	t.Run("dribbles", func(t *testing.T) {
		// Slow is not silent: it takes three times the timeout and is fine.
		b := answers(t, func(w http.ResponseWriter, _ *http.Request) {
			headers(w, 9)
			for range 9 {
				_, _ = w.Write([]byte("x"))
				_ = http.NewResponseController(w).Flush()
				time.Sleep(100 * time.Millisecond)
			}
		})
		body, err := b.Get(t.Context(), "a", 0, -1)
		require.NoError(t, err)
		require.Len(t, body, 9)
	})
	t.Run("nobody listens", func(t *testing.T) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.NoError(t, ln.Close())
		b := &object.Bucket{Endpoint: "http://" + ln.Addr().String(), Name: "podium", AccessKey: "k", SecretKey: "s"}
		require.NoError(t, b.Initialize())
		start := time.Now()
		require.ErrorIs(t, b.Put(t.Context(), "a", nil), object.ErrAway)
		require.ErrorIs(t, b.Check(t.Context()), object.ErrAway)
		require.Less(t, time.Since(start), 10*time.Second)
	})
	t.Run("the caller's deadline", func(t *testing.T) {
		b := answers(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		b.Timeout = time.Minute
		require.NoError(t, b.Prepare(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := b.Get(ctx, "a", 0, -1)
		require.ErrorIs(t, err, object.ErrAway)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

// TestBucketBodyIsTheCallersAgain fills the slice anew right after a Put that failed.
func TestBucketBodyIsTheCallersAgain(t *testing.T) {
	over := make(chan struct{})
	b := answers(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.CopyN(io.Discard, r.Body, 10)
		<-over // a server does not notice that the client is gone while it leaves the body unread
	})
	defer close(over)
	body := make([]byte, 4<<20)
	for range 3 {
		require.ErrorIs(t, b.Put(t.Context(), "a", body), object.ErrAway)
		_, _ = rand.Read(body) // the race detector watches
	}
}

func TestBucketTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Last-Modified", "Mon, 23 Nov 2026 04:00:00 GMT")
		_, _ = io.WriteString(w, "body")
	}))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	defer server.Close()
	b := &object.Bucket{Endpoint: server.URL, Name: "podium", AccessKey: "k", SecretKey: "s", Tries: 1}
	require.NoError(t, b.Initialize())
	require.ErrorIs(t, b.Check(t.Context()), object.ErrAway)

	ca := filepath.Join(t.TempDir(), "ca.pem")
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	require.NoError(t, os.WriteFile(ca, cert, 0o600))
	b = &object.Bucket{Endpoint: server.URL, Name: "podium", AccessKey: "k", SecretKey: "s", Tries: 1, CAFile: ca}
	require.NoError(t, b.Initialize())
	body, err := b.Get(t.Context(), "a", 0, -1)
	require.NoError(t, err)
	require.Equal(t, "body", string(body))

	require.NoError(t, os.WriteFile(ca, []byte("no certificate"), 0o600))
	require.ErrorContains(t, b.Initialize(), "holds no certificate")
}

// TestBucketOnMinIO is what only a real server shows.
func TestBucketOnMinIO(t *testing.T) {
	server := testserver.StartMinIO(t)
	client, err := minio.New(strings.TrimPrefix(server.Endpoint, "http://"), &minio.Options{
		Creds: credentials.NewStaticV4(server.AccessKey, server.SecretKey, ""), Region: "us-east-1",
	})
	require.NoError(t, err)
	ctx := t.Context()

	t.Run("keys have the prefix", func(t *testing.T) {
		b := newBucket(t, server)
		require.NoError(t, b.Put(ctx, "live/a", []byte("x")))
		stat, err := client.StatObject(ctx, b.Name, "house/one/live/a", minio.StatObjectOptions{})
		require.NoError(t, err)
		require.EqualValues(t, 1, stat.Size)
		// What lies beside the prefix is not ours.
		_, err = client.PutObject(ctx, b.Name, "house/one-more", bytes.NewReader(nil), 0, minio.PutObjectOptions{})
		require.NoError(t, err)
		_, err = client.PutObject(ctx, b.Name, "house/one/by hand.txt", bytes.NewReader(nil), 0, minio.PutObjectOptions{})
		require.NoError(t, err)
		names, err := list(ctx, b, "")
		require.NoError(t, err)
		require.Equal(t, []string{"live/a"}, names)
	})

	t.Run("large objects are multipart", func(t *testing.T) {
		b := newBucket(t, server)
		body := randomBody(1, 11<<20)
		require.NoError(t, b.Put(ctx, "put", body))
		require.NoError(t, b.PutStream(ctx, "stream", struct{ io.Reader }{bytes.NewReader(body)}, -1))
		for _, name := range []string{"put", "stream"} {
			stat, err := client.StatObject(ctx, b.Name, "house/one/"+name, minio.StatObjectOptions{})
			require.NoError(t, err)
			require.True(t, strings.HasSuffix(stat.ETag, "-3"), stat.ETag) // of three parts
			got, err := b.Get(ctx, name, 6<<20, 100)
			require.NoError(t, err)
			require.Equal(t, body[6<<20:6<<20+100], got)
		}
	})

	t.Run("streams take constant memory", func(t *testing.T) {
		b := newBucket(t, server)
		stop := make(chan struct{})
		var most uint64
		var watcher sync.WaitGroup
		watcher.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
					var m runtime.MemStats
					runtime.GC()
					runtime.ReadMemStats(&m)
					most = max(most, m.HeapAlloc)
				}
			}
		})
		const size = 200 << 20
		require.NoError(t, b.PutStream(ctx, "large", io.LimitReader(zeros{}, size), -1))
		close(stop)
		watcher.Wait()
		info, err := b.Stat(ctx, "large")
		require.NoError(t, err)
		require.EqualValues(t, size, info.Size)
		require.Less(t, most, uint64(64<<20))
	})

	t.Run("lifecycle", func(t *testing.T) {
		b := newBucket(t, server)
		b.Expiry = []object.Expiry{{Prefix: "live/", Days: 7}}
		require.NoError(t, b.Prepare(ctx))
		rules := func() map[string]lifecycle.Rule {
			config, err := client.GetBucketLifecycle(ctx, b.Name)
			require.NoError(t, err)
			found := map[string]lifecycle.Rule{}
			for _, rule := range config.Rules {
				found[rule.ID] = rule
			}
			return found
		}
		require.Len(t, rules(), 1)
		for id, rule := range rules() {
			require.True(t, strings.HasPrefix(id, "podium-expire-"))
			require.EqualValues(t, 7, rule.Expiration.Days)
			require.Equal(t, "house/one/live/", rule.RuleFilter.Prefix)
		}

		// The operator's own rule stays; ours follow the config.
		config, err := client.GetBucketLifecycle(ctx, b.Name)
		require.NoError(t, err)
		config.Rules = append(config.Rules, lifecycle.Rule{
			ID: "operator", Status: "Enabled",
			RuleFilter: lifecycle.Filter{Prefix: "logs/"}, Expiration: lifecycle.Expiration{Days: 3},
		})
		require.NoError(t, client.SetBucketLifecycle(ctx, b.Name, config))
		again := &object.Bucket{
			Endpoint: b.Endpoint, AccessKey: b.AccessKey, SecretKey: b.SecretKey, Name: b.Name, Prefix: b.Prefix,
			Expiry: []object.Expiry{{Prefix: "live/", Days: 14}, {Prefix: "temporary/", Days: 1}},
		}
		require.NoError(t, again.Initialize())
		require.NoError(t, again.Prepare(ctx))
		require.Len(t, rules(), 3)
		require.EqualValues(t, 3, rules()["operator"].Expiration.Days)
	})

	t.Run("wrong credentials are away", func(t *testing.T) {
		b := newBucket(t, server)
		require.NoError(t, b.Put(ctx, "a", nil))
		wrong := &object.Bucket{Endpoint: b.Endpoint, Name: b.Name, AccessKey: b.AccessKey, SecretKey: "wrong", Tries: 2}
		require.NoError(t, wrong.Initialize())
		require.ErrorIs(t, wrong.Put(ctx, "a", nil), object.ErrAway)
		_, err := wrong.Stat(ctx, "a")
		require.ErrorIs(t, err, object.ErrAway)
		_, err = list(ctx, wrong, "")
		require.ErrorIs(t, err, object.ErrAway)
		require.ErrorIs(t, wrong.Check(ctx), object.ErrAway)
	})

	t.Run("a bucket that is lost is made again", func(t *testing.T) {
		b := newBucket(t, server)
		require.NoError(t, b.Prepare(ctx))
		require.NoError(t, client.RemoveBucket(ctx, b.Name))
		require.ErrorIs(t, b.Put(ctx, "a", []byte("x")), object.ErrAway)
		require.NoError(t, b.Put(ctx, "a", []byte("x")))
	})

	t.Run("many nodes at once", func(t *testing.T) {
		b := newBucket(t, server)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				node := &object.Bucket{Endpoint: b.Endpoint, Name: b.Name, AccessKey: b.AccessKey, SecretKey: b.SecretKey}
				if err := errors.Join(node.Initialize(), node.Put(ctx, fmt.Sprint(i), []byte("x"))); err != nil {
					t.Errorf("node %d: %v", i, err)
				}
			})
		}
		wg.Wait()
	})

	t.Run("frozen", func(t *testing.T) {
		b := newBucket(t, server)
		b.Timeout = time.Second
		require.NoError(t, b.Put(ctx, "a", []byte("x")))
		reader, _, err := b.Open(ctx, "a", 0)
		require.NoError(t, err)
		defer reader.Close()
		server.Freeze()
		start := time.Now()
		_, err = b.Get(ctx, "a", 0, -1)
		require.ErrorIs(t, err, object.ErrAway)
		require.ErrorIs(t, b.Put(ctx, "a", []byte("y")), object.ErrAway)
		require.ErrorIs(t, b.Check(ctx), object.ErrAway)
		_, err = list(ctx, b, "")
		require.ErrorIs(t, err, object.ErrAway)
		require.Less(t, time.Since(start), 10*time.Second)
		server.Thaw()
		require.NoError(t, b.Check(ctx))
	})
}
