package catalogue

import (
	"context"
	"database/sql"
	"time"
)

// Session is a signed-in browser, known by the hash of its token.
type Session struct {
	TokenHash string
	// Account is the account's id.
	Account  string
	Created  time.Time
	LastSeen time.Time
	Expires  time.Time
}

// CreateSession keeps a new session.
func (d *DB) CreateSession(ctx context.Context, s Session) error {
	if err := first(filled("token hash", s.TokenHash), line("token hash", s.TokenHash, 128)); err != nil {
		return err
	}
	return d.write(ctx, "create session", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO sessions (token_hash, account, created_ms, last_seen_ms, expires_ms)
			VALUES ($1, $2, $3, $4, $5)`, s.TokenHash, s.Account, millis(s.Created), millis(s.LastSeen), millis(s.Expires))
		return err
	})
}

// Session is the session of a token and its account, or ErrNotFound where there is none, it has expired by
// now, or the account is disabled.
func (d *DB) Session(ctx context.Context, tokenHash string, now time.Time) (s Session, a Account, err error) {
	err = d.read(ctx, "read session", func(ctx context.Context, q *sql.DB) error {
		var created, seen, expires, made int64
		err := q.QueryRowContext(ctx, `SELECT s.token_hash, s.account, s.created_ms, s.last_seen_ms, s.expires_ms,
				a.id, a.name, a.password_hash, a.role, a.disabled, a.must_change, a.created_ms
			FROM sessions s JOIN accounts a ON a.id = s.account
			WHERE s.token_hash = $1 AND s.expires_ms > $2 AND a.disabled = FALSE`, tokenHash, now.UnixMilli()).Scan(
			&s.TokenHash, &s.Account, &created, &seen, &expires,
			&a.ID, &a.Name, &a.PasswordHash, &a.Role, &a.Disabled, &a.MustChange, &made)
		s.Created, s.LastSeen, s.Expires, a.Created = instant(created), instant(seen), instant(expires), instant(made)
		return err
	})
	return s, a, err
}

// TouchSession moves a session's last use and expiry.
func (d *DB) TouchSession(ctx context.Context, tokenHash string, seen, expires time.Time) error {
	return d.write(ctx, "touch session", func(ctx context.Context, tx *sql.Tx) error {
		return mustTouch(tx.ExecContext(ctx, `UPDATE sessions SET last_seen_ms = $1, expires_ms = $2 WHERE token_hash = $3`,
			millis(seen), millis(expires), tokenHash))
	})
}

// DeleteSession ends a session; it may be there or not.
func (d *DB) DeleteSession(ctx context.Context, tokenHash string) error {
	return d.write(ctx, "delete session", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE token_hash = $1`, tokenHash)
		return err
	})
}

// DeleteSessionsOf ends all sessions of an account.
func (d *DB) DeleteSessionsOf(ctx context.Context, account string) error {
	return d.write(ctx, "delete sessions", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE account = $1`, account)
		return err
	})
}

// PruneSessions forgets sessions that have expired by now, and says how many.
func (d *DB) PruneSessions(ctx context.Context, now time.Time) (n int64, err error) {
	err = d.write(ctx, "prune sessions", func(ctx context.Context, tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE expires_ms <= $1`, now.UnixMilli())
		if err != nil {
			return err
		}
		n, err = result.RowsAffected()
		return err
	})
	return n, err
}
