package xmltv

import (
	"errors"
	"io"
	"time"
)

// Options say how a guide is written.
type Options struct {
	// Zone is the zone that instants are written in. It defaults to UTC.
	Zone *time.Location
	// Source names the station; empty for none.
	Source string
}

// Writer writes a guide as it comes: first the channels, then the programmes, then Close. What it writes
// passes tv_validate_file, whatever the texts are; that programmes neither overlap nor leave holes is for the
// caller to see to.
type Writer struct {
	w          io.Writer
	zone       *time.Location
	buf        []byte
	programmes bool
	err        error
}

// flushAt is when the buffer goes out.
const flushAt = 64 << 10

// NewWriter begins a guide.
func NewWriter(w io.Writer, o Options) *Writer {
	x := &Writer{w: w, zone: o.Zone, buf: make([]byte, 0, flushAt+8<<10)}
	if x.zone == nil {
		x.zone = time.UTC
	}
	x.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE tv SYSTEM \"xmltv.dtd\">\n<tv")
	if source := tidy(o.Source); source != "" {
		x.raw(` source-info-name="`)
		x.text(source)
		x.raw(`"`)
	}
	x.raw(" generator-info-name=\"Podium\">\n")
	return x
}

func (x *Writer) raw(s string)  { x.buf = append(x.buf, s...) }
func (x *Writer) text(s string) { x.buf = appendText(x.buf, s, false) }

// element writes an element with text, or nothing where there is none: tv_validate_file refuses an empty
// description.
func (x *Writer) element(open, s, end string) {
	if s = tidy(s); s == "" {
		return
	}
	x.raw(open)
	x.text(s)
	x.raw(end)
}

// Channel writes a channel.
func (x *Writer) Channel(c Channel) error {
	if x.programmes {
		return errors.New("write xmltv: channels come before programmes")
	}
	x.raw(`  <channel id="`)
	x.text(c.ID)
	x.raw("\">\n")
	named := false
	for _, name := range c.Names {
		if name = tidy(name); name != "" {
			x.element("    <display-name lang=\"zh\">", name, "</display-name>\n")
			named = true
		}
	}
	if !named {
		x.element("    <display-name>", c.ID, "</display-name>\n")
	}
	x.element(`    <icon src="`, c.Icon, "\"/>\n")
	x.raw("  </channel>\n")
	return x.flush(flushAt)
}

// Programme writes a programme. Its elements stand in the DTD's order with the title first, which Chinese
// players count on. The lecturer stands in the credits twice, because Kodi reads actors and not presenters,
// and in the description for players that read neither.
func (x *Writer) Programme(p Programme) error {
	x.programmes = true
	x.raw(`  <programme start="`)
	x.buf = p.Start.In(x.zone).AppendFormat(x.buf, layout)
	x.raw(`" stop="`)
	x.buf = p.Stop.In(x.zone).AppendFormat(x.buf, layout)
	x.raw(`" channel="`)
	x.text(p.Channel)
	x.raw("\">\n")
	title, lecturer := tidy(p.Title), tidy(p.Lecturer)
	if title == "" {
		title = p.Channel
	}
	x.element("    <title lang=\"zh\">", title, "</title>\n")
	x.element("    <sub-title lang=\"zh\">", p.Subtitle, "</sub-title>\n")
	x.description(tidy(p.Description), lecturer)
	if lecturer != "" {
		x.raw("    <credits>\n")
		x.element("      <actor role=\"主讲\">", lecturer, "</actor>\n")
		x.element("      <presenter>", lecturer, "</presenter>\n")
		x.raw("    </credits>\n")
	}
	x.element("    <category lang=\"zh\">", p.Category, "</category>\n")
	x.element("    <category lang=\"en\">", p.Genre, "</category>\n")
	if p.Repeat {
		x.raw("    <previously-shown/>\n")
	}
	x.raw("  </programme>\n")
	return x.flush(flushAt)
}

func (x *Writer) description(description, lecturer string) {
	if description == "" && lecturer == "" {
		return
	}
	x.raw("    <desc lang=\"zh\">")
	x.buf = appendText(x.buf, description, true)
	if lecturer != "" {
		if description != "" {
			x.raw("\n")
		}
		x.raw(saysLecturer)
		x.text(lecturer)
	}
	x.raw("</desc>\n")
}

// saysLecturer begins the line of the description that names the lecturer.
const saysLecturer = "主讲："

// Close ends the guide. It does not close the writer under it.
func (x *Writer) Close() error {
	x.raw("</tv>\n")
	return x.flush(1)
}

// flush writes the buffer out when it holds at least that much; the first error stays.
func (x *Writer) flush(at int) error {
	if x.err != nil || len(x.buf) < at {
		return x.err
	}
	_, x.err = x.w.Write(x.buf)
	x.buf = x.buf[:0]
	return x.err
}
