package feed

import (
	"strings"
	"time"

	"podium.tv/podium/origin/feed/health"
)

// level is how good a line is.
type level int

// The levels. The slate is worse than a line that lacks something and better than one whose picture is no use.
const (
	down     level = iota // nothing comes that could be shown
	useless               // frozen or black
	degraded              // no sound, silent, errors, too few bits
	good
)

// verdict is how a line is, and why it is not good.
type verdict struct {
	level  level
	reason Reason
	lasts  time.Duration // what is lacking
	health.Verdict
}

// lowAfter is how long a bit rate has to be too low.
const lowAfter = 10 * time.Second

// judge says how a line is by now; low is since when its bit rate has been too low.
func (l *line) judge(p *Failover, low, now time.Time) verdict {
	v := verdict{Verdict: l.monitor.Verdict(now)}
	is := func(level level, reason Reason, lasts time.Duration) verdict {
		v.level, v.reason, v.lasts = level, reason, lasts
		return v
	}
	over := func(lasts, limit time.Duration) bool { return limit > 0 && lasts >= limit }
	gap := v.gap()
	switch {
	case !v.Connected || !l.board.isKeyed():
		return is(down, Ended, 0)
	case over(gap, p.NoVideo):
		return is(down, NoVideo, gap)
	case over(v.FrozenFor, p.Frozen):
		return is(useless, Frozen, v.FrozenFor)
	case over(v.BlackFor, p.Black):
		return is(useless, Black, v.BlackFor)
	case v.Pictures && v.Sound && over(v.NoAudioFor, p.NoAudio):
		return is(degraded, NoAudio, v.NoAudioFor)
	case over(v.SilentFor, p.Silent):
		return is(degraded, Silent, v.SilentFor)
	case p.Errors > 0 && v.Errors >= float64(p.Errors):
		return is(degraded, Errors, 0)
	case !low.IsZero() && now.Sub(low) >= lowAfter:
		return is(degraded, Bitrate, now.Sub(low))
	}
	v.level = good
	return v
}

// gap is for how long nothing came that goes on the leading track.
func (v *verdict) gap() time.Duration {
	if v.Connected && !v.Pictures && v.Sound {
		return v.NoAudioFor
	}
	return max(v.NoVideoFor, v.StandingFor)
}

// explain says in plain words why a line is not good, and what to do about it.
func (l *line) explain(v *verdict, now time.Time) (cause, advice string) {
	text := func(code string, args ...string) (string, string) {
		words, advice, _ := strings.Cut(health.Notice{Code: code, Args: args}.String(), ": ")
		return words, advice
	}
	lasts := v.lasts.Round(time.Second).String()
	seconds := strings.TrimSuffix(lasts, "s")
	switch v.reason {
	case NoVideo:
		switch {
		case v.StandingFor >= v.NoVideoFor && v.StandingFor > 0:
			return text(health.Standing, seconds)
		case !v.Pictures && v.Sound:
			return text(health.NoAudio, seconds)
		}
		return text(health.NoVideo, seconds)
	case NoAudio:
		return text(health.NoAudio, seconds)
	case Black:
		return text(health.Black, seconds)
	case Silent:
		return text(health.Silent, seconds)
	case Errors:
		return "Packets are lost or broken", "check cable, switch and encoder"
	case Frozen:
		return "The picture has not changed for " + lasts, "look whether the camera or its encoder hangs"
	case Bitrate:
		return "The bit rate has been too low for " + lasts, "look at the encoder's settings and its network"
	case Ended:
		r := l.monitor.Report(now)
		advice = r.Advice.String()
		if s := l.board.read(now); s.LastError != "" {
			return "The connection ended or does not come about: " + s.LastError, advice
		}
		return "Nobody sends", "start the encoder"
	case Better, Unwatched: // These are no faults.
	}
	return "", ""
}
