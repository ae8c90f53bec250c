package catalogue

import (
	"context"
	"database/sql"
	"strings"
)

// Revisions count the changes to what viewers see. They only grow.
type Revisions struct {
	// Channels counts the changes to the list of channels.
	Channels int64
	// Guide counts the changes to each channel's programmes, by the channel's id.
	Guide map[string]int64
}

func subjectGuide(channel string) string { return "guide:" + channel }

// Revisions reads all counters in one small query; the guide polls it.
func (d *DB) Revisions(ctx context.Context) (Revisions, error) {
	out := Revisions{Guide: map[string]int64{}}
	err := d.read(ctx, "read revisions", func(ctx context.Context, q *sql.DB) error {
		_, err := list(ctx, q, func(r row) (struct{}, error) {
			var subject string
			var revision int64
			if err := r.Scan(&subject, &revision); err != nil {
				return struct{}{}, err
			}
			if subject == subjectChannels {
				out.Channels = revision
			}
			if channel, ok := strings.CutPrefix(subject, "guide:"); ok {
				out.Guide[channel] = revision
			}
			return struct{}{}, nil
		}, `SELECT subject, revision FROM revisions`)
		return err
	})
	return out, err
}

// bump counts a change. It also locks the counter's row until the transaction ends, so that two writers of
// one channel's guide come one after the other.
func bump(ctx context.Context, q querier, subject string) (revision int64, err error) {
	err = q.QueryRowContext(ctx, `INSERT INTO revisions (subject, revision) VALUES ($1, 1)
		ON CONFLICT (subject) DO UPDATE SET revision = revisions.revision + 1 RETURNING revision`, subject).Scan(&revision)
	return revision, err
}
