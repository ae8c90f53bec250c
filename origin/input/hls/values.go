package hls

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// maxSequence bounds numbers so that sums of them do not overflow.
const maxSequence = math.MaxInt64 / 2

func (p *parser) integer(s string) (uint64, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 64)
	if err != nil || n > maxSequence {
		return 0, p.fail("number %q: expected digits", clip(s))
	}
	return n, nil
}

// seconds reads a number of seconds.
func (p *parser) seconds(s string) (time.Duration, error) {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(f) || f < 0 || f > maxDuration.Seconds() {
		return 0, p.fail("%q: expected a number of seconds from 0 to %d", clip(s), int(maxDuration.Seconds()))
	}
	return time.Duration(f * float64(time.Second)), nil
}

// duration reads what stands in EXTINF: the duration, and maybe a title.
func (p *parser) duration(value string) (time.Duration, error) {
	d, title, _ := strings.Cut(value, ",")
	if strings.HasPrefix(d, "-1") || strings.HasPrefix(d, "0 ") && title != "" {
		return 0, errChannelList
	}
	return p.seconds(d)
}

// byteRange reads n[@o]; without an offset it is -1.
func (p *parser) byteRange(s string) (byteRange, error) {
	n, o, found := strings.Cut(s, "@")
	length, err := p.integer(n)
	if err != nil {
		return byteRange{}, err
	}
	if length == 0 {
		return byteRange{}, p.fail("a byte range of no length")
	}
	r := byteRange{offset: -1, length: int64(length)}
	if found {
		offset, err := p.integer(o)
		if err != nil {
			return byteRange{}, err
		}
		r.offset = int64(offset)
	}
	return r, nil
}

// wallTime reads a date; ffmpeg writes the zone without a colon. One that cannot be read is none.
func wallTime(s string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 1970 && t.Year() < 2200 {
			return t
		}
	}
	return time.Time{}
}

func clip(s string) string { return s[:min(len(s), 32)] }
