package xmltv

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits bound what Read takes from a file it cannot trust.
type Limits struct {
	// Bytes of the file, after decompression. It defaults to 64 MiB.
	Bytes int64
	// Channels defaults to 2,000, Programmes to 200,000.
	Channels, Programmes int
	// Depth of elements. It defaults to 8; XMLTV needs 4.
	Depth int
	// Text is the length of one text or attribute, in bytes; longer texts are cut. It defaults to 16 KiB.
	Text int
	// Zone is for instants without one. It defaults to UTC.
	Zone *time.Location
}

// Guide is what a file holds.
type Guide struct {
	Channels []Channel
	// Programmes are in order of channel and start. One without a stop ends where the channel's next begins.
	Programmes []Programme
	// Skipped counts the programmes that could not be used: no channel, title or start, or no length.
	Skipped int
}

// ErrTooBig is wrapped by the errors of files beyond the Limits.
var ErrTooBig = errors.New("the guide is too big")

// Read reads a guide, plain or gzipped. It reads no DTD and expands no entity but XML's own five.
func Read(r io.Reader, l Limits) (*Guide, error) {
	l.Bytes = cmp.Or(l.Bytes, 64<<20)
	l.Channels, l.Programmes = cmp.Or(l.Channels, 2000), cmp.Or(l.Programmes, 200_000)
	l.Depth, l.Text = cmp.Or(l.Depth, 8), cmp.Or(l.Text, 16<<10)
	if l.Zone == nil {
		l.Zone = time.UTC
	}
	buffered := bufio.NewReader(r)
	var plain io.Reader = buffered
	if magic, _ := buffered.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("read xmltv: %w", err)
		}
		plain = unzipped
	}
	d := xml.NewDecoder(&bounded{r: plain, left: l.Bytes})
	d.Strict = true
	p := parser{decoder: d, limits: l, guide: &Guide{}}
	if err := p.run(); err != nil {
		row, column := d.InputPos()
		return nil, fmt.Errorf("read xmltv: line %d, column %d: %w", row, column, err)
	}
	p.finish()
	return p.guide, nil
}

// bounded fails, rather than ends, at its limit: a cut file must not pass for a whole one.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("%w: more bytes than allowed", ErrTooBig)
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	return n, err
}

// parser walks the tokens. It keeps the path of open elements and the text of the innermost.
type parser struct {
	decoder *xml.Decoder
	limits  Limits
	guide   *Guide

	path      []string
	text      []byte
	lang      string
	channel   *Channel
	programme *Programme
	// preferred are the elements of the programme that were already given in Chinese.
	preferred map[string]bool
}

func (p *parser) run() error {
	rooted := false
	for {
		token, err := p.decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return p.ended(rooted)
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(p.path) == 0 && (rooted || t.Name.Local != "tv") {
				return fmt.Errorf("element <%s> at the top, expected one <tv>", clip(t.Name.Local))
			}
			rooted = true
			if err := p.open(t); err != nil {
				return err
			}
		case xml.EndElement:
			if err := p.close(t.Name.Local); err != nil {
				return err
			}
		case xml.CharData:
			if room := p.limits.Text - len(p.text); room > 0 {
				p.text = append(p.text, t[:min(len(t), room)]...)
			}
		case xml.Directive:
			// <!DOCTYPE tv SYSTEM "xmltv.dtd"> is usual; an internal subset could only bring entities.
			if bytes.ContainsRune(t, '[') || bytes.Contains(t, []byte("ENTITY")) {
				return errors.New("a document type with declarations of its own, expected none")
			}
		}
	}
}

func (p *parser) ended(rooted bool) error {
	if !rooted || len(p.path) > 0 {
		return io.ErrUnexpectedEOF
	}
	return nil
}

func (p *parser) open(t xml.StartElement) error {
	if len(p.path) >= p.limits.Depth {
		return fmt.Errorf("%w: elements are nested deeper than %d", ErrTooBig, p.limits.Depth)
	}
	p.path = append(p.path, t.Name.Local)
	p.text = p.text[:0]
	p.lang = p.attribute(t, "lang")
	if len(p.path) == 2 {
		return p.begin(t)
	}
	if len(p.path) == 3 && p.channel != nil && t.Name.Local == "icon" && p.channel.Icon == "" {
		p.channel.Icon = p.attribute(t, "src")
	}
	if len(p.path) == 3 && p.programme != nil && (t.Name.Local == "previously-shown" || t.Name.Local == "rerun") {
		p.programme.Repeat = true
	}
	return nil
}

func (p *parser) begin(t xml.StartElement) error {
	switch t.Name.Local {
	case "channel":
		if len(p.guide.Channels) >= p.limits.Channels {
			return fmt.Errorf("%w: more than %d channels", ErrTooBig, p.limits.Channels)
		}
		p.channel = &Channel{ID: p.attribute(t, "id")}
	case "programme":
		if len(p.guide.Programmes)+p.guide.Skipped >= p.limits.Programmes {
			return fmt.Errorf("%w: more than %d programmes", ErrTooBig, p.limits.Programmes)
		}
		start, err := p.instant(t, "start")
		if err != nil {
			return err
		}
		stop, err := p.instant(t, "stop")
		if err != nil {
			return err
		}
		p.programme = &Programme{Channel: p.attribute(t, "channel"), Start: start, Stop: stop}
		p.preferred = map[string]bool{}
	}
	return nil
}

func (p *parser) attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return p.cut(a.Value)
		}
	}
	return ""
}

// instant reads an attribute; a missing one is the zero time.
func (p *parser) instant(t xml.StartElement, name string) (time.Time, error) {
	value := p.attribute(t, name)
	if value == "" {
		return time.Time{}, nil
	}
	at, err := ParseTime(value, p.limits.Zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", name, err)
	}
	return at, nil
}

func (p *parser) cut(s string) string {
	if len(s) > p.limits.Text {
		s = s[:p.limits.Text]
	}
	// A cut may have gone through a character.
	return tidy(strings.ToValidUTF8(s, ""))
}

func (p *parser) close(name string) error {
	depth := len(p.path)
	if depth == 0 || p.path[depth-1] != name {
		return fmt.Errorf("</%s> closes nothing that is open", clip(name))
	}
	p.path = p.path[:depth-1]
	text := p.cut(string(p.text))
	p.text = p.text[:0]
	switch {
	case depth == 2:
		p.end()
	case p.channel != nil && depth == 3 && name == "display-name" && text != "" && len(p.channel.Names) < 16:
		p.channel.Names = append(p.channel.Names, text)
	case p.programme != nil && depth == 3:
		p.field(name, text)
	case p.programme != nil && depth == 4 && p.path[2] == "credits" && (name == "presenter" || name == "actor"):
		p.programme.Lecturer = cmp.Or(p.programme.Lecturer, text)
	}
	return nil
}

// field keeps an element of a programme: the first, or the first that is in Chinese.
func (p *parser) field(name, text string) {
	var field *string
	switch name {
	case "title":
		field = &p.programme.Title
	case "sub-title":
		field = &p.programme.Subtitle
	case "desc":
		field = &p.programme.Description
	case "category":
		field = &p.programme.Category
		if strings.HasPrefix(p.lang, "en") {
			field = &p.programme.Genre
		}
	default:
		return
	}
	chinese := strings.HasPrefix(p.lang, "zh")
	if text == "" || *field != "" && (!chinese || p.preferred[name]) {
		return
	}
	*field = text
	p.preferred[name] = chinese
}

func (p *parser) end() {
	if p.channel != nil {
		if p.channel.ID != "" {
			p.guide.Channels = append(p.guide.Channels, *p.channel)
		}
		p.channel = nil
	}
	if p.programme != nil {
		p.keep(*p.programme)
		p.programme = nil
	}
}

func (p *parser) keep(one Programme) {
	if one.Channel == "" || one.Title == "" || one.Start.IsZero() || !one.Stop.IsZero() && !one.Stop.After(one.Start) {
		p.guide.Skipped++
		return
	}
	// The writer puts the lecturer into the description; reading it back must not double it.
	if one.Lecturer != "" {
		if rest, ok := strings.CutSuffix(one.Description, saysLecturer+one.Lecturer); ok {
			one.Description = strings.TrimSpace(rest)
		}
	}
	p.guide.Programmes = append(p.guide.Programmes, one)
}

// finish orders the programmes and gives those without a stop the next one's start.
func (p *parser) finish() {
	all := p.guide.Programmes
	slices.SortStableFunc(all, func(a, b Programme) int {
		return cmp.Or(cmp.Compare(a.Channel, b.Channel), a.Start.Compare(b.Start))
	})
	kept := all[:0]
	for i, one := range all {
		if one.Stop.IsZero() && i+1 < len(all) && all[i+1].Channel == one.Channel {
			one.Stop = all[i+1].Start
		}
		if !one.Stop.After(one.Start) {
			p.guide.Skipped++
			continue
		}
		kept = append(kept, one)
	}
	p.guide.Programmes = kept
}

func clip(s string) string {
	if utf8.RuneCountInString(s) <= 40 {
		return s
	}
	return string([]rune(s)[:40]) + "…"
}
