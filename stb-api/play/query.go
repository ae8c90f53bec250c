package play

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// viewOf reads the query forms of catch-up that stock players put behind a live URL: playseek=B-E (and its
// twin tvdr), and utc=B with utcend=E or lutc=now. ok is false where the query asks for none. Times without a zone
// are the station's wall clock, as all Chinese players mean them.
func viewOf(q url.Values, zone *time.Location, now time.Time) (v view, ok bool, err error) {
	for _, key := range []string{"playseek", "tvdr"} {
		if s := q.Get(key); s != "" {
			v, err = parseSeek(s, zone, now)
			if err != nil {
				return v, true, fmt.Errorf("%s: %w", key, err)
			}
			return v, true, nil
		}
	}
	begin := q.Get("utc")
	if begin == "" {
		return v, false, nil
	}
	v, err = parseSeek(begin+"-"+q.Get("utcend"), zone, now)
	if err != nil {
		return v, true, fmt.Errorf("utc: %w", err)
	}
	return v, true, nil
}

// parseSeek reads "B-E"; an E that is missing or in the future means: still growing.
func parseSeek(s string, zone *time.Location, now time.Time) (view, error) {
	b, e, _ := strings.Cut(s, "-")
	from, err := parseInstant(b, zone)
	if err != nil {
		return view{}, err
	}
	if e == "" {
		return view{mode: startOver, from: from.Unix()}, nil
	}
	to, err := parseInstant(e, zone)
	if err != nil {
		return view{}, err
	}
	seconds := to.Unix() - from.Unix()
	if seconds <= 0 || seconds > maxSeconds {
		return view{}, fmt.Errorf("end %q is not after begin %q by 1 to %d seconds", e, b, maxSeconds)
	}
	if to.After(now) {
		return view{mode: startOver, from: from.Unix()}, nil
	}
	return view{mode: archive, from: from.Unix(), seconds: seconds}, nil
}

// parseInstant reads epoch seconds or milliseconds, or 14 digits of wall clock, with GMT behind them for UTC.
func parseInstant(s string, zone *time.Location) (time.Time, error) {
	if digits, utc := strings.CutSuffix(s, "GMT"); utc {
		s, zone = digits, time.UTC
	}
	if len(s) == 14 {
		t, err := time.ParseInLocation("20060102150405", s, zone)
		if err != nil {
			return t, fmt.Errorf("%q is not a time of the form YYYYMMDDhhmmss", s)
		}
		return t, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 || n > maxUnix*1000 {
		return time.Time{}, fmt.Errorf("%q is neither Unix seconds nor YYYYMMDDhhmmss", s)
	}
	if len(s) >= 13 {
		return time.UnixMilli(n), nil
	}
	return time.Unix(n, 0), nil
}
