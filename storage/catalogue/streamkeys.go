package catalogue

import (
	"context"
	"database/sql"
	"strconv"
	"time"
)

// StreamKey lets an encoder publish to a feed; only the key's hash is kept.
type StreamKey struct {
	KeyHash string
	Feed    string
	Created time.Time
	// Revoked is when the key stopped being good; zero while it is.
	Revoked time.Time
}

func scanStreamKey(r row) (k StreamKey, err error) {
	var created, revoked int64
	err = r.Scan(&k.KeyHash, &k.Feed, &created, &revoked)
	k.Created, k.Revoked = instant(created), instant(revoked)
	return k, err
}

// CreateStreamKey keeps a new key of a feed.
func (d *DB) CreateStreamKey(ctx context.Context, k StreamKey) error {
	err := first(slug.check("feed", k.Feed), filled("key hash", k.KeyHash), line("key hash", k.KeyHash, 128))
	if err != nil {
		return err
	}
	return d.write(ctx, "create stream key of "+strconv.Quote(k.Feed), func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO stream_keys (key_hash, feed, created_ms, revoked_ms) VALUES ($1, $2, $3, $4)`,
			k.KeyHash, k.Feed, millis(k.Created), millis(k.Revoked))
		return err
	})
}

// StreamKeys are a feed's keys, revoked ones too, the newest first.
func (d *DB) StreamKeys(ctx context.Context, feed string) (all []StreamKey, err error) {
	err = d.read(ctx, "read stream keys of "+strconv.Quote(clip(feed)), func(ctx context.Context, q *sql.DB) error {
		all, err = list(ctx, q, scanStreamKey, `SELECT key_hash, feed, created_ms, revoked_ms FROM stream_keys
			WHERE feed = $1 ORDER BY created_ms DESC, key_hash`, feed)
		return err
	})
	return all, err
}

// RevokeStreamKey ends a key, or is ErrNotFound where there is no such key still good.
func (d *DB) RevokeStreamKey(ctx context.Context, feed, keyHash string, now time.Time) error {
	return d.write(ctx, "revoke stream key of "+strconv.Quote(clip(feed)), func(ctx context.Context, tx *sql.Tx) error {
		return mustTouch(tx.ExecContext(ctx, `UPDATE stream_keys SET revoked_ms = $1 WHERE feed = $2 AND key_hash = $3 AND revoked_ms = 0`,
			now.UnixMilli(), feed, keyHash))
	})
}

// RevokeStreamKeys ends all keys of a feed.
func (d *DB) RevokeStreamKeys(ctx context.Context, feed string, now time.Time) error {
	return d.write(ctx, "revoke stream keys of "+strconv.Quote(clip(feed)), func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE stream_keys SET revoked_ms = $1 WHERE feed = $2 AND revoked_ms = 0`, now.UnixMilli(), feed)
		return err
	})
}
