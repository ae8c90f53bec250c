package config

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

// listener is a key that names an address of this machine.
type listener struct {
	key string
	at  HostPort
}

// validateAddresses finds two servers that would listen at one address.
func (c *Config) validateAddresses(v *validator) {
	v.apart([]listener{
		{"http.listen", c.HTTP.Listen},
		{"rtsp.listen", c.RTSP.Listen},
		{"rtsp.tls.listen", c.RTSP.TLS.Listen},
		{"rtmp.listen", c.RTMP.Listen},
		{"rtmp.tls.listen", c.RTMP.TLS.Listen},
		{"metrics.listen", c.Metrics.Listen},
		{"whip.tcp", c.WHIP.TCP},
	})
	datagrams := []listener{{"rtsp.udp", c.RTSP.UDP}, {"srt.listen", c.SRT.Listen}}
	if !c.RTSP.UDP.IsOff() {
		rtcp := net.JoinHostPort(c.RTSP.UDP.Host(), strconv.Itoa(c.RTSP.UDP.Port()+1))
		datagrams = append(datagrams, listener{"rtsp.udp", HostPort(rtcp)})
	}
	if c.WHIP.Enabled {
		datagrams = append(datagrams, listener{"whip.udp", c.WHIP.UDP})
	}
	for i := range c.Feeds {
		at := index("feeds", i)
		if !c.Feeds[i].Input.IsZero() {
			datagrams = append(datagrams, c.Feeds[i].Input.listener(at+".input"))
		}
		for n := range c.Feeds[i].Inputs {
			datagrams = append(datagrams, c.Feeds[i].Inputs[n].URL.listener(index(at+".inputs", n)+".url"))
		}
	}
	v.apart(datagrams)
}

// listener is the port that an input is sent to. Multicast groups are received by any number.
func (i InputURL) listener(key string) listener {
	u := i.URL.Std()
	if u == nil || !i.Listens() && !i.receives() {
		return listener{key: key}
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && ip.IsMulticast() {
		return listener{key: key}
	}
	return listener{key, HostPort(u.Host)}
}

// apart checks that each listens at an address of its own.
func (v *validator) apart(listeners []listener) {
	byPort := make(map[int][]listener)
	for _, a := range listeners {
		for _, b := range byPort[a.at.Port()] {
			if a.at.overlaps(b.at) && a.key != b.key {
				v.add(a.key, fmt.Sprintf("expected an address of its own, got %q, which %s listens at", string(a.at), b.key))
				break
			}
		}
		byPort[a.at.Port()] = append(byPort[a.at.Port()], a)
	}
}
