package socket

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/datarhei/gosrt/crypto"
	"github.com/datarhei/gosrt/packet"
	"golang.org/x/time/rate"
)

// Listener takes calls at a UDP address.
type Listener struct {
	// Address is where it listens, as host:port. The host may be left out.
	Address string
	// Latency is what packets wait for those before them, unless the caller wants more. It defaults to 200 ms.
	Latency time.Duration
	// Idle is how long a peer may be silent. It defaults to 5 seconds.
	Idle time.Duration
	// MaxConnections bounds connections together with calls that wait for an answer. It defaults to 128.
	MaxConnections int

	//
	// private
	//

	endpoint *endpoint
	cookies  cookies
	calls    chan *Call
	// inductions are answered from nothing, conclusions cost a key derivation and a look at the catalogue.
	inductions, conclusions *rate.Limiter

	mutex   sync.Mutex
	answers map[caller]*answer
}

// caller tells one call from another: a peer's socket.
type caller struct {
	address netip.AddrPort
	socket  uint32
}

// answer is what a caller was told, for when it asks again because the answer was lost; nil bytes mean that it is not known yet.
type answer struct {
	packet []byte
	until  int64
	conn   *Conn // while it lasts the answer does
}

const (
	answerKept = 5_000_000
	maxCalls   = 64
)

// Start begins to listen.
func (l *Listener) Start() error {
	e, err := open(l.Address)
	if err != nil {
		return err
	}
	l.endpoint, l.cookies = e, newCookies()
	l.calls = make(chan *Call, maxCalls)
	l.answers = make(map[caller]*answer)
	l.inductions, l.conclusions = rate.NewLimiter(1000, 200), rate.NewLimiter(200, 100)
	e.handshake, e.ticked = l.handshake, l.tidy
	go e.run()
	return nil
}

// Calls are those that wait to be accepted or rejected, which has to be done with each. It is never closed.
func (l *Listener) Calls() <-chan *Call { return l.calls }

// Addr is where it listens.
func (l *Listener) Addr() net.Addr { return l.endpoint.socket.LocalAddr() }

// Close ends all connections and waits until everything is released.
func (l *Listener) Close() { l.endpoint.close() }

// tidy forgets old answers.
func (l *Listener) tidy(now int64) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for who, a := range l.answers {
		if a.conn != nil {
			select {
			case <-a.conn.ended:
				a.conn, a.until = nil, now+answerKept
			default:
			}
			continue
		}
		if now > a.until {
			delete(l.answers, who)
		}
	}
}

// handshake takes one. gosrt's parser panics where an extension is cut short.
func (l *Listener) handshake(h header, body []byte, from netip.AddrPort, now int64) {
	defer func() { _ = recover() }() // What cannot be read is not answered.
	var cif packet.CIFHandshake
	if err := cif.Unmarshal(body); err != nil {
		return
	}
	switch cif.HandshakeType {
	case packet.HSTYPE_INDUCTION:
		if l.inductions.Allow() {
			l.induction(&cif, from, now)
		}
	case packet.HSTYPE_CONCLUSION:
		if l.cookies.good(cif.SynCookie, from, now) {
			l.conclusion(h, &cif, from, now)
		}
	default: // A rendezvous, or an answer to what nobody asked.
	}
}

// induction gives the caller a cookie; nothing is remembered.
func (l *Listener) induction(cif *packet.CIFHandshake, from netip.AddrPort, now int64) {
	peer := cif.SRTSocketId
	cif.Version, cif.EncryptionField, cif.ExtensionField = 5, 0, magic
	cif.SynCookie = l.cookies.give(from, now)
	cif.PeerIP.FromNetIP(from.Addr().AsSlice())
	if b, err := handshake(cif, uint32(now), peer); err == nil {
		l.endpoint.write(b, from)
	}
}

// conclusion makes a call of a handshake, unless it is one already.
func (l *Listener) conclusion(h header, cif *packet.CIFHandshake, from netip.AddrPort, now int64) {
	who := caller{from, cif.SRTSocketId}
	l.mutex.Lock()
	former, busy := l.answers[who], len(l.answers)
	l.mutex.Unlock()
	if former != nil {
		if former.packet != nil {
			l.endpoint.write(former.packet, from)
		}
		return
	}
	if !l.conclusions.Allow() {
		return
	}
	call := &Call{listener: l, who: who, cif: cif, stamp: h.timestamp, came: now, StreamID: cif.StreamId, Peer: from}
	if reason := call.fault(); reason != 0 {
		call.answerWith(reason, now)
		return
	}
	if busy >= 4*l.maxConnections() || l.open() >= l.maxConnections() {
		call.answerWith(Overload, now)
		return
	}
	l.mutex.Lock()
	l.answers[who] = &answer{until: now + 2*answerKept}
	l.mutex.Unlock()
	select {
	case l.calls <- call:
	default:
		call.Reject(Overload)
	}
}

// open counts connections and calls that wait.
func (l *Listener) open() int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	n := 0
	for _, a := range l.answers {
		if a.conn != nil || a.packet == nil {
			n++
		}
	}
	return n
}

func (l *Listener) maxConnections() int {
	if l.MaxConnections > 0 {
		return l.MaxConnections
	}
	return 128
}

// Call is a caller that asks to be let in.
type Call struct {
	Peer     netip.AddrPort
	StreamID string // at most 512 bytes of anything

	listener *Listener
	who      caller
	cif      *packet.CIFHandshake
	stamp    uint32
	came     int64
}

// Encrypted says whether the caller encrypts.
func (c *Call) Encrypted() bool { return c.cif.SRTKM != nil }

// fault is what is wrong with a handshake, whoever it is for.
func (c *Call) fault() Reason {
	cif := c.cif
	switch {
	case cif.Version != 5: // Version 4 has no stream id. libsrt sends 5 since 1.3 of 2018.
		return Version
	case cif.SRTHS == nil, cif.MaxTransmissionUnitSize > maxDatagram, cif.MaxTransmissionUnitSize < 76:
		return Rogue
	case cif.SRTHS.SRTVersion < minVersion:
		return Version
	case cif.SRTHS.SRTFlags.STREAM:
		return MessageAPI
	case !cif.SRTHS.SRTFlags.TSBPDSND, !cif.SRTHS.SRTFlags.REXMITFLG:
		return Rogue
	case cif.HasCongestionCtl && cif.CongestionCtl != "live":
		return Congestion
	}
	return 0
}

// Reject tells the caller why it is not let in.
func (c *Call) Reject(reason Reason) {
	now := c.listener.endpoint.now()
	b := c.answerWith(reason, now)
	c.listener.remember(c.who, &answer{packet: b, until: now + answerKept})
}

func (c *Call) answerWith(reason Reason, now int64) []byte {
	cif := packet.CIFHandshake{
		Version: 5, HandshakeType: packet.HandshakeType(reason), SRTSocketId: c.cif.SRTSocketId, SynCookie: c.cif.SynCookie,
		InitialPacketSequenceNumber: c.cif.InitialPacketSequenceNumber, MaxTransmissionUnitSize: maxDatagram, MaxFlowWindowSize: maxWindow,
	}
	cif.PeerIP.FromNetIP(c.Peer.Addr().AsSlice())
	b, err := handshake(&cif, uint32(now), c.who.socket)
	if err != nil {
		return []byte{}
	}
	c.listener.endpoint.write(b, c.Peer)
	return b
}

func (l *Listener) remember(who caller, a *answer) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.answers[who] = a
}

// Accept lets the caller in. Where one side has a passphrase and the other does not, or another, the caller is told so.
func (c *Call) Accept(passphrase string) (*Conn, error) {
	cipher, reason := c.unseal(passphrase)
	if reason != 0 {
		c.Reject(reason)
		return nil, &RejectedError{Reason: reason}
	}
	l, hs := c.listener, c.cif.SRTHS
	now := l.endpoint.now()
	conn := newConn(l.endpoint, c.Peer, c.who.socket, orDefault(l.Idle, 5*time.Second), now)
	conn.streamID, conn.cipher, conn.secret = c.StreamID, cipher, passphrase
	latency := max(orDefault(l.Latency, 200*time.Millisecond), time.Duration(hs.SendTSBPDDelay)*time.Millisecond)
	conn.expect(c.cif.InitialPacketSequenceNumber.Val(), c.stamp, c.came, latency)

	b, err := c.welcome(conn, latency)
	if err != nil || !l.endpoint.add(conn) {
		c.Reject(Closing)
		return nil, fmt.Errorf("srt call of %s: %w", c.Peer, ErrClosed)
	}
	l.remember(c.who, &answer{packet: b, conn: conn})
	l.endpoint.write(b, c.Peer)
	return conn, nil
}

// unseal takes the caller's key.
func (c *Call) unseal(passphrase string) (cipher crypto.Crypto, reason Reason) {
	km := c.cif.SRTKM
	if (km != nil) != (passphrase != "") {
		return nil, Unsecure
	}
	if km == nil {
		return nil, 0
	}
	defer func() {
		if recover() != nil {
			cipher, reason = nil, Rogue
		}
	}()
	cipher, err := crypto.New(int(km.KLen))
	if err != nil {
		return nil, Rogue
	}
	if cipher.UnmarshalKM(km, passphrase) != nil {
		return nil, BadSecret
	}
	return cipher, 0
}

// welcome is the answer to a caller that is let in.
func (c *Call) welcome(conn *Conn, latency time.Duration) ([]byte, error) {
	cif := *c.cif
	cif.IsRequest = false
	cif.SRTSocketId, cif.SynCookie = conn.id, 0
	cif.MaxTransmissionUnitSize = min(cif.MaxTransmissionUnitSize, maxDatagram)
	cif.MaxFlowWindowSize = maxWindow
	// What the caller asked for beside that is not offered, or needs no answer.
	cif.HasSID, cif.HasCongestionCtl = false, false
	cif.HasHS = true
	cif.SRTHS = extension(latency, time.Duration(c.cif.SRTHS.RecvTSBPDDelay)*time.Millisecond)
	cif.PeerIP.FromNetIP(c.Peer.Addr().AsSlice())
	return handshake(&cif, 0, c.who.socket)
}

// extension tells what this side can do (§3.2.1.1).
func extension(receive, send time.Duration) *packet.CIFHandshakeExtension {
	return &packet.CIFHandshakeExtension{
		SRTVersion: srtVersion,
		SRTFlags: packet.CIFHandshakeExtensionFlags{
			TSBPDSND: true, TSBPDRCV: true, CRYPT: true, TLPKTDROP: true, PERIODICNAK: true, REXMITFLG: true,
		},
		RecvTSBPDDelay: milliseconds(receive), SendTSBPDDelay: milliseconds(send),
	}
}

func milliseconds(d time.Duration) uint16 { return uint16(min(max(d.Milliseconds(), 0), 1<<16-1)) }

func newConn(e *endpoint, peer netip.AddrPort, peerID uint32, idle time.Duration, now int64) *Conn {
	return &Conn{
		endpoint: e, peer: peer, id: anyNumber(), peerID: peerID, idle: idle, begin: now, heard: now, said: now,
		rate: bandwidth{since: now}, wake: make(chan struct{}, 1), ended: make(chan struct{}),
	}
}

// expect sets where the peer begins to count, and when.
func (c *Conn) expect(sequence, stamp uint32, came int64, latency time.Duration) {
	c.window.base, c.acks.told = sequence, sequence
	c.acks.answered = true
	c.clock.latency = latency.Microseconds()
	c.clock.set(stamp, came)
}
