package play

import (
	"fmt"
	"net/url"
	"time"
)

// viewOf reads the query forms of catch-up that stock players put behind a live URL: playseek=B-E (and its twin tvdr), and
// a begin with an end or a duration under the names of several players. ok is false where the query asks for none. Times
// without a zone are the station's wall clock, as all Chinese players mean them; lutc, which Kodi sends along, is its now.
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
	for _, keys := range [][3]string{
		{"utc", "utcend", "duration"},
		{"start", "end", "duration"},
		{"starttime", "endtime", "duration"},
	} {
		begin := q.Get(keys[0])
		if begin == "" {
			continue
		}
		v, err = parseSpan(begin, q.Get(keys[1]), q.Get(keys[2]), zone, now)
		if err != nil {
			return v, true, fmt.Errorf("%s: %w", keys[0], err)
		}
		return v, true, nil
	}
	return v, false, nil
}

// parseSeek reads "B-E"; an E that is missing or in the future means: still growing. Either may have dashes of its own.
func parseSeek(s string, zone *time.Location, now time.Time) (view, error) {
	if from, err := parseInstant(s, zone); err == nil {
		return reaching(from, time.Time{}, now)
	}
	for i := range len(s) {
		if s[i] != '-' {
			continue
		}
		from, err := parseInstant(s[:i], zone)
		if err != nil {
			continue
		}
		if s[i+1:] == "" {
			return reaching(from, time.Time{}, now)
		}
		if to, err := parseInstant(s[i+1:], zone); err == nil {
			return reaching(from, to, now)
		}
	}
	return view{}, fmt.Errorf("%q is no BEGIN-END of Unix seconds or YYYYMMDDhhmmss", clip(s))
}

// parseSpan reads a begin with an end, or else with a duration in seconds, or with neither.
func parseSpan(begin, end, duration string, zone *time.Location, now time.Time) (view, error) {
	from, err := parseInstant(begin, zone)
	if err != nil {
		return view{}, err
	}
	var to time.Time
	switch {
	case end != "":
		if to, err = parseInstant(end, zone); err != nil {
			return view{}, err
		}
	case duration != "":
		n := parseNumber(duration, maxSeconds)
		if n < 1 {
			return view{}, fmt.Errorf("duration %q is not 1 to %d seconds", clip(duration), maxSeconds)
		}
		to = from.Add(time.Duration(n) * time.Second)
	}
	return reaching(from, to, now)
}

// reaching is the view from one instant to another, or without an end.
func reaching(from, to, now time.Time) (view, error) {
	if to.IsZero() {
		return view{mode: startOver, from: from.Unix()}, nil
	}
	seconds := to.Unix() - from.Unix()
	if seconds <= 0 || seconds > maxSeconds {
		return view{}, fmt.Errorf("end %s is not after begin %s by 1 to %d seconds",
			to.UTC().Format(time.RFC3339), from.UTC().Format(time.RFC3339), maxSeconds)
	}
	if to.After(now) {
		return view{mode: startOver, from: from.Unix()}, nil
	}
	return view{mode: archive, from: from.Unix(), seconds: seconds}, nil
}
