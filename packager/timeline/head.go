package timeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"podium.tv/podium/storage/object"
)

// Head is the small object that says where a timeline stands: `{name}/head.json`.
type Head struct {
	// Next is the sequence number that follows the last entry in the index; Disc is that entry's
	// discontinuity sequence number, End the instant at which it ends.
	Next uint64    `json:"next"`
	Disc uint64    `json:"disc"`
	End  time.Time `json:"end,omitzero"`
	// First and Last are the first and last hour that have an index object.
	First int64 `json:"first"`
	Last  int64 `json:"last"`
	// Begin is the start of the oldest entry; zero where only its hour is known.
	Begin time.Time `json:"begin,omitzero"`
}

// reach moves the head behind an entry.
func (h *Head) reach(e *Entry) {
	h.Next, h.Disc, h.End, h.Last = e.Seq+1, e.Disc, e.End(), e.Hour()
}

func (t *Timeline) headName() string { return t.Name + "/head.json" }

func (t *Timeline) indexName(hour int64) string { return IndexName(t.Name, hour) }

// readHead returns a zero head where there is none. A head that cannot be read wraps ErrBadIndex.
func (t *Timeline) readHead(ctx context.Context) (Head, error) {
	b, err := t.Store.Get(ctx, t.headName(), 0, 4096)
	if errors.Is(err, object.ErrNotFound) {
		return Head{}, nil
	}
	if err != nil {
		return Head{}, err
	}
	var h Head
	if err := json.Unmarshal(b, &h); err != nil {
		return Head{}, fmt.Errorf("%w: read %s: %w", ErrBadIndex, t.headName(), err)
	}
	return h, nil
}

func (t *Timeline) writeHead(ctx context.Context, h Head) error {
	b, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := t.Store.Put(ctx, t.headName(), b); err != nil {
		return fmt.Errorf("write %s: %w", t.headName(), err)
	}
	return nil
}
