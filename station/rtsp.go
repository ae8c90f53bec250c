package station

import (
	"fmt"
	"net"
	"strconv"

	"podium.tv/podium/config"
	"podium.tv/podium/origin/input/rtsp"
)

// listenRTSP starts the server that encoders publish to by RTSP, where one is wanted.
func (s *Station) listenRTSP() error {
	c, p := s.Config.RTSP, s.Config.Publish
	if c.Listen.IsOff() && c.TLS.Listen.IsOff() {
		return nil
	}
	secure, err := inTLS("rtsp.tls", c.TLS)
	if err != nil {
		return err
	}
	server := &rtsp.Server{
		Address: string(c.Listen), TLSAddress: string(c.TLS.Listen), TLS: secure, Desk: s.desk,
		MaxConnections: c.MaxConnections,
		SetupTimeout:   p.SetupTimeout.Std(), ReadTimeout: p.ReadTimeout.Std(), ParametersWait: p.ParametersWait.Std(),
		KeyframeWait: p.KeyframeWait.Std(), UDPReadBuffer: int(c.UDPBuffer), Log: s.Log,
	}
	if !c.UDP.IsOff() {
		server.RTPAddress = string(c.UDP)
		server.RTCPAddress = net.JoinHostPort(c.UDP.Host(), strconv.Itoa(c.UDP.Port()+1))
	}
	if err := server.Start(); err != nil {
		return fmt.Errorf("listen for RTSP at %s: %w", listenAt(c), err)
	}
	s.rtsp = server
	s.publishing = append(s.publishing, server.Close)
	return nil
}

func listenAt(c config.RTSP) string {
	if !c.Listen.IsOff() {
		return string(c.Listen)
	}
	return string(c.TLS.Listen)
}

// RTSPAddress is where encoders publish by RTSP, nil where nobody may.
func (s *Station) RTSPAddress() net.Addr {
	if s.rtsp == nil {
		return nil
	}
	return s.rtsp.Addr()
}
