package aac

import (
	"encoding/binary"
	"io"
)

// oggWriter writes packets of Opus as an Ogg stream (RFC 3533, RFC 7845): a page for each, so that none waits for the next.
type oggWriter struct {
	to       io.Writer
	table    [256]uint32
	sequence uint32
	granule  int64 // samples so far
	page     []byte
}

// Flags of a page's head (RFC 3533 §6).
const (
	oggFirst = 2
	oggHead  = 27
)

// begin writes the two heads.
func (w *oggWriter) begin() error {
	// A CRC with this polynomial whose bits are not reflected is in no library.
	for i := range w.table {
		crc := uint32(i) << 24
		for range 8 {
			if crc&(1<<31) != 0 {
				crc = crc<<1 ^ 0x04C11DB7
			} else {
				crc <<= 1
			}
		}
		w.table[i] = crc
	}
	// Two channels, no samples to skip, no gain (RFC 7845 §5.1).
	head := append([]byte("OpusHead"), 1, 2, 0, 0, 0x80, 0xBB, 0, 0, 0, 0, 0)
	if err := w.write(oggFirst, head); err != nil {
		return err
	}
	return w.write(0, append([]byte("OpusTags"), 6, 0, 0, 0, 'p', 'o', 'd', 'i', 'u', 'm', 0, 0, 0, 0))
}

// packet writes one that lasts some samples.
func (w *oggWriter) packet(p []byte, samples int64) error {
	w.granule += samples
	return w.write(0, p)
}

func (w *oggWriter) write(flags byte, packet []byte) error {
	lacing := len(packet)/255 + 1
	b := w.page[:0]
	b = append(b, "OggS\x00"...)
	b = append(b, flags)
	b = binary.LittleEndian.AppendUint64(b, uint64(w.granule))
	b = binary.LittleEndian.AppendUint32(b, 1) // the stream's number
	b = binary.LittleEndian.AppendUint32(b, w.sequence)
	b = append(b, 0, 0, 0, 0, byte(lacing))
	for range lacing - 1 {
		b = append(b, 255)
	}
	b = append(b, byte(len(packet)%255))
	b = append(b, packet...)
	var crc uint32
	for _, v := range b {
		crc = crc<<8 ^ w.table[byte(crc>>24)^v]
	}
	binary.LittleEndian.PutUint32(b[oggHead-5:], crc)
	w.page = b
	w.sequence++
	_, err := w.to.Write(b)
	return err
}
