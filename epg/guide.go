package epg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"podium.tv/podium/storage/catalogue"
)

// Source is where the guide is read from; *catalogue.DB is one.
type Source interface {
	Channels(ctx context.Context) ([]catalogue.Channel, error)
	Programmes(ctx context.Context, channel string, from, to time.Time) ([]catalogue.Programme, error)
	Revisions(ctx context.Context) (catalogue.Revisions, error)
}

// Guide keeps the seamless guide of all channels in memory, so that no viewer's request takes the database.
// Run follows the source; while the source is away, the last guide stands.
type Guide struct {
	Source Source
	// Zone is the station's. It defaults to Asia/Shanghai.
	Zone *time.Location
	// Poll is how often the source is asked for changes. It defaults to 2 s.
	Poll time.Duration
	// Ahead is how much of the future is kept. It defaults to 35 days.
	Ahead time.Duration
	// Now is the clock. It defaults to time.Now.
	Now func() time.Time
	// Log defaults to none.
	Log *slog.Logger

	refreshing sync.Mutex
	snapshot   atomic.Pointer[Snapshot]
	answered   atomic.Int64 // Unix ns of the source's last good answer.
}

// rollover is how often a channel is read anew though nothing changed, because the window moves on.
const rollover = 6 * time.Hour

// pastAtLeast is how much of the past is kept of a channel without an archive.
const pastAtLeast = 8 * 24 * time.Hour

func (g *Guide) now() time.Time {
	if g.Now == nil {
		return time.Now()
	}
	return g.Now()
}

func (g *Guide) zone() *time.Location {
	if g.Zone == nil {
		return time.FixedZone("Asia/Shanghai", 8*60*60)
	}
	return g.Zone
}

func (g *Guide) poll() time.Duration {
	if g.Poll <= 0 {
		return 2 * time.Second
	}
	return g.Poll
}

// Snapshot is the guide as it is now; before the first Refresh it has no channels.
func (g *Guide) Snapshot() *Snapshot {
	if s := g.snapshot.Load(); s != nil {
		return s
	}
	return &Snapshot{Zone: g.zone()}
}

// Run refreshes the guide until ctx is done. Failures are logged when they begin and when they end.
func (g *Guide) Run(ctx context.Context) {
	log := g.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	ticker := time.NewTicker(g.poll())
	defer ticker.Stop()
	away := false
	for {
		err := g.Refresh(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !away:
			log.Warn("the guide cannot be read; the last one stands", "error", err)
		case err == nil && away:
			log.Info("the guide can be read again")
		}
		away = err != nil
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Check says whether the guide follows its source: nil once it was read and while its last good answer is
// not older than a minute.
func (g *Guide) Check(context.Context) error {
	last := g.answered.Load()
	if last == 0 {
		return errors.New("guide: not read yet")
	}
	if age := g.now().Sub(time.Unix(0, last)); age > time.Minute+2*g.poll() {
		return fmt.Errorf("guide: its source has not answered for %s", age.Round(time.Second))
	}
	return nil
}

// Refresh reads what changed in the source; editors call it after a change to see it at once.
func (g *Guide) Refresh(ctx context.Context) error {
	g.refreshing.Lock()
	defer g.refreshing.Unlock()
	now := g.now()
	revision, err := g.Source.Revisions(ctx)
	if err != nil {
		return fmt.Errorf("refresh guide: %w", err)
	}
	old := g.Snapshot()
	if g.fresh(old, revision, now) {
		g.answered.Store(now.UnixNano())
		return nil
	}
	next, err := g.load(ctx, old, revision, now)
	if err != nil {
		return fmt.Errorf("refresh guide: %w", err)
	}
	g.snapshot.Store(next)
	g.answered.Store(now.UnixNano())
	return nil
}

func (g *Guide) fresh(s *Snapshot, revision catalogue.Revisions, now time.Time) bool {
	if s.taken.IsZero() || s.revision.Channels != revision.Channels {
		return false
	}
	for id, l := range s.lines {
		if !l.fresh(revision.Guide[id], now) {
			return false
		}
	}
	return true
}

func (l *line) fresh(revision int64, now time.Time) bool {
	age := now.Sub(l.loaded)
	return l.revision == revision && age >= 0 && age < rollover
}

// load makes the next snapshot, taking over the lines that are still fresh. The revision was read before the
// rows, so rows may be newer than it, never older: a change in between is read twice, not missed.
func (g *Guide) load(ctx context.Context, old *Snapshot, revision catalogue.Revisions, now time.Time) (*Snapshot, error) {
	channels, err := g.Source.Channels(ctx)
	if err != nil {
		return nil, err
	}
	next := &Snapshot{Zone: g.zone(), taken: now, revision: revision, lines: make(map[string]*line, len(channels))}
	for _, c := range channels {
		if !c.Enabled {
			continue
		}
		l, ok := old.lines[c.ID]
		if !ok || l.channel != c || !l.fresh(revision.Guide[c.ID], now) {
			if l, err = g.read(ctx, c, revision.Guide[c.ID], now); err != nil {
				return nil, err
			}
		}
		next.channels = append(next.channels, c)
		next.lines[c.ID] = l
	}
	return next, nil
}

func (g *Guide) read(ctx context.Context, c catalogue.Channel, revision int64, now time.Time) (*line, error) {
	ahead := g.Ahead
	if ahead <= 0 {
		ahead = 35 * 24 * time.Hour
	}
	past := max(pastAtLeast, time.Duration(c.ArchiveHours)*time.Hour+24*time.Hour)
	programmes, err := g.Source.Programmes(ctx, c.ID, now.Add(-past), now.Add(ahead))
	if err != nil {
		return nil, err
	}
	return &line{channel: c, programmes: Cut(programmes), revision: revision, loaded: now}, nil
}
