package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const wrkReport = `Running 4s test @ http://127.0.0.1:8080/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.21ms    1.03ms  14.18ms   88.32%
    Req/Sec    58.60k     6.12k   71.48k    70.00%
  Latency Distribution
     50%    0.91ms
     75%    1.52ms
     90%    2.40ms
     99%    5.33ms
  233288 requests in 4.00s, 183.77MB read
Requests/sec:  58319.10
Transfer/sec:     45.94MB
`

func TestParseWrk(t *testing.T) {
	l, err := parseWrk(wrkReport)
	require.NoError(t, err)
	require.Equal(t, int64(233288), l.requests)
	require.InDelta(t, 58319.10, l.rate, 0.001)
	require.InDelta(t, 45.94*1024*1024, l.bytes, 1)
	require.Equal(t, 5330*time.Microsecond, l.p99)
}

func TestParseWrkRefusesFailures(t *testing.T) {
	for _, bad := range []string{
		"", "nonsense", wrkReport + "  Non-2xx or 3xx responses: 5\n",
		"  Socket errors: connect 0, read 3, write 0, timeout 0\n" + wrkReport,
	} {
		_, err := parseWrk(bad)
		require.Error(t, err)
	}
}

func TestMedian(t *testing.T) {
	require.Zero(t, median(nil))
	require.InDelta(t, 2, median([]float64{9, 1, 2}), 0)
	require.InDelta(t, 2.5, median([]float64{4, 1, 2, 3}), 0)
	require.InDelta(t, 0, ratio(1, 0), 0)
	require.InDelta(t, 0.5, pairs([]float64{1, 2, 30}, []float64{2, 4, 3}), 0)
}
