package render

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
)

// WebVTT appends the WebVTT form of a text track's segment to dst (RFC 8216bis §3.1.4). fragment may be empty: nothing is
// shown then. start is the media time at which the segment begins to be shown, shift what is added to it and to the
// stored times.
//
// Times in the file are media times, so that a cue which lasts over a cut reads the same in both segments. The segment's
// own begin is where they are tied to those of MPEG-TS, whose 33 bits wrap: then the difference never does.
func WebVTT(dst []byte, track *media.Track, fragment []byte, start, shift time.Duration) ([]byte, error) {
	codec, ok := track.Codec.(*media.WebVTT)
	if !ok {
		return dst, fmt.Errorf("%w: codec %T has no WebVTT form", ErrUnsuitable, track.Codec)
	}
	if track.Timescale <= 0 {
		return dst, fmt.Errorf("%w: timescale %d, expected more than 0", ErrTracks, track.Timescale)
	}
	cues, err := cuesOf(fragment)
	if err != nil {
		return dst, fmt.Errorf("track %d: %w", track.ID, err)
	}
	dst = append(dst, "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:"...)
	begin := max(start+shift, 0).Truncate(time.Millisecond)
	dst = appendClock(dst, begin)
	dst = append(dst, ",MPEGTS:"...)
	dst = strconv.AppendInt(dst, media.FromDuration(begin, second)&(1<<33-1), 10)
	dst = append(dst, '\n')
	if header := strings.TrimSpace(clean(codec.Header)); header != "" {
		dst = append(append(append(dst, '\n'), header...), '\n')
	}
	for i := range cues {
		c := &cues[i]
		text := block(c.Text)
		if text == "" {
			continue
		}
		from := max(media.Duration(c.Start, track.Timescale)+shift, 0).Truncate(time.Millisecond)
		// A cue of no length is none.
		until := max(media.Duration(c.End, track.Timescale)+shift, from+time.Millisecond)
		dst = append(dst, '\n')
		if id := line(c.ID); id != "" {
			dst = append(append(dst, id...), '\n')
		}
		dst = appendClock(dst, from)
		dst = append(dst, " --> "...)
		dst = appendClock(dst, until)
		if settings := line(c.Settings); settings != "" {
			dst = append(append(dst, ' '), settings...)
		}
		dst = append(append(append(dst, '\n'), text...), '\n')
	}
	return dst, nil
}

// cuesOf reads a fragment's cues, with media times. What stands in several samples is one cue.
func cuesOf(fragment []byte) ([]media.Cue, error) {
	var cues, shown []media.Cue
	var s segment.StoredSample
	r := segment.Reader{Rest: fragment}
	for {
		err := r.Next(&s)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if shown, err = media.ReadCues(shown[:0], s.Data, s.Duration); err != nil {
			return nil, fmt.Errorf("text at %d: %w", s.DTS, err)
		}
		for _, c := range shown {
			c.Start, c.End = c.Start+s.DTS, c.End+s.DTS
			if !slices.Contains(cues, c) {
				cues = append(cues, c)
			}
			if len(cues) > maxCues {
				return nil, fmt.Errorf("%w: more than %d cues in a segment", ErrBadSample, maxCues)
			}
		}
	}
	slices.SortStableFunc(cues, func(a, b media.Cue) int { return int(min(max(a.Start-b.Start, -1), 1)) })
	return cues, nil
}

// maxCues is more text than anybody reads in a segment.
const maxCues = 1024

// appendClock writes a time as WebVTT §4.1 has it, with as many digits of hours as there are.
func appendClock(dst []byte, d time.Duration) []byte {
	return fmt.Appendf(dst, "%02d:%02d:%02d.%03d", d/time.Hour, d/time.Minute%60, d/time.Second%60, d/time.Millisecond%1000)
}

// line makes a text fit one line that is no cue's timing.
func line(s string) string {
	return strings.Join(strings.Fields(clean(s)), " ")
}

// block makes a text one that no line ends early: a blank line ends a cue.
func block(s string) string {
	lines := strings.FieldsFunc(clean(s), func(r rune) bool { return r == '\n' || r == '\r' })
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.TrimSpace(l) == "" })
	return strings.Join(lines, "\n")
}

// clean takes out what WebVTT §4.1 does not allow in a line: the arrow, zero bytes, and what is no UTF-8.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\ufffd"), "\ufffd"), "-->", "--&gt;")
}
