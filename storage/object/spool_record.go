package object

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"time"
)

// A record is one file of the spool: an object to put, or a name to delete.
//
//	0   8  magic
//	8   1  kind
//	9   1  flags
//	10  2  length of the name
//	12  4  CRC-32C of the body
//	16  8  length of the body
//	24  8  when it was put, Unix nanoseconds
//	32  n  name
//	..  4  CRC-32C of all before
//	..     body, to the end of the file
//
// Numbers are big-endian. The header is written last, when the body is known; the record gets its name after that.
const (
	recordMagic  = "podspl1\n"
	recordHeader = 32 // bytes before the name
)

type recordKind byte

const (
	recordPut    recordKind = 1
	recordDelete recordKind = 2
)

// recordSettle marks a record that was written while an older version of the object might still have been on its way.
const recordSettle = 1

// record is a record's header.
type record struct {
	kind     recordKind
	settle   bool
	name     string
	size     int64 // of the body, bytes
	sum      uint32
	modified time.Time
}

var errDamaged = errors.New("record is damaged")

func castagnoli() *crc32.Table {
	return crc32.MakeTable(crc32.Castagnoli) // the standard library keeps one
}

// bodyOffset is where the body begins.
func (r *record) bodyOffset() int64 {
	return recordHeader + int64(len(r.name)) + 4
}

// cost is what a record of an object of this size takes of the spool's bound: whole blocks of a disk.
func recordCost(name string, size int64) int64 {
	const block = 4096
	bytes := recordHeader + int64(len(name)) + 4 + size
	return (bytes + block - 1) / block * block
}

func (r *record) marshal() []byte {
	b := make([]byte, r.bodyOffset())
	copy(b, recordMagic)
	b[8] = byte(r.kind)
	if r.settle {
		b[9] = recordSettle
	}
	binary.BigEndian.PutUint16(b[10:], uint16(len(r.name)))
	binary.BigEndian.PutUint32(b[12:], r.sum)
	binary.BigEndian.PutUint64(b[16:], uint64(r.size))
	binary.BigEndian.PutUint64(b[24:], uint64(r.modified.UnixNano()))
	copy(b[recordHeader:], r.name)
	binary.BigEndian.PutUint32(b[len(b)-4:], crc32.Checksum(b[:len(b)-4], castagnoli()))
	return b
}

// readRecord reads the header of a record of fileSize bytes. The error wraps errDamaged where it is not a whole one.
func readRecord(file io.ReaderAt, fileSize int64) (*record, error) {
	head := make([]byte, recordHeader)
	if err := readAt(file, head, 0); err != nil {
		return nil, err
	}
	if string(head[:8]) != recordMagic {
		return nil, fmt.Errorf("%w: it does not begin as one", errDamaged)
	}
	nameSize := int(binary.BigEndian.Uint16(head[10:]))
	if nameSize == 0 || nameSize > maxName {
		return nil, fmt.Errorf("%w: its name has %d bytes", errDamaged, nameSize)
	}
	b := make([]byte, recordHeader+nameSize+4)
	if err := readAt(file, b, 0); err != nil {
		return nil, err
	}
	if crc32.Checksum(b[:len(b)-4], castagnoli()) != binary.BigEndian.Uint32(b[len(b)-4:]) {
		return nil, fmt.Errorf("%w: the checksum of its header is wrong", errDamaged)
	}

	r := &record{
		kind:     recordKind(b[8]),
		settle:   b[9]&recordSettle != 0,
		name:     string(b[recordHeader : recordHeader+nameSize]),
		size:     int64(binary.BigEndian.Uint64(b[16:])),
		sum:      binary.BigEndian.Uint32(b[12:]),
		modified: time.Unix(0, int64(binary.BigEndian.Uint64(b[24:]))).UTC(),
	}
	if r.kind != recordPut && r.kind != recordDelete {
		return nil, fmt.Errorf("%w: its kind is %d", errDamaged, r.kind)
	}
	if err := CheckName(r.name); err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	if r.bodyOffset()+r.size != fileSize {
		return nil, fmt.Errorf("%w: it has %d bytes, expected %d", errDamaged, fileSize, r.bodyOffset()+r.size)
	}
	return r, nil
}

// readBody reads a record's whole body into memory and verifies it.
func (r *record) readBody(file io.ReaderAt) ([]byte, error) {
	body := make([]byte, r.size)
	if err := readAt(file, body, r.bodyOffset()); err != nil {
		return nil, err
	}
	if crc32.Checksum(body, castagnoli()) != r.sum {
		return nil, fmt.Errorf("%w: the checksum of its body is wrong", errDamaged)
	}
	return body, nil
}

// verifyBody reads a record's body through and verifies it.
func (r *record) verifyBody(file io.ReaderAt) error {
	hash := crc32.New(castagnoli())
	n, err := io.CopyBuffer(hash, io.NewSectionReader(file, r.bodyOffset(), r.size), make([]byte, copyBuffer))
	if err != nil {
		return err
	}
	if n != r.size || hash.Sum32() != r.sum {
		return fmt.Errorf("%w: the checksum of its body is wrong", errDamaged)
	}
	return nil
}

func readAt(file io.ReaderAt, p []byte, offset int64) error {
	n, err := file.ReadAt(p, offset)
	if n == len(p) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: it ends after %d bytes", errDamaged, offset+int64(n))
	}
	return err
}

// recordWriter writes one record.
type recordWriter struct {
	file   *os.File
	record record
	take   func(total int64) error // asks for room for the body; nil where the room was taken before
}

// Write adds to the body.
func (w *recordWriter) Write(p []byte) (int, error) {
	if w.take != nil {
		if err := w.take(w.record.size + int64(len(p))); err != nil {
			return 0, err
		}
	}
	n, err := w.file.WriteAt(p, w.record.bodyOffset()+w.record.size)
	w.record.sum = crc32.Update(w.record.sum, castagnoli(), p[:n])
	w.record.size += int64(n)
	return n, err
}

// finish writes the header.
func (w *recordWriter) finish(sync Sync) error {
	if _, err := w.file.WriteAt(w.record.marshal(), 0); err != nil {
		return err
	}
	if sync.always() {
		return w.file.Sync()
	}
	return nil
}
