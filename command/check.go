package command

import (
	"context"
	"fmt"

	"podium.tv/podium/config"
	"podium.tv/podium/station"
)

type checkCommand struct {
	Config string `required:"" type:"path" placeholder:"FILE" help:"The configuration file."`
	Repair bool   `help:"Rebuild damaged indexes of feeds from the segments in the object store."`
}

// Run checks the file, then what it refers to: store, catalogue and the timelines in the store.
func (c *checkCommand) Run(ctx context.Context, env *Environment) error {
	cfg, err := config.Load(c.Config, env.Vars)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Out, "%s: ok: %d feeds, %d channels\n", c.Config, len(cfg.Feeds), len(cfg.Channels))
	log, _ := newLog(env.Err, cfg.Log)
	return station.Examine(ctx, cfg, c.Repair, log, env.Out)
}
