package feed

import (
	"context"
	"log/slog"
	"time"
)

// told is what was last told to be on the air.
type told struct {
	line  *line
	slate bool
	// blame is why the line was found wanting last.
	blame verdict
}

func (t *told) nothing() bool { return t.line == nil && !t.slate }

// tell says what is on the air, where that is another thing than before.
func (d *director) tell(on shown, lost bool, now time.Time) {
	f := d.feed
	is := told{line: on.line, slate: on.slate}
	switch {
	case on.slate:
	case lost && f.Slate != nil:
		return // The slate is next.
	case lost && (on.line == nil || d.notes[on.line.rank].level == down):
		is.line = nil
	case on.line == nil:
		is.line, is.slate = d.told.line, d.told.slate // It may be back in a moment.
	}
	was := d.told
	if was.line != nil {
		if v := d.notes[was.line.rank].verdict; v.level < good {
			was.blame = v
		}
	}
	if is.line == was.line && is.slate == was.slate {
		d.told.blame = was.blame
		return
	}
	d.told = is
	f.Metrics.slate(f.ID, on.slate)
	e := Event{At: now, Feed: f.ID, From: nameOf(&was), To: nameOf(&is)}
	switch {
	case is.nothing():
		e.Kind = OffAir
	case is.slate:
		e.Kind = OnSlate
	case was.nothing():
		e.Kind = OnAir
	case was.slate || is.line.rank < was.line.rank && d.notes[was.line.rank].level > useless:
		e.Kind, e.Reason, e.Cause = Back, Better, "The source is good again"
	default:
		e.Kind = Switched
	}
	if e.Kind == OffAir || e.Kind == OnSlate || e.Kind == Switched {
		d.blame(&e, &was, now)
	}
	if e.Kind != OnAir && e.Kind != OffAir {
		f.Metrics.switched(f.ID, e.Reason)
	}
	f.event(e)
}

// blame fills in why what was on the air was left. Where nothing was, the best line is to blame.
func (d *director) blame(e *Event, was *told, now time.Time) {
	l, v := was.line, was.blame
	if l == nil {
		l = d.feed.lines[0]
		v = d.notes[0].verdict
	}
	e.Reason = v.reason
	e.Cause, e.Advice = l.explain(&v, now)
}

// tellUnwatched says that the feed ends because nobody watches.
func (d *director) tellUnwatched(now time.Time) {
	was := d.told
	d.told = told{}
	d.feed.Metrics.slate(d.feed.ID, false)
	for _, l := range d.feed.lines {
		d.feed.Metrics.source(d.feed.ID, l.Name, false)
	}
	if was.nothing() {
		return
	}
	d.feed.event(Event{
		At: now, Feed: d.feed.ID, Kind: OffAir, From: nameOf(&was), Reason: Unwatched, Cause: "Nobody watches",
	})
}

// tellSource says that a line brings pictures, or does not any more.
func (d *director) tellSource(i int, up bool, now time.Time) {
	f, l := d.feed, d.feed.lines[i]
	e := Event{At: now, Feed: f.ID, Kind: SourceUp, To: l.Name}
	if !up {
		v := d.notes[i].verdict
		e = Event{At: now, Feed: f.ID, Kind: SourceDown, From: l.Name, Reason: v.reason}
		e.Cause, e.Advice = l.explain(&v, now)
	}
	f.event(e)
}

func nameOf(t *told) string {
	switch {
	case t.slate:
		return SlateName
	case t.line != nil:
		return t.line.Name
	}
	return ""
}

// event tells the log and whoever listens.
func (f *Feed) event(e Event) {
	message, level := sentence(e.Kind)
	if (e.Kind == SourceUp || e.Kind == SourceDown) && len(f.lines) == 1 || e.Reason == Unwatched {
		level = min(level, slog.LevelDebug) // The same is told of the connection.
	}
	args := make([]any, 0, 10)
	for _, word := range [][2]string{
		{"from", e.From}, {"to", e.To}, {"reason", string(e.Reason)}, {"cause", e.Cause}, {"advice", e.Advice},
	} {
		if word[1] != "" {
			args = append(args, word[0], word[1])
		}
	}
	f.Log.Log(context.Background(), level, message, args...)
	if f.OnEvent != nil {
		f.OnEvent(e)
	}
}

// sentence is an event for the log, as an operator reads it at night.
func sentence(k EventKind) (string, slog.Level) {
	switch k {
	case SourceUp:
		return "source brings pictures", slog.LevelInfo
	case SourceDown:
		return "source brings no pictures", slog.LevelWarn
	case Switched:
		return "feed switched to another source", slog.LevelWarn
	case Back:
		return "feed is back on a better source", slog.LevelInfo
	case OnSlate:
		return "feed shows the slate: no source is good", slog.LevelWarn
	case OffAir:
		return "feed has nothing to show", slog.LevelWarn
	case OnAir:
		return "feed is on the air", slog.LevelDebug // The line that took it has said so.
	}
	return string(k), slog.LevelInfo
}
