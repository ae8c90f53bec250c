package mpegts

import "bytes"

// A packet is 188 bytes and begins with the sync byte (ISO 13818-1 §2.4.3.2). Recorders put a time of 4 bytes before each
// (M2TS), modulators 16 bytes of Reed-Solomon code behind it (ETSI EN 300 429).
const (
	packetSize = 188
	syncByte   = 0x47
	maxStride  = 204
	// confirmed is how many packets in a row must begin with the sync byte to believe that they are packets.
	confirmed = 5
)

// framing finds the packets in a run of bytes, and finds them again after something else was in between. What it finds
// does not depend on how the bytes are cut into writes.
type framing struct {
	data   []byte // what is looked at: the caller's bytes, or own
	own    []byte // what is left over of earlier writes
	stride int    // from one sync byte to the next; 0 while it is not known
	skip   int    // bytes up to the next sync byte
	found  bool   // packets were found at least once
	losses uint64 // how often the sync byte was not where it should be
}

// feed takes bytes, which are looked at until the next call of keep.
func (f *framing) feed(b []byte) {
	if len(f.own) == 0 {
		f.data = b
		return
	}
	f.own = append(f.own, b...)
	f.data = f.own
}

// keep copies what is left over, so that the caller gets their bytes back.
func (f *framing) keep() {
	f.own = append(f.own[:0], f.data...)
	f.data = nil
}

// next gives the next packet, or nil if there is none. With end, nothing more will come, and less is asked for.
func (f *framing) next(end bool) []byte {
	for {
		if f.stride == 0 && !f.acquire(end) {
			return nil
		}
		n := min(f.skip, len(f.data))
		f.data, f.skip = f.data[n:], f.skip-n
		if f.skip > 0 || len(f.data) == 0 {
			return nil
		}
		if f.data[0] != syncByte {
			f.losses++
			f.stride = 0
			continue
		}
		if len(f.data) < packetSize {
			return nil
		}
		packet := f.data[:packetSize:packetSize]
		f.data, f.skip = f.data[packetSize:], f.stride-packetSize
		return packet
	}
}

// acquire looks for the first sync byte that others follow at one distance. It waits until all distances can be told
// apart, so that the outcome is the same however the bytes come.
func (f *framing) acquire(end bool) bool {
	f.skip = 0
	for {
		at := bytes.IndexByte(f.data, syncByte)
		if at < 0 {
			f.data = nil
			return false
		}
		f.data = f.data[at:]
		for _, stride := range [...]int{packetSize, 192, maxStride} {
			yes, known := repeats(f.data, stride, end)
			if !known {
				return false
			}
			if yes {
				f.stride, f.found = stride, true
				return true
			}
		}
		f.data = f.data[1:]
	}
}

// repeats says whether a sync byte stands at each multiple of stride, and whether there are enough bytes to say so.
func repeats(b []byte, stride int, end bool) (yes, known bool) {
	for i := 1; i < confirmed; i++ {
		at := i * stride
		if at >= len(b) {
			return end && len(b) >= packetSize, end
		}
		if b[at] != syncByte {
			return false, true
		}
	}
	return true, true
}
