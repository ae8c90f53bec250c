package config

import (
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, written as 1048576, 512 KiB, 256 MiB, 20 GiB or 1 TiB; never negative.
type Size int64

// The units of a Size, largest first.
const (
	KiB Size = 1 << 10
	MiB Size = 1 << 20
	GiB Size = 1 << 30
	TiB Size = 1 << 40
)

// Bytes is the size as a plain number.
func (s Size) Bytes() int64 { return int64(s) }

// String writes the size in the largest unit that divides it.
func (s Size) String() string {
	for _, unit := range sizeUnits() {
		if unit.bytes > 1 && s >= unit.bytes && s%unit.bytes == 0 {
			return strconv.FormatInt(int64(s/unit.bytes), 10) + " " + unit.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

func (*Size) expected() string { return "a number of bytes such as 64 KiB, 256 MiB or 20 GiB" }

// MarshalText implements encoding.TextMarshaler.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Size) UnmarshalText(text []byte) error {
	number, unit := string(text), Size(1)
	for _, u := range sizeUnits() {
		if n, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = strings.TrimSpace(n), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/int64(unit) {
		return mismatch(s, text)
	}
	*s = Size(n) * unit
	return nil
}

type sizeUnit struct {
	name  string
	bytes Size
}

func sizeUnits() []sizeUnit {
	return []sizeUnit{{"TiB", TiB}, {"GiB", GiB}, {"MiB", MiB}, {"KiB", KiB}, {"B", 1}}
}
