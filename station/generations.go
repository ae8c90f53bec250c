package station

import (
	"sync/atomic"

	"podium.tv/podium/config"
)

// generations are those of playback tokens, as the configuration has them now. They are asked for with every request.
type generations struct {
	now atomic.Pointer[map[string]uint32]
}

// everything is the key of the station's own generation, which no id can be.
const everything = ""

func (g *generations) set(c *config.Config) {
	all := uint32(c.Playback.TokenGeneration) << 16
	now := map[string]uint32{everything: all}
	for i := range c.Channels {
		if own := c.Channels[i].TokenGeneration; own != 0 {
			now[string(c.Channels[i].ID)] = all | uint32(own)
		}
	}
	g.now.Store(&now)
}

// of is a scope's: its own and the station's, or the station's alone.
func (g *generations) of(scope string) uint32 {
	now := g.now.Load()
	if now == nil {
		return 0
	}
	if own, ok := (*now)[scope]; ok {
		return own
	}
	return (*now)[everything]
}
