// Package socket is the receiving half of SRT (draft-sharabayko-srt-01) in live mode: handshakes as listener and as caller,
// encryption, recovery of lost packets, and delivery in order, a set latency after they were sent. Packets are parsed and
// decrypted by datarhei/gosrt.
//
// gosrt's own connections are not used: each runs in goroutines of its own that nothing can recover, where a handshake with a
// cut extension ends the process (CIFHandshake.Unmarshal); a call that fails leaves a goroutine behind; a handshake that is lost
// is not sent again, one that comes twice stops a caller for ever; and the sender's clock is not followed, so that after some
// hours of drift lost packets are not recovered any more.
package socket

import (
	"errors"
	"fmt"
	"time"
)

// How a connection ends, and why it does not begin.
var (
	// ErrLeft means that the peer ended the connection.
	ErrLeft = errors.New("the peer ended the connection")
	// ErrClosed means that this side did.
	ErrClosed = errors.New("the connection was closed")
	// ErrIdle means that the peer went away without a word.
	ErrIdle = errors.New("the peer fell silent")
	// ErrNoAnswer means that nobody answered a call.
	ErrNoAnswer = errors.New("no answer")
	// ErrBroken means that the peer sent what cannot be read.
	ErrBroken = errors.New("the peer does not keep to SRT")
)

// RejectedError tells why the other side refused a call.
type RejectedError struct {
	Reason Reason
}

// Error implements error.
func (e *RejectedError) Error() string {
	return fmt.Sprintf("the other side refused (%d): %s", uint32(e.Reason), e.Reason)
}

const (
	srtVersion      = 0x010401 // what gosrt speaks, and what Podium says it is
	minVersion      = 0x010300 // the first with handshakes of version 5, which carry stream ids
	magic           = 0x4A17   // of an induction's answer (§4.3.1.1)
	headerSize      = 16
	maxDatagram     = 1500
	maxPayload      = maxDatagram - 28 - headerSize // less than IPv4's and UDP's headers
	sequenceMask    = 1<<31 - 1
	maxWindow       = 1 << 14 // packets that are held for order: a second of 170 Mb/s
	maxQueue        = 1 << 12 // payloads that wait for their reader
	tick            = 10 * time.Millisecond
	handshakeRepeat = 250 * time.Millisecond
	keepAlive       = time.Second // §3.2.3
)

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
