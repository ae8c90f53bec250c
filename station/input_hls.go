package station

import (
	"podium.tv/podium/config"
	"podium.tv/podium/origin/input"
)

// hlsInput fetches another portal's channel by HLS.
func (s *Station) hlsInput(_ *config.Config, _ *config.Feed, in *config.Input) input.Input {
	return unbuilt{in.URL.String()}
}
