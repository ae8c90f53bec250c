package station

import (
	"podium.tv/podium/config"
	"podium.tv/podium/origin/input"
)

// fileInput plays a file round and round.
func (s *Station) fileInput(_ *config.Config, _ *config.Feed, in *config.Input) input.Input {
	return unbuilt{in.URL.String()}
}
