package catalogue

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"
)

// PutSetupLink keeps the one set-up link there is, known by the hash of its token; older ones end.
func (d *DB) PutSetupLink(ctx context.Context, tokenHash string, expires time.Time) error {
	if err := first(filled("token hash", tokenHash), line("token hash", tokenHash, 128)); err != nil {
		return err
	}
	return d.write(ctx, "put set-up link", func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM setup_links`); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO setup_links (token_hash, expires_ms, used_ms) VALUES ($1, $2, 0)`,
			tokenHash, millis(expires))
		return err
	})
}

// CheckSetupLink says whether a set-up link can be used: nil, ErrNotFound, ErrExpired or ErrUsed.
func (d *DB) CheckSetupLink(ctx context.Context, tokenHash string, now time.Time) error {
	return d.read(ctx, "check set-up link", func(ctx context.Context, q *sql.DB) error {
		return usable(ctx, q, tokenHash, now)
	})
}

// RedeemSetupLink uses a set-up link up and makes its account, both or neither.
func (d *DB) RedeemSetupLink(ctx context.Context, tokenHash string, now time.Time, a Account) (Account, error) {
	if err := a.check(); err != nil {
		return Account{}, err
	}
	a.Name, a.ID, a.Created = strings.TrimSpace(a.Name), newID(), instant(millis(a.Created))
	err := d.write(ctx, "redeem set-up link for "+strconv.Quote(a.Name), func(ctx context.Context, tx *sql.Tx) error {
		// The update comes first and takes the row's lock: of two that redeem at once, the second sees the first.
		touched := mustTouch(tx.ExecContext(ctx, `UPDATE setup_links SET used_ms = $1
			WHERE token_hash = $2 AND used_ms = 0 AND expires_ms > $1`, now.UnixMilli(), tokenHash))
		if touched != nil {
			if err := usable(ctx, tx, tokenHash, now); err != nil {
				return err
			}
			return touched
		}
		return insertAccount(ctx, tx, a)
	})
	if err != nil {
		return Account{}, err
	}
	return a, nil
}

func usable(ctx context.Context, q querier, tokenHash string, now time.Time) error {
	var expires, used int64
	err := q.QueryRowContext(ctx, `SELECT expires_ms, used_ms FROM setup_links WHERE token_hash = $1`, tokenHash).Scan(&expires, &used)
	switch {
	case err != nil:
		return err
	case used != 0:
		return ErrUsed
	case expires <= now.UnixMilli():
		return ErrExpired
	}
	return nil
}
