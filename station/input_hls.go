package station

import (
	"podium.tv/podium/config"
	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/hls"
)

// hlsInput fetches another portal's channel by HLS: the largest of its variants that any input may bring.
func (s *Station) hlsInput(c *config.Config, _ *config.Feed, in *config.Input) input.Input {
	return &hls.Pull{
		URL: in.Address().String(), Fingerprint: string(in.TLSFingerprint),
		MaxBitrate: atMost(in.MaxBitrate.Bits(), c.Inputs.MaxBitrate.Bits()), MaxHeight: in.MaxHeight,
		ReadTimeout: c.Inputs.ReadTimeout.Std(), ParametersWait: c.Inputs.ParametersWait.Std(),
		Guard: guarded(c),
	}
}

// atMost is the lower of two limits, where 0 is none.
func atMost[T int | int64](a, b T) T {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}
