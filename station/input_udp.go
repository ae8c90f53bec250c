package station

import (
	"podium.tv/podium/config"
	"podium.tv/podium/origin/input"
)

// udpInput receives MPEG-TS by UDP or RTP, from a group or at a port of its own.
func (s *Station) udpInput(_ *config.Config, _ *config.Feed, in *config.Input) input.Input {
	return unbuilt{in.URL.String()}
}
