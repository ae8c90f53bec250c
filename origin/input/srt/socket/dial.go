package socket

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/datarhei/gosrt/circular"
	"github.com/datarhei/gosrt/crypto"
	"github.com/datarhei/gosrt/packet"
)

// Dialer calls a listener that sends.
type Dialer struct {
	// StreamID asks for a stream.
	StreamID string
	// Passphrase is the listener's; empty where it does not encrypt.
	Passphrase string
	// KeyLength is AES's, in bytes: 16, 24 or 32. It defaults to 16. A listener may ask for another.
	KeyLength int
	// Latency, Idle are as a Listener's.
	Latency, Idle time.Duration
	// Timeout bounds the handshakes. It defaults to 5 seconds.
	Timeout time.Duration
}

// call is a handshake under way. Its endpoint's goroutine owns it.
type call struct {
	*Dialer
	endpoint  *endpoint
	to        netip.AddrPort
	conn      *Conn
	sequence  uint32
	cipher    crypto.Crypto // nil where nothing is encrypted
	keyLength int           // of it, in bytes

	request  []byte // what is sent until it is answered
	said     int64
	inducted bool
	over     bool
	result   chan error // of one
}

// Dial calls. The connection owns its UDP socket and releases it at its end.
func (d *Dialer) Dial(ctx context.Context, to netip.AddrPort) (*Conn, error) {
	address := "0.0.0.0:0"
	if to.Addr().Is6() {
		address = "[::]:0"
	}
	e, err := open(address)
	if err != nil {
		return nil, err
	}
	now := e.now()
	c := &call{Dialer: d, endpoint: e, to: to, sequence: anyNumber(), result: make(chan error, 1)}
	c.conn = newConn(e, to, 0, orDefault(d.Idle, 5*time.Second), now)
	if err := c.induction(now); err != nil {
		_ = e.socket.Close()
		return nil, err
	}
	e.handshake, e.ticked = c.handshake, c.tick
	go e.run()

	ctx, cancel := context.WithTimeoutCause(ctx, orDefault(d.Timeout, 5*time.Second), ErrNoAnswer)
	defer cancel()
	select {
	case err = <-c.result:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		e.close()
		return nil, fmt.Errorf("call %s: %w", to, err)
	}
	go func() {
		<-c.conn.ended
		e.close()
	}()
	return c.conn, nil
}

// finish says how the call went, once.
func (c *call) finish(err error) {
	if !c.over {
		c.over = true
		c.result <- err
	}
}

// tick repeats what was not answered.
func (c *call) tick(now int64) {
	if !c.over && now-c.said >= handshakeRepeat.Microseconds() {
		c.say(now)
	}
}

func (c *call) say(now int64) {
	c.said = now
	c.endpoint.write(c.request, c.to)
}

// induction begins (§4.3.1.1).
func (c *call) induction(now int64) (err error) {
	cif := packet.CIFHandshake{
		IsRequest: true, Version: 4, ExtensionField: 2, HandshakeType: packet.HSTYPE_INDUCTION, SRTSocketId: c.conn.id,
		InitialPacketSequenceNumber: circular.New(c.sequence, sequenceMask),
		MaxTransmissionUnitSize:     maxDatagram, MaxFlowWindowSize: maxWindow,
	}
	cif.PeerIP.FromNetIP(c.to.Addr().AsSlice())
	c.request, err = handshake(&cif, 0, 0)
	if err == nil {
		c.say(now)
	}
	return err
}

// handshake takes an answer. A parser that panics ends the call.
func (c *call) handshake(h header, body []byte, from netip.AddrPort, now int64) {
	if c.over || from != c.to || h.destination != c.conn.id && h.destination != 0 {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			c.finish(fmt.Errorf("%w: %v", ErrBroken, p))
		}
	}()
	if c.cipher != nil && len(body) >= 48 {
		// libsrt tells its own preference here beside a key of the length that we chose, which gosrt takes for a fault.
		binary.BigEndian.PutUint16(body[4:], uint16(c.keyLength/8))
	}
	var cif packet.CIFHandshake
	if err := cif.Unmarshal(body); err != nil {
		c.finish(fmt.Errorf("%w: %w", ErrBroken, err))
		return
	}
	switch {
	case cif.HandshakeType == packet.HSTYPE_INDUCTION:
		if !c.inducted {
			c.conclude(&cif, now)
		}
	case cif.HandshakeType == packet.HSTYPE_CONCLUSION:
		if c.inducted {
			c.finish(c.concluded(h, &cif, now))
		}
	case cif.HandshakeType >= 1000 && cif.HandshakeType < 4000:
		c.finish(&RejectedError{Reason: Reason(cif.HandshakeType)})
	}
}

// conclude asks to be let in, with the cookie that was given.
func (c *call) conclude(cif *packet.CIFHandshake, now int64) {
	if cif.Version != 5 || cif.ExtensionField != magic {
		c.finish(fmt.Errorf("%w: it speaks a version older than 1.3", ErrBroken))
		return
	}
	asked := packet.CIFHandshake{
		IsRequest: true, Version: 5, HandshakeType: packet.HSTYPE_CONCLUSION, SRTSocketId: c.conn.id, SynCookie: cif.SynCookie,
		InitialPacketSequenceNumber: circular.New(c.sequence, sequenceMask),
		MaxTransmissionUnitSize:     maxDatagram, MaxFlowWindowSize: maxWindow,
		HasHS: true, SRTHS: extension(orDefault(c.Latency, 200*time.Millisecond), 0),
		HasSID: c.StreamID != "", StreamId: c.StreamID,
	}
	asked.PeerIP.FromNetIP(c.to.Addr().AsSlice())
	if err := c.seal(&asked, cif.EncryptionField); err != nil {
		c.finish(err)
		return
	}
	b, err := handshake(&asked, uint32(now-c.conn.begin), 0)
	if err != nil {
		c.finish(err)
		return
	}
	c.inducted, c.request = true, b
	c.say(now)
}

// seal makes a key, and tells it under the passphrase. The listener may have said which length it wants, in units of 8 bytes.
func (c *call) seal(cif *packet.CIFHandshake, wanted uint16) error {
	if c.Passphrase == "" {
		return nil
	}
	length := 16
	switch {
	case wanted >= 2 && wanted <= 4:
		length = 8 * int(wanted)
	case c.KeyLength > 0:
		length = c.KeyLength
	}
	cipher, err := crypto.New(length)
	if err != nil {
		return err
	}
	var km packet.CIFKeyMaterialExtension
	if err := cipher.MarshalKM(&km, c.Passphrase, packet.EvenKeyEncrypted); err != nil {
		return err
	}
	c.cipher, c.keyLength, cif.HasKM, cif.SRTKM = cipher, length, true, &km
	return nil
}

var errNoExtension = errors.New("its answer has no handshake extension")

// concluded takes the answer that lets us in.
func (c *call) concluded(h header, cif *packet.CIFHandshake, now int64) error {
	switch {
	case cif.Version != 5 || cif.SRTHS == nil:
		return fmt.Errorf("%w: %w", ErrBroken, errNoExtension)
	case cif.SRTHS.SRTVersion < minVersion:
		return &RejectedError{Reason: Version}
	case cif.SRTHS.SRTFlags.STREAM:
		return &RejectedError{Reason: MessageAPI}
	case (c.cipher != nil) != (cif.SRTKM != nil && cif.SRTKM.Error == 0):
		return &RejectedError{Reason: Unsecure}
	}
	conn := c.conn
	latency := max(orDefault(c.Latency, 200*time.Millisecond), time.Duration(cif.SRTHS.SendTSBPDDelay)*time.Millisecond)
	conn.mutex.Lock()
	conn.peerID, conn.streamID, conn.cipher, conn.secret, conn.heard = cif.SRTSocketId, c.StreamID, c.cipher, c.Passphrase, now
	conn.expect(cif.InitialPacketSequenceNumber.Val(), h.timestamp, now, latency)
	conn.mutex.Unlock()
	c.endpoint.add(conn)
	return nil
}
