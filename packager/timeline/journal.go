package timeline

import (
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
// {length uint32, CRC-32 uint32, JSON}. A record that a crash cut short ends the reading. The head says how far the
// index objects reach; some entries from before that stand in front, so that a live window can be shown while the
// store is away.
type journal struct {
	file *os.File
	next uint64 // sequence number of the entry that comes next
	buf  []byte
}

// maxRecord bounds one journal record; an entry takes a few hundred bytes.
const maxRecord = 64 << 10

// beginJournal replaces the journal file by one that holds the head and the entries.
func beginJournal(path string, head Head, entries []Entry) (*journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, err
	}
	fresh := path + ".new"
	file, err := os.OpenFile(filepath.Clean(fresh), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	j := &journal{file: file, next: head.Next}
	if len(entries) > 0 {
		j.next = entries[0].Seq
	}
	err = j.write(head)
	if err == nil {
		err = j.append(entries)
	}
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(fresh))
	}
	return j, nil
}

// append adds those of the entries that are not in the journal yet: the newest, and before it any that could not be
// written when it was their turn, because a hole would hide all that follow it.
func (j *journal) append(entries []Entry) error {
	from := len(entries)
	for from > 0 && entries[from-1].Seq >= j.next {
		from--
	}
	for i := from; i < len(entries); i++ {
		if err := j.write(&entries[i]); err != nil {
			return err
		}
		j.next = entries[i].Seq + 1
	}
	return nil
}

// write adds one record with one write call: the page cache has it even if the process is killed right after.
func (j *journal) write(v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(body) > maxRecord {
		return fmt.Errorf("journal record of %d bytes, at most %d", len(body), maxRecord)
	}
	j.buf = binary.BigEndian.AppendUint32(j.buf[:0], uint32(len(body)))
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
	if path == "" {
		return Head{}, nil, errors.New("journal path is empty")
	}
	b, err := os.ReadFile(filepath.Clean(path))
	if errors.Is(err, os.ErrNotExist) {
		return Head{}, nil, nil
	}
	if err != nil {
		return Head{}, nil, err
	}
	return ParseJournal(b)
}

// ParseJournal reads a journal's bytes up to the first record that is not whole. The sequence numbers of the entries
// follow each other; those below the head's Next are in the index as well.
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
		if err := json.Unmarshal(body, &e); err != nil {
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
