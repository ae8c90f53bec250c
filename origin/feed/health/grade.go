package health

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Grade is how good a source is.
type Grade string

// The grades.
const (
	Off  Grade = "off" // not connected, or nothing has come yet: nobody publishes
	OK   Grade = "ok"
	Poor Grade = "poor" // viewers may notice
	Bad  Grade = "bad"  // viewers notice
)

// bound is from where on a figure makes a source poor, and bad; bad is never where it is 0.
type bound struct{ poor, bad float64 }

func (b bound) grade(v float64) Grade {
	switch {
	case b.bad > 0 && v >= b.bad:
		return Bad
	case v >= b.poor:
		return Poor
	}
	return OK
}

// grade judges a report's figures. Segments are to begin with a key frame every 4 s and players begin at one, so key frames are
// wanted every 2 s.
func (m *Monitor) grade(r *Report) (Grade, []Notice) {
	type finding struct {
		grade Grade
		Notice
	}
	var found []finding
	find := func(v float64, b bound, code string, args ...string) bool {
		g := b.grade(v)
		if g != OK {
			found = append(found, finding{g, Notice{Code: code, Args: args}})
		}
		return g != OK
	}
	v := &r.Verdict
	nothing := find(v.NoVideoFor.Seconds(), bound{poor: 3, bad: 5}, NoVideo, seconds(v.NoVideoFor))
	find(v.StandingFor.Seconds(), bound{poor: 1, bad: 3}, Standing, seconds(v.StandingFor))
	find(v.NoAudioFor.Seconds(), bound{poor: 5}, NoAudio, seconds(v.NoAudioFor))
	if !nothing {
		find(r.LongestGOP.Lasts.Seconds(), bound{poor: 4.5, bad: 12}, LongGOP, seconds(r.LongestGOP.Lasts))
		if m.frames.best > 0 && m.frames.steady > 0 {
			find(1-m.frames.steady/m.frames.best, bound{poor: 0.25, bad: 0.6}, SlowPictures,
				number(m.frames.steady), number(m.frames.best))
		}
	}
	if n := r.Network; n != nil {
		find(n.Loss, bound{poor: 0.2, bad: 2}, Loss, number(n.Loss))
		if n.Latency > 0 && n.RTT > 0 {
			// A packet that was lost comes after one and a half round trips, if its request is not lost as well.
			find(4*n.RTT.Seconds()/n.Latency.Seconds(), bound{poor: 1.6}, ShortLatency,
				millis(n.Latency), millis(n.RTT), millis(4*n.RTT))
		}
	}
	if r.Network == nil || r.Network.Loss < 0.2 {
		find(v.Errors, bound{poor: 6, bad: 120}, Errors, fmt.Sprintf("%.0f", v.Errors))
	}
	find(r.Jitter.Seconds(), bound{poor: 0.25}, Uneven, millis(r.Jitter))
	find(r.Skew.Abs().Seconds(), bound{poor: 3}, Skewed, seconds(r.Skew.Abs()))
	find(v.BlackFor.Seconds(), bound{poor: 30}, Black, seconds(v.BlackFor))
	find(v.SilentFor.Seconds(), bound{poor: 30}, Silent, seconds(v.SilentFor))
	slices.SortStableFunc(found, func(a, b finding) int { return rank(b.grade) - rank(a.grade) })
	worst, notices := OK, make([]Notice, len(found))
	for i := range found {
		notices[i] = found[i].Notice
		if i == 0 {
			worst = found[0].grade
		}
	}
	return worst, notices
}

func rank(g Grade) int {
	switch g {
	case Bad:
		return 2
	case Poor:
		return 1
	default:
		return 0
	}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.0f", math.Round(d.Seconds())) }

func millis(d time.Duration) string { return fmt.Sprintf("%d", d.Milliseconds()) }

func number(v float64) string { return fmt.Sprintf("%.3g", v) }
