package segment

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// MaxRecord is the largest record a stored object carries, in bytes.
const MaxRecord = 1 << 20

// The errors of ReadRecord.
var (
	// ErrShort says that the bytes end inside of the record box: read more of the object.
	ErrShort = errors.New("object is cut off in its record")
	// ErrNoRecord says that the object does not begin with a record box.
	ErrNoRecord = errors.New("object has no record")
)

// recordHeader is the size of the record box before the record: size, "uuid", extended type.
const recordHeader = 8 + 16

// recordType is the extended type (ISO 14496-12 §4.2) of the box that holds the record: a version 8 UUID
// (RFC 9562 §5.8) that spells "Podium segment".
const recordType = "Podium\x80s\x80egment\x01"

// AppendRecord appends the box that a stored object begins with: a uuid box (ISO 14496-12 §11.1), which
// every player skips, with a record of what the object is, as JSON. From it the index can be rebuilt.
func AppendRecord(dst, record []byte) []byte {
	dst = appendBoxHeader(dst, recordHeader+len(record), "uuid")
	dst = append(dst, recordType...)
	return append(dst, record...)
}

// ReadRecord reads the record off the beginning of a stored object. The object may be cut off: ErrShort asks
// for more of it. rest is the offset of what follows the record; record aliases object.
func ReadRecord(object []byte) (record []byte, rest int, err error) {
	head := object[:min(len(object), recordHeader)]
	var want [recordHeader]byte
	copy(want[4:], "uuid"+recordType)
	if len(head) > 4 && !bytes.Equal(head[4:], want[4:len(head)]) {
		return nil, 0, fmt.Errorf("%w: it begins with %q", ErrNoRecord, head[4:min(len(head), 8)])
	}
	if len(head) < recordHeader {
		return nil, 0, fmt.Errorf("%w: %d of %d bytes", ErrShort, len(object), recordHeader)
	}
	size := int64(binary.BigEndian.Uint32(object))
	if size < recordHeader || size > recordHeader+MaxRecord {
		return nil, 0, fmt.Errorf("%w: a record box of %d bytes, at most %d", ErrNoRecord, size, recordHeader+MaxRecord)
	}
	if int64(len(object)) < size {
		return nil, 0, fmt.Errorf("%w: %d of %d bytes", ErrShort, len(object), size)
	}
	return object[recordHeader:size], int(size), nil
}
