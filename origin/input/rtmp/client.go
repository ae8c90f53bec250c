package rtmp

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	protocol "github.com/bluenviron/gortmplib/pkg/message"
)

// ErrRefused is in the chain of what a server answers that does not give the stream.
var ErrRefused = errors.New("the server refuses")

// Transactions of the commands that a client sends; an answer has its number.
const (
	connectID = 1
	createID  = 2
	playID    = 3
)

// What a player can decode, by RTMP 1.0 §7.2.1.1: MP3 and AAC, and H.264. Codecs of Enhanced RTMP are told by fourCcList.
const (
	supportSound   = 0x0004 | 0x0400
	supportPicture = 0x0080
)

// ask has a stream played.
func (w *wire) ask(a *address, deadline time.Time) error {
	if err := w.conn.SetReadDeadline(deadline); err != nil {
		return err
	}
	if _, _, err := handshake.DoClient(w, false, false); err != nil {
		return err
	}
	if err := w.greet(); err != nil {
		return err
	}
	if err := w.invoke("connect", connectID, 0, amf0.Object{
		{Key: "app", Value: a.app},
		{Key: "flashVer", Value: "LNX 9,0,124,2"},
		{Key: "tcUrl", Value: a.tcURL()},
		{Key: "fpad", Value: false},
		{Key: "capabilities", Value: float64(15)},
		{Key: "audioCodecs", Value: float64(supportSound)},
		{Key: "videoCodecs", Value: float64(supportPicture)},
		{Key: "videoFunction", Value: float64(0)},
		{Key: "objectEncoding", Value: float64(encodingAMF0)},
		{Key: "fourCcList", Value: ourCodecs()},
	}); err != nil {
		return err
	}
	if err := w.answer(connectID, deadline); err != nil {
		return err
	}
	if err := w.invoke("createStream", createID, 0, nil); err != nil {
		return err
	}
	if err := w.answer(createID, deadline); err != nil {
		return err
	}
	// The third argument asks for the live stream alone (§7.2.2.1).
	return w.invoke("play", playID, streamID, nil, a.name, float64(-1000))
}

func (w *wire) invoke(name string, id int, stream uint32, arguments ...any) error {
	return w.send(&protocol.CommandAMF0{
		ChunkStreamID: 3, MessageStreamID: stream, Name: name, CommandID: id, Arguments: arguments,
	})
}

// answer waits for the answer to a command.
func (w *wire) answer(id float64, deadline time.Time) error {
	for range maxSetupMessages {
		m, err := w.next(deadline)
		if err != nil {
			return err
		}
		if m.kind != kindCommandAMF0 && m.kind != kindCommandAMF3 {
			continue
		}
		c, err := readCommand(&m)
		if err != nil {
			return err
		}
		if c.name == "_error" {
			return c.refusal()
		}
		if c.name == "_result" && c.id == id {
			return nil
		}
	}
	return fmt.Errorf("it said %d things and did not answer", maxSetupMessages)
}

// refusal words an _error or an onStatus of the level error. The words are a stranger's and are clipped.
func (c *command) refusal() error {
	o := c.object(1)
	words := strings.Join(strings.Fields(clip(textIn(o, "code"))+" "+clip(textIn(o, "description"))), " ")
	if words == "" {
		words = "no reason given"
	}
	return fmt.Errorf("%w: %s", ErrRefused, words)
}

// ends says why a message ends what is pulled, or nil.
func ends(m *message) error {
	if m.kind != kindCommandAMF0 && m.kind != kindCommandAMF3 {
		return nil
	}
	c, err := readCommand(m)
	if err != nil {
		return nil //nolint:nilerr // Servers have commands of their own, which are no matter.
	}
	o := c.object(1)
	switch {
	case c.name == "close":
		return errStreamEnd
	case c.name == "_error" && c.id == playID, c.name == "onStatus" && textIn(o, "level") == "error":
		return c.refusal()
	case c.name != "onStatus":
		return nil
	}
	switch textIn(o, "code") {
	case "NetStream.Play.Stop", "NetStream.Play.Complete", "NetStream.Play.UnpublishNotify":
		return errStreamEnd
	}
	return nil
}
