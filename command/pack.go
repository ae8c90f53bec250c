package command

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"podium.tv/podium/packager/vod"
)

type packCommand struct {
	Input  []string `arg:"" type:"path" placeholder:"INPUT" help:"Files to pack."`
	Out    string   `required:"" type:"path" placeholder:"DIR" help:"The folder of DIR/index.m3u8; of DIR/{name}/... for several."`
	Format string   `default:"both" enum:"ts,cmaf,both" help:"ts, cmaf or both: CMAF in index.m3u8, MPEG-TS in mono.m3u8 (${default})."`
}

// Run packs files into folders of HLS.
func (c *packCommand) Run(ctx context.Context, env *Environment) error {
	for _, input := range c.Input {
		dir := c.Out
		if len(c.Input) > 1 {
			dir = filepath.Join(c.Out, strings.TrimSuffix(filepath.Base(input), filepath.Ext(input)))
		}
		if err := vod.PackFolder(ctx, input, dir, vod.Options{Format: vod.Format(c.Format)}); err != nil {
			return err
		}
		fmt.Fprintln(env.Out, filepath.Join(dir, "index.m3u8"))
	}
	return nil
}
