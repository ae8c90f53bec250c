package rtmp

import (
	"fmt"

	"github.com/bluenviron/gortmplib/pkg/amf0"
)

// command is a command message (RTMP 1.0 §7.2).
type command struct {
	name      string
	id        float64
	arguments amf0.Data // what follows the name and the id; the first is the command object
}

// readCommand reads a command message. Those of AMF 3 begin with a byte and go on as AMF 0 does, unless AMF 3 was agreed on.
func readCommand(m *message) (command, error) {
	data, err := readAMF(m)
	if err != nil {
		return command{}, fmt.Errorf("rtmp command: %w", err)
	}
	if len(data) < 2 {
		return command{}, fmt.Errorf("rtmp command of %d values: a name and a number expected", len(data))
	}
	name, named := data[0].(string)
	id, numbered := data[1].(float64)
	if !named || !numbered {
		return command{}, fmt.Errorf("rtmp command of a %T and a %T: a name and a number expected", data[0], data[1])
	}
	return command{name: name, id: id, arguments: data[2:]}, nil
}

func readAMF(m *message) (amf0.Data, error) {
	body := m.body
	if (m.kind == kindCommandAMF3 || m.kind == kindDataAMF3) && len(body) > 0 {
		body = body[1:]
	}
	return amf0.Unmarshal(body)
}

// object gives an argument that is an object, or nil.
func (c *command) object(n int) amf0.Object {
	if n >= len(c.arguments) {
		return nil
	}
	return objectOf(c.arguments[n])
}

func objectOf(v any) amf0.Object {
	switch o := v.(type) {
	case amf0.Object:
		return o
	case amf0.ECMAArray:
		return amf0.Object(o)
	default:
		return nil
	}
}

// text gives an argument that is a string.
func (c *command) text(n int) (string, bool) {
	if n >= len(c.arguments) {
		return "", false
	}
	s, ok := c.arguments[n].(string)
	return s, ok
}

func textIn(o amf0.Object, key string) string {
	s, _ := o.GetString(key)
	return s
}
