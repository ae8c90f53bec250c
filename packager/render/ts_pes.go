package render

import "fmt"

// pesHeader appends the header of a PES packet (ISO 13818-1 §2.4.3.6) that carries size bytes,
// with its times shifted.
func pesHeader(dst []byte, p *pes, shift int64, size int) ([]byte, error) {
	both := p.pts != p.dts
	stamps := 5
	if both {
		stamps = 10
	}
	length := 3 + stamps + size
	if p.stream.video {
		length = 0 // Of any size, which video may be in a transport stream.
	} else if length > 0xffff {
		return nil, fmt.Errorf("%w: PES packet of %d bytes, at most 65535", ErrUnsuitable, length)
	}
	dst = append(dst, 0, 0, 1, p.stream.form.streamID, byte(length>>8), byte(length), 0x80)
	if both {
		dst = append(dst, 0xc0, 10)
		dst = appendStamp(dst, 0x31, p.pts+shift)
		return appendStamp(dst, 0x11, p.dts+shift), nil
	}
	dst = append(dst, 0x80, 5)
	return appendStamp(dst, 0x21, p.pts+shift), nil
}

// appendStamp appends a time stamp, of which 33 bits are sent: it wraps every 26.5 hours.
func appendStamp(dst []byte, prefix byte, t int64) []byte {
	return append(dst,
		prefix|byte(t>>29)&0x0e,
		byte(t>>22),
		byte(t>>14)|1,
		byte(t>>7),
		byte(t<<1)|1,
	)
}
