package command

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"podium.tv/podium/config"
	"podium.tv/podium/packager/vod"
	"podium.tv/podium/station"
	"podium.tv/podium/storage/object"
)

type packCommand struct {
	Input        []string `arg:"" type:"path" placeholder:"INPUT" help:"Video and audio files."`
	Out          string   `type:"path" placeholder:"DIR" help:"The folder of DIR/index.m3u8; of DIR/{name}/index.m3u8 for several."`
	Format       string   `default:"both" enum:"ts,cmaf,both" help:"ts, cmaf or both: CMAF in index.m3u8, TS in mono.m3u8 (${default})."`
	NoThumbnails bool     `help:"Make no poster and no pictures for scrubbing."`
	Subtitles    []string `placeholder:"LANGUAGE=FILE" help:"WebVTT or SubRip file, instead of those beside the input; may be repeated."`
	FFmpeg       string   `name:"ffmpeg" placeholder:"FILE" help:"The ffmpeg program, for what does not fit as it is (found on the path)."`

	Config    string `type:"path" placeholder:"FILE" help:"Pack into the store of the station that this file describes."`
	Asset     string `placeholder:"ID" help:"With --config: the asset's id, played at /vod/ID/index.m3u8."`
	Title     string `help:"With --asset: its title."`
	Protected bool   `help:"With --asset: play it with a token alone."`
}

// Run packs files into folders of HLS, or one into the station's store.
func (c *packCommand) Run(ctx context.Context, env *Environment) error {
	o := vod.Options{Format: vod.Format(c.Format), NoPictures: c.NoThumbnails, FFmpeg: c.FFmpeg}
	for _, s := range c.Subtitles {
		language, path, ok := strings.Cut(s, "=")
		if !ok {
			return fmt.Errorf("--subtitles %s: expected LANGUAGE=FILE, such as zh=lesson.srt", s)
		}
		o.Texts = append(o.Texts, vod.TextFile{Language: language, Path: path})
	}
	switch {
	case (c.Config == "") != (c.Asset == ""):
		return errors.New("--config and --asset go together: expected both, or --out alone")
	case (c.Config == "") == (c.Out == ""):
		return errors.New("expected either --out or --config with --asset")
	case c.Asset != "":
		return c.store(ctx, env, o)
	}
	return c.folders(ctx, env, o)
}

// folders packs each input into a folder.
func (c *packCommand) folders(ctx context.Context, env *Environment, o vod.Options) error {
	if len(c.Input) > 1 && len(o.Texts) > 0 {
		return errors.New("--subtitles is for one input; with several, put name.zh.vtt beside name.mp4")
	}
	dirs := map[string]string{}
	for _, input := range c.Input {
		dir := c.Out
		if len(c.Input) > 1 {
			dir = filepath.Join(c.Out, strings.TrimSuffix(filepath.Base(input), filepath.Ext(input)))
		}
		if other, taken := dirs[dir]; taken {
			return fmt.Errorf("%s and %s would both be packed into %s", other, input, dir)
		}
		dirs[dir] = input
		if err := vod.Inspect(input, o); err != nil {
			return err
		}
	}
	for _, input := range c.Input {
		dir := c.Out
		if len(c.Input) > 1 {
			dir = filepath.Join(c.Out, strings.TrimSuffix(filepath.Base(input), filepath.Ext(input)))
		}
		show := newProgress(env.Err, filepath.Base(input))
		o.OnProgress, o.OnNote = show.update, show.note
		err := vod.PackFolder(ctx, input, dir, o)
		show.end(err)
		if err != nil {
			return err
		}
		fmt.Fprintln(env.Out, filepath.Join(dir, "index.m3u8"))
	}
	return nil
}

// store packs one input into the station's store. The station may run meanwhile, and plays the asset once it is whole.
func (c *packCommand) store(ctx context.Context, env *Environment, o vod.Options) error {
	if len(c.Input) != 1 {
		return fmt.Errorf("%d inputs for one asset, expected 1", len(c.Input))
	}
	cfg, err := config.Load(c.Config, env.Vars)
	if err != nil {
		return err
	}
	log, _ := newLog(env.Err, cfg.Log)
	show := newProgress(env.Err, filepath.Base(c.Input[0]))
	o.OnProgress, o.OnNote = show.update, show.note
	return station.WithStore(ctx, cfg, log, func(store object.Store) error {
		p := &vod.Packer{Store: store, Work: filepath.Join(cfg.DataDir, "pack"), Options: o}
		a, err := p.Pack(ctx, c.Input[0], vod.Asset{ID: c.Asset, Title: c.Title, Protected: c.Protected})
		show.end(err)
		if err == nil {
			fmt.Fprintf(env.Out, "/vod/%s/index.m3u8\n", a.ID)
		}
		return err
	})
}
