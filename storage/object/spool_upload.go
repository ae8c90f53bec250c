package object

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// uploader is the goroutine that carries the records out at the remote.
type uploader struct {
	spool *Spool

	backoff backoff
	since   time.Time // when the remote went away
	told    time.Time // when that was last logged
}

func (s *Spool) run() {
	defer close(s.done)
	u := uploader{spool: s, backoff: backoff{first: s.RetryFirst, last: s.RetryLast}}
	for {
		e, wait := s.next()
		if e == nil {
			if !s.sleep(wait, s.wake) {
				return
			}
			continue
		}
		err := s.carryOut(e)
		if s.ctx.Err() != nil {
			return // the record stays
		}
		if pause := u.outcome(e, err); pause > 0 && !s.sleep(pause, nil) {
			return
		}
	}
}

// sleep waits for the time given, or until woken; zero is for ever. It returns false where the spool is closed.
func (s *Spool) sleep(wait time.Duration, wake <-chan struct{}) bool {
	var timer <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-timer:
	case <-wake:
	case <-s.ctx.Done():
		return false
	}
	return true
}

// next takes the record to carry out now: one that is aside and due, else the oldest. Where there is none it returns
// how long to wait for one that is aside.
func (s *Spool) next() (*entry, time.Duration) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	now := s.Now()
	var wait time.Duration
	for i, e := range s.aside {
		if s.held[e.name] > 0 {
			continue
		}
		left := e.due.Sub(now)
		if left <= 0 {
			s.aside = append(s.aside[:i], s.aside[i+1:]...)
			s.inflight = e
			return e, 0
		}
		if wait == 0 || left < wait {
			wait = left
		}
	}
	for place := s.queue.Front(); place != nil; place = place.Next() {
		e := entryOf(place)
		if s.held[e.name] > 0 {
			continue
		}
		s.queue.Remove(place)
		e.place = nil
		s.inflight = e
		return e, 0
	}
	return nil, wait
}

// carryOut does at the remote what a record says.
func (s *Spool) carryOut(e *entry) error {
	if e.kind == recordDelete {
		err := s.Remote.Delete(s.ctx, e.name)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	}
	file, err := os.Open(s.path(e.seq))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: its file is gone", errDamaged)
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if e.size <= s.Direct {
		body, err := e.readBody(file)
		if err != nil {
			return err
		}
		return s.Remote.Put(s.ctx, e.name, body)
	}
	if err := e.verifyBody(file); err != nil {
		return err
	}
	return s.Remote.PutStream(s.ctx, e.name, io.NewSectionReader(file, e.bodyOffset(), e.size), e.size)
}

// outcome decides what becomes of a record after a try, and returns how long to wait before the next one.
func (u *uploader) outcome(e *entry, err error) time.Duration {
	s := u.spool
	switch {
	case err == nil:
		s.Metrics.uploaded(s.Name, "done")
		u.back()
		u.backoff.reset()
		s.finish(e)
		return 0
	case errors.Is(err, errDamaged):
		s.quarantine(e.seq, e.name, err)
		s.discard(e)
		return 0
	case errors.Is(err, ErrAway), errors.Is(err, ErrFull),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		s.Metrics.uploaded(s.Name, "away")
		u.gone(e, err)
		s.putBack(e)
		return u.backoff.next()
	}

	s.Metrics.uploaded(s.Name, "refused")
	u.back()
	if s.refuse(e) {
		s.Log.Error("the store refuses an object; it stays in the spool and the others go on",
			"object", e.name, "bytes", e.size, "tries", e.refusals, "again_in", s.RefusedRetry, "error", err)
		u.backoff.reset()
		return 0
	}
	s.Log.Warn("the store refuses an object", "object", e.name, "bytes", e.size, "try", e.refusals, "error", err)
	return u.backoff.next()
}

// gone notes that the remote is away, and says so when it begins and once a minute.
func (u *uploader) gone(e *entry, err error) {
	s := u.spool
	now := s.Now()
	s.mutex.Lock()
	began := !s.away
	s.away = true
	b := s.backlog()
	s.mutex.Unlock()
	if began {
		u.since = now
	}
	if began || now.Sub(u.told) >= time.Minute {
		u.told = now
		s.Log.Warn("object store is away; objects wait in the spool",
			"since", u.since.UTC(), "objects", b.Objects, "bytes", b.Bytes, "limit", b.Limit, "object", e.name, "error", err)
	}
}

// back notes that the remote answers.
func (u *uploader) back() {
	s := u.spool
	s.mutex.Lock()
	was := s.away
	s.away = false
	b := s.backlog()
	s.mutex.Unlock()
	if was {
		s.Log.Info("object store is back; the spool is uploaded",
			"away", s.Now().Sub(u.since).Round(time.Millisecond), "objects", b.Objects, "bytes", b.Bytes)
	}
}

// finish is for a record that the remote has carried out.
func (s *Spool) finish(e *entry) {
	s.mutex.Lock()
	now := s.Now()
	newest := s.names[e.name]
	if newest == e && e.settle && !e.confirming {
		// An older version may still be on its way, and would land on top of this one.
		e.confirming, e.refused, e.due = true, false, now.Add(s.Settle)
		s.aside = append(s.aside, e)
		s.inflight = nil
		s.notify()
		s.mutex.Unlock()
		return
	}
	switch {
	case e.attempted:
		s.doubts.add(e.name, now)
	case newest != e && newest != nil && newest.after == e.seq && !e.settle:
		newest.settle = s.doubts.has(e.name, now) // nothing of this one is on its way any more
	}
	s.mutex.Unlock()
	// The file first: once readers no longer see the entry they ask the remote, which has the object.
	s.removeFile(e)
	s.discard(e)
}

// discard forgets the record in flight.
func (s *Spool) discard(e *entry) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.names[e.name] == e {
		delete(s.names, e.name)
	}
	s.unlist(e)
	s.inflight = nil
	s.notify()
}

// putBack returns the record in flight to the head of the queue: its turn is still first.
func (s *Spool) putBack(e *entry) {
	s.mutex.Lock()
	e.attempted = true
	replaced := e.replaced
	if !replaced {
		s.inflight = nil
		if e.confirming || e.refused {
			e.due = s.Now()
			s.aside = append(s.aside, e)
		} else {
			e.place = s.queue.PushFront(e)
		}
		s.notify()
	} else if newest := s.names[e.name]; newest != nil {
		newest.settle = true
	}
	s.mutex.Unlock()
	if replaced {
		s.drop(e)
	}
}

// refuse counts a refusal of the record in flight; it returns true where the record steps aside.
func (s *Spool) refuse(e *entry) bool {
	s.mutex.Lock()
	e.refusals++
	if e.replaced {
		s.mutex.Unlock()
		s.drop(e)
		return false
	}
	defer s.mutex.Unlock()
	defer s.notify()
	s.inflight = nil
	if e.refusals%s.Tries != 0 && !e.refused {
		e.place = s.queue.PushFront(e)
		return false
	}
	e.refused = true
	e.due = s.Now().Add(s.RefusedRetry)
	s.aside = append(s.aside, e)
	return true
}

// drop forgets the record in flight, which a newer one has replaced, and removes its file.
func (s *Spool) drop(e *entry) {
	s.removeFile(e)
	s.discard(e)
}
