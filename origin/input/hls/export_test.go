package hls

import "time"

// Parse reads a playlist, for fuzzing: what it has in words.
func Parse(text []byte) (segments int, last string, err error) {
	doc, err := parse(text)
	if err != nil || doc.media == nil || len(doc.media.segments) == 0 {
		return 0, "", err
	}
	list := doc.media
	list.left(list.sequence)
	list.before(3 * list.target)
	return len(list.segments), list.segments[len(list.segments)-1].uri, nil
}

// Unpack reads one segment as it comes.
func Unpack(init, body []byte) error {
	p := &Pull{}
	s := p.newPart(nil, nil)
	return s.unpack(&segment{}, body, init)
}

// Level is level, for its test.
type Level struct{ level }

// Observe calls observe.
func (l *Level) Observe(lay, target time.Duration) float64 { return l.observe(lay, target) }
