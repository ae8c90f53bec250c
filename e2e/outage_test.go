package e2e_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/storage/object"
	"podium.tv/podium/testserver"
)

// bucketName is where the tests keep what was aired.
const bucketName = "aired"

// minioStorage is the section of the configuration that keeps everything in a MinIO.
func minioStorage(m *testserver.MinIO) string {
	return fmt.Sprintf("  kind: s3\n  s3:\n    endpoint: %s\n    bucket: %s\n    access_key: %s\n    secret_key: %s\n    tls: false\n    timeout: 3s\n",
		strings.TrimPrefix(m.Endpoint, "http://"), bucketName, m.AccessKey, m.SecretKey)
}

// bucketOf is a client of its own to the same bucket.
func bucketOf(t testing.TB, m *testserver.MinIO) *object.Bucket {
	t.Helper()
	b := &object.Bucket{Endpoint: m.Endpoint, Name: bucketName, AccessKey: m.AccessKey, SecretKey: m.SecretKey}
	require.NoError(t, b.Initialize())
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// TestStoreAway stops the real MinIO for a minute while strict viewers watch, and kills the server in the middle of it.
// Live misses nothing, what waits is counted, and when MinIO is back everything of the outage gets there, in order.
func TestStoreAway(t *testing.T) {
	t.Parallel()
	outage := 15 * time.Second
	if full() {
		outage = time.Minute
	}
	m := testserver.StartMinIO(t)
	s := newServed(t, podiumBinary(t), served{feeds: []string{"hall1"}, storage: minioStorage(m)})
	s.Start()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.publish(ctx, "hall1")
	s.awaitSegments("hall1", 3)
	require.Equal(t, readiness{Ready: true}, s.readiness(), "nothing is wrong before")

	mono, track := watch(t, s.URL+"/live/hall1/mono.m3u8"), watch(t, s.URL+"/live/hall1/live/1.m3u8")
	mono.awaitMore(t, 3, 20*time.Second)

	stored, _ := mono.seen()
	m.Stop()
	gone := time.Now()
	await(t, 20*time.Second, "readiness that tells of the store", func() bool { return s.readiness().Degraded })
	require.Equal(t, readiness{Ready: true, Degraded: true, Failing: "store"}, s.readiness(), "viewers are served all the same")
	await(t, 20*time.Second, "objects in the spool", func() bool { return s.metric("podium_store_spool_objects") >= 3 })
	some := s.metric("podium_store_spool_objects")
	mono.awaitMore(t, 3, 20*time.Second)
	require.Greater(t, s.metric("podium_store_spool_objects"), some, "the spool's depth rises with each segment")
	require.NotZero(t, s.metric("podium_store_spool_bytes"))

	// Until here nobody has noticed anything.
	time.Sleep(max(0, outage/2-time.Since(gone)))
	require.Empty(t, mono.breaks(), "of the muxed form")
	require.Empty(t, track.breaks(), "of the picture")

	mono.leave()
	track.leave()
	// What is in MinIO alone is told to be away, never to be missing; what waits in the spool is served as before.
	mono.stored, track.stored = stored+1, stored+1
	s.Kill()
	s.Start()
	begin := s.settledEnd("hall1")
	mono.enter()
	track.enter()
	mono.awaitMore(t, 2, 30*time.Second)
	require.Equal(t, readiness{Ready: true, Degraded: true, Failing: "store"}, s.readiness())
	time.Sleep(max(0, outage-time.Since(gone)))
	mono.awaitMore(t, 1, 20*time.Second)

	waiting := s.metric("podium_store_spool_objects")
	m.Start()
	back := time.Now()
	await(t, 60*time.Second, "an empty spool", func() bool { return s.metric("podium_store_spool_objects") == 0 })
	t.Logf("%.0f objects waited after %v without the store; all were there %v after its return",
		waiting, back.Sub(gone).Round(time.Second), time.Since(back).Round(100*time.Millisecond))
	await(t, 10*time.Second, "readiness", func() bool { return s.readiness() == readiness{Ready: true} })
	mono.awaitMore(t, 2, 20*time.Second)
	mono.content(t)
	track.content(t)
	require.Equal(t, []uint64{begin}, mono.breaks(), "the restart is the only break")

	uploadedInOrder(t, bucketOf(t, m), gone, back)

	// What was put out during the outage is in the archive, byte for byte, also for a server that has nothing in memory.
	code, took := s.Stop()
	require.Zero(t, code)
	require.Less(t, took, 10*time.Second)
	s.Start()
	span := int(back.Sub(gone).Seconds())
	archive := fmt.Sprintf("/live/hall1/mono-archive-%d-%d.m3u8", gone.Unix(), span)
	await(t, 20*time.Second, "the archive", func() bool { return s.playlist(archive) != nil })
	list := s.playlist(archive)
	require.InDelta(t, float64(span), list.Duration().Seconds(), 14, "all of the outage but the restart in it")
	compared := 0
	for i := range list.Segments {
		status, body, _ := s.Get("/live/hall1/" + list.Segments[i].URI)
		require.Equal(t, http.StatusOK, status, list.Segments[i].URI)
		for n := mono.first; n < mono.end; n++ {
			if seen := mono.segments[n]; nameOf(seen.url) == nameOf(list.Segments[i].URI) {
				require.Equal(t, seen.digest, fmt.Sprintf("%x", sha256.Sum256(body)), "segment %d in the archive", n)
				compared++
			}
		}
	}
	require.Equal(t, len(list.Segments), compared)
}

// uploadedInOrder checks that the bucket has every segment of the outage, and got them in the order of their sequence.
func uploadedInOrder(t *testing.T, b *object.Bucket, gone, back time.Time) {
	t.Helper()
	modified := map[int]time.Time{}
	for info, err := range b.List(context.Background(), "feeds/hall1/media/") {
		require.NoError(t, err)
		file := info.Name[strings.LastIndexByte(info.Name, '/')+1:]
		n, err := strconv.Atoi(strings.TrimSuffix(file, ".cmaf"))
		require.NoError(t, err, info.Name)
		modified[n] = info.Modified
	}
	late := 0
	for n := range len(modified) {
		at, there := modified[n]
		require.True(t, there, "segment %d of %d is not in the bucket", n, len(modified))
		require.False(t, at.After(gone.Add(time.Second)) && at.Before(back.Add(-6*time.Second)), "stored while the store was away")
		if n > 0 {
			require.False(t, at.Before(modified[n-1]), "segment %d was stored before segment %d", n, n-1)
		}
		if at.After(back.Add(-6 * time.Second)) {
			late++
		}
	}
	require.Greater(t, late, 5)
}

// readiness is what /readyz says in short; Failing are the names of what does not work.
type readiness struct {
	Ready, Degraded bool
	Failing         string
}

func (s *servedPodium) readiness() readiness {
	s.t.Helper()
	status, body, _ := s.Get("/readyz")
	var report struct {
		Ready    bool `json:"ready"`
		Degraded bool `json:"degraded"`
		Checks   []struct {
			Name string `json:"name"`
			OK   bool   `json:"ok"`
		} `json:"checks"`
	}
	require.NoError(s.t, json.Unmarshal(body, &report))
	require.Equal(s.t, report.Ready, status == http.StatusOK)
	r := readiness{Ready: report.Ready, Degraded: report.Degraded}
	for _, c := range report.Checks {
		if !c.OK {
			r.Failing = strings.TrimSpace(r.Failing + " " + c.Name)
		}
	}
	return r
}

// metric is the sum of a metric's series.
func (s *servedPodium) metric(name string) float64 {
	s.t.Helper()
	_, body, _ := s.Get("/metrics")
	sum := 0.0
	for line := range strings.Lines(string(body)) {
		series, value, found := strings.Cut(strings.TrimSpace(line), " ")
		if label, _, _ := strings.Cut(series, "{"); !found || label != name {
			continue
		}
		if i := strings.LastIndexByte(line, '}'); i >= 0 {
			value = strings.TrimSpace(line[i+1:])
		}
		n, err := strconv.ParseFloat(value, 64)
		require.NoError(s.t, err, line)
		sum += n
	}
	return sum
}

// TestBigHouse is the large form, with everything that people edit in PostgreSQL and everything aired in MinIO.
func TestBigHouse(t *testing.T) {
	t.Parallel()
	m := testserver.StartMinIO(t)
	database := testserver.Postgres(t)
	s := newServed(t, podiumBinary(t), served{
		feeds: []string{"hall1", "hall2"}, storage: minioStorage(m), catalogue: fmt.Sprintf("  url: %q\n", database),
	})
	s.Start()
	require.NotEmpty(t, s.Setup)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.publish(ctx, "hall1")
	s.publish(ctx, "hall2")
	s.awaitSegments("hall1", 3)
	s.awaitSegments("hall2", 3)
	one, two := watch(t, s.URL+"/live/hall1/mono.m3u8"), watch(t, s.URL+"/live/hall2/live/1.m3u8")
	one.awaitMore(t, 3, 30*time.Second)
	two.awaitMore(t, 1, 30*time.Second)
	one.content(t)
	two.content(t)
	require.Empty(t, one.breaks())
	require.Equal(t, readiness{Ready: true}, s.readiness())
	status, body, _ := s.Get("/api/v1/channels")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, string(body), "频道2")
	status, body, _ = s.Get("/epg/guide.xml")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, string(body), `<channel id="hall1.podium.tv">`)

	code, took := s.Stop()
	require.Zero(t, code)
	require.Less(t, took, 10*time.Second)
	end := one.end
	s.Start()
	require.NotEmpty(t, s.Setup, "there is still no account")
	s.awaitSegments("hall1", 3)
	await(t, 30*time.Second, "the sequence to go on", func() bool { return s.playlist("/live/hall1/mono.m3u8").End() > end })
}
