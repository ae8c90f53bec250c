package config_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/config"
)

func TestEnvironmentOverridesTheFile(t *testing.T) {
	c, err := config.Parse("p", []byte(`
http: {listen: nonsense, trusted_proxies: [10.0.0.0/8]}
storage: {s3: {secret_key_file: /nowhere}}
packaging: {archive: 1h}
feeds: [{id: f, input: publish}]
`), []string{
		"PATH=/bin", "PODIUM_HTTP_LISTEN=:80", "PODIUM_HTTP_TRUSTED_PROXIES=192.0.2.0/24, ::1",
		"PODIUM_STORAGE_S3_SECRET_KEY=open=sesame", "PODIUM_STORAGE_S3_PATH_STYLE=false", "PODIUM_PACKAGING_ARCHIVE=2h",
		"PODIUM_DATA_DIR=/data", "PODIUM_STATION_NAME=台", "PODIUM_METRICS_ALLOW=", "PODIUM_TEST=full", "PODIUM_TOOLS=/opt",
		"PODIUM_HTTP_PORT_80_TCP_ADDR=10.1.1.1", "PODIUM_SERVICE_HOST=10.1.1.1",
	})
	require.NoError(t, err)
	require.Equal(t, config.HostPort(":80"), c.HTTP.Listen, "what the environment replaces need not be right")
	require.Equal(t, []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("::1/128")},
		config.Prefixes(c.HTTP.TrustedProxies))
	require.Equal(t, "open=sesame", c.Storage.S3.SecretKey.Reveal())
	require.Empty(t, c.Storage.S3.SecretKeyFile, "the environment's secret takes the place of the file's")
	require.False(t, c.Storage.S3.PathStyle)
	require.Equal(t, "2h", c.Feed("f").Archive.String(), "what depends on a key follows the environment too")
	require.Equal(t, "/data", c.DataDir)
	require.Equal(t, "台", c.Station.Name)
	require.Empty(t, c.Metrics.Allow)
}

func TestEnvironmentProblems(t *testing.T) {
	for env, want := range map[string]string{
		"PODIUM_HTTP_LISTEN=8080":                             `environment: PODIUM_HTTP_LISTEN: http.listen: expected an address to listen at such as :8080 or 127.0.0.1:8080, got "8080"`,
		"PODIUM_HTTP_LISTN=:80":                               `environment: PODIUM_HTTP_LISTN: sets no key, did you mean PODIUM_HTTP_LISTEN?`,
		"PODIUM_STORAGE_WHATEVER=1":                           `environment: PODIUM_STORAGE_WHATEVER: sets no key`,
		"PODIUM_DATADIR=/x":                                   `environment: PODIUM_DATADIR: sets no key, did you mean PODIUM_DATA_DIR?`,
		"PODIUM_METRICS_ALLOW=10.0.0.0/8,x":                   `environment: PODIUM_METRICS_ALLOW: metrics.allow: expected a range of IP addresses such as 10.0.0.0/8, got "x"`,
		"PODIUM_HTTP_TIMEOUTS_READ=0s":                        `environment: PODIUM_HTTP_TIMEOUTS_READ: http.timeouts.read: expected 1s to 1h, got "0s"`,
		"PODIUM_CATALOGUE_URL=mysql://a:b@c":                  `environment: PODIUM_CATALOGUE_URL: catalogue.url: expected sqlite://PATH or postgres://user:password@host:5432/database, got one that is not shown here`,
		"PODIUM_PLAYBACK_TOKEN_SECRET=hunter2":                `environment: PODIUM_PLAYBACK_TOKEN_SECRET: playback.token_secret: expected a secret of at least 32 characters, got 7`,
		"PODIUM_CATALOGUE_CONNECTIONS=1000000":                `environment: PODIUM_CATALOGUE_CONNECTIONS: catalogue.connections: expected 1 to 1000, got "1000000"`,
		"PODIUM_METRICS_LISTEN=127.0.0.1:8554":                `environment: PODIUM_METRICS_LISTEN: metrics.listen: expected an address of its own, got "127.0.0.1:8554", which rtsp.listen listens at`,
		"PODIUM_INPUTS_ALLOW_LOOPBACK=1":                      `environment: PODIUM_INPUTS_ALLOW_LOOPBACK: inputs.allow_loopback: expected true or false, got "1"`,
		"PODIUM_METRICS_ALLOW=" + strings.Repeat("::1,", 300): `environment: PODIUM_METRICS_ALLOW: metrics.allow: expected at most 256 entries, got more`,
	} {
		_, err := config.Parse("p", nil, []string{env})
		require.EqualError(t, err, want)
	}
}

func TestVariables(t *testing.T) {
	all := config.Variables()
	require.Subset(t, all, []string{"PODIUM_HTTP_LISTEN", "PODIUM_DATA_DIR", "PODIUM_STORAGE_S3_SECRET_KEY", "PODIUM_HTTP_TLS_CERT"})
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(all))), len(all), "no two keys share a name")
	for _, name := range all {
		require.NotContains(t, name, "FEEDS")
		require.NotContains(t, name, "CHANNELS")
	}
}
