package station

import (
	"podium.tv/podium/config"
	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/file"
)

// fileInput plays a file round and round.
func (s *Station) fileInput(c *config.Config, _ *config.Feed, in *config.Input) input.Input {
	return &file.Loop{Path: in.URL.Path(), Folders: c.Inputs.Folders}
}
