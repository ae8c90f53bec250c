package config

import (
	"time"
	// A container without a zone database still has to know Asia/Shanghai.
	_ "time/tzdata"
)

// Zone is a time zone of the IANA database, written as Asia/Shanghai. The zero value is UTC.
type Zone struct{ loc *time.Location }

// Location is the zone as the standard library's type, never nil.
func (z Zone) Location() *time.Location {
	if z.loc == nil {
		return time.UTC
	}
	return z.loc
}

// String is the zone's name.
func (z Zone) String() string { return z.Location().String() }

// MarshalText implements encoding.TextMarshaler.
func (z Zone) MarshalText() ([]byte, error) { return []byte(z.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. Local is refused: the station's days must not depend
// on the machine.
func (z *Zone) UnmarshalText(text []byte) error {
	loc, err := time.LoadLocation(string(text))
	if err != nil || len(text) == 0 || loc == time.Local {
		return mismatch(z, text)
	}
	z.loc = loc
	return nil
}

func (*Zone) expected() string { return "a time zone such as Asia/Shanghai" }
