// Package station assembles the rooms into one running server, from its configuration, and changes it while it runs.
package station

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"podium.tv/podium/config"
	"podium.tv/podium/epg"
	"podium.tv/podium/origin/events"
	"podium.tv/podium/origin/feed"
	"podium.tv/podium/origin/feed/eyes"
	"podium.tv/podium/origin/input/publish"
	"podium.tv/podium/origin/input/rtsp"
	"podium.tv/podium/origin/input/srt"
	"podium.tv/podium/origin/input/whip"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/stb-api/access"
	"podium.tv/podium/stb-api/ops"
	"podium.tv/podium/stb-api/play"
	"podium.tv/podium/storage/catalogue"
	"podium.tv/podium/storage/object"
)

// Station is one running server.
type Station struct {
	// Config is what to run; Reload replaces it.
	Config *config.Config
	Log    *slog.Logger
	// Level is the log's, which a reload may change. It may be nil.
	Level *slog.LevelVar
	// BeforeChannel, if set, is run with each channel's timeline before the channel goes on the air.
	BeforeChannel func(ctx context.Context, s *Station, channel string, t *timeline.Timeline) error
	// OnReady is called once everything answers.
	OnReady func(*Station)

	// private

	registry *prometheus.Registry
	db       *catalogue.DB
	store    object.Store
	spool    *object.Spool
	closers  []func(context.Context) error
	hot      *object.Cache
	hours    *timeline.HourCache
	refs     *timeline.References
	guide    *epg.Guide
	play     *play.Service
	signer   *access.Signer

	generations generations
	accounts    *access.Accounts
	setup       *access.Setup
	keys        *access.StreamKeys
	sessions    *access.Sessions
	desk        *publish.Desk
	publishing  []func() // close the servers that encoders publish to
	rtsp        *rtsp.Server
	srt         *srt.Server
	browsers    *whip.Server // nil where browsers may not publish
	feedStat    *feed.Metrics
	eyes        *eyes.Eyes
	events      events.Log
	hooks       hooks
	hookStat    *events.Metrics
	slates      slates
	ready       *ops.Readiness
	listener    net.Listener
	fast        atomic.Pointer[play.Fast] // nil with TLS

	changing sync.Mutex // held while feeds and channels end and start

	mu       sync.Mutex // guards all below
	feeds    map[config.ID]*runningFeed
	channels map[config.ID]*runningChannel
	cfg      *config.Config
	run      context.Context //nolint:containedctx // the life of what a reload starts
	stopping bool
}

// Run runs the station until ctx is done and then stops it within ten seconds.
func (s *Station) Run(ctx context.Context) error {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	KeepHeapSmall()
	s.cfg = s.Config
	s.feeds, s.channels = map[config.ID]*runningFeed{}, map[config.ID]*runningChannel{}
	s.registry = prometheus.NewRegistry()
	s.registry.MustRegister(collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	// What runs outlives the signal by a moment: feeds finish their segments while viewers are still answered.
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	s.run = run
	release, err := lock(ctx, s.Config.DataDir, lockPatience, s.Log)
	if err != nil {
		return err
	}
	s.closers = append(s.closers, func(context.Context) error { return release() })
	if err := s.open(run); err != nil {
		return errors.Join(err, s.close())
	}
	served := make(chan error, 1)
	go func() { served <- s.serve(ctx, run) }()
	select {
	case <-ctx.Done():
	case err = <-served:
		served <- nil
	}
	s.Log.Info("stopping")
	began := time.Now()
	s.stopMedia()
	stop()
	err = errors.Join(err, <-served, s.close())
	s.Log.Info("stopped", "took", time.Since(began).Round(time.Millisecond))
	return err
}

// open opens all that the station stands on, from the bottom up.
func (s *Station) open(ctx context.Context) error {
	if err := s.openStorage(ctx); err != nil {
		return err
	}
	db, err := catalogue.Open(ctx, catalogue.Options{
		URL: s.Config.CatalogueURL(), Connections: s.Config.Catalogue.Connections,
		Timeout: s.Config.Catalogue.Timeout.Std(), Metrics: catalogue.NewMetrics(s.registry),
	})
	if err != nil {
		return fmt.Errorf("open catalogue: %w", err)
	}
	s.db = db
	s.closers = append(s.closers, func(context.Context) error { return db.Close() })
	if err := s.openAccess(); err != nil {
		return err
	}
	if err := s.publishChannels(ctx); err != nil {
		return err
	}
	s.guide = &epg.Guide{Source: db, Zone: s.Config.Station.Zone.Location(), Log: s.Log}
	if err := s.guide.Refresh(ctx); err != nil {
		return fmt.Errorf("read guide: %w", err)
	}
	go s.guide.Run(ctx)
	go s.prune(ctx)
	s.play = &play.Service{
		Store: s.store, Hot: s.hot, Hours: s.hours, Tokens: s.signer, Secrets: s.signer.Secrets, Zone: s.Config.Station.Zone.Location(),
		Log: s.Log,
	}
	s.feedStat, s.hookStat = feed.NewMetrics(s.registry), events.NewMetrics(s.registry)
	s.openEyes(ctx)
	s.registry.MustRegister(&mediaCollector{station: s}, &sourceCollector{station: s}, &archiveCollector{station: s})
	if err := s.listenForPublishers(); err != nil {
		return err
	}
	s.apply(s.Config)
	return nil
}

func (s *Station) openAccess() error {
	secrets, err := s.tokenSecrets()
	if err != nil {
		return err
	}
	for _, previous := range s.Config.Playback.PreviousSecrets {
		secrets = append(secrets, []byte(previous.Reveal()))
	}
	s.signer = &access.Signer{
		Secrets: secrets, Generation: s.generations.of, Session: s.Config.Playback.SessionTTL.Std(),
	}
	s.accounts = &access.Accounts{Store: s.db, Hasher: new(access.Hasher), Log: s.Log}
	s.sessions = &access.Sessions{
		Accounts: s.accounts, Store: s.db, Throttle: new(access.Throttle), Secrets: secrets,
		Idle: s.Config.Console.SessionIdle.Std(), Longest: s.Config.Console.SessionLongest.Std(), Log: s.Log,
	}
	s.setup = &access.Setup{Store: s.db, Accounts: s.accounts, Lasts: s.Config.Console.SetupLink.Std(), Log: s.Log}
	s.keys = &access.StreamKeys{Store: s.db, Revoked: func(feed string) { s.desk.Kick(feed) }}
	return nil
}

func (s *Station) tokenSecrets() ([][]byte, error) {
	if !s.Config.Playback.TokenSecret.IsZero() {
		secrets := [][]byte{[]byte(s.Config.Playback.TokenSecret.Reveal())}
		return secrets, access.CheckSecrets(secrets)
	}
	path := filepath.Join(s.Config.DataDir, "playback.secret")
	secrets, err := access.LoadSecret(path)
	if err != nil {
		return nil, fmt.Errorf("read the secret of playback tokens: %w", err)
	}
	return secrets, nil
}

// prune forgets sessions that have ended, now and then.
func (s *Station) prune(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if err := s.sessions.Prune(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("old sessions not removed, will try again", "err", err)
		}
		s.pruneGuide(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// guideKept is how long programmes stay in the guide after their channel's archive let them go.
const guideKept = 31 * 24 * time.Hour

// pruneGuide forgets programmes that nobody can watch or look up any more.
func (s *Station) pruneGuide(ctx context.Context) {
	for _, ch := range s.config().Channels {
		before := time.Now().Add(-ch.Archive.Std() - guideKept)
		if _, err := s.db.PruneProgrammes(ctx, string(ch.ID), before); err != nil && ctx.Err() == nil {
			s.Log.Warn("old programmes not removed, will try again", "channel", string(ch.ID), "err", err)
		}
	}
}

// close closes what was opened, last first.
func (s *Station) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	var err error
	for i := len(s.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, s.closers[i](ctx))
	}
	s.closers = nil
	return err
}

// Address is where HTTP is listened for, once the station is ready.
func (s *Station) Address() net.Addr {
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

// SetupPath is the path of the one-time set-up link, empty where there are accounts.
func (s *Station) SetupPath(ctx context.Context) (string, error) {
	path, _, err := s.setup.Link(ctx)
	return path, err
}

// Catalogue is the open catalogue.
func (s *Station) Catalogue() *catalogue.DB { return s.db }

// Store is the open object store.
func (s *Station) Store() object.Store { return s.store }

// Guide is the guide in memory.
func (s *Station) Guide() *epg.Guide { return s.guide }
