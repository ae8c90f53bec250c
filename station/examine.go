package station

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"podium.tv/podium/config"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/storage/catalogue"
)

// Examine checks what a configuration refers to, store, catalogue and the indexes of its timelines, and writes a line
// for each. The station may run meanwhile, unless repair is set, which has damaged indexes of feeds rebuilt from the
// segments. The error says that something is wrong that was not repaired.
func Examine(ctx context.Context, cfg *config.Config, repair bool, log *slog.Logger, out io.Writer) error {
	s := &Station{Config: cfg, cfg: cfg, Log: log, registry: prometheus.NewRegistry()}
	var faults []error
	report := func(what string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", what, err))
			fmt.Fprintf(out, "%s: %v\n", what, err)
			return
		}
		fmt.Fprintf(out, "%s: ok\n", what)
	}
	db, err := catalogue.Open(ctx, catalogue.Options{URL: cfg.CatalogueURL(), Timeout: cfg.Catalogue.Timeout.Std()})
	if err == nil {
		err = errors.Join(db.Check(ctx), db.Close())
	}
	report("catalogue", err)
	if repair {
		release, err := lock(ctx, cfg.DataDir, 0, log)
		if err != nil {
			return err
		}
		s.closers = append(s.closers, func(context.Context) error { return release() })
	}
	if err := s.openToExamine(ctx, repair); err != nil {
		report("store", err)
		return errors.Join(append(faults, s.close())...)
	}
	check, cancel := context.WithTimeout(ctx, 15*time.Second)
	err = s.store.Check(check)
	cancel()
	report("store", err)
	if err == nil {
		for _, f := range cfg.Feeds {
			t := &timeline.Timeline{Name: "feeds/" + string(f.ID), Store: s.store, Owns: true, Log: log}
			report("feed "+string(f.ID), verify(ctx, t, repair, out))
		}
		for _, ch := range cfg.Channels {
			t := &timeline.Timeline{Name: "channels/" + string(ch.ID), Store: s.store, Log: log}
			report("channel "+string(ch.ID), verify(ctx, t, false, out))
		}
	}
	return errors.Join(append(faults, s.close())...)
}

// openToExamine opens the store. The spool is a running station's own: what waits in it is left out, unless it is to be
// repaired.
func (s *Station) openToExamine(ctx context.Context, repair bool) error {
	if s.Config.Storage.Kind != config.S3Storage || repair {
		return s.openStorage(ctx)
	}
	bucket, err := s.bucket()
	if err == nil {
		s.store = bucket
	}
	return err
}

func verify(ctx context.Context, t *timeline.Timeline, repair bool, out io.Writer) error {
	bad, err := t.Verify(ctx)
	if err != nil || len(bad) == 0 {
		return err
	}
	if !repair {
		return fmt.Errorf("%d hours of its index cannot be read (first: %w); podium check --repair rebuilds those of feeds",
			len(bad), bad[0].Err)
	}
	n, err := t.Rebuild(ctx)
	if err == nil {
		fmt.Fprintf(out, "%s: index rebuilt from %d segments\n", t.Name, n)
	}
	return err
}
