package station

import (
	"podium.tv/podium/config"
	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/udp"
)

// udpInput receives MPEG-TS by UDP or RTP, from a group or at a port of its own.
func (s *Station) udpInput(c *config.Config, _ *config.Feed, in *config.Input) input.Input {
	return &udp.Input{
		URL: in.URL.String(), Interface: in.Interface, Source: in.Source, Program: in.Program, ReadBuffer: int(c.Inputs.UDPBuffer),
		ParametersWait: c.Inputs.ParametersWait.Std(), KeyframeWait: c.Inputs.KeyframeWait.Std(), ReadTimeout: c.Inputs.ReadTimeout.Std(),
	}
}
