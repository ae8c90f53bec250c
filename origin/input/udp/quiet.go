package udp

import (
	"cmp"
	"fmt"
	"time"

	"podium.tv/podium/origin/input"
)

// quiet ends a session to which nothing is sent, and says why that is, as far as one can tell.
func (i *Input) quiet(r *reader, now time.Time) error {
	patience := cmp.Or(i.ReadTimeout, 10*time.Second)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if now.Sub(r.heard) < patience {
		return nil
	}
	err := fmt.Errorf("%w for %s", input.ErrSilent, patience)
	if r.sender.stray > 0 && r.sender.only.IsValid() {
		return fmt.Errorf("%w: %s sends to %s, but only %s is listened to", err, r.sender.strayed, i.URL, i.Source)
	}
	return fmt.Errorf("%w: no datagram comes to %s; check that the sender is on, the interface, the firewall and, of a group, "+
		"that the switches have an IGMP querier", err, i.URL)
}
