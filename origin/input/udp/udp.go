// Package udp receives MPEG-TS in UDP datagrams, as they are or in RTP packets (RFC 2250), from multicast groups or at a port.
package udp
