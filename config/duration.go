package config

import (
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time, written as 500ms, 4s, 1h30m or 7d; never negative.
type Duration time.Duration

// Std is the duration as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String writes whole minutes and hours without the zero seconds: 168h, not 168h0m0s.
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func (*Duration) expected() string { return "a length of time such as 4s, 1h30m or 7d" }

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		const most = 100 * 365
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > most {
			return mismatch(d, text)
		}
		*d = Duration(time.Duration(n) * 24 * time.Hour)
		return nil
	}
	v, err := time.ParseDuration(s)
	if err != nil || v < 0 {
		return mismatch(d, text)
	}
	*d = Duration(v)
	return nil
}
