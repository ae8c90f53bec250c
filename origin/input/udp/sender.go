package udp

import (
	"net"
	"net/netip"
	"time"
)

// takeover is how long the sender is silent before another one is listened to, and restart, how long before another of the same
// machine is: an encoder that began anew sends from another port.
const (
	takeover = 2 * time.Second
	restart  = 500 * time.Millisecond
)

// sender is whom datagrams are taken from: the first that sends, until it is silent. Two at a time would be no stream.
type sender struct {
	only netip.Addr // the source that was asked for; invalid for any

	current netip.AddrPort
	last    time.Time
	stray   uint64 // datagrams of others
	strayed netip.AddrPort
	beside  bool   // stray came since current did
	both    uint64 // how often current came after it

	ssrc      uint32
	candidate uint32
	known     bool // ssrc is
	doubted   bool // candidate is
}

// takes says whether a datagram is taken.
func (s *sender) takes(from net.Addr, at time.Time) bool {
	udp, ok := from.(*net.UDPAddr)
	if !ok {
		return false
	}
	address := udp.AddrPort()
	address = netip.AddrPortFrom(address.Addr().Unmap(), address.Port())
	if s.only.IsValid() && address.Addr() != s.only {
		s.stray, s.strayed = s.stray+1, address
		return false
	}
	if address != s.current && s.current.IsValid() && at.Sub(s.last).Abs() < s.patience(address) {
		s.stray, s.strayed, s.beside = s.stray+1, address, true
		return false
	}
	if address != s.current {
		s.current, s.known = address, false
	} else if s.beside {
		s.both++
	}
	s.last, s.beside = at, false
	return true
}

// patience is how long the sender has to be silent for another to take its place.
func (s *sender) patience(other netip.AddrPort) time.Duration {
	if other.Addr() == s.current.Addr() {
		return restart
	}
	return takeover
}

// speaks says whether RTP packets of a synchronization source are taken, and fresh, whether it is another than before: it is
// taken on with its second packet in a row.
func (s *sender) speaks(ssrc uint32) (ok, fresh bool) {
	switch {
	case s.known && s.ssrc == ssrc:
		s.doubted = false
		return true, false
	case !s.known || s.doubted && s.candidate == ssrc:
		s.ssrc, s.known, s.doubted = ssrc, true, false
		return true, true
	}
	s.candidate, s.doubted = ssrc, true
	return false, false
}
