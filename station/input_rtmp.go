package station

import (
	"podium.tv/podium/config"
	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/rtmp"
)

// rtmpInput fetches a stream from an RTMP server.
func (s *Station) rtmpInput(c *config.Config, _ *config.Feed, in *config.Input) input.Input {
	return &rtmp.Pull{
		URL: in.Address().String(), Fingerprint: string(in.TLSFingerprint),
		ReadTimeout: c.Inputs.ReadTimeout.Std(), ParametersWait: c.Inputs.ParametersWait.Std(),
		KeyframeWait: c.Inputs.KeyframeWait.Std(), Guard: guarded(c),
	}
}
