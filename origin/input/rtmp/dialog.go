package rtmp

import (
	"errors"
	"fmt"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	protocol "github.com/bluenviron/gortmplib/pkg/message"
)

// request is what an encoder wants.
type request struct {
	place
	agent string
}

// maxSetupMessages bounds what is said before publishing; encoders say about eight things.
const maxSetupMessages = 64

var errPlay = errors.New("it asks to play: podium gives streams out by HLS only")

// shake does a server's half of the handshake (RTMP 1.0 §5.2).
func (w *wire) shake(deadline time.Time) error {
	if err := w.conn.SetReadDeadline(deadline); err != nil {
		return err
	}
	version, err := w.in.Peek(1)
	if err != nil {
		return err
	}
	switch version[0] {
	case 3:
	case 0x16:
		return errors.New("it speaks TLS to the port of RTMP: use rtmp://, or the port of RTMPS")
	case 6:
		return errors.New("it wants RTMPE, which is broken: use rtmps://")
	default:
		return fmt.Errorf("it does not speak RTMP: its first byte is 0x%02x, 0x03 expected", version[0])
	}
	_, _, err = handshake.DoServer(w, false)
	return err
}

// accept talks with an encoder until it asks to publish. Its time is measured by the caller.
func (w *wire) accept(deadline time.Time) (request, error) {
	var (
		req  request
		app  string
		here bool // connect was answered
	)
	for range maxSetupMessages {
		m, err := w.next(deadline)
		if err != nil {
			return req, err
		}
		if m.kind != kindCommandAMF0 && m.kind != kindCommandAMF3 {
			continue
		}
		c, err := readCommand(&m)
		if err != nil {
			return req, err
		}
		switch c.name {
		case "connect":
			o := c.object(0)
			app, req.agent = textIn(o, "app"), clip(textIn(o, "flashVer"))
			if err := w.welcome(&c); err != nil {
				return req, err
			}
			here = true
		case "createStream":
			if err := w.result(&c, float64(1)); err != nil {
				return req, err
			}
		case "releaseStream", "FCPublish":
			if err := w.result(&c, amf0.Undefined{}); err != nil {
				return req, err
			}
		case "publish":
			if !here {
				return req, errors.New("it publishes before it connects")
			}
			name, _ := c.text(1)
			req.place = placeOf(app, name)
			return req, nil
		case "play", "play2":
			_ = w.send(statusMessage("error", "NetStream.Play.Failed", errPlay.Error()))
			return req, errPlay
		}
	}
	return req, fmt.Errorf("it said %d things and does not publish", maxSetupMessages)
}

// ourCodecs are the four-character codes of what can be carried, for encoders that ask (Enhanced RTMP v2, connect).
func ourCodecs() amf0.StrictArray {
	return amf0.StrictArray{"avc1", "hvc1", "mp4a", "Opus", "ac-3", "ec-3", ".mp3"}
}

func (w *wire) welcome(c *command) error {
	if err := w.greet(); err != nil {
		return err
	}
	info := append(information("status", "NetConnection.Connect.Success", "Connection succeeded."),
		amf0.ObjectEntry{Key: "objectEncoding", Value: float64(encodingAMF0)},
		amf0.ObjectEntry{Key: "fourCcList", Value: ourCodecs()})
	return w.send(&protocol.CommandAMF0{
		ChunkStreamID: 3, Name: "_result", CommandID: int(c.id), Arguments: []any{
			amf0.Object{{Key: "fmsVer", Value: "FMS/3,0,1,123"}, {Key: "capabilities", Value: float64(31)}}, info,
		},
	})
}

func (w *wire) result(c *command, value any) error {
	return w.send(&protocol.CommandAMF0{ChunkStreamID: 3, Name: "_result", CommandID: int(c.id), Arguments: []any{nil, value}})
}

// leaves says whether a message is an encoder's goodbye.
func leaves(m *message) bool {
	if m.kind != kindCommandAMF0 && m.kind != kindCommandAMF3 {
		return false
	}
	c, err := readCommand(m)
	if err != nil {
		return false
	}
	switch c.name {
	case "FCUnpublish", "deleteStream", "closeStream":
		return true
	default:
		return false
	}
}
