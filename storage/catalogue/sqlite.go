package catalogue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// openSQLite keeps readers and the writer apart: SQLite lets one connection write at a time, and a second
// that begins as a reader and then wants to write fails at once, whatever its busy timeout.
func openSQLite(ctx context.Context, o Options) (*DB, error) {
	path, err := sqlitePath(o.URL)
	if err != nil {
		return nil, fmt.Errorf("open catalogue: %w", err)
	}
	if err := makeFile(path); err != nil {
		return nil, fmt.Errorf("open catalogue: %w", err)
	}
	writes, err := sql.Open("sqlite", sqliteDSN(path, "&_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"))
	if err != nil {
		return nil, fmt.Errorf("open catalogue %s: %w", path, err)
	}
	writes.SetMaxOpenConns(1)
	if err := refuseForeign(ctx, writes); err != nil {
		return nil, errors.Join(fmt.Errorf("open catalogue %s: %w", path, err), writes.Close())
	}
	if err := migrate(ctx, goose.DialectSQLite3, writes); err != nil {
		return nil, errors.Join(fmt.Errorf("open catalogue %s: %w", path, err), writes.Close())
	}
	reads, err := sql.Open("sqlite", sqliteDSN(path, "&_pragma=query_only(1)"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open catalogue %s: %w", path, err), writes.Close())
	}
	reads.SetMaxOpenConns(o.Connections)
	reads.SetMaxIdleConns(o.Connections)
	return &DB{name: "sqlite://" + path, reads: reads, writes: writes, timeout: o.Timeout, metrics: o.Metrics}, nil
}

// sqlitePath is the file that a sqlite URL names: sqlite:///a/b.db is absolute, sqlite://a/b.db relative.
func sqlitePath(raw string) (string, error) {
	path := strings.TrimPrefix(raw, "sqlite://")
	if plain, err := url.PathUnescape(path); err == nil {
		path = plain
	}
	if path == "" || strings.HasSuffix(path, "/") || strings.ContainsRune(path, 0) {
		return "", fmt.Errorf("url %q names no file, expected sqlite:///path/file.db", raw)
	}
	return filepath.Abs(path)
}

// makeFile creates the file before SQLite does, because it holds password hashes and SQLite would let
// everybody read it. It leaves a file that is there alone: closing it would drop the locks that SQLite holds
// on it in this process.
func makeFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- the operator names the file.
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func sqliteDSN(path, more string) string {
	u := url.URL{Scheme: "file", Path: path}
	return u.String() + "?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)" + more
}

// refuseForeign tells a file that is no database, or is another program's, from a catalogue.
func refuseForeign(ctx context.Context, db *sql.DB) error {
	var tables, ours int64
	err := db.QueryRowContext(ctx,
		`SELECT count(*), coalesce(sum(name = 'goose_db_version'), 0) FROM sqlite_master WHERE type = 'table'`).Scan(&tables, &ours)
	var se *sqlite.Error
	switch {
	case errors.As(err, &se) && se.Code()&0xff == sqlite3.SQLITE_NOTADB:
		return errors.New("the file is not an SQLite database, expected one or none")
	case errors.As(err, &se) && se.Code()&0xff == sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("the database is damaged: %w", err)
	case err != nil:
		return err
	case tables > 0 && ours == 0:
		return errors.New("the file is another program's database, expected podium's catalogue")
	}
	return nil
}
