package station

import "errors"

// listenRTMP starts the server that encoders publish to by RTMP, where one is wanted.
func (s *Station) listenRTMP() error {
	c := s.Config.RTMP
	if c.Listen.IsOff() && c.TLS.Listen.IsOff() {
		return nil
	}
	return errors.New("rtmp.listen is set, and the RTMP server is not built in yet: leave it empty")
}
