package station

import (
	"podium.tv/podium/config"
	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/rtsp"
)

// rtspInput fetches from a camera or a server by RTSP.
func (s *Station) rtspInput(c *config.Config, _ *config.Feed, in *config.Input) input.Input {
	return &rtsp.Pull{
		URL: in.Address().String(), Transport: rtsp.Transport(in.Transport), Fingerprint: string(in.TLSFingerprint),
		ReadTimeout: c.Inputs.ReadTimeout.Std(), ParametersWait: c.Inputs.ParametersWait.Std(),
		KeyframeWait: c.Inputs.KeyframeWait.Std(), UDPReadBuffer: int(c.Inputs.UDPBuffer),
		Guard: guarded(c),
	}
}
