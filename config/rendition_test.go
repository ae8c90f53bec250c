package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/config"
)

func TestLadders(t *testing.T) {
	c, err := config.Parse("p", []byte(`
feeds:
  - {id: a, input: publish}
  - {id: a2, input: publish}
  - {id: a3, input: publish}
  - {id: b, input: publish}
  - {id: b2, input: publish}
  - {id: alone, input: publish, archive: 1h}
channels:
  - {id: c1, number: 1, name: c1, feed: a, renditions: [{name: 720p, feed: a2}]}
  - {id: c2, number: 2, name: c2, feed: b, renditions: [{name: 720p, feed: b2}]}
  - {id: c3, number: 3, name: c3, feed: alone}
  - {id: c4, number: 4, name: c4, feed: a2, renditions: [{name: 480p, feed: a3}]}
  - {id: c5, number: 5, name: c5, feed: b, renditions: [{name: 480p, feed: alone}]}
`), nil)
	require.NoError(t, err)
	of := c.Ladders()
	require.Equal(t, of["a"], of["a2"])
	require.Equal(t, of["a"], of["a3"], "feeds that channels have in common are of one ladder")
	require.Equal(t, of["b"], of["b2"])
	require.Equal(t, of["b"], of["alone"])
	require.NotEqual(t, of["a"], of["b"])
	require.Equal(t, c.Feeds[5].Archive, c.Channels[4].Archive, "no longer than that of its shortest feed")
	require.True(t, c.Channels[0].LowLatency)
	require.True(t, c.Channels[2].LowLatency)
	require.Equal(t, []config.ID{"a", "a2"}, c.Channels[0].Feeds())
}
