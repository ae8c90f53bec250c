package station

import (
	"podium.tv/podium/config"
	"podium.tv/podium/origin/input"
)

// rtmpInput fetches a stream from an RTMP server.
func (s *Station) rtmpInput(_ *config.Config, _ *config.Feed, in *config.Input) input.Input {
	return unbuilt{in.URL.String()}
}
