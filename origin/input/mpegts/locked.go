package mpegts

import (
	"errors"
	"fmt"
)

// locked counts packets of the program that cannot be read for want of a key.
type locked struct {
	told bool
}

var errScrambled = errors.New("the program is scrambled: ask the provider for the clear stream, or descramble it before it comes here")

// scrambled counts such a packet, and tells of the first.
func (d *Demuxer) scrambled(s *stream) {
	d.counters.scrambled.Add(1)
	s.pes.drop()
	if !d.service.locked.told {
		d.service.locked.told = true
		d.Receiver.Warn(fmt.Errorf("PID %d: %w", s.declared.pid, errScrambled))
	}
}
