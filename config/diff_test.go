package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/config"
)

const before = `
feeds:
- {id: a, input: "rtsp://h/a"}
- {id: b, input: publish}
- {id: c, input: publish}
channels:
- {id: a1, number: 1, name: a, feed: a}
- {id: b1, number: 2, name: b, feed: b}
- {id: c1, number: 3, name: c, feed: c, live_window: 1m, archive: 1h}
`

func parsed(t *testing.T, text string) *config.Config {
	t.Helper()
	c, err := config.Parse("p", []byte(text), nil)
	require.NoError(t, err)
	return c
}

func TestDiff(t *testing.T) {
	for _, c := range []struct {
		name, after string
		want        config.Change
	}{
		{"nothing", "# A comment moves the lines.\n" + before + "http: {listen: \":8080\"}\n", config.Change{}},
		{
			"feeds and channels", `
feeds:
- {id: c, input: publish}
- {id: a, input: "rtsp://h/other"}
- {id: d, input: publish}
channels:
- {id: c1, number: 3, name: c, feed: c, live_window: 1m, archive: 1h}
- {id: d1, number: 4, name: d, feed: d}
- {id: a1, number: 9, name: a, feed: a}
`,
			config.Change{
				Feeds:    config.Delta{Added: []config.ID{"d"}, Removed: []config.ID{"b"}, Changed: []config.ID{"a"}},
				Channels: config.Delta{Added: []config.ID{"d1"}, Removed: []config.ID{"b1"}, Changed: []config.ID{"a1"}},
			},
		},
		{
			"packaging reaches what takes it over", before + "packaging: {live_window: 80s}\n",
			config.Change{
				Channels: config.Delta{Changed: []config.ID{"a1", "b1"}},
				Live:     []string{"packaging.live_window"},
			},
		},
		{
			"inputs reach the feeds that are fetched", before + "inputs: {allow: [127.0.0.1]}\n",
			config.Change{Feeds: config.Delta{Changed: []config.ID{"a"}}, Live: []string{"inputs.allow"}},
		},
		{
			"what asks for a restart", before + `
station: {name: other, zone: Asia/Urumqi}
http: {listen: ":81", tls: {cert: a, key: b}, base_url: http://x}
rtsp: {tls: {listen: ":322", cert: a, key: b}}
data_dir: /data
storage: {cache: {max_bytes: 1 GiB}}
catalogue: {url: "sqlite:///x.db"}
metrics: {listen: ":9100", allow: []}
log: {format: json, level: debug}
playback: {token_secret: "01234567890123456789012345678901", token_ttl: 1h}
`,
			config.Change{
				Live: []string{"station.name", "log.level", "http.base_url", "playback.token_ttl"},
				Restart: []string{
					"station.zone", "log.format", "http.listen", "http.tls.cert", "http.tls.key", "rtsp.tls.listen", "rtsp.tls.cert", "rtsp.tls.key",
					"data_dir", "storage.cache.max_bytes", "catalogue.url", "playback.token_secret", "metrics.listen", "metrics.allow",
				},
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := config.Diff(parsed(t, before), parsed(t, c.after))
			require.Equal(t, c.want, got)
			require.Equal(t, c.name == "nothing", got.IsZero())
		})
	}
}
