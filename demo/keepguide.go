package demo

import (
	"context"
	"log/slog"
	"time"

	"podium.tv/podium/station"
)

// KeepGuide fills the demo channel's guide and, since a demo may run for weeks, does so again every hour.
func KeepGuide(ctx context.Context, s *station.Station, log *slog.Logger) {
	for {
		zone := s.Guide().Snapshot().Zone
		err := FillGuide(ctx, s.Catalogue(), Channel, time.Now(), zone)
		if err == nil {
			err = s.Guide().Refresh(ctx)
		}
		if err != nil && ctx.Err() == nil {
			log.Error("demo guide not filled, will try again", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Hour):
		}
	}
}
