package socket

import (
	"bytes"
	"encoding/binary"

	"github.com/datarhei/gosrt/packet"
)

// maxGaps bounds how many gaps one request names, so that it fits a packet.
const maxGaps = 160

// ackBook remembers when acknowledgements were sent, until they are answered: the time between is a round trip.
type ackBook struct {
	number   uint32
	sent     [64]int64 // by number
	told     uint32    // the sequence number that was acknowledged last
	answered bool      // and the peer knows
}

// control takes a control packet. Its error ends the connection.
func (c *Conn) control(h header, body []byte, now int64) error {
	switch h.kind {
	case packet.CTRLTYPE_SHUTDOWN:
		// What was held for order is given out: nothing that is missing will come.
		c.window.restart(c.window.base, c.deliver)
		return ErrLeft
	case packet.CTRLTYPE_ACKACK:
		c.clock.observe(h.timestamp, now)
		c.answered(h.specific, now)
	case packet.CRTLTYPE_DROPREQ:
		if len(body) >= 8 {
			c.window.drop(binary.BigEndian.Uint32(body)&sequenceMask, binary.BigEndian.Uint32(body[4:])&sequenceMask)
		}
	case packet.CTRLTYPE_USER:
		if h.subtype == packet.EXTTYPE_KMREQ {
			c.rekey(body, now)
		}
	default: // Keep-alives were heard; the others are for those who send.
	}
	return nil
}

// answered takes the peer's answer to an acknowledgement.
func (c *Conn) answered(number uint32, now int64) {
	a := &c.acks
	if number == 0 || a.number-number >= uint32(len(a.sent)) {
		return
	}
	sent := &a.sent[number%uint32(len(a.sent))]
	if *sent == 0 {
		return
	}
	c.rtt.add(float64(now - *sent))
	*sent = 0
	a.answered = a.answered || number == a.number
}

// acknowledge tells the peer up to where everything came (§4.8.1), unless it knows.
func (c *Conn) acknowledge(now int64) {
	a := &c.acks
	next := c.window.acknowledged()
	if next == a.told && a.answered {
		return
	}
	a.number++
	a.told, a.answered = next, false
	a.sent[a.number%uint32(len(a.sent))] = now
	mean, deviation := c.rtt.values()
	body := make([]byte, 0, 28)
	for _, v := range []uint32{
		next, uint32(mean), uint32(deviation), uint32(maxWindow - c.window.used),
		uint32(c.rate.perSecond), uint32(c.rate.perSecond), uint32(c.rate.bits / 8),
	} {
		body = binary.BigEndian.AppendUint32(body, v)
	}
	c.send(packet.CTRLTYPE_ACK, 0, a.number, body, now)
}

// askFor asks for what is missing (appendix A).
func (c *Conn) askFor(now int64) {
	c.asked = now
	var body []byte
	c.window.gaps(maxGaps, func(first, last uint32) {
		if first == last {
			body = binary.BigEndian.AppendUint32(body, first)
			return
		}
		body = binary.BigEndian.AppendUint32(body, first|1<<31)
		body = binary.BigEndian.AppendUint32(body, last)
	})
	if body == nil {
		return
	}
	c.stats.Asked++
	c.send(packet.CTRLTYPE_NAK, 0, 0, body, now)
}

// rekeyEvery bounds how often a peer may change its key: each costs some hundred thousand cycles of PBKDF2.
const rekeyEvery = 100_000

// rekey takes the peer's next key (§6.1.6) and confirms it.
func (c *Conn) rekey(body []byte, now int64) {
	if c.cipher == nil || now-c.rekeyed < rekeyEvery {
		return
	}
	c.rekeyed = now
	var km packet.CIFKeyMaterialExtension
	if km.Unmarshal(body) != nil || km.Error != 0 || c.cipher.UnmarshalKM(&km, c.secret) != nil {
		return
	}
	c.send(packet.CTRLTYPE_USER, packet.EXTTYPE_KMRSP, 0, bytes.Clone(body), now)
}

// send sends a control packet.
func (c *Conn) send(kind packet.CtrlType, subtype packet.CtrlSubType, specific uint32, body []byte, now int64) {
	c.said = now
	c.endpoint.write(control(kind, subtype, specific, uint32(now-c.begin), c.peerID, body), c.peer)
}
