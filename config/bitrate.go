package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Bitrate is a number of bits a second, written as 500 kb/s, 2.5 Mb/s or 1 Gb/s, in thousands as networks count; never negative.
type Bitrate int64

// The units of a Bitrate.
const (
	Kbps Bitrate = 1e3
	Mbps Bitrate = 1e6
	Gbps Bitrate = 1e9
)

// Bits is the bits a second as a plain number.
func (b Bitrate) Bits() int64 { return int64(b) }

// String writes the rate in the largest unit that divides it.
func (b Bitrate) String() string {
	for _, u := range bitrateUnits() {
		if b >= u.bits && b%u.bits == 0 && u.bits > 1 {
			return strconv.FormatInt(int64(b/u.bits), 10) + " " + u.name
		}
	}
	if b == 0 {
		return "0"
	}
	return strconv.FormatInt(int64(b), 10) + " b/s"
}

func (*Bitrate) expected() string { return "a bit rate such as 500 kb/s or 2.5 Mb/s" }

// MarshalText implements encoding.TextMarshaler.
func (b Bitrate) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. A bare number other than 0 is refused: whether bits or thousands of them
// are meant is anybody's guess.
func (b *Bitrate) UnmarshalText(text []byte) error {
	s := string(text)
	if s == "0" {
		*b = 0
		return nil
	}
	for _, u := range bitrateUnits() {
		number, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(n >= 0 && n*float64(u.bits) < 1e15) {
			return mismatch(b, text)
		}
		*b = Bitrate(math.Round(n * float64(u.bits)))
		return nil
	}
	return mismatch(b, text)
}

type bitrateUnit struct {
	name string
	bits Bitrate
}

// bitrateUnits has the longest names first: b/s ends them all.
func bitrateUnits() []bitrateUnit {
	return []bitrateUnit{{"Gb/s", Gbps}, {"Mb/s", Mbps}, {"kb/s", Kbps}, {"b/s", 1}}
}

func (v *validator) rate(key string, b, least, most Bitrate) {
	if b < least || b > most {
		v.mismatch(key, fmt.Sprintf("%s to %s", least, most), b.String())
	}
}
