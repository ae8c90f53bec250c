package command

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"podium.tv/podium/config"
	"podium.tv/podium/demo"
	"podium.tv/podium/station"
)

type demoCommand struct {
	Listen string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where to serve HTTP (${default})."`
	RTSP   string `name:"rtsp" default:"127.0.0.1:8554" placeholder:"HOST:PORT" help:"Where to take RTSP in (${default})."`
	Data   string `default:"podium-data" type:"path" placeholder:"DIR" help:"Where to keep everything (${default})."`
	Log    string `default:"info" enum:"debug,info,warn,error" help:"How much to log: debug, info, warn or error (${default})."`
}

// Run runs a station on one machine: a folder for objects, SQLite for the catalogue, and a lecture published over a
// real RTSP connection.
func (c *demoCommand) Run(ctx context.Context, env *Environment) error {
	key := rand.Text()
	cfg, err := c.config(key)
	if err != nil {
		return err
	}
	log, level := newLog(env.Err, cfg.Log)
	s := &station.Station{Config: cfg, Log: log, Level: level, BeforeChannel: demo.Past}
	s.OnReady = func(s *station.Station) {
		go func() {
			p := &demo.Publisher{URL: "rtsp://" + s.RTSPAddress().String() + "/" + demo.Feed, Key: key, Log: log}
			if err := p.Run(ctx); err != nil && ctx.Err() == nil {
				log.Error("demo stream ended", "err", err)
			}
		}()
		go demo.KeepGuide(ctx, s, log)
		go c.announce(ctx, env, cfg, s)
	}
	return s.Run(ctx)
}

// announce prints the addresses once the demo channel is on the air.
func (c *demoCommand) announce(ctx context.Context, env *Environment, cfg *config.Config, s *station.Station) {
	for !s.OnAir(demo.Channel) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
	o := origin(cfg, s)
	fmt.Fprintln(env.Out, "ready", o)
	fmt.Fprintf(env.Out, `
  set-top page   %s/tv/            arrow keys, Enter, Backspace, digits
  console        %s/console/
  guide          %s/epg/guide.xml
  playlist       %s/playlist.m3u
  live, HLS      %s/live/%s/index.m3u8   (old boxes: mono.m3u8)
  on demand      %s/vod/%s/index.m3u8
  API            %s/openapi.json

`, o, o, o, o, o, demo.Channel, o, demo.Asset, o)
	announceSetup(ctx, env, s, o, s.Log)
}

// config is the demo's configuration, as a file would say it.
func (c *demoCommand) config(key string) (*config.Config, error) {
	if err := os.MkdirAll(c.Data, 0o750); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	data, err := filepath.Abs(c.Data)
	if err != nil {
		return nil, err
	}
	text := demo.Config(map[string]string{
		"listen": strconv.Quote(c.Listen), "rtsp": strconv.Quote(c.RTSP), "data": strconv.Quote(data),
		"log": c.Log, "key": strconv.Quote(key),
	})
	return config.Parse("the demo's configuration", []byte(text), nil)
}
