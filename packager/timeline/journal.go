package timeline

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

// journal is the local write-ahead file of a timeline: a head, then entries, each framed as
// {length uint32, CRC-32 uint32, JSON}. A record that a crash cut short ends the reading.
type journal struct {
	file *os.File
	buf  []byte
}

// maxRecord bounds one journal record; an entry takes a few hundred bytes.
const maxRecord = 64 << 10

// beginJournal replaces the journal file by one that holds the head and the entries.
func beginJournal(path string, head Head, entries []Entry) (*journal, error) {
	if path == "" {
		return nil, errors.New("journal path is empty")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, err
	}
	fresh := path + ".new"
	file, err := os.OpenFile(filepath.Clean(fresh), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	j := &journal{file: file}
	err = j.write(head)
	for i := range entries {
		err = errors.Join(err, j.append(&entries[i]))
	}
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(fresh))
	}
	return j, nil
}

func (j *journal) append(e *Entry) error { return j.write(e) }

// write adds one record with one write call: the page cache has it even if the process is killed right after.
func (j *journal) write(v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	j.buf = binary.BigEndian.AppendUint32(j.buf[:0], uint32(len(body))) //nolint:gosec // an entry is small
	j.buf = binary.BigEndian.AppendUint32(j.buf, crc32.ChecksumIEEE(body))
	j.buf = append(j.buf, body...)
	offset, err := j.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(j.buf); err != nil {
		// Half a record would hide all that follow it.
		if _, serr := j.file.Seek(offset, io.SeekStart); serr != nil {
			return errors.Join(err, serr)
		}
		return errors.Join(err, j.file.Truncate(offset))
	}
	return nil
}

func (j *journal) close() error { return j.file.Close() }

// readJournal returns a zero head and no entries where there is no journal.
func readJournal(path string) (Head, []Entry, error) {
	b, err := os.ReadFile(filepath.Clean(path))
	if errors.Is(err, os.ErrNotExist) {
		return Head{}, nil, nil
	}
	if err != nil {
		return Head{}, nil, err
	}
	return ParseJournal(b)
}

// ParseJournal reads a journal's bytes up to the first record that is not whole.
func ParseJournal(b []byte) (Head, []Entry, error) {
	var head Head
	body, b, ok := nextRecord(b)
	if !ok {
		return head, nil, nil
	}
	if err := json.Unmarshal(body, &head); err != nil {
		return Head{}, nil, fmt.Errorf("read journal head: %w", err)
	}
	var entries []Entry
	for {
		body, b, ok = nextRecord(b)
		if !ok {
			return head, entries, nil
		}
		var e Entry
		if err := json.NewDecoder(bytes.NewReader(body)).Decode(&e); err != nil {
			return head, entries, nil //nolint:nilerr // what follows a bad record cannot be trusted
		}
		if n := len(entries); n > 0 && e.Seq != entries[n-1].Seq+1 {
			return head, entries, nil
		}
		entries = append(entries, e)
	}
}

func nextRecord(b []byte) (body, rest []byte, ok bool) {
	if len(b) < 8 {
		return nil, nil, false
	}
	n := binary.BigEndian.Uint32(b)
	sum := binary.BigEndian.Uint32(b[4:])
	if n > maxRecord || uint64(len(b)-8) < uint64(n) {
		return nil, nil, false
	}
	body = b[8 : 8+n]
	if crc32.ChecksumIEEE(body) != sum {
		return nil, nil, false
	}
	return body, b[8+n:], true
}
