package command

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"podium.tv/podium/packager/vod"
)

// progress shows how far the packing of a file is: a bar with the time that is left on a terminal, and elsewhere a
// line now and then.
type progress struct {
	w        io.Writer
	name     string
	terminal bool
	now      func() time.Time

	step  string
	begun time.Time
	shown time.Time
	notes []string
	drawn bool // a bar stands on the terminal's last line
}

// The times from one showing to the next.
const (
	barEvery  = 100 * time.Millisecond
	lineEvery = 10 * time.Second
)

func newProgress(w io.Writer, name string) *progress {
	p := &progress{w: w, name: name, now: time.Now}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
	}
	return p
}

func (p *progress) update(v vod.Progress) {
	now := p.now()
	if v.Step != p.step {
		p.step, p.begun, p.shown = v.Step, now, now.Add(-lineEvery+time.Second)
	}
	every := lineEvery
	if p.terminal {
		every = barEvery
	}
	if now.Sub(p.shown) < every && (v.Total == 0 || v.Done < v.Total || !p.terminal) {
		return
	}
	p.shown = now
	if p.terminal {
		fmt.Fprintf(p.w, "\r\x1b[K%s", p.line(v, now))
		p.drawn = true
		return
	}
	fmt.Fprintln(p.w, p.line(v, now))
}

// line tells the step, how much of it is done, and the time that is left if it goes on so.
func (p *progress) line(v vod.Progress, now time.Time) string {
	text := p.name + ": " + v.Step
	if v.Total <= 0 {
		return fmt.Sprintf("%s %s", text, v.Done.Round(time.Second))
	}
	part := min(max(v.Done.Seconds()/v.Total.Seconds(), 0), 1)
	if p.terminal {
		const width = 30
		full := int(part * width)
		text += " [" + strings.Repeat("=", full) + strings.Repeat(" ", width-full) + "]"
	}
	text += fmt.Sprintf(" %3.0f%%", part*100)
	spent := now.Sub(p.begun)
	if part > 0.01 && spent > time.Second/2 {
		left := time.Duration(float64(spent) * (1 - part) / part)
		text += ", " + left.Round(time.Second).String() + " left"
	}
	return text
}

// note keeps something to tell at the end: a fault is told in one line, without what led to it.
func (p *progress) note(text string) { p.notes = append(p.notes, text) }

func (p *progress) end(err error) {
	p.clear()
	for _, n := range p.notes {
		if err == nil {
			fmt.Fprintln(p.w, n)
		}
	}
}

// clear takes the bar off the terminal.
func (p *progress) clear() {
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = false
	}
}
