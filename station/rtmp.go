package station

import (
	"fmt"

	"podium.tv/podium/origin/input/rtmp"
)

// listenRTMP starts the server that encoders publish to by RTMP, where one is wanted.
func (s *Station) listenRTMP() error {
	c, p := s.Config.RTMP, s.Config.Publish
	if c.Listen.IsOff() && c.TLS.Listen.IsOff() {
		return nil
	}
	secure, err := inTLS("rtmp.tls", c.TLS)
	if err != nil {
		return err
	}
	server := &rtmp.Server{
		Address: string(c.Listen), TLSAddress: string(c.TLS.Listen), TLS: secure, Desk: s.desk,
		MaxConnections: c.MaxConnections,
		SetupTimeout:   p.SetupTimeout.Std(), ReadTimeout: p.ReadTimeout.Std(), ParametersWait: p.ParametersWait.Std(),
		KeyframeWait: p.KeyframeWait.Std(), Log: s.Log,
	}
	if err := server.Start(); err != nil {
		return fmt.Errorf("start the RTMP server: %w", err)
	}
	s.publishing = append(s.publishing, server.Close)
	return nil
}
