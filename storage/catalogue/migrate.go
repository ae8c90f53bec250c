package catalogue

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema to the newest version this build knows, and refuses one that is newer still:
// an older podium would write rows that the newer one misreads.
func migrate(ctx context.Context, dialect goose.Dialect, db *sql.DB, opts ...goose.ProviderOption) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(dialect, db, files, append(opts, goose.WithDisableGlobalRegistry(true))...)
	if err != nil {
		return err
	}
	sources := provider.ListSources()
	known := sources[len(sources)-1].Version
	for attempt := 1; ; attempt++ {
		err = bringUp(ctx, provider, known)
		// SQLite has no lock that spans a migration: of two processes that open a new file at once, one loses
		// and finds the work done.
		if err == nil || dialect != goose.DialectSQLite3 || attempt == 5 || errors.Is(err, ErrTooNew) || ctx.Err() != nil {
			return err
		}
		time.Sleep(time.Duration(attempt) * 20 * time.Millisecond)
	}
}

func bringUp(ctx context.Context, provider *goose.Provider, known int64) error {
	have, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read its schema version: %w", err)
	}
	if have > known {
		return fmt.Errorf("%w: it has version %d, this podium knows up to %d; run the newer podium", ErrTooNew, have, known)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bring its schema from version %d to %d: %w", have, known, err)
	}
	return nil
}
