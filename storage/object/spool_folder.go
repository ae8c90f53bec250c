package object

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// takeFolder makes sure that no other process, and no other Spool, uses the folder: two uploaders would break the
// order of the records.
func (s *Spool) takeFolder() error {
	lock, err := os.OpenFile(filepath.Join(s.Folder, "lock"), os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return writeError("open spool", s.Folder, err)
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = lock.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return fmt.Errorf("open spool %s: another process uses it", s.Folder)
		}
		return fmt.Errorf("open spool %s: %w", s.Folder, err)
	}
	s.lock = lock
	return nil
}

// recover takes up the records of the process before, in order, and removes what it had not finished.
func (s *Spool) recover() error {
	files, err := os.ReadDir(s.Folder)
	if err != nil {
		return err
	}
	var entries []*entry
	for _, file := range files {
		switch filepath.Ext(file.Name()) {
		case ".tmp":
			if err := os.Remove(filepath.Join(s.Folder, file.Name())); err != nil {
				return err
			}
		case ".bad":
			if info, err := file.Info(); err == nil {
				s.used += info.Size()
			}
		case ".rec":
			e, err := s.recoverRecord(file.Name())
			if err != nil {
				return err
			}
			if e != nil {
				entries = append(entries, e)
			}
		}
	}
	slices.SortFunc(entries, func(a, b *entry) int {
		if a.seq < b.seq {
			return -1
		}
		return 1
	})
	for _, e := range entries {
		// A crash can fall between the arrival of a newer version and the removal of the older one.
		if older := s.names[e.name]; older != nil {
			if err := os.Remove(s.path(older.seq)); err != nil {
				return err
			}
			s.queue.Remove(older.place)
			s.used -= older.cost
			s.objects--
			e.settle = true
		}
		s.names[e.name] = e
		e.place = s.queue.PushBack(e)
		s.used += e.cost
		s.objects++
		s.seq = e.seq
	}
	if len(s.names) > 0 {
		s.Log.Info("spool recovered", "folder", s.Folder, "objects", len(s.names), "bytes", s.used)
	}
	return nil
}

// recoverRecord returns nil where the file is no whole record; it is set aside then.
func (s *Spool) recoverRecord(base string) (*entry, error) {
	seq, err := strconv.ParseUint(strings.TrimSuffix(base, ".rec"), 16, 64)
	if err != nil || filepath.Base(s.path(seq)) != base {
		s.Log.Warn("spool holds a file that is not ours", "file", filepath.Join(s.Folder, base))
		return nil, nil //nolint:nilnil // nothing to recover
	}
	s.seq = max(s.seq, seq)
	file, err := os.Open(s.path(seq))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	r, err := readRecord(file, info.Size())
	if errors.Is(err, errDamaged) {
		s.used += info.Size()
		s.quarantine(seq, "", err)
		return nil, nil //nolint:nilnil // nothing to recover
	}
	if err != nil {
		return nil, err
	}
	// The process before may have been about to upload it.
	return &entry{record: *r, seq: seq, cost: recordCost(r.name, r.size), attempted: true}, nil
}

// quarantine sets a damaged record aside, for a person to look at. It goes on counting towards the limit.
func (s *Spool) quarantine(seq uint64, name string, cause error) {
	path := s.path(seq)
	bad := strings.TrimSuffix(path, ".rec") + ".bad"
	err := os.Rename(path, bad)
	s.Metrics.damaged(s.Name)
	s.Log.Error("a record of the spool is damaged and was set aside", "file", bad, "object", name,
		"error", errors.Join(cause, err))
}

func syncDir(path string) error {
	dir, err := os.Open(path) //nolint:gosec // the folder that the operator chose
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
