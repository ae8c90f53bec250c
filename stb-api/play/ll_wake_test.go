package play_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	stbapi "podium.tv/podium/stb-api"
)

// Over TLS it is HTTP/2, where all the requests of a player that wait share one connection.
func TestReloadsWaitOverHTTP2(t *testing.T) {
	a := newLowAir(t)
	a.run(17500 * time.Millisecond)
	p := readLow(t, a.get("live/1.m3u8"))
	config, pool := certificate(t)
	server := &stbapi.Server{Slices: []stbapi.Slice{a.service}, TLS: config, StopWithin: 2 * time.Second}
	l := listen(t)
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = server.Serve(ctx, l)
	}()
	t.Cleanup(func() { stop(); <-stopped })
	var dialled sync.Map
	transport := &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, address)
			dialled.Store(c, true)
			return c, err
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport, Timeout: 20 * time.Second}
	base := "https://" + l.Addr().String() + "/live/edu1/"
	first, err := client.Get(base + "live/1.m3u8")
	require.NoError(t, err)
	_, _ = io.Copy(io.Discard, first.Body)
	require.NoError(t, first.Body.Close())
	require.Equal(t, 2, first.ProtoMajor)

	const players = 50
	got := make(chan error, players)
	for range players {
		go func() {
			res, err := client.Get(fmt.Sprintf("%slive/1.m3u8?_HLS_msn=%d&_HLS_part=%d", base, p.Making.Sequence, len(p.Making.Parts)))
			if err == nil {
				_, err = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				if res.StatusCode != http.StatusOK || res.ProtoMajor != 2 {
					err = fmt.Errorf("status %d of %s", res.StatusCode, res.Proto)
				}
			}
			got <- err
		}()
	}
	require.Eventually(t, func() bool { now, _ := a.service.Waiting(); return now == players }, 10*time.Second, time.Millisecond)
	a.run(500 * time.Millisecond)
	for range players {
		require.NoError(t, <-got)
	}
	connections := 0
	dialled.Range(func(any, any) bool { connections++; return true })
	require.Equal(t, 1, connections)
}

// certificate is one that the server made for itself.
func certificate(t testing.TB) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, pool
}

// BenchmarkWakeWaiters is how long it takes until 5,000 requests that wait for a part have the playlist that lists it.
func BenchmarkWakeWaiters(b *testing.B) {
	const players = 5000
	a := newLowAir(b)
	a.run(17500 * time.Millisecond)
	var took, cpu, longest time.Duration
	for b.Loop() {
		edge := a.line.Edge()
		have := 0
		if edge.Making != nil {
			have = len(edge.Making.Parts.Tracks[0])
		}
		target := fmt.Sprintf("/live/edu1/live/1.m3u8?_HLS_msn=%d&_HLS_part=%d", edge.Tail.Next, have)
		var done sync.WaitGroup
		for range players {
			done.Go(func() {
				w := &discard{header: http.Header{}}
				a.echo.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, http.NoBody))
				if w.status != http.StatusOK {
					b.Errorf("status %d", w.status)
				}
			})
		}
		for now := int64(0); now < players; now, _ = a.service.Waiting() {
			time.Sleep(time.Millisecond)
		}
		before, beforeCPU := time.Now(), cpuTime()
		a.run(500 * time.Millisecond)
		if a.line.Edge().Making == nil {
			a.run(500 * time.Millisecond) // The segment was whole.
		}
		done.Wait()
		one := time.Since(before)
		cpu += cpuTime() - beforeCPU
		took += one
		longest = max(longest, one)
	}
	b.ReportMetric(float64(took.Microseconds())/1000/float64(b.N), "ms/wake")
	b.ReportMetric(float64(cpu.Microseconds())/1000/float64(b.N), "cpu-ms/wake") // Other programs do not count.
	b.ReportMetric(float64(longest.Microseconds())/1000, "ms-longest")
}

// cpuTime is what this process has used of the processors.
func cpuTime() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// discard is a client that takes everything.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }
