// Package timeline keeps the append-only record of what was put out: its ledger, its index in the object
// store, and the views that playlists are made from.
package timeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"podium.tv/podium/storage/object"
)

// ErrUnknown says that the timeline has no such entry (any more).
var ErrUnknown = errors.New("no such segment")

// Timeline is the append-only record of one feed, channel or asset.
//
// Each entry goes to a journal in a local folder before anybody is told of it, so that a process killed at any
// instant goes on with the next sequence number. Every FlushEvery, and when an hour is over, the entries are
// written to the object store as one index object an hour, with a head object that says where the timeline
// stands, and the journal begins anew. Requests read recent entries from memory and older ones from the hours' index
// objects, by name: never by listing. Entries that are not in the index yet stay in memory however old they are.
//
// One goroutine appends; any number read.
type Timeline struct {
	// Name is the timeline's folder in the object store, such as "feeds/hall1".
	Name string
	// Store keeps index and head.
	Store object.Store
	// Journal is the path of the local journal file.
	Journal string
	// Hours caches index objects of past hours. It may be shared by timelines. It defaults to one of its own.
	Hours *HourCache
	// Recent is how much is kept in memory. It defaults to two hours.
	Recent time.Duration
	// FlushEvery is how often index and head are written. It defaults to one minute.
	FlushEvery time.Duration
	// Retention is the age at which Expire drops an hour. It defaults to a week.
	Retention time.Duration
	// Owns says that the media objects under Name belong to this timeline: that Expire deletes them, and that Open
	// looks for segments younger than the head by name.
	Owns bool
	// Chunks says that the segments of closed hours are gathered into one object an hour, where Owns is set.
	Chunks bool
	// GatherAfter is how long after its end an hour is gathered at the earliest, and GatherGrace how long the objects that
	// went into the chunk stay for readers with an older index. They default to 5 min and 10 min.
	GatherAfter, GatherGrace time.Duration
	// Settled says whether all that was put before an instant is where it shall stay, and not in a spool. It may be nil.
	Settled func(time.Time) bool
	// MaxBytes is how much media the closed hours may have; Expire drops the oldest beyond it. 0 is no limit.
	MaxBytes int64
	// References tell which hours other timelines still show, and are told what this one refers to. It may be nil.
	References *References
	Log        *slog.Logger
	// Now defaults to time.Now.
	Now func() time.Time

	// private

	flushing sync.Mutex // held while index and head are written

	mu         sync.Mutex // guards the four below; taken after flushing
	journal    *journal
	head       Head // how far the index reaches
	headStored bool // the store's head says the same
	stop       context.CancelFunc

	keeping  sync.Mutex // one housekeeping at a time; taken before flushing
	kept     *archive   // guarded by keeping
	archived atomic.Pointer[Archived]

	running sync.WaitGroup
	state   atomic.Pointer[Tail]
	edge    atomic.Pointer[Edge]
}

// Tail is an immutable snapshot of a timeline's newest entries.
type Tail struct {
	// Version rises with each append.
	Version uint64
	// Entries are the recent entries in order; callers must not change them.
	Entries []Entry
	// Next and NextDisc are the sequence numbers of the next entry, were it continuous.
	Next, NextDisc uint64
	// First is the hour of the oldest entry that the timeline still has.
	First int64
	// begin is the start of the oldest entry, zero where only its hour is known; end is the instant at which the
	// newest ends. They do not need the entries to be in memory.
	begin, end time.Time
	// changed is closed when a newer tail is there.
	changed chan struct{}
}

// Last is the newest entry, or nil where there is none in memory.
func (t *Tail) Last() *Entry {
	if len(t.Entries) == 0 {
		return nil
	}
	return &t.Entries[len(t.Entries)-1]
}

// Changed is closed as soon as the timeline has grown beyond this tail.
func (t *Tail) Changed() <-chan struct{} { return t.changed }

// Open recovers the timeline from journal and object store and starts its flushing. A store that is away does
// not keep it from opening where the journal tells how to go on.
func (t *Timeline) Open(ctx context.Context) error {
	t.setDefaults()
	rec, err := t.recover(ctx)
	if err != nil {
		return fmt.Errorf("open timeline %s: %w", t.Name, err)
	}
	tail := &Tail{
		Version: rec.next, Entries: rec.entries, Next: rec.next, NextDisc: rec.disc,
		First: rec.head.First, begin: rec.head.Begin, end: rec.head.End, changed: make(chan struct{}),
	}
	if last := tail.Last(); last != nil {
		tail.end = last.End()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.head, t.headStored = rec.head, rec.stored
	t.journal, err = beginJournal(t.Journal, rec.head, t.journaled(rec.entries))
	if err != nil {
		return fmt.Errorf("open timeline %s: begin journal: %w", t.Name, err)
	}
	t.state.Store(tail)
	t.referTo(rec.entries)
	t.publish(&Edge{Version: 1, Run: t.Now().UnixMilli(), Tail: tail})
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	t.stop = stop
	t.running.Go(func() { t.run(run) })
	return nil
}

func (t *Timeline) setDefaults() {
	if t.Recent <= 0 {
		t.Recent = 2 * time.Hour
	}
	if t.FlushEvery <= 0 {
		t.FlushEvery = time.Minute
	}
	if t.Retention <= 0 {
		t.Retention = 7 * 24 * time.Hour
	}
	if t.GatherAfter <= 0 {
		t.GatherAfter = 5 * time.Minute
	}
	if t.GatherGrace <= 0 {
		t.GatherGrace = 10 * time.Minute
	}
	if t.Hours == nil {
		t.Hours = new(HourCache)
	}
	if t.Log == nil {
		t.Log = slog.New(slog.DiscardHandler)
	}
	if t.Now == nil {
		t.Now = time.Now
	}
}

// Tail is the timeline's newest part, without locks.
func (t *Timeline) Tail() *Tail { return t.state.Load() }

// Prepare gives an entry its place: sequence numbers, and a start that never goes back. Only the goroutine that
// appends may call it; nothing is recorded yet.
func (t *Timeline) Prepare(e Entry) Entry {
	s := t.state.Load()
	e.Seq = s.Next
	e.Disc = s.NextDisc
	if e.Discontinuity && s.Next > 0 {
		e.Disc++
	}
	if s.Next == 0 {
		e.Discontinuity = false // There is nothing before it to differ from.
	}
	e.Duration = max(e.Duration, 0)
	e.Start = e.Start.UTC().Truncate(time.Microsecond)
	if e.Start.Before(s.end) {
		// A wall clock that was set back would make two instants of one name (RFC 8216bis §6.2.1).
		e.Start = ceilMicro(s.end)
	}
	return e
}

// ceilMicro rounds up to the microsecond, which is what journal and index keep.
func ceilMicro(t time.Time) time.Time {
	return t.Add(time.Microsecond - 1).Truncate(time.Microsecond)
}

// Append records an entry that Prepare returned and publishes it. An error tells that the journal could not be
// written; the entry is published all the same, because those who watch come first, and the next Append that can
// writes it into the journal after all.
func (t *Timeline) Append(e Entry) error { return t.append(e, Made{Seq: e.Seq}) }

func (t *Timeline) append(e Entry, made Made) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.state.Load()
	if e.Seq != s.Next {
		return fmt.Errorf("append to timeline %s: sequence number %d is not the next one, %d", t.Name, e.Seq, s.Next)
	}
	next := &Tail{
		Version: s.Version + 1, Next: e.Seq + 1, NextDisc: e.Disc, First: s.First,
		Entries: append(t.recent(s.Entries, e.Start), e),
		begin:   s.begin,
		end:     e.End(),
		changed: make(chan struct{}),
	}
	if s.Next == 0 || s.First == 0 {
		next.First, next.begin = e.Hour(), e.Start
	}
	var err error
	if t.journal != nil {
		err = t.journal.append(next.Entries)
	}
	t.referTo(next.Entries[len(next.Entries)-1:])
	t.state.Store(next)
	close(s.changed)
	t.publish(t.edge.Load().grown(next, made))
	if err != nil {
		return fmt.Errorf("append to timeline %s: %w", t.Name, err)
	}
	return nil
}

// recent drops what is older than Recent and in the index, when a quarter more than that has gathered, so
// that the copy is rare. Otherwise the entries grow in place: readers of older tails have shorter slices.
func (t *Timeline) recent(entries []Entry, now time.Time) []Entry {
	if len(entries) == 0 || now.Sub(entries[0].Start) < t.Recent+t.Recent/4 {
		return entries
	}
	keep := 0
	for keep < len(entries) && entries[keep].Seq < t.head.Next && now.Sub(entries[keep].Start) > t.Recent {
		keep++
	}
	// The tail must never be shorter than a live window after a long silence.
	keep = min(keep, max(len(entries)-minRecent, 0))
	if keep == 0 {
		return entries
	}
	kept := make([]Entry, len(entries)-keep, len(entries)-keep+len(entries)/4+16)
	copy(kept, entries[keep:])
	return kept
}

// minRecent is how many entries stay in memory however old they are.
const minRecent = 64

// Close flushes and stops. The timeline must not be appended to afterwards.
func (t *Timeline) Close(ctx context.Context) error {
	t.mu.Lock()
	stop := t.stop
	t.mu.Unlock()
	if stop == nil {
		return nil
	}
	stop()
	t.running.Wait()
	err := t.Flush(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.journal != nil {
		if cerr := t.journal.close(); cerr != nil {
			err = errors.Join(err, fmt.Errorf("close journal: %w", cerr))
		}
		t.journal = nil
	}
	return err
}

func (t *Timeline) run(ctx context.Context) {
	tick := time.NewTicker(t.FlushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := t.Flush(ctx); err != nil && ctx.Err() == nil {
			t.Log.Warn("timeline index not written, will try again", "timeline", t.Name, "err", err)
		}
	}
}
