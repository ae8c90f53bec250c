package object_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/storage/object"
)

func TestMeasured(t *testing.T) {
	reg := prometheus.NewRegistry()
	now := time.Unix(0, 0)
	remote := &faulty{Store: newFolder(t)}
	m := &object.Measured{
		Store: remote, Name: "minio", Metrics: object.NewMetrics(reg),
		Now: func() time.Time { now = now.Add(30 * time.Millisecond); return now },
	}
	ctx := t.Context()
	require.NoError(t, m.Put(ctx, "a", make([]byte, 100)))
	require.NoError(t, m.PutStream(ctx, "b", bytes.NewReader(make([]byte, 50)), 50))
	_, err := m.Get(ctx, "a", 0, 70)
	require.NoError(t, err)
	reader, _, err := m.Open(ctx, "a", 90)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, reader)
	require.NoError(t, err)
	require.NoError(t, reader.Close())
	_, err = m.Get(ctx, "none", 0, -1)
	require.ErrorIs(t, err, object.ErrNotFound)
	require.ErrorIs(t, m.Put(ctx, "..", nil), object.ErrBadName)
	remote.setFault(away)
	require.ErrorIs(t, m.Check(ctx), object.ErrAway)
	_, err = list(ctx, m, "//")
	require.ErrorIs(t, err, object.ErrBadName)

	require.NoError(t, testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP podium_store_bytes_total Bytes of objects read from and written to a store.
# TYPE podium_store_bytes_total counter
podium_store_bytes_total{direction="read",store="minio"} 80
podium_store_bytes_total{direction="written",store="minio"} 150
# HELP podium_store_errors_total Operations on a store that failed, by reason; not_found is often no fault.
# TYPE podium_store_errors_total counter
podium_store_errors_total{operation="check",reason="away",store="minio"} 1
podium_store_errors_total{operation="get",reason="not_found",store="minio"} 1
podium_store_errors_total{operation="list",reason="bad_name",store="minio"} 1
podium_store_errors_total{operation="put",reason="bad_name",store="minio"} 1
`), "podium_store_bytes_total", "podium_store_errors_total"))
	count, err := testutil.GatherAndCount(reg, "podium_store_operation_seconds")
	require.NoError(t, err)
	require.Equal(t, 6, count) // put, put_stream, get, open, check, list

	// Without metrics it is only a store.
	quiet := &object.Measured{Store: newFolder(t)}
	require.NoError(t, quiet.Put(ctx, "a", nil))
}
