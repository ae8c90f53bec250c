package object

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Put implements Store: it returns when the object is in the spool. It fails with ErrFull where the object does not
// fit, and nothing else is disturbed.
func (s *Spool) Put(ctx context.Context, name string, body []byte) error {
	if err := s.begin(ctx, name); err != nil {
		return err
	}
	return s.spool(name, recordPut, int64(len(body)), func(w *recordWriter) error {
		_, err := w.Write(body)
		return err
	})
}

// Delete implements Store: it returns when the deletion is in the spool. The object is gone for readers at once.
func (s *Spool) Delete(ctx context.Context, name string) error {
	if err := s.begin(ctx, name); err != nil {
		return err
	}
	return s.spool(name, recordDelete, 0, func(*recordWriter) error { return nil })
}

// PutStream implements Store. A body of more than Direct bytes, or of unknown size, goes straight to the remote while
// it is there, and PutStream returns when the remote has it: it is too large to be written twice, and whoever sends it
// (an editor, a packager of files) can send it again. Otherwise, or while the remote is away, it is spooled if it fits.
// Where the remote goes away in the middle of a body PutStream fails with ErrAway.
func (s *Spool) PutStream(ctx context.Context, name string, body io.Reader, size int64) error {
	if err := checkSize(name, size); err != nil {
		return err
	}
	if err := s.begin(ctx, name); err != nil {
		return err
	}
	if (size < 0 || size > s.Direct) && s.remoteAnswers(ctx) {
		counted := &consumedReader{body: body}
		err := s.putDirect(ctx, name, counted, size)
		if err == nil || counted.touched || !errors.Is(err, ErrAway) || ctx.Err() != nil {
			return err
		}
		// It went away before it took a byte.
	}
	return s.spool(name, recordPut, size, func(w *recordWriter) error {
		return copyBody(ctx, w, body, size)
	})
}

func (s *Spool) begin(ctx context.Context, name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	return ctx.Err()
}

// spool writes a record of size bytes, -1 where that is not known, and queues it.
func (s *Spool) spool(name string, kind recordKind, size int64, write func(*recordWriter) error) error {
	e := &entry{record: record{kind: kind, name: name, modified: s.Now().UTC()}}
	temp, err := s.take(e, size)
	if err != nil {
		return err
	}
	w := &recordWriter{record: e.record}
	if size < 0 {
		w.take = func(total int64) error { return s.takeMore(e, total) }
	}
	if err := s.writeRecord(temp, w, write); err != nil {
		_ = os.Remove(temp)
		s.giveBack(e)
		return writeError("spool", name, err)
	}
	e.size, e.sum = w.record.size, w.record.sum

	if err := s.commit(temp, e); err != nil {
		_ = os.Remove(temp)
		s.giveBack(e)
		return writeError("spool", name, err)
	}
	if s.Sync.always() {
		if err := syncDir(s.Folder); err != nil {
			return writeError("spool", name, err)
		}
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return nil
}

// take takes the room that a record needs before any of it is written, and a name for its temporary file.
func (s *Spool) take(e *entry, size int64) (temp string, err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		return "", fmt.Errorf("spool %s: %w", e.name, fs.ErrClosed)
	}
	older := s.names[e.name]
	cost := recordCost(e.name, max(size, 0))
	// A deletion of what waits frees more than it takes, and must work when nothing else does.
	frees := e.kind == recordDelete && older != nil && older.kind == recordPut && older != s.inflight
	if !frees && (s.used+cost > s.Limit || s.objects >= s.MaxObjects) {
		s.Metrics.overflowed(s.Name)
		return "", s.full(e.name, cost)
	}
	e.cost = cost
	s.used += cost
	s.objects++
	// What becomes of the older one while this one is written is not known yet: for the record, assume the worst.
	e.settle = older != nil || s.doubts.has(e.name, s.Now())
	s.temps++
	return filepath.Join(s.Folder, fmt.Sprintf("%016x.tmp", s.temps)), nil
}

// takeMore takes room for a body that has grown to total bytes.
func (s *Spool) takeMore(e *entry, total int64) error {
	cost := recordCost(e.name, total)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	more := cost - e.cost
	if more <= 0 {
		return nil
	}
	if s.used+more > s.Limit {
		s.Metrics.overflowed(s.Name)
		return s.full(e.name, cost)
	}
	s.used += more
	e.cost = cost
	return nil
}

func (s *Spool) full(name string, cost int64) error {
	return fmt.Errorf("spool %s: %w: it takes %d bytes, and %d objects take %d of %d bytes (at most %d objects)",
		name, ErrFull, cost, s.objects, s.used, s.Limit, s.MaxObjects)
}

func (s *Spool) giveBack(e *entry) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.used -= e.cost
	s.objects--
}

func (s *Spool) writeRecord(temp string, w *recordWriter, write func(*recordWriter) error) error {
	file, err := os.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o640) //nolint:gosec // our own name
	if err != nil {
		return err
	}
	w.file = file
	err = write(w)
	if err == nil {
		err = w.finish(s.Sync)
	}
	return errors.Join(err, file.Close())
}

// commit gives a finished record its number, which makes it durable, and its place in the queue.
func (s *Spool) commit(temp string, e *entry) error {
	s.commits.Lock()
	defer s.commits.Unlock()
	e.seq = s.seq + 1
	if err := os.Rename(temp, s.path(e.seq)); err != nil {
		return err
	}
	s.seq = e.seq

	if older := s.enqueue(e); older != nil {
		// After the newer one is durable: a crash in between leaves both, and recover takes the newer.
		s.removeFile(older)
	}
	return nil
}

// enqueue makes e the newest of its name. It returns an older one that is no longer needed.
func (s *Spool) enqueue(e *entry) (older *entry) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	defer s.notify()

	older = s.names[e.name]
	e.settle = s.doubts.has(e.name, s.Now())
	s.names[e.name] = e
	e.place = s.queue.PushBack(e)
	if older == nil {
		return nil
	}
	if older == s.inflight {
		older.replaced = true
		e.settle, e.after = true, older.seq
		return nil // the uploader removes it
	}
	e.settle = e.settle || older.attempted || older.settle || older.confirming
	s.unlist(older)
	return older
}

// unlist takes an entry out of the queue and of what is aside; the mutex is held.
func (s *Spool) unlist(e *entry) {
	if e.place != nil {
		s.queue.Remove(e.place)
		e.place = nil
	}
	for i, other := range s.aside {
		if other == e {
			s.aside = append(s.aside[:i], s.aside[i+1:]...)
			break
		}
	}
	s.used -= e.cost
	s.objects--
}

func (s *Spool) removeFile(e *entry) {
	if err := os.Remove(s.path(e.seq)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.Log.Error("a record of the spool could not be removed", "object", e.name, "error", err)
	}
}

// remoteAnswers says whether it makes sense to send a large body to the remote now.
func (s *Spool) remoteAnswers(ctx context.Context) bool {
	if s.Pending().Away {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return s.Remote.Check(ctx) == nil
}

// putDirect sends a body to the remote past the queue. The uploader leaves the name alone meanwhile, and what waits
// under it is dropped once the remote has the newer body.
func (s *Spool) putDirect(ctx context.Context, name string, body io.Reader, size int64) error {
	barrier, err := s.hold(ctx, name)
	if err != nil {
		return err
	}
	defer s.release(name)

	err = s.Remote.PutStream(ctx, name, body, size)
	if err != nil {
		s.mutex.Lock()
		s.doubts.add(name, s.Now())
		s.mutex.Unlock()
		return err
	}

	s.mutex.Lock()
	older := s.names[name]
	if older == nil || older.seq > barrier {
		s.mutex.Unlock()
		return nil
	}
	delete(s.names, name)
	s.unlist(older)
	s.notify()
	s.mutex.Unlock()
	s.removeFile(older)
	return nil
}

// hold keeps the uploader away from a name and waits until nothing of that name is on its way. It returns the number
// of the newest record.
func (s *Spool) hold(ctx context.Context, name string) (barrier uint64, err error) {
	s.mutex.Lock()
	s.held[name]++
	s.mutex.Unlock()

	var settled <-chan time.Time
	for {
		s.mutex.Lock()
		e := s.names[name]
		busy := s.inflight != nil && s.inflight.name == name
		doubtful := s.doubts.has(name, s.Now()) || (e != nil && (e.attempted || e.settle || e.confirming))
		changed := s.changed
		s.mutex.Unlock()

		if !busy && !doubtful {
			return s.newest(), nil
		}
		if !busy && settled == nil {
			settled = time.After(s.Settle)
		}
		select {
		case <-changed:
		case <-settled:
			return s.newest(), nil
		case <-ctx.Done():
			s.release(name)
			return 0, ctx.Err()
		}
	}
}

func (s *Spool) newest() uint64 {
	s.commits.Lock()
	defer s.commits.Unlock()
	return s.seq
}

func (s *Spool) release(name string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.held[name]--
	if s.held[name] == 0 {
		delete(s.held, name)
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// consumedReader knows whether anything was asked of it.
type consumedReader struct {
	body    io.Reader
	touched bool
}

// Read implements io.Reader.
func (r *consumedReader) Read(p []byte) (int, error) {
	r.touched = true
	return r.body.Read(p)
}
