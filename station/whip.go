package station

import (
	"errors"

	stbapi "podium.tv/podium/stb-api"
)

// openWHIP opens what browsers publish to, where that is wanted.
func (s *Station) openWHIP() error {
	if !s.Config.WHIP.Enabled {
		return nil
	}
	return errors.New("whip.enabled is set, and WHIP is not built in yet: leave it off")
}

// whip is the slice of HTTP that browsers publish by, none where that is off.
func (s *Station) whip() []stbapi.Slice { return nil }
