package subtitle

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

func (t *Text) sort() {
	slices.SortStableFunc(t.Cues, func(a, b Cue) int { return cmp.Compare(a.Start, b.Start) })
}

// Shift moves all cues; what then ends before zero is left out.
func (t *Text) Shift(d time.Duration) {
	kept := t.Cues[:0]
	for _, c := range t.Cues {
		c.Start, c.End = max(c.Start+d, 0), c.End+d
		if c.End > c.Start {
			kept = append(kept, c)
		}
	}
	t.Cues = kept
}

// Append appends the WebVTT file of the cues that are shown between two times to dst. A cue that lasts over a cut stands
// whole in both files (RFC 8216bis §3.1.4). clock, where it is not empty, is the line that ties the file's times to
// those of MPEG-TS.
func (t *Text) Append(dst []byte, clock string, from, until time.Duration) []byte {
	dst = append(dst, "WEBVTT\n"...)
	if clock != "" {
		dst = append(append(dst, clock...), '\n')
	}
	if t.Header != "" {
		dst = append(append(append(dst, '\n'), t.Header...), '\n')
	}
	for i := range t.Cues {
		c := &t.Cues[i]
		if c.Start >= until {
			break
		}
		if c.End <= from {
			continue
		}
		dst = append(dst, '\n')
		if c.ID != "" && !strings.Contains(c.ID, "-->") {
			dst = append(append(dst, c.ID...), '\n')
		}
		dst = appendTime(dst, c.Start)
		dst = append(dst, " --> "...)
		dst = appendTime(dst, c.End)
		if c.Settings != "" {
			dst = append(append(dst, ' '), c.Settings...)
		}
		dst = append(append(append(dst, '\n'), c.Text...), '\n')
	}
	return dst
}

func appendTime(dst []byte, d time.Duration) []byte {
	return fmt.Appendf(dst, "%02d:%02d:%02d.%03d", d/time.Hour, d/time.Minute%60, d/time.Second%60, d/time.Millisecond%1000)
}
