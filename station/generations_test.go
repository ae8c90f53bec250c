package station

import (
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/config"
)

func TestGenerations(t *testing.T) {
	var g generations
	require.Zero(t, g.of("edu1"))
	c := &config.Config{Channels: []config.Channel{{ID: "edu1", TokenGeneration: 3}, {ID: "edu2"}}}
	g.set(c)
	require.EqualValues(t, 3, g.of("edu1"))
	require.Zero(t, g.of("edu2"))
	require.Zero(t, g.of("*"))
	c.Playback.TokenGeneration = 2
	g.set(c)
	seen := map[uint32]bool{3: true, 0: true}
	require.NotContains(t, seen, g.of("edu1"))
	require.NotContains(t, seen, g.of("edu2"))
	require.NotContains(t, seen, g.of("vod/lecture"))
	require.Equal(t, g.of("edu2"), g.of("*"), "all tokens end together")
}
