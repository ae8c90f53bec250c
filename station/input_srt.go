package station

import (
	"podium.tv/podium/config"
	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/srt"
)

// srtInput calls an SRT server, or waits to be called at a port of its own.
func (s *Station) srtInput(c *config.Config, f *config.Feed, in *config.Input) input.Input {
	waits := srt.Waits{
		ParametersWait: c.Inputs.ParametersWait.Std(), KeyframeWait: c.Inputs.KeyframeWait.Std(), Silence: 2 * c.Inputs.ReadTimeout.Std(),
	}
	if in.URL.Listens() {
		return &srt.Listen{
			Address: in.URL.URL.Std().Host, Passphrase: in.Passphrase.Reveal(), Latency: in.Latency.Std(),
			ReadTimeout: c.Inputs.ReadTimeout.Std(), Program: in.Program, Waits: waits, Log: s.Log.With("feed", f.ID),
		}
	}
	return &srt.Pull{
		URL: in.Address().String(), StreamID: in.StreamID, Passphrase: in.Passphrase.Reveal(), Latency: in.Latency.Std(),
		ReadTimeout: c.Inputs.ReadTimeout.Std(), Program: in.Program, Waits: waits, Guard: guarded(c),
	}
}
