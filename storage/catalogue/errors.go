package catalogue

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// The errors callers tell apart.
var (
	ErrNotFound = errors.New("not in the catalogue")
	ErrTaken    = errors.New("already in the catalogue")
	ErrTooNew   = errors.New("the catalogue's schema is newer than this program")
	ErrExpired  = errors.New("has expired")
	ErrUsed     = errors.New("was used before")
)

// InvalidError says which field of a row cannot be kept, and what would be.
type InvalidError struct {
	Field    string
	Value    string
	Expected string
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("%s is %q, expected %s", e.Field, e.Value, e.Expected)
}

// OverlapError names two programmes of one channel that want the same time.
type OverlapError struct {
	First, Second Programme
}

func (e *OverlapError) Error() string {
	return fmt.Sprintf("programme %s overlaps programme %s", e.First.brief(), e.Second.brief())
}

func (p *Programme) brief() string {
	return fmt.Sprintf("%q (%s to %s)", p.Title, p.Start.UTC().Format(time.RFC3339), p.End.UTC().Format(time.RFC3339))
}

// classify turns the two drivers' errors into the catalogue's own.
func classify(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		switch pe.Code {
		case "23505": // unique_violation
			return fmt.Errorf("%w: %w", ErrTaken, err)
		case "23503": // foreign_key_violation
			return fmt.Errorf("%w: %w", ErrNotFound, err)
		case "22021": // character_not_in_repertoire: a key that is not UTF-8 or has a NUL; no row has one.
			return fmt.Errorf("%w: %w", ErrNotFound, err)
		}
	}
	var se *sqlite.Error
	if errors.As(err, &se) {
		switch se.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			return fmt.Errorf("%w: %w", ErrTaken, err)
		case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
			return fmt.Errorf("%w: %w", ErrNotFound, err)
		}
	}
	return err
}
