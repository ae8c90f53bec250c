package rtmp

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	protocol "github.com/bluenviron/gortmplib/pkg/message"
)

// readAhead is what a connection reads at once: a picture of most encoders.
const readAhead = 32 << 10

// What we ask of the other end, and the least window that it may ask us to acknowledge: one of a byte would have us answer
// every one.
const (
	windowSize    = 2_500_000
	minWindow     = 16 << 10
	ourChunkSize  = 65536
	encodingAMF0  = 0
	peerBandwidth = 2 // dynamic (RTMP 1.0 §5.4.5)
)

// wire is a connection after its handshake. One goroutine reads it; any may write.
type wire struct {
	conn    net.Conn
	in      *bufio.Reader
	chunks  *chunkReader
	timeout time.Duration // for one message to come, and for one to be written
	count   *counter

	window   uint64 // what the other end wants acknowledged; 0 for nothing
	acked    uint64
	received atomic.Uint64 // media messages

	writing sync.Mutex
	out     *protocol.Writer
}

// counter counts what is read.
type counter struct {
	net.Conn
	n atomic.Uint64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.n.Add(uint64(n))
	return n, err
}

func newWire(conn net.Conn, timeout time.Duration, l limits) *wire {
	count := &counter{Conn: conn}
	in := bufio.NewReaderSize(count, readAhead)
	return &wire{
		conn: conn, in: in, chunks: newChunkReader(in, l), timeout: timeout, count: count,
		out: protocol.NewWriter(conn, bytecounter.NewWriter(conn), false),
	}
}

// Read implements io.Reader, for the handshake.
func (w *wire) Read(p []byte) (int, error) { return w.in.Read(p) }

// Write implements io.Writer, for the handshake.
func (w *wire) Write(p []byte) (int, error) {
	if err := w.conn.SetWriteDeadline(time.Now().Add(w.timeout)); err != nil {
		return 0, err
	}
	return w.conn.Write(p)
}

// next gives the next message that is not about the connection itself. A message has to be complete in time, however slowly a
// peer trickles its bytes; a peer that only talks of the connection has no more time than that either.
func (w *wire) next(deadline time.Time) (message, error) {
	if err := w.conn.SetReadDeadline(deadline); err != nil {
		return message{}, err
	}
	for {
		m, err := w.chunks.read()
		if err != nil {
			return message{}, err
		}
		if err := w.acknowledge(); err != nil {
			return message{}, err
		}
		ours, err := w.control(&m)
		if err != nil {
			return message{}, err
		}
		if !ours {
			if m.isMedia() {
				w.received.Add(1)
			}
			return m, nil
		}
	}
}

// nextInTime is next with the time that one message has.
func (w *wire) nextInTime() (message, error) { return w.next(time.Now().Add(w.timeout)) }

// control acts on messages that are about the connection.
func (w *wire) control(m *message) (ours bool, err error) {
	switch m.kind {
	case kindChunkSize, kindAbort, kindWindow:
		if len(m.body) < 4 {
			return true, fmt.Errorf("rtmp control message of type %d with %d bytes: 4 expected", m.kind, len(m.body))
		}
		value := binary.BigEndian.Uint32(m.body)
		switch m.kind {
		case kindChunkSize:
			return true, w.chunks.setSize(value)
		case kindAbort:
			w.chunks.abort(value)
		default:
			w.window = max(uint64(value), minWindow)
		}
		return true, nil
	case kindUserControl:
		return w.userControl(m.body)
	case kindAcknowledged, kindBandwidth:
		return true, nil
	default:
		return false, nil
	}
}

// The events of user control messages that mean something to us (RTMP 1.0 §7.1.7).
const (
	eventStreamEnd = 1
	eventPing      = 6
)

// errStreamEnd is how a server that is pulled from says that there is no more.
var errStreamEnd = errors.New("the server says that the stream is over")

func (w *wire) userControl(body []byte) (bool, error) {
	if len(body) < 2 {
		return true, nil
	}
	switch binary.BigEndian.Uint16(body) {
	case eventStreamEnd:
		return true, errStreamEnd
	case eventPing:
		if len(body) >= 6 {
			return true, w.send(&protocol.UserControlPingResponse{ServerTime: binary.BigEndian.Uint32(body[2:])})
		}
	}
	return true, nil
}

// acknowledge tells the other end what was received, as often as it wants to know (§5.4.3).
func (w *wire) acknowledge() error {
	n := w.count.n.Load()
	if w.window == 0 || n-w.acked < w.window {
		return nil
	}
	w.acked = n
	return w.send(&protocol.Acknowledge{Value: uint32(n)})
}

// send writes messages. A peer that does not read them is not waited for.
func (w *wire) send(messages ...protocol.Message) error {
	return w.sendWithin(w.timeout, messages...)
}

func (w *wire) sendWithin(d time.Duration, messages ...protocol.Message) error {
	w.writing.Lock()
	defer w.writing.Unlock()
	if err := w.conn.SetWriteDeadline(time.Now().Add(d)); err != nil {
		return err
	}
	for _, m := range messages {
		if err := w.out.Write(m); err != nil {
			return err
		}
	}
	return nil
}

// greet writes what each end says first of the connection.
func (w *wire) greet() error {
	return w.send(
		&protocol.SetWindowAckSize{Value: windowSize},
		&protocol.SetPeerBandwidth{Value: windowSize, Type: peerBandwidth},
		&protocol.SetChunkSize{Value: ourChunkSize},
	)
}

// hangUp closes the connection once what was written last has arrived, or d is over: a connection that is closed with bytes
// unread is reset, and the peer would lose the reason with it.
func (w *wire) hangUp(d time.Duration) {
	if w.endWriting() {
		w.drain(d)
	}
	_ = w.conn.Close()
}

// drain reads until the other end closes the connection, or d is over. Encoders say goodbye in several messages, and some (GStreamer's)
// take a connection that is closed after the first for a failure.
func (w *wire) drain(d time.Duration) {
	_ = w.conn.SetReadDeadline(time.Now().Add(d))
	_, _ = io.CopyN(io.Discard, w.conn, maxUnread)
}

// closeAfter is hangUp for a connection that another goroutine reads.
func (w *wire) closeAfter(d time.Duration) {
	w.endWriting()
	time.AfterFunc(d, func() { _ = w.conn.Close() })
}

func (w *wire) endWriting() bool {
	c, ok := w.conn.(interface{ CloseWrite() error })
	return ok && c.CloseWrite() == nil
}

// maxUnread bounds what is read of a peer that does not stop.
const maxUnread = 1 << 20

// statusMessage is an onStatus command (RTMP 1.0 §7.2.2) on the one stream that there is.
func statusMessage(level, code, description string) protocol.Message {
	return &protocol.CommandAMF0{
		ChunkStreamID: 5, MessageStreamID: streamID, Name: "onStatus", CommandID: 0,
		Arguments: []any{nil, information(level, code, description)},
	}
}

// streamID is that of the one stream that a connection has. The library writes the four bytes in their order, and the format has
// them the other way around (§5.3.1.2.1).
const streamID = 1 << 24

func information(level, code, description string) amf0.Object {
	return amf0.Object{{Key: "level", Value: level}, {Key: "code", Value: code}, {Key: "description", Value: description}}
}
