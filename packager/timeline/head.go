package timeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"podium.tv/podium/storage/object"
)

// Head is the small object that says where a timeline stands: `{name}/head.json`.
type Head struct {
	// Next is the sequence number that follows the last entry in the index; Disc is that entry's
	// discontinuity sequence number.
	Next uint64 `json:"next"`
	Disc uint64 `json:"disc"`
	// First and Last are the first and last hour that have an index object.
	First int64 `json:"first"`
	Last  int64 `json:"last"`
}

func (t *Timeline) headName() string { return t.Name + "/head.json" }

func (t *Timeline) indexName(hour int64) string { return fmt.Sprintf("%s/index/%d.idx", t.Name, hour) }

// readHead returns a zero head where there is none.
func (t *Timeline) readHead(ctx context.Context) (Head, error) {
	var h Head
	b, err := t.Store.Get(ctx, t.headName(), 0, 4096)
	if errors.Is(err, object.ErrNotFound) {
		return h, nil
	}
	if err != nil {
		return h, err
	}
	if err := json.Unmarshal(b, &h); err != nil {
		return h, fmt.Errorf("read %s: %w", t.headName(), err)
	}
	return h, nil
}
