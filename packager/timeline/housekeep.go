package timeline

import (
	"context"
	"errors"
	"time"
)

// gatherAtOnce is how many hours one housekeeping gathers, so that an archive from before chunks does not take the
// disk for itself for a day.
const gatherAtOnce = 2

// Housekeep does what the archive needs now and then: it gathers closed hours into chunks, removes the objects that went
// into them, and drops what is older or more than is to be kept. A crash at any point leaves nothing that the next run
// does not finish.
func (t *Timeline) Housekeep(ctx context.Context) error {
	err := t.keepHours(ctx)
	return errors.Join(err, t.Expire(ctx))
}

func (t *Timeline) keepHours(ctx context.Context) error {
	t.keeping.Lock()
	defer t.keeping.Unlock()
	defer t.tellArchived()
	if err := t.loadArchive(ctx); err != nil {
		return err
	}
	if err := t.account(ctx); err != nil {
		return err
	}
	if !t.Owns {
		return nil
	}
	if err := t.gatherSome(ctx); err != nil {
		return err
	}
	return t.sweep(ctx)
}

// gatherSome gathers the newest hours first: those before may have waited for years.
func (t *Timeline) gatherSome(ctx context.Context) error {
	if !t.Chunks {
		return nil
	}
	left := gatherAtOnce
	for i := len(t.kept.Hours) - 1; i >= 0 && left > 0; i-- {
		h := &t.kept.Hours[i]
		over := time.Unix((h.Hour+1)*3600, 0).Add(t.GatherAfter)
		if !h.Gathered.IsZero() || t.Now().Before(over) || t.Settled != nil && !t.Settled(over) {
			continue
		}
		left--
		done, err := t.gather(ctx, h.Hour)
		if err != nil {
			return err
		}
		if !done {
			continue
		}
		h.Gathered = t.Now()
		if err := t.saveArchive(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (t *Timeline) tellArchived() {
	now := t.Archived()
	now.Hours, now.Gathered, now.Bytes = 0, 0, 0
	if t.kept != nil {
		now.Hours, now.Bytes = len(t.kept.Hours), t.kept.bytes()
		for i := range t.kept.Hours {
			if !t.kept.Hours[i].Gathered.IsZero() {
				now.Gathered++
			}
		}
	}
	t.archived.Store(&now)
}
