package play

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// clockForms are the forms of a wall clock that players write, those with a zone first.
var clockForms = [...]string{
	"20060102T150405Z07:00", "20060102T150405Z0700", time.RFC3339, "2006-01-02T15:04:05Z0700",
	"20060102150405", "20060102T150405", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04",
	"2006-01-02:15-04-05", "2006-01-02:15-04", "2006-01-02_15-04-05", "2006-01-02_15-04", "2006-01-02:15:04:05", "2006-01-02:15:04",
}

// parseInstant reads Unix seconds or milliseconds, or a wall clock, with GMT behind it for UTC.
func parseInstant(s string, zone *time.Location) (time.Time, error) {
	const longest = 40
	if len(s) > longest {
		return time.Time{}, fmt.Errorf("%q is too long for a time", clip(s))
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) != len("20060102150405") {
		return parseUnix(s, n)
	}
	if clock, utc := strings.CutSuffix(s, "GMT"); utc {
		s, zone = clock, time.UTC
	}
	if clock, offset, ok := strings.Cut(s, " "); ok && strings.Contains(clock, "T") {
		s = clock + "+" + offset // A plus in a query is a space.
	}
	for _, form := range clockForms {
		if t, err := time.ParseInLocation(form, s, zone); err == nil {
			if t.Unix() <= 0 || t.Unix() > maxUnix {
				break
			}
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is neither Unix seconds nor YYYYMMDDhhmmss", clip(s))
}

func parseUnix(s string, n int64) (time.Time, error) {
	const milliseconds = 13 // digits of now
	if n <= 0 || n > maxUnix*1000 || s[0] == '+' {
		return time.Time{}, fmt.Errorf("%q is neither Unix seconds nor YYYYMMDDhhmmss", clip(s))
	}
	if len(s) >= milliseconds {
		return time.UnixMilli(n), nil
	}
	return time.Unix(n, 0), nil
}

// clip shortens what is shown of a bad text.
func clip(s string) string {
	const shown = 60
	if len(s) <= shown {
		return s
	}
	return strings.ToValidUTF8(s[:shown], "") + "..."
}
