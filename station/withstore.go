package station

import (
	"context"
	"errors"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"podium.tv/podium/config"
	"podium.tv/podium/storage/object"
)

// WithStore lends a configuration's object store for as long as use runs. The station may run meanwhile: a bucket is
// written to directly, not through the spool, which belongs to the station.
func WithStore(ctx context.Context, cfg *config.Config, log *slog.Logger, use func(object.Store) error) error {
	s := &Station{Config: cfg, cfg: cfg, Log: log, registry: prometheus.NewRegistry()}
	err := s.openToExamine(ctx, false)
	if err == nil {
		err = use(s.store)
	}
	return errors.Join(err, s.close())
}
