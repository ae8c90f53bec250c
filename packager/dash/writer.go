package dash

import (
	"math"
	"strconv"
	"time"
)

// writer writes XML: a long window's timeline is most of the text, and encoding/xml would take twenty times as long for
// it. Tests read all of it back with encoding/xml.
type writer struct {
	b     []byte
	depth int
	begun bool // an element's tag is open for attributes
}

func (x *writer) open(name string) {
	x.finish()
	x.indent()
	x.b = append(x.b, '<')
	x.b = append(x.b, name...)
	x.begun = true
	x.depth++
}

func (x *writer) close(name string) {
	x.depth--
	if x.begun {
		x.b = append(x.b, "/>\n"...)
		x.begun = false
		return
	}
	x.indent()
	x.b = append(x.b, "</"...)
	x.b = append(x.b, name...)
	x.b = append(x.b, ">\n"...)
}

// finish ends the tag of the element that is open.
func (x *writer) finish() {
	if x.begun {
		x.b = append(x.b, ">\n"...)
		x.begun = false
	}
}

func (x *writer) indent() {
	for range x.depth {
		x.b = append(x.b, ' ')
	}
}

func (x *writer) attr(name, value string) {
	x.b = append(x.b, ' ')
	x.b = append(x.b, name...)
	x.b = append(x.b, `="`...)
	x.escape(value)
	x.b = append(x.b, '"')
}

func (x *writer) text(name, value string) {
	x.open(name)
	x.b = append(x.b, '>')
	x.begun = false
	x.escape(value)
	x.depth--
	x.b = append(x.b, "</"...)
	x.b = append(x.b, name...)
	x.b = append(x.b, ">\n"...)
}

func (x *writer) descriptor(name, scheme, value string) {
	x.open(name)
	x.attr("schemeIdUri", scheme)
	x.attr("value", value)
	x.close(name)
}

// escape writes text that check has let pass: no control characters.
func (x *writer) escape(s string) {
	for i := range len(s) {
		switch c := s[i]; c {
		case '&':
			x.b = append(x.b, "&amp;"...)
		case '<':
			x.b = append(x.b, "&lt;"...)
		case '>':
			x.b = append(x.b, "&gt;"...)
		case '"':
			x.b = append(x.b, "&#34;"...)
		default:
			x.b = append(x.b, c)
		}
	}
}

// time writes a date with three digits always.
func (x *writer) time(name string, t time.Time) {
	x.attr(name, t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

func (x *writer) positive(name string, d time.Duration) {
	if d > 0 {
		x.duration(name, d)
	}
}

// duration writes an xs:duration in seconds alone, to the microsecond: hours and minutes would add nothing but length.
func (x *writer) duration(name string, d time.Duration) {
	micros := max(d, 0).Round(time.Microsecond).Microseconds()
	out := strconv.AppendInt([]byte("PT"), micros/1e6, 10)
	if rest := micros % 1e6; rest > 0 {
		digits := strconv.Itoa(int(1e6 + rest))[1:]
		for digits[len(digits)-1] == '0' {
			digits = digits[:len(digits)-1]
		}
		out = append(append(out, '.'), digits...)
	}
	x.attr(name, string(append(out, 'S')))
}

// frameRate is a frame rate as DASH has it: a whole number or a fraction. The rates of NTSC television are over 1001.
func frameRate(fps float64) string {
	if !(fps > 0) || fps > math.MaxUint16 {
		return ""
	}
	if whole := math.Round(fps); whole > 0 && math.Abs(fps-whole) < 0.0005 {
		return strconv.Itoa(int(whole))
	}
	if ntsc := math.Round(fps * 1.001); math.Abs(fps*1.001-ntsc) < 0.005 {
		return strconv.Itoa(int(ntsc)*1000) + "/1001"
	}
	return strconv.Itoa(int(math.Round(fps*1000))) + "/1000"
}
