package health

// silentMPEG finds silent frames of MPEG-1 audio (ISO 11172-3). It keeps the table of allocations that the last frame had.
//
// Layer II has a constant size and codes silence with the smallest scale factors: 62 or 63 stand for -118 dBFS and less, and an
// encoder that allots no bits to a subband says none. Pink noise at -80 dBFS, quieter than any room, has factors of 50 and less in
// its low subbands. The bound is 60.
//
// Layer III says of each granule how many bits it has (part2_3_length): in silence none (LAME at 128 kb/s: all of 168 frames), and
// with the same noise some.
type silentMPEG struct {
	of   [3]int // bit rate, frequency and channels that the table is for
	kept []int
}

// quietest is the scale factor from which on a subband is silent: 2^(1-60/3), which is -114 dBFS and below the steps of 16 bits.
const quietest = 60

func (m *silentMPEG) silent(units [][]byte) bool {
	if len(units) != 1 || len(units[0]) < 24 {
		return false
	}
	r := &bitReader{b: units[0]}
	const mpeg1 = 0x1fff // 11 bits of sync, and the version's two
	if r.read(13) != mpeg1 {
		return false // Half the sampling rates, which no encoder of pictures has.
	}
	layer := r.read(2)
	protected := r.read(1) == 0
	rate, frequency := r.read(4), r.read(2)
	r.skip(2)
	mode, extension := r.read(2), r.read(2)
	r.skip(4)
	if protected {
		r.skip(16)
	}
	const layerII, layerIII = 2, 1
	switch layer {
	case layerII:
		return m.silentLayerII(r, rate, frequency, mode, extension)
	case layerIII:
		return silentLayerIII(r, mode)
	}
	return false
}

const mono = 3

// silentLayerIII reads the side information (ISO 11172-3 §2.4.1.7).
func silentLayerIII(r *bitReader, mode int) bool {
	channels, private := 2, 3
	if mode == mono {
		channels, private = 1, 5
	}
	r.skip(9 + private + 4*channels)
	for range 2 * channels {
		if r.read(12) != 0 { // part2_3_length
			return false
		}
		r.skip(47)
	}
	return !r.bad
}

// silentLayerII reads bit allocation and scale factors (ISO 11172-3 §2.4.1.6).
func (m *silentMPEG) silentLayerII(r *bitReader, rate, frequency, mode, extension int) bool {
	channels := 2
	if mode == mono {
		channels = 1
	}
	widths := m.allocation(rate, frequency, channels)
	if widths == nil {
		return false
	}
	bound := len(widths)
	if mode == 1 { // Joint stereo: the subbands above are allotted bits once.
		bound = min(4*(extension+1), bound)
	}
	var allotted [2][32]bool
	for sb, width := range widths {
		for ch := range channels {
			if sb >= bound && ch == 1 {
				allotted[1][sb] = allotted[0][sb]
				continue
			}
			allotted[ch][sb] = r.read(width) != 0
		}
	}
	var selection [2][32]int
	for sb := range widths {
		for ch := range channels {
			if allotted[ch][sb] {
				selection[ch][sb] = r.read(2)
			}
		}
	}
	for sb := range widths {
		for ch := range channels {
			if !allotted[ch][sb] {
				continue
			}
			for range factors(selection[ch][sb]) {
				if r.read(6) < quietest || r.bad {
					return false
				}
			}
		}
	}
	return !r.bad
}

// factors is how many scale factors a selection has.
func factors(selection int) int {
	switch selection {
	case 0:
		return 3
	case 2:
		return 1
	}
	return 2
}

// tableOf is how many bits each subband's allocation has: ISO 11172-3 tables B.2a to B.2d, by the bit rate of one channel.
func tableOf(rate, frequency, channels int) []int {
	kbps := [16]int{0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 0}[rate&15] / channels
	const at48000, at32000 = 1, 2
	switch {
	case frequency == 3:
		return nil
	case kbps >= 96 && frequency != at48000, kbps == 0 && frequency != at48000:
		return bands(11, 12, 7) // B.2b
	case kbps == 0 || kbps >= 56:
		return bands(11, 12, 4) // B.2a
	case frequency == at32000:
		return bands(2, 10, 0) // B.2d
	}
	return bands(2, 6, 0) // B.2c
}

// allocation is tableOf, made once for a track.
func (m *silentMPEG) allocation(rate, frequency, channels int) []int {
	if of := [3]int{rate, frequency, channels}; m.kept == nil || m.of != of {
		m.of, m.kept = of, tableOf(rate, frequency, channels)
	}
	return m.kept
}

// bands is so many subbands with 4 bits, 3 and 2.
func bands(four, three, two int) []int {
	widths := make([]int, four+three+two)
	for i := range widths {
		switch {
		case i < four:
			widths[i] = 4
		case i < four+three:
			widths[i] = 3
		default:
			widths[i] = 2
		}
	}
	return widths
}
