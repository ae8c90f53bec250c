package station

import (
	"fmt"
	"os/exec"

	"podium.tv/podium/config"
	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/aac"
	"podium.tv/podium/origin/input/whip"
	stbapi "podium.tv/podium/stb-api"
	whipapi "podium.tv/podium/stb-api/whip"
)

// openWHIP opens what browsers publish to, where that is wanted.
func (s *Station) openWHIP() error {
	c, p := s.Config.WHIP, s.Config.Publish
	if !c.Enabled {
		return nil
	}
	server := &whip.Server{
		Desk: s.desk, UDP: string(c.UDP), TCP: string(c.TCP), PublicAddresses: c.Addresses,
		MaxSessions: p.MaxPublishers, ConnectWithin: p.SetupTimeout.Std(), IdleWithin: p.ReadTimeout.Std(),
		KeyframeEvery: c.KeyframeEvery.Std(), ParametersWait: p.ParametersWait.Std(), KeyframeWait: p.KeyframeWait.Std(), Log: s.Log,
	}
	if c.Audio != config.WHIPAudioOpus {
		sound, err := s.browserSound(c.Audio)
		if err != nil {
			return err
		}
		server.Sound = sound
	}
	if err := server.Listen(); err != nil {
		return fmt.Errorf("whip: %w", err)
	}
	s.browsers = server
	s.publishing = append(s.publishing, server.Close)
	return nil
}

// browserSound makes AAC of the Opus of browsers, nil where there is no ffmpeg to do it and that is allowed.
func (s *Station) browserSound(wanted config.WHIPAudio) (func(input.Receiver) whip.Sound, error) {
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		if wanted == config.WHIPAudioAAC {
			return nil, fmt.Errorf("whip.audio is aac, and there is no ffmpeg: install it, or set whip.audio to opus: %w", err)
		}
		s.Log.Warn("no ffmpeg makes AAC of the Opus of browsers: old boxes will be silent", "advice", "install ffmpeg", "err", err)
		return nil, nil //nolint:nilnil // Opus goes through as it is.
	}
	return func(r input.Receiver) whip.Sound { return &aac.Receiver{Receiver: r, FFmpeg: program, Log: s.Log} }, nil
}

// whip is the slice of HTTP that browsers publish by, none where that is off.
func (s *Station) whip() []stbapi.Slice {
	if s.browsers == nil {
		return nil
	}
	return []stbapi.Slice{&whipapi.Slice{Ingest: s.browsers, Origins: s.Config.WHIP.Origins}}
}
