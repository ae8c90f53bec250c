package object

import (
	"bytes"
	"hash/crc32"
)

// Abandon leaves a spool as SIGKILL would: nothing is flushed, and the kernel lets go of the folder.
func (s *Spool) Abandon() {
	s.mutex.Lock()
	s.closed = true
	s.mutex.Unlock()
	s.cancel()
	<-s.done
	_ = s.lock.Close()
}

// Record is what a record of the spool says.
type Record struct {
	Delete, Settle bool
	Name           string
	Body           []byte
}

// MarshalRecord returns a record as it is in its file.
func MarshalRecord(r Record) []byte {
	kind := recordPut
	if r.Delete {
		kind = recordDelete
	}
	header := record{
		kind: kind, settle: r.Settle, name: r.Name, size: int64(len(r.Body)), sum: crc32.Checksum(r.Body, castagnoli()),
	}
	return append(header.marshal(), r.Body...)
}

// ParseRecord reads a record from its file.
func ParseRecord(file []byte) (Record, error) {
	r, err := readRecord(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return Record{}, err
	}
	body, err := r.readBody(bytes.NewReader(file))
	if err != nil {
		return Record{}, err
	}
	return Record{Delete: r.kind == recordDelete, Settle: r.settle, Name: r.name, Body: body}, r.verifyBody(bytes.NewReader(file))
}

// ErrDamaged is what every failure of ParseRecord is.
var ErrDamaged = errDamaged
