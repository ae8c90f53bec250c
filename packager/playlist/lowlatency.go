package playlist

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
)

// LowLatency is what a media playlist tells players that want to be close behind live (RFC 8216bis, Appendix B.1).
type LowLatency struct {
	// PartTarget is PART-TARGET, which no part exceeds. At 0 there are no parts: requests that wait for the next segment
	// are all there is.
	PartTarget time.Duration
	// PartHoldBack is how far behind the end of the last part a player should play, at least twice PartTarget. It
	// defaults to three times, as the RFC advises.
	PartHoldBack time.Duration
	// Skipped is how many segments EXT-X-SKIP stands for: from that of Media.Sequence to the first of Media.Segments. It
	// makes a delta update.
	Skipped int
	// Making is the segment in the making; its URI, Duration and Gap mean nothing. One without parts is not listed.
	Making *Segment
	// Hint is the URI of the part that comes next, or empty.
	Hint string
	// Reports tell where the other playlists of the presentation stand.
	Reports []Report
}

// Part is one part of a segment.
type Part struct {
	URI         string
	Duration    time.Duration
	Independent bool
}

// Report is where another playlist stands: its last segment, in the making or not, and the last part of it, or -1.
type Report struct {
	URI      string
	Sequence uint64
	Part     int
}

// lowLatencyVersion is the protocol version that has EXT-X-SKIP (RFC 8216bis §8); a playlist has one version, skipped or
// not.
const lowLatencyVersion = 9

// The promises of EXT-X-SERVER-CONTROL in target durations (RFC 8216bis §4.4.3.8).
const (
	skipTargets = 6
	holdTargets = 3
	partTargets = 3
)

// SkipUntil is how far from the end a playlist's segments may be left out of a delta update.
func SkipUntil(targetDuration time.Duration) time.Duration { return skipTargets * targetDuration }

// header are the lines of EXT-X-SERVER-CONTROL and EXT-X-PART-INF.
func (l *LowLatency) header(target time.Duration) []string {
	control := "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=" + decimal(SkipUntil(target)) +
		",HOLD-BACK=" + decimal(holdTargets*target)
	if l.PartTarget <= 0 {
		return []string{control}
	}
	back := l.PartHoldBack
	if back <= 0 {
		back = partTargets * l.PartTarget
	}
	return []string{control + ",PART-HOLD-BACK=" + decimal(back), "#EXT-X-PART-INF:PART-TARGET=" + decimal(l.PartTarget)}
}

func (l *LowLatency) check() error {
	if l.PartTarget < 0 || l.PartHoldBack != 0 && l.PartHoldBack < 2*l.PartTarget {
		return fmt.Errorf("part target %v and hold-back %v: expected at least twice the target", l.PartTarget, l.PartHoldBack)
	}
	if l.Skipped < 0 {
		return fmt.Errorf("%d segments skipped: expected none or some", l.Skipped)
	}
	if l.Making != nil {
		if err := l.Making.checkTags(); err != nil {
			return fmt.Errorf("segment in the making: %w", err)
		}
	}
	if l.Hint != "" {
		if err := checkQuoted(l.Hint); err != nil {
			return fmt.Errorf("hint: %w", err)
		}
	}
	for i := range l.Reports {
		if err := checkQuoted(l.Reports[i].URI); err != nil {
			return fmt.Errorf("rendition report %d: %w", i, err)
		}
	}
	return nil
}

// appendEnd appends what stands behind the last segment: the library has no place for it.
func (l *LowLatency) appendEnd(dst []byte, tags *segmentTags, closed bool) []byte {
	if l.Making != nil && len(l.Making.Parts) > 0 {
		tags.segments, tags.next = []Segment{*l.Making}, 0
		dst = append(append(dst, tags.Encode().Bytes()...), '\n')
	}
	if l.Hint != "" && !closed { // RFC 8216bis §4.4.5.3
		dst = append(append(append(dst, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\""...), l.Hint...), "\"\n"...)
	}
	for i := range l.Reports {
		r := &l.Reports[i]
		dst = append(append(append(dst, "#EXT-X-RENDITION-REPORT:URI=\""...), r.URI...), "\",LAST-MSN="...)
		dst = strconv.AppendUint(dst, r.Sequence, 10)
		if r.Part >= 0 {
			dst = strconv.AppendInt(append(dst, ",LAST-PART="...), int64(r.Part), 10)
		}
		dst = append(dst, '\n')
	}
	return dst
}

// write writes the part's line, without its end.
func (p *Part) write(b *bytes.Buffer) {
	b.WriteString("#EXT-X-PART:DURATION=")
	b.Write(strconv.AppendFloat(b.AvailableBuffer(), p.Duration.Seconds(), 'f', 5, 64))
	b.WriteString(",URI=\"")
	b.WriteString(p.URI)
	b.WriteByte('"')
	if p.Independent {
		b.WriteString(",INDEPENDENT=YES")
	}
}

// decimal is a number of seconds with three digits behind the point.
func decimal(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }
