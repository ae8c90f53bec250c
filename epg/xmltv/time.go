package xmltv

import (
	"fmt"
	"strings"
	"time"
)

// ParseTime reads an instant of XMLTV: YYYYMMDDhhmmss or the beginning of it down to the year, then a zone
// as +0800, +08:00, UTC, GMT or Z; without one it is in the zone given.
func ParseTime(s string, zone *time.Location) (time.Time, error) {
	digits := strings.TrimLeft(s, "0123456789")
	stamp, rest := s[:len(s)-len(digits)], strings.TrimSpace(digits)
	const full = "20060102150405"
	if len(stamp) < 4 || len(stamp) > len(full) || len(stamp)%2 != 0 {
		return time.Time{}, bad(s)
	}
	switch rest {
	case "":
	case "UTC", "GMT", "Z":
		zone = time.UTC
	default:
		at, err := time.Parse("-0700", strings.Replace(rest, ":", "", 1))
		if err != nil {
			return time.Time{}, bad(s)
		}
		_, offset := at.Zone()
		zone = time.FixedZone("", offset)
	}
	at, err := time.ParseInLocation(full[:len(stamp)], stamp, zone)
	if err != nil || at.Year() < 1900 {
		return time.Time{}, bad(s)
	}
	return at.UTC(), nil
}

func bad(s string) error {
	return fmt.Errorf("time %q, expected a form like 20261123080000 +0800", clip(s))
}
