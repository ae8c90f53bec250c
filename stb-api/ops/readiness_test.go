package ops_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/ops"
)

var errAway = errors.New("dial tcp 10.0.0.3:9000: connection refused")

func TestReadiness(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var storeErr, catalogueErr error
	runs := atomic.Int32{}
	readiness := &ops.Readiness{
		Now: func() time.Time { return at },
		Checks: []ops.Check{
			{Name: "catalogue", Required: true, Run: func(context.Context) error { runs.Add(1); return catalogueErr }},
			{Name: "store", Run: func(context.Context) error { return storeErr }},
		},
	}
	report := readiness.Report(t.Context())
	require.True(t, report.Ready)
	require.False(t, report.Degraded)
	require.Equal(t, "catalogue", report.Checks[0].Name)
	require.True(t, report.Checks[0].Required)

	storeErr = errAway
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() { readiness.Report(context.Background()) })
	}
	group.Wait()
	require.Equal(t, int32(1), runs.Load(), "asked again within a second")

	at = at.Add(time.Second)
	report = readiness.Report(t.Context())
	require.True(t, report.Ready)
	require.True(t, report.Degraded)
	require.Equal(t, errAway.Error(), report.Checks[1].Error)

	at = at.Add(time.Second)
	catalogueErr = errAway
	require.False(t, readiness.Report(t.Context()).Ready)
	at = at.Add(time.Second)
	storeErr, catalogueErr = nil, nil
	require.True(t, readiness.Report(t.Context()).Ready)

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	at = at.Add(time.Second)
	require.True(t, readiness.Report(gone).Ready, "one who went away does not spoil it for others")

	readiness.Stop()
	report = readiness.Report(t.Context())
	require.False(t, report.Ready)
	require.Equal(t, "stopping", report.Checks[0].Error)
}

func TestCheckThatHangs(t *testing.T) {
	release := make(chan struct{})
	var started atomic.Int32
	readiness := &ops.Readiness{
		TTL: time.Nanosecond,
		Checks: []ops.Check{{Name: "store", Required: true, Timeout: 10 * time.Millisecond, Run: func(context.Context) error {
			started.Add(1)
			<-release // It does not heed its context.
			return nil
		}}},
	}
	require.Contains(t, readiness.Report(t.Context()).Checks[0].Error, "no answer within 10ms")
	require.Contains(t, readiness.Report(t.Context()).Checks[0].Error, "still waiting")
	require.Equal(t, int32(1), started.Load())
	close(release)
	require.Eventually(t, func() bool { return readiness.Report(t.Context()).Ready }, 5*time.Second, time.Millisecond)
}

func TestDependenciesAsMetrics(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(&ops.Dependencies{Readiness: &ops.Readiness{Checks: []ops.Check{
		{Name: "store", Required: true, Run: func(context.Context) error { return errAway }},
		{Name: "catalogue", Run: func(context.Context) error { return nil }},
	}}})
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	require.Empty(t, problems)
	families, err := registry.Gather()
	require.NoError(t, err)
	require.Len(t, families, 3)
}
