package station

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"podium.tv/podium/config"
	"podium.tv/podium/stb-api/access"
	"podium.tv/podium/storage/catalogue"
)

// OpenAccounts opens the accounts of a configuration's catalogue, for the command line; the function closes it.
func OpenAccounts(ctx context.Context, cfg *config.Config, log *slog.Logger) (*access.Accounts, func() error, error) {
	if err := os.MkdirAll(cfg.DataDir, 0o750); err != nil {
		return nil, nil, fmt.Errorf("make data folder: %w", err)
	}
	db, err := catalogue.Open(ctx, catalogue.Options{URL: cfg.CatalogueURL(), Timeout: cfg.Catalogue.Timeout.Std()})
	if err != nil {
		return nil, nil, fmt.Errorf("open catalogue: %w", err)
	}
	return &access.Accounts{Store: db, Hasher: new(access.Hasher), Log: log}, db.Close, nil
}
