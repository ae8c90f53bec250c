package publish

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Desk is where encoders of all protocols report. Its zero value refuses everybody, having no keys. It must not be copied.
type Desk struct {
	// Keys says who may publish what.
	Keys Keys
	// TakeOver lets a publisher with the right key end one that is already there: an encoder that lost its network
	// is back before its old connection times out. It defaults to refusing the second one.
	TakeOver bool
	// MaxPublishers bounds how many publish at the same time. It defaults to 64.
	MaxPublishers int
	// Log defaults to no log.
	Log *slog.Logger
	// Metrics may be nil.
	Metrics *Metrics
	// Now defaults to time.Now.
	Now func() time.Time

	attempts attempts

	mutex      sync.Mutex
	closed     chan struct{} // made when it is first asked for
	over       bool
	publishers map[string]*session
	waiting    map[string]*wait
}

// session is a publisher's time at its feed.
type session struct {
	Publisher
	info Info
}

// wait is a reader of a feed. Its publisher is attached before the first packet can come.
type wait struct {
	found chan met // of one
	met   bool
}

type met struct {
	session *session
	read    Read
}

func (w *wait) greet(s *session) {
	if w.met {
		return // It reads another; s is for the next one who waits.
	}
	w.met = true
	w.found <- met{s, s.Attach()}
}

// Admit checks the key of an encoder that wants to publish, before anything else is done for it. Its errors are ErrUnknownFeed,
// ErrWrongKey, ErrAttempts, ErrTaken, ErrFull and ErrClosed, and others where the key cannot be checked at the moment; all but
// these others are the encoder's fault. What is refused is logged and counted here.
func (d *Desk) Admit(ctx context.Context, who Info, key string) error {
	err := d.admit(ctx, who, key)
	if err == nil {
		return nil
	}
	reason := reasonOf(err)
	d.Metrics.refused(who.Protocol, reason)
	log := d.log().With("protocol", who.Protocol, "feed", clip(who.Feed), "address", who.Address.String())
	switch reason {
	case "attempts":
	case "feed", "key":
		if tell, muted := d.attempts.failed(who.Address.Addr(), d.now()); tell {
			log.Warn("publisher refused", "reason", err, "unlogged", muted)
		}
	case "error":
		log.Error("stream key cannot be checked", "err", err)
	default:
		log.Warn("publisher refused", "reason", err)
	}
	return err
}

func (d *Desk) admit(ctx context.Context, who Info, key string) error {
	if d.attempts.blocked(who.Address.Addr(), d.now()) {
		return fmt.Errorf("%w: %s", ErrAttempts, who.Address.Addr())
	}
	if d.Keys == nil || !ValidFeed(who.Feed) {
		return ErrUnknownFeed
	}
	if err := d.Keys.CheckStreamKey(ctx, who.Feed, key); err != nil {
		return err
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.room(who.Feed)
}

// room says why a publisher of the feed would not be let in now.
func (d *Desk) room(feed string) error {
	other := d.publishers[feed]
	switch {
	case d.over:
		return ErrClosed
	case other != nil && !d.TakeOver:
		return fmt.Errorf("%w by %s from %s", ErrTaken, other.info.Protocol, other.info.Address)
	case other == nil && len(d.publishers) >= d.maxPublishers():
		return fmt.Errorf("%w: %d are allowed", ErrFull, d.maxPublishers())
	}
	return nil
}

// Enter makes p, which was admitted, the publisher of its feed until leave is called, which has to happen once, when its connection
// is over, with the reason. One that is in the way is ended where TakeOver is set.
func (d *Desk) Enter(p Publisher) (leave func(cause error), err error) {
	s := &session{Publisher: p, info: p.Info()}
	log := d.log().With("protocol", s.info.Protocol, "feed", s.info.Feed, "address", s.info.Address.String())
	d.mutex.Lock()
	if err := d.room(s.info.Feed); err != nil {
		d.mutex.Unlock()
		d.Metrics.refused(s.info.Protocol, reasonOf(err))
		log.Warn("publisher refused", "reason", err)
		return nil, err
	}
	former := d.publishers[s.info.Feed]
	if d.publishers == nil {
		d.publishers = make(map[string]*session)
	}
	d.publishers[s.info.Feed] = s
	if w := d.waiting[s.info.Feed]; w != nil {
		w.greet(s)
	}
	d.mutex.Unlock()

	if former != nil {
		log.Info("publisher takes the feed over", "from", former.info.Address.String(), "by", former.info.Protocol)
		former.End(ErrTakenOver)
	}
	d.Metrics.publishing(s.info.Protocol, 1)
	log.Info("publisher began", "encoder", s.info.Agent)
	var once sync.Once
	return func(cause error) {
		once.Do(func() {
			d.Metrics.publishing(s.info.Protocol, -1)
			log.Info("publisher ended", "reason", cause)
			d.leave(s)
		})
	}, nil
}

// leave takes a session out, if it is still there.
func (d *Desk) leave(s *session) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.publishers[s.info.Feed] == s {
		delete(d.publishers, s.info.Feed)
	}
}

// await registers a reader of a feed. A publisher that is there already meets it at once.
func (d *Desk) await(feed string, w *wait) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.over {
		return ErrClosed
	}
	if d.waiting[feed] != nil {
		return ErrFeedRead
	}
	if d.waiting == nil {
		d.waiting = make(map[string]*wait)
	}
	d.waiting[feed] = w
	if s := d.publishers[feed]; s != nil {
		w.greet(s)
	}
	return nil
}

func (d *Desk) forget(feed string, w *wait) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.waiting[feed] == w {
		delete(d.waiting, feed)
	}
}

// Awaited says whether a feed's input waits for its publisher, or reads it.
func (d *Desk) Awaited(feed string) bool {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.waiting[feed] != nil
}

// Kick ends a feed's publisher, if there is one.
func (d *Desk) Kick(feed string) bool {
	d.mutex.Lock()
	s := d.publishers[feed]
	d.mutex.Unlock()
	if s == nil {
		return false
	}
	d.turnOut(s, ErrKicked)
	return true
}

// turnOut ends a publisher. It is forgotten at once, so that a feed that waits anew does not meet it again on its way out.
func (d *Desk) turnOut(s *session, cause error) {
	d.leave(s)
	s.End(cause)
}

// Publishers are those who publish now, by feed.
func (d *Desk) Publishers() []Info {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	all := make([]Info, 0, len(d.publishers))
	for _, feed := range slices.Sorted(maps.Keys(d.publishers)) {
		all = append(all, d.publishers[feed].info)
	}
	return all
}

// Close lets nobody in any more and ends those who are.
func (d *Desk) Close() {
	d.mutex.Lock()
	if !d.over {
		d.over = true
		close(d.done())
	}
	ending := slices.Collect(maps.Values(d.publishers))
	d.mutex.Unlock()
	for _, s := range ending {
		s.End(ErrClosed)
	}
}

// done is closed when the desk is. Its caller holds the lock.
func (d *Desk) done() chan struct{} {
	if d.closed == nil {
		d.closed = make(chan struct{})
	}
	return d.closed
}

func (d *Desk) ended() <-chan struct{} {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.done()
}

func (d *Desk) log() *slog.Logger {
	if d.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return d.Log
}

func (d *Desk) now() time.Time {
	if d.Now == nil {
		return time.Now()
	}
	return d.Now()
}

func (d *Desk) maxPublishers() int {
	if d.MaxPublishers > 0 {
		return d.MaxPublishers
	}
	return 64
}

// reasonOf words an error of Admit for a metric.
func reasonOf(err error) string {
	for _, known := range []struct {
		err  error
		word string
	}{
		{ErrUnknownFeed, "feed"},
		{ErrWrongKey, "key"},
		{ErrAttempts, "attempts"},
		{ErrTaken, "taken"},
		{ErrFull, "full"},
		{ErrClosed, "closed"},
	} {
		if errors.Is(err, known.err) {
			return known.word
		}
	}
	return "error"
}

// ValidFeed says whether a feed may be called so: letters, digits, - and _, at most 64 of them.
func ValidFeed(feed string) bool {
	if feed == "" || len(feed) > 64 {
		return false
	}
	for _, r := range feed {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
		default:
			return false
		}
	}
	return true
}

// clip bounds what a stranger has us log.
func clip(s string) string {
	if len(s) > 100 {
		return s[:100]
	}
	return s
}

// Unmapped is an address without IPv4-in-IPv6, as publishers are told apart by.
func Unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
