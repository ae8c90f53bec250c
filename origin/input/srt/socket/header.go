package socket

import (
	"bytes"
	"encoding/binary"

	"github.com/datarhei/gosrt/packet"
)

// header is the first 16 bytes of a packet (§3).
type header struct {
	control     bool
	kind        packet.CtrlType
	subtype     packet.CtrlSubType
	specific    uint32 // of a control packet
	sequence    uint32 // of a data packet
	key         packet.PacketEncryption
	again       bool // it is sent again
	message     uint32
	timestamp   uint32
	destination uint32
}

// readHeader takes a packet apart. ok is false for what is too short.
func readHeader(b []byte) (h header, body []byte, ok bool) {
	if len(b) < headerSize {
		return h, nil, false
	}
	first, second := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	h.timestamp, h.destination = binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint32(b[12:])
	if first>>31 == 1 {
		h.control = true
		h.kind, h.subtype = packet.CtrlType(first>>16&0x7fff), packet.CtrlSubType(first&0xffff)
		h.specific = second
		return h, b[headerSize:], true
	}
	h.sequence = first
	h.key = packet.PacketEncryption(second >> 27 & 3)
	h.again = second>>26&1 == 1
	h.message = second & (1<<26 - 1)
	return h, b[headerSize:], true
}

// control makes a control packet. A body of nil becomes four bytes of nothing, as libsrt sends them.
func control(kind packet.CtrlType, subtype packet.CtrlSubType, specific, timestamp, destination uint32, body []byte) []byte {
	b := make([]byte, 0, headerSize+max(4, len(body)))
	b = binary.BigEndian.AppendUint32(b, 1<<31|uint32(kind)<<16|uint32(subtype))
	b = binary.BigEndian.AppendUint32(b, specific)
	b = binary.BigEndian.AppendUint32(b, timestamp)
	b = binary.BigEndian.AppendUint32(b, destination)
	if body == nil {
		return append(b, 0, 0, 0, 0)
	}
	return append(b, body...)
}

// handshake makes the packet of a handshake.
func handshake(h *packet.CIFHandshake, timestamp, destination uint32) ([]byte, error) {
	var body bytes.Buffer
	if err := h.Marshal(&body); err != nil {
		return nil, err
	}
	return control(packet.CTRLTYPE_HANDSHAKE, 0, 0, timestamp, destination, body.Bytes()), nil
}
