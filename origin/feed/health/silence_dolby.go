package health

import "hash/maphash"

// silentDolby finds silent frames of AC-3 and E-AC-3, whose size is constant: the encoder raises its precision until a frame is
// full, so silence is a short pattern said over and over, the same frame each time. Frames of a steady tone are the same each time
// too, but use many different bytes. As measured of ffmpeg's encoders, 96 to 640 kb/s, stereo and 5.1: silence has 21 to 87
// different bytes in a frame, a tone of 1 kHz 163 and more, pink noise at -80 dBFS 196 and more, at -90 dBFS 121 and more. The
// bound is 100.
type silentDolby struct {
	seed  maphash.Seed
	last  uint64
	begun bool
}

const (
	// mostBytes is how many different bytes a frame of silence has at most.
	mostBytes = 100
	// leastFrame is the size from which on noise has more different bytes than that.
	leastFrame = 320
)

func (d *silentDolby) silent(units [][]byte) bool {
	if len(units) != 1 || len(units[0]) < leastFrame {
		return false
	}
	b := units[0]
	if !d.begun {
		d.seed = maphash.MakeSeed()
	}
	// Sync word and CRC in front of AC-3's, CRC at the end of both.
	sum := maphash.Bytes(d.seed, b[4:len(b)-2])
	same := d.begun && sum == d.last
	d.begun, d.last = true, sum
	if !same {
		return false
	}
	var seen [256]bool
	different := 0
	for _, c := range b[16 : len(b)-2] {
		if !seen[c] {
			seen[c] = true
			different++
		}
	}
	return different <= mostBytes
}
