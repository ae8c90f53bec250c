package station

import "errors"

// listenSRT starts the server that encoders publish to by SRT, where one is wanted.
func (s *Station) listenSRT() error {
	if s.Config.SRT.Listen.IsOff() {
		return nil
	}
	return errors.New("srt.listen is set, and the SRT server is not built in yet: leave it empty")
}
