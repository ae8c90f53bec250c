package render

import "encoding/binary"

// boxes writes nested boxes (ISO 14496-12 §4.2); sizes are filled in when a box is closed.
type boxes struct {
	b     []byte
	stack []int
}

func (b *boxes) open(kind string) {
	b.stack = append(b.stack, len(b.b))
	b.u32(0)
	b.text(kind)
}

// full opens a FullBox of version 0.
func (b *boxes) full(kind string, flags uint32) {
	b.open(kind)
	b.u32(flags)
}

func (b *boxes) close() {
	start := b.stack[len(b.stack)-1]
	b.stack = b.stack[:len(b.stack)-1]
	binary.BigEndian.PutUint32(b.b[start:], uint32(len(b.b)-start))
}

func (b *boxes) u8(v ...byte)   { b.b = append(b.b, v...) }
func (b *boxes) u16(v uint16)   { b.b = binary.BigEndian.AppendUint16(b.b, v) }
func (b *boxes) u32(v uint32)   { b.b = binary.BigEndian.AppendUint32(b.b, v) }
func (b *boxes) text(s string)  { b.b = append(b.b, s...) }
func (b *boxes) bytes(v []byte) { b.b = append(b.b, v...) }
func (b *boxes) zeros(n int)    { b.b = append(b.b, make([]byte, n)...) }

// matrix is the one that changes nothing (ISO 14496-12 §6.2.2).
func (b *boxes) matrix() {
	for _, v := range [...]uint32{0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000} {
		b.u32(v)
	}
}
