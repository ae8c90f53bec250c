package mpegts

import "podium.tv/podium/origin/input/elementary"

// opusPackets reads Opus with its control headers (ETSI TS Opus 0.1.3-draft §6.2).
type opusPackets struct{ elementary.Opus }

// size implements coding.
func (*opusPackets) size(b []byte) (int, bool) {
	head, n, ok := opusControl(b)
	if !ok || head == 0 {
		return 0, ok
	}
	return head + n, n > 0
}

func (*opusPackets) frames(dst [][]byte, unit []byte) ([][]byte, error) {
	head, _, _ := opusControl(unit)
	return append(dst, unit[head:]), nil
}

// maxOpus is above what 120 ms of Opus need (RFC 6716 §3.2).
const maxOpus = 16 << 10

// opusControl reads a control header: its length, 0 if it is not whole, and that of the packet behind it.
func opusControl(b []byte) (head, size int, ok bool) {
	if b[0] != 0x7f || len(b) > 1 && b[1]&0xe0 != 0xe0 {
		return 0, 0, false
	}
	if len(b) < 2 {
		return 0, 0, true
	}
	flags := b[1]
	at := 2
	for {
		if at >= len(b) {
			return 0, 0, true
		}
		size += int(b[at])
		if size > maxOpus {
			return 0, 0, false
		}
		at++
		if b[at-1] != 255 {
			break
		}
	}
	if flags&0x10 != 0 {
		at += 2 // start_trim
	}
	if flags&0x08 != 0 {
		at += 2 // end_trim
	}
	if flags&0x04 != 0 { // control_extension
		if at >= len(b) {
			return 0, 0, true
		}
		at += 1 + int(b[at])
	}
	if at > len(b) {
		return 0, 0, true
	}
	return at, size, true
}
