package object

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Spool keeps what is put on the local disk until a remote store has it, so that nobody who puts waits for the remote
// and nothing is lost while it is away.
//
// Put and Delete write a record into Folder and return; the record survives SIGKILL (see Sync for loss of power). One
// goroutine carries the records out at the remote in the order in which they were made, and waits and tries again
// while the remote is away, full, or refuses the credentials. Reads look into the spool first, so what was put is
// what is read, whether the remote has it yet or not.
//
// A newer version of an object takes the place of one that still waits, at the end of the queue. A store may carry
// out a request long after we gave up on it, and so bring an older version back over a newer one; where an older
// version's fate is not known the newer one is uploaded once more after Settle.
//
// A record that the remote refuses for good (a fault of the object, not of the store) is tried Tries times, then
// steps aside for the others and is tried every RefusedRetry; it is logged and counted, and stays until the remote
// takes it or it is deleted or replaced.
//
// The folder belongs to one Spool of one process at a time.
type Spool struct {
	// Remote is the store to which everything goes.
	Remote Store
	// Folder is where the records are; it is made if missing.
	Folder string
	// Limit is how many bytes of disk the records may take. It defaults to 4 GiB.
	Limit int64
	// MaxObjects is how many records there may be. It defaults to 100 000.
	MaxObjects int
	// Direct is the size in bytes above which PutStream goes straight to the remote while it is there, as it does
	// with a body of unknown size. It defaults to 16 MiB.
	Direct int64
	// Sync is when records are forced to the disk. It defaults to SyncNever.
	Sync Sync
	// Tries is how often a record is refused before it steps aside. It defaults to 4.
	Tries int
	// RefusedRetry is how long a record that stepped aside waits. It defaults to 5 min.
	RefusedRetry time.Duration
	// RetryFirst and RetryLast bound the wait between tries while the remote is away. They default to 250 ms and 10 s.
	RetryFirst, RetryLast time.Duration
	// Settle is how long after a timeout the remote may still carry a request out. It defaults to 5 s.
	Settle time.Duration
	// Name is the label "store" of the metrics. It defaults to "spool".
	Name string
	// Metrics defaults to none.
	Metrics *Metrics
	// Log defaults to nothing.
	Log *slog.Logger
	// Now defaults to time.Now.
	Now func() time.Time

	//
	// private
	//

	ctx    context.Context //nolint:containedctx // the uploader's life
	cancel context.CancelFunc
	done   chan struct{}
	wake   chan struct{}
	lock   *os.File

	commits sync.Mutex // one record gets its number and its place in the queue at a time
	seq     uint64     // of the newest record

	mutex    sync.Mutex        // guards all below; never held over a use of the disk or the network
	names    map[string]*entry // the newest record of each name
	queue    *list.List        // of *entry, in the order of seq: what waits
	aside    []*entry          // what waits until a time: refused, or to be confirmed
	inflight *entry            // what the uploader is at
	held     map[string]int    // names that the uploader must leave alone: streams on their way to the remote
	doubts   doubts
	used     int64 // bytes: records, room taken for records being written, damaged records
	objects  int   // records, and those being written
	temps    uint64
	away     bool
	closed   bool
	changed  chan struct{} // closed and made anew with each change
}

// entry is a record of the spool.
type entry struct {
	record

	seq      uint64
	cost     int64
	place    *list.Element // in the queue; nil where it is in flight or aside
	due      time.Time     // where aside
	refusals int

	refused    bool   // it stepped aside
	attempted  bool   // the remote may or may not have it
	confirming bool   // the remote has it; it is put once more, see Settle
	replaced   bool   // a newer one of its name came while it was in flight
	after      uint64 // the one that was in flight when this one came
}

// Backlog is what waits in a spool.
type Backlog struct {
	Objects int       // objects and deletions
	Bytes   int64     // of disk
	Limit   int64     // of disk
	Refused int       // of Objects, those that the remote refuses
	Away    bool      // the last try found the remote away
	Oldest  time.Time // when the oldest of Objects was put; zero where there is none
}

var _ Store = (*Spool)(nil)

// Initialize opens the spool, takes up what a crash or a stop left in it, and starts to upload. The remote may be away.
func (s *Spool) Initialize() error {
	if s.Remote == nil || s.Folder == "" {
		return errors.New("spool: no remote or no folder given")
	}
	if err := s.Sync.check(); err != nil {
		return fmt.Errorf("spool %s: %w", s.Folder, err)
	}
	s.setDefaults()

	if err := os.MkdirAll(s.Folder, 0o750); err != nil {
		return fmt.Errorf("make spool: %w", err)
	}
	if err := s.takeFolder(); err != nil {
		return err
	}
	if err := s.recover(); err != nil {
		_ = s.lock.Close()
		return fmt.Errorf("recover spool %s: %w", s.Folder, err)
	}

	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.done = make(chan struct{})
	s.wake = make(chan struct{}, 1)
	s.show()
	go s.run()
	return nil
}

func (s *Spool) setDefaults() {
	if s.Limit <= 0 {
		s.Limit = 4 << 30
	}
	if s.MaxObjects <= 0 {
		s.MaxObjects = 100_000
	}
	if s.Direct <= 0 {
		s.Direct = 16 << 20
	}
	if s.Tries <= 0 {
		s.Tries = 4
	}
	if s.RefusedRetry <= 0 {
		s.RefusedRetry = 5 * time.Minute
	}
	if s.RetryFirst <= 0 {
		s.RetryFirst = 250 * time.Millisecond
	}
	if s.RetryLast <= 0 {
		s.RetryLast = 10 * time.Second
	}
	if s.Settle <= 0 {
		s.Settle = 5 * time.Second
	}
	if s.Name == "" {
		s.Name = "spool"
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	s.names = make(map[string]*entry)
	s.queue = list.New()
	s.held = make(map[string]int)
	s.doubts.window = s.Settle
	s.changed = make(chan struct{})
}

// Pending returns what waits to be uploaded.
func (s *Spool) Pending() Backlog {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.backlog()
}

func (s *Spool) backlog() Backlog {
	b := Backlog{Objects: len(s.names), Bytes: s.used, Limit: s.Limit, Away: s.away}
	for _, e := range s.aside {
		if e.refused {
			b.Refused++
		}
		b.older(e)
	}
	if s.inflight != nil {
		b.older(s.inflight)
	}
	if front := s.queue.Front(); front != nil {
		b.older(entryOf(front))
	}
	return b
}

func (b *Backlog) older(e *entry) {
	if b.Oldest.IsZero() || e.modified.Before(b.Oldest) {
		b.Oldest = e.modified
	}
}

// Drain waits until the remote has everything. It fails where ctx ends before, and where all that is left is refused.
func (s *Spool) Drain(ctx context.Context) error {
	for {
		s.mutex.Lock()
		b, changed := s.backlog(), s.changed
		s.mutex.Unlock()
		switch b.Objects {
		case 0:
			return nil
		case b.Refused:
			return fmt.Errorf("drain spool: the remote refuses %d objects", b.Refused)
		}
		select {
		case <-changed:
		case <-s.done:
			return fmt.Errorf("drain spool: %d objects left: %w", b.Objects, fs.ErrClosed)
		case <-ctx.Done():
			return fmt.Errorf("drain spool: %d objects left: %w", b.Objects, ctx.Err())
		}
	}
}

// Close refuses new records, uploads what waits until ctx ends or the remote is found away, and stops. What is left is
// safe on the disk and taken up by the next Initialize; that is no error.
func (s *Spool) Close(ctx context.Context) error {
	s.mutex.Lock()
	if s.closed {
		s.mutex.Unlock()
		<-s.done
		return nil
	}
	s.closed = true
	s.mutex.Unlock()

	for s.worthWaiting(ctx) {
	}
	s.cancel()
	<-s.done
	if b := s.Pending(); b.Objects > 0 {
		s.Log.Info("spool closed; the rest is uploaded after the next start", "objects", b.Objects, "bytes", b.Bytes)
	}
	return s.lock.Close() // which unlocks the folder
}

// worthWaiting waits for the next change while there is something that can be uploaded now.
func (s *Spool) worthWaiting(ctx context.Context) bool {
	s.mutex.Lock()
	more := !s.away && (s.queue.Len() > 0 || (s.inflight != nil && !s.inflight.refused))
	changed := s.changed
	s.mutex.Unlock()
	if !more {
		return false
	}
	select {
	case <-changed:
		return true
	case <-ctx.Done():
		return false
	}
}

// notify tells those who wait that something changed; the mutex is held.
func (s *Spool) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
	s.show()
}

// show sets the metrics.
func (s *Spool) show() {
	if s.Metrics != nil {
		s.Metrics.spool(s.Name, s.backlog())
	}
}

func (s *Spool) path(seq uint64) string {
	return filepath.Join(s.Folder, fmt.Sprintf("%016x.rec", seq))
}

func entryOf(place *list.Element) *entry {
	e, _ := place.Value.(*entry)
	return e
}
