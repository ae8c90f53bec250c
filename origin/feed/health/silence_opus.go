package health

// silentOpus finds packets with CELT's own sign of silence: its first symbol, of probability 2^-15, which the range coder writes
// as fifteen ones (RFC 6716 §4.1 and §4.3). A browser whose microphone is muted sends FC FF FE, and so does libopus at any bit
// rate. Where the packet is of SILK, as for narrow speech, or holds several frames, it is not told; nor are packets that
// discontinuous transmission leaves out, because a quiet room's are left out too.
type silentOpus struct{}

func (silentOpus) silent(units [][]byte) bool {
	if len(units) != 1 || len(units[0]) < 3 {
		return false
	}
	b := units[0]
	const celt, one = 16, 0
	return b[0]>>3 >= celt && b[0]&3 == one && b[1] == 0xff && b[2]&0xfe == 0xfe
}
