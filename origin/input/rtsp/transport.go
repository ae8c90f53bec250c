package rtsp

import (
	"fmt"

	"github.com/bluenviron/gortsplib/v4"
)

// Transport is how RTP packets come.
type Transport string

// The transports. Auto asks for UDP, and changes to TCP if the server refuses it or nothing arrives for three seconds.
const (
	TransportAuto      Transport = "auto"
	TransportTCP       Transport = "tcp"
	TransportUDP       Transport = "udp"
	TransportMulticast Transport = "multicast"
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *Transport) UnmarshalText(b []byte) error {
	v := Transport(b)
	if err := v.validate(); err != nil {
		return err
	}
	*t = v
	return nil
}

func (t Transport) validate() error {
	switch t {
	case "", TransportAuto, TransportTCP, TransportUDP, TransportMulticast:
		return nil
	}
	return fmt.Errorf("rtsp transport %q: auto, tcp, udp or multicast expected", string(t))
}

func (t Transport) option() *gortsplib.Transport {
	var v gortsplib.Transport
	switch t {
	case TransportTCP:
		v = gortsplib.TransportTCP
	case TransportUDP:
		v = gortsplib.TransportUDP
	case TransportMulticast:
		v = gortsplib.TransportUDPMulticast
	default:
		return nil
	}
	return &v
}
