// Package catalogue is the SQL database of what people edit: channels, programmes, accounts and settings,
// kept in SQLite or in PostgreSQL by one set of queries.
package catalogue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Options say which database to open.
type Options struct {
	// URL is sqlite:///absolute/path.db, sqlite://relative/path.db or postgres://user:password@host/database.
	URL string
	// Connections bounds the pool. It defaults to 8; SQLite has one writer beside it in any case.
	Connections int
	// Timeout bounds every query and transaction. It defaults to 10 s.
	Timeout time.Duration
	// Metrics may be nil.
	Metrics *Metrics
}

// DB is an open catalogue. Its methods may be called from many goroutines; each is one transaction.
type DB struct {
	// name is the database's address without its password, for messages.
	name    string
	reads   *sql.DB
	writes  *sql.DB
	timeout time.Duration
	metrics *Metrics
}

// Open opens the database, making an SQLite file that is not there, and brings its schema up to date. It
// refuses a database of a newer schema with ErrTooNew.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Connections <= 0 {
		o.Connections = 8
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	scheme, _, found := strings.Cut(o.URL, "://")
	if !found {
		return nil, errors.New("open catalogue: its url must begin with sqlite:// or postgres://")
	}
	switch scheme {
	case "sqlite":
		return openSQLite(ctx, o)
	case "postgres", "postgresql":
		return openPostgres(ctx, o)
	default:
		return nil, fmt.Errorf("open catalogue: unknown scheme %q, expected sqlite or postgres", scheme)
	}
}

// String is the database's address without its password.
func (d *DB) String() string { return d.name }

// Close ends all connections.
func (d *DB) Close() error {
	if d.reads == d.writes {
		return d.writes.Close()
	}
	return errors.Join(d.reads.Close(), d.writes.Close())
}

// Check says whether the database answers now.
func (d *DB) Check(ctx context.Context) error {
	return d.read(ctx, "check catalogue", func(ctx context.Context, q *sql.DB) error {
		var n int64
		return q.QueryRowContext(ctx, `SELECT count(*) FROM revisions WHERE subject = $1`, subjectChannels).Scan(&n)
	})
}
