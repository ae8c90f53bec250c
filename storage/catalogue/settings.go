package catalogue

import (
	"context"
	"database/sql"
	"strconv"
)

// Setting is the value kept under a name, or ErrNotFound.
func (d *DB) Setting(ctx context.Context, name string) (value string, err error) {
	err = d.read(ctx, "read setting "+strconv.Quote(clip(name)), func(ctx context.Context, q *sql.DB) error {
		return q.QueryRowContext(ctx, `SELECT value FROM settings WHERE name = $1`, name).Scan(&value)
	})
	return value, err
}

// PutSetting keeps a value of at most 64 KiB under a name.
func (d *DB) PutSetting(ctx context.Context, name, value string) error {
	if err := first(filled("setting", name), line("setting", name, 100), prose(name, value, 64<<10)); err != nil {
		return err
	}
	return d.write(ctx, "write setting "+strconv.Quote(name), func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO settings (name, value) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
		return err
	})
}

// DeleteSetting forgets a setting; it may be there or not.
func (d *DB) DeleteSetting(ctx context.Context, name string) error {
	return d.write(ctx, "delete setting "+strconv.Quote(clip(name)), func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM settings WHERE name = $1`, name)
		return err
	})
}
