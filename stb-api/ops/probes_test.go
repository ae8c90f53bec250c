package ops_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/ops"
)

func TestHealthAndReadiness(t *testing.T) {
	var err error
	probes := &ops.Probes{Readiness: &ops.Readiness{TTL: 1, Checks: []ops.Check{
		{Name: "store", Required: true, Run: func(context.Context) error { return err }},
	}}}
	recorder := probesRequest(t, probes, "/healthz", "192.0.2.1:1", nil)
	require.Equal(t, 200, recorder.Code)
	require.Equal(t, "no-store", recorder.Header().Get("Cache-Control"))
	recorder = probesRequest(t, probes, "/readyz", "192.0.2.1:1", nil)
	require.Equal(t, 200, recorder.Code)
	require.Contains(t, recorder.Body.String(), `"ready":true,"degraded":false,"checks":[{"name":"store","ok":true,"required":true,"latencyMs":`)

	err = errAway
	recorder = probesRequest(t, probes, "/readyz", "192.0.2.1:1", nil)
	require.Equal(t, 503, recorder.Code)
	require.Contains(t, recorder.Body.String(), `"error":"failed"`)
	require.NotContains(t, recorder.Body.String(), "10.0.0.3")
	recorder = probesRequest(t, probes, "/readyz", "127.0.0.1:1", nil)
	require.Contains(t, recorder.Body.String(), errAway.Error())
	require.Equal(t, 200, probesRequest(t, probes, "/healthz", "192.0.2.1:1", nil).Code, "to restart this server does not mend the store")

	recorder = probesRequest(t, &ops.Probes{}, "/readyz", "127.0.0.1:1", nil)
	require.JSONEq(t, `{"ready":true,"degraded":false,"checks":[]}`, recorder.Body.String())
}
