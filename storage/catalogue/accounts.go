package catalogue

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"
)

// Account is somebody who may sign in.
type Account struct {
	// ID is made by CreateAccount.
	ID string
	// Name is what is typed to sign in; names that differ only in case are the same.
	Name         string
	PasswordHash string
	Role         string
	Disabled     bool
	// MustChange says that the password was set by somebody else and must be changed first.
	MustChange bool
	Created    time.Time
}

func nameKey(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

func (a *Account) check() error {
	return first(
		filled("account name", a.Name), line("account name", a.Name, 64),
		filled("password hash", a.PasswordHash), line("password hash", a.PasswordHash, 512),
		slug.check("role", a.Role),
	)
}

const accountColumns = `id, name, password_hash, role, disabled, must_change, created_ms`

func scanAccount(r row) (a Account, err error) {
	var created int64
	err = r.Scan(&a.ID, &a.Name, &a.PasswordHash, &a.Role, &a.Disabled, &a.MustChange, &created)
	a.Created = instant(created)
	return a, err
}

// CreateAccount makes an account and returns it with its id; a name in use is ErrTaken.
func (d *DB) CreateAccount(ctx context.Context, a Account) (Account, error) {
	if err := a.check(); err != nil {
		return Account{}, err
	}
	a.Name, a.ID, a.Created = strings.TrimSpace(a.Name), newID(), instant(millis(a.Created))
	err := d.write(ctx, "create account "+strconv.Quote(a.Name), func(ctx context.Context, tx *sql.Tx) error {
		return insertAccount(ctx, tx, a)
	})
	if err != nil {
		return Account{}, err
	}
	return a, nil
}

func insertAccount(ctx context.Context, q querier, a Account) error {
	_, err := q.ExecContext(ctx, `INSERT INTO accounts (id, name, name_key, password_hash, role, disabled, must_change, created_ms)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		a.ID, a.Name, nameKey(a.Name), a.PasswordHash, a.Role, a.Disabled, a.MustChange, millis(a.Created))
	return err
}

// Accounts are all accounts by name.
func (d *DB) Accounts(ctx context.Context) (all []Account, err error) {
	err = d.read(ctx, "read accounts", func(ctx context.Context, q *sql.DB) error {
		all, err = list(ctx, q, scanAccount, `SELECT `+accountColumns+` FROM accounts ORDER BY name_key`)
		return err
	})
	return all, err
}

// Account is one account by its id, or ErrNotFound.
func (d *DB) Account(ctx context.Context, id string) (Account, error) {
	return d.oneAccount(ctx, `SELECT `+accountColumns+` FROM accounts WHERE id = $1`, id)
}

// AccountByName is one account by its name in any case, or ErrNotFound.
func (d *DB) AccountByName(ctx context.Context, name string) (Account, error) {
	return d.oneAccount(ctx, `SELECT `+accountColumns+` FROM accounts WHERE name_key = $1`, nameKey(name))
}

func (d *DB) oneAccount(ctx context.Context, query, key string) (a Account, err error) {
	err = d.read(ctx, "read account "+strconv.Quote(clip(key)), func(ctx context.Context, q *sql.DB) error {
		a, err = scanAccount(q.QueryRowContext(ctx, query, key))
		return err
	})
	return a, err
}

// SetPassword changes an account's password hash and ends its sessions.
func (d *DB) SetPassword(ctx context.Context, id, passwordHash string, mustChange bool) error {
	if err := filled("password hash", passwordHash); err != nil {
		return err
	}
	return d.write(ctx, "set password of account "+strconv.Quote(clip(id)), func(ctx context.Context, tx *sql.Tx) error {
		err := mustTouch(tx.ExecContext(ctx, `UPDATE accounts SET password_hash = $1, must_change = $2 WHERE id = $3`,
			passwordHash, mustChange, id))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM sessions WHERE account = $1`, id)
		return err
	})
}

// DisableAccount shuts an account out and ends its sessions, or lets it in again.
func (d *DB) DisableAccount(ctx context.Context, id string, disabled bool) error {
	return d.write(ctx, "disable account "+strconv.Quote(clip(id)), func(ctx context.Context, tx *sql.Tx) error {
		if err := mustTouch(tx.ExecContext(ctx, `UPDATE accounts SET disabled = $1 WHERE id = $2`, disabled, id)); err != nil || !disabled {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE account = $1`, id)
		return err
	})
}

// SetRole changes what an account may do.
func (d *DB) SetRole(ctx context.Context, id, role string) error {
	if err := slug.check("role", role); err != nil {
		return err
	}
	return d.write(ctx, "set role of account "+strconv.Quote(clip(id)), func(ctx context.Context, tx *sql.Tx) error {
		return mustTouch(tx.ExecContext(ctx, `UPDATE accounts SET role = $1 WHERE id = $2`, role, id))
	})
}
