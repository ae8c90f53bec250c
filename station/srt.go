package station

import (
	"net"

	"podium.tv/podium/origin/input/srt"
)

// listenSRT starts the server that encoders publish to by SRT, where one is wanted.
func (s *Station) listenSRT() error {
	c, p := s.Config.SRT, s.Config.Publish
	if c.Listen.IsOff() {
		return nil
	}
	server := &srt.Server{
		Address: string(c.Listen), Desk: s.desk, Latency: c.Latency.Std(), MaxConnections: c.MaxConnections,
		Passphrase:  func(string) string { return c.Passphrase.Reveal() },
		ReadTimeout: p.ReadTimeout.Std(), Log: s.Log,
		Waits: srt.Waits{
			ParametersWait: p.ParametersWait.Std(), KeyframeWait: p.KeyframeWait.Std(), Silence: 2 * p.ReadTimeout.Std(),
		},
	}
	if err := server.Start(); err != nil {
		return err
	}
	s.srt = server
	s.publishing = append(s.publishing, server.Close)
	return nil
}

// SRTAddress is where encoders publish by SRT, nil where nobody may.
func (s *Station) SRTAddress() net.Addr {
	if s.srt == nil {
		return nil
	}
	return s.srt.Addr()
}
