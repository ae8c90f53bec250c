package station

import (
	"podium.tv/podium/config"
	"podium.tv/podium/origin/input"
)

// srtInput calls an SRT server, or waits to be called at a port of its own.
func (s *Station) srtInput(_ *config.Config, _ *config.Feed, in *config.Input) input.Input {
	return unbuilt{in.URL.String()}
}
