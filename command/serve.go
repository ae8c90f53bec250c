package command

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"podium.tv/podium/config"
	"podium.tv/podium/station"
)

type serveCommand struct {
	Config string `required:"" type:"path" placeholder:"FILE" help:"The configuration file; deploy/podium.yaml explains every key."`
}

// Run runs the station until SIGTERM or SIGINT. SIGHUP and a change of the file put the file's new content in force.
func (c *serveCommand) Run(ctx context.Context, env *Environment) error {
	cfg, err := config.Load(c.Config, env.Vars)
	if err != nil {
		return err
	}
	log, level := newLog(env.Err, cfg.Log)
	// From the start: without a handler, a SIGHUP that comes while the station starts would end the process.
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	s := &station.Station{Config: cfg, Log: log, Level: level}
	s.OnReady = func(s *station.Station) {
		origin := origin(cfg, s)
		fmt.Fprintln(env.Out, "ready", origin)
		announceSetup(ctx, env, s, origin, log)
		go watch(ctx, c.Config, hangup, env, s, log)
	}
	return s.Run(ctx)
}

// announceSetup prints the one-time link with which the first administrator is made, as long as there is none.
func announceSetup(ctx context.Context, env *Environment, s *station.Station, origin string, log *slog.Logger) {
	path, err := s.SetupPath(ctx)
	if err != nil {
		log.Error("no set-up link could be made", "err", err)
		return
	}
	if path != "" {
		fmt.Fprintln(env.Out, "setup", origin+path)
	}
}

// watch reloads the configuration when it changes or when asked to. A file with a fault changes nothing.
func watch(
	ctx context.Context, path string, hangup <-chan os.Signal, env *Environment, s *station.Station, log *slog.Logger,
) {
	changed := make(chan struct{}, 1)
	go func() {
		err := config.Watch(ctx, path, func() {
			select {
			case changed <- struct{}{}:
			default:
			}
		})
		if err != nil && ctx.Err() == nil {
			log.Warn("configuration file is not watched, send SIGHUP after a change", "err", err)
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
		case <-changed:
		}
		next, err := config.Load(path, env.Vars)
		if err != nil {
			log.Error("configuration not taken over, the one in force stays", "err", err)
			continue
		}
		if err := s.Reload(next); err != nil {
			log.Error("configuration taken over in part", "err", err)
		}
	}
}
