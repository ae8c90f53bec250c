package vod

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// journal notes in the work folder what is done, one JSON text a line, so that the next run of the same command goes on
// where a crash stopped this one. Its first line tells what the command was.
type journal struct {
	f *os.File
}

// maxLine bounds a line of the journal.
const maxLine = 4 << 20

// openJournal opens a journal and returns what it holds. One that was begun by another command, or cannot be read, is
// begun anew: fresh is true then.
func openJournal(path, command string) (j *journal, lines []json.RawMessage, fresh bool, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666) //nolint:gosec // The operator names the folder.
	if err != nil {
		return nil, nil, false, err
	}
	lines, end := readLines(f)
	head, err := json.Marshal(command)
	if err != nil {
		return nil, nil, false, errors.Join(err, f.Close())
	}
	fresh = len(lines) == 0 || !bytes.Equal(lines[0], head)
	if fresh {
		lines, end = nil, 0
	} else {
		lines = lines[1:]
	}
	// What a crash cut short is cut off.
	if err := f.Truncate(end); err != nil {
		return nil, nil, false, errors.Join(err, f.Close())
	}
	if _, err := f.Seek(end, io.SeekStart); err != nil {
		return nil, nil, false, errors.Join(err, f.Close())
	}
	j = &journal{f}
	if fresh {
		if err := j.note(command); err != nil {
			return nil, nil, false, errors.Join(err, f.Close())
		}
	}
	return j, lines, fresh, nil
}

// readLines reads the whole lines of JSON, and where they end.
func readLines(r io.Reader) (lines []json.RawMessage, end int64) {
	b := bufio.NewReaderSize(r, 64<<10)
	for {
		line, err := b.ReadBytes('\n')
		if err != nil || len(line) > maxLine || !json.Valid(line) {
			return lines, end
		}
		end += int64(len(line))
		lines = append(lines, bytes.TrimSuffix(line, []byte("\n")))
	}
}

// note appends one line, with one write.
func (j *journal) note(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := j.f.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}

func (j *journal) close() error { return j.f.Close() }
