// Package subtitle reads WebVTT and SubRip files, and writes WebVTT.
package subtitle

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// Text is a file of subtitles.
type Text struct {
	// Header are the STYLE and REGION blocks before the first cue (WebVTT §4.1), or empty.
	Header string
	// Cues are in order of their beginning.
	Cues []Cue
}

// Cue is one piece of text and when it is shown.
type Cue struct {
	Start, End time.Duration
	// ID and Settings may be empty.
	ID, Settings string
	// Text has no empty line.
	Text string
}

// ErrBad says that a file is no subtitles.
var ErrBad = errors.New("not a WebVTT or SubRip file")

// Bounds of what is read.
const (
	MaxSize = 16 << 20
	maxCues = 100_000
	maxTime = 1000 * time.Hour
	maxText = 8 << 10 // of a cue
)

// Parse reads WebVTT, which says so in its first line, or SubRip. Cues that make no sense are left out; a file without
// any is an error.
func Parse(b []byte) (*Text, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrBad, len(b), MaxSize)
	}
	s := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\ufffd").Replace(decode(b))
	t := new(Text)
	vtt := strings.HasPrefix(s, "WEBVTT")
	blocks := blocksOf(s)
	if vtt && len(blocks) > 0 {
		blocks = blocks[1:]
	}
	var header []string
	for _, lines := range blocks {
		if vtt && len(t.Cues) == 0 && (strings.HasPrefix(lines[0], "STYLE") || strings.HasPrefix(lines[0], "REGION")) {
			header = append(header, strings.Join(lines, "\n"))
			continue
		}
		c, ok := parseCue(lines)
		if !ok {
			continue
		}
		if len(t.Cues) == maxCues {
			return nil, fmt.Errorf("%w: more than %d cues", ErrBad, maxCues)
		}
		t.Cues = append(t.Cues, c)
	}
	if len(t.Cues) == 0 {
		return nil, fmt.Errorf("%w: no cue with a time", ErrBad)
	}
	t.Header = strings.Join(header, "\n\n")
	t.sort()
	return t, nil
}

// decode makes a text UTF-8. Chinese SubRip files are often in GBK, and editors on Windows save UTF-16.
func decode(b []byte) string {
	if bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
		out, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(b)
		if err == nil {
			return string(out)
		}
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if utf8.Valid(b) {
		return string(b)
	}
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	if err != nil || bytes.ContainsRune(out, utf8.RuneError) {
		return strings.ToValidUTF8(string(b), "\ufffd")
	}
	return string(out)
}

// blocksOf parts a text at its empty lines.
func blocksOf(s string) [][]string {
	var out [][]string
	var block []string
	for line := range strings.SplitSeq(s, "\n") {
		if strings.TrimSpace(line) != "" {
			block = append(block, line)
			continue
		}
		if len(block) > 0 {
			out = append(out, block)
		}
		block = nil
	}
	if len(block) > 0 {
		out = append(out, block)
	}
	return out
}

// parseCue reads a block with a line of times, which an identifier may stand before.
func parseCue(lines []string) (Cue, bool) {
	for i := range lines[:min(2, len(lines))] {
		from, rest, ok := strings.Cut(lines[i], "-->")
		if !ok {
			continue
		}
		until, settings, _ := strings.Cut(strings.TrimSpace(rest), " ")
		c := Cue{Settings: strings.TrimSpace(settings), Text: strings.Join(lines[i+1:], "\n")}
		if i > 0 {
			c.ID = strings.TrimSpace(lines[0])
		}
		var err error
		if c.Start, err = parseTime(strings.TrimSpace(from)); err != nil {
			return c, false
		}
		if c.End, err = parseTime(until); err != nil || c.End <= c.Start || len(c.Text) > maxText || c.Text == "" {
			return c, false
		}
		if strings.Contains(c.Text, "-->") || strings.Contains(c.Settings, "-->") || strings.HasPrefix(c.Settings, "X1:") {
			c.Settings = "" // SubRip's coordinates, which WebVTT has none of.
			c.Text = strings.ReplaceAll(c.Text, "-->", "→")
		}
		return c, true
	}
	return Cue{}, false
}

// parseTime reads [hours:]minutes:seconds and thousandths behind a full stop, or a comma in SubRip.
func parseTime(s string) (time.Duration, error) {
	clock, thousandths, ok := strings.Cut(strings.Replace(s, ",", ".", 1), ".")
	if !ok {
		thousandths = "0"
	}
	parts := strings.Split(clock, ":")
	if len(parts) < 2 || len(parts) > 3 || len(thousandths) > 3 {
		return 0, fmt.Errorf("%w: time %q", ErrBad, s)
	}
	var total time.Duration
	for _, p := range parts {
		n, err := digits(p)
		if err != nil {
			return 0, err
		}
		total = total*60 + time.Duration(n)*time.Second
	}
	for len(thousandths) < 3 {
		thousandths += "0"
	}
	n, err := digits(thousandths)
	total += time.Duration(n) * time.Millisecond
	if total > maxTime {
		return 0, fmt.Errorf("%w: time %q", ErrBad, s)
	}
	return total, err
}

func digits(s string) (int, error) {
	if s == "" || len(s) > 4 {
		return 0, fmt.Errorf("%w: number %q", ErrBad, s)
	}
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%w: number %q", ErrBad, s)
		}
		n = n*10 + int(c-'0')
	}
	return n, nil
}
