package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"podium.tv/podium/bench/recording"
)

type liveCommand struct {
	Channels []int         `default:"1,10,100" help:"How many channels, one measurement each."`
	Forms    []string      `default:"ts,low" enum:"ts,low" help:"MPEG-TS, and low-latency CMAF."`
	Warm     time.Duration `default:"12s" help:"How long the channels are on the air before."`
	Duration time.Duration `default:"24s" help:"Of one measurement: whole segments."`
}

// Run puts the same recording on the air with Podium and with the peer at the same time, and tells what it cost both.
func (c *liveCommand) Run(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "podium-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	source, err := clip(ctx)
	if err != nil {
		return err
	}
	ours, theirs := filepath.Join(folder, "mux"), filepath.Join(folder, "peer")
	if err := errors.Join(build(ctx, "./bench/mux", ours), build(ctx, "./bench/peer", theirs)); err != nil {
		return err
	}
	store, err := startMinIO(ctx, filepath.Join(folder, "minio"))
	if err != nil {
		return err
	}
	where := "a folder: MinIO is not here"
	endpoint := ""
	if store != nil {
		defer store.stop()
		where, endpoint = "MinIO", store.endpoint
	}
	heading(os.Stdout, fmt.Sprintf("Packaging channels of 2.6 Mb/s from memory for %s, all at the same time; podium archives to %s",
		c.Duration, where))
	rows := []string{"form\tchannels\t\tCPU of a core per channel\tless the recording\tmemory MB per channel\t"}
	for _, form := range c.Forms {
		for _, n := range c.Channels {
			b := &liveBench{
				command: c, folder: filepath.Join(folder, fmt.Sprintf("%s-%d", form, n)), ours: ours, theirs: theirs, clip: source,
				endpoint: endpoint, form: form, channels: n,
			}
			if err := b.measure(ctx); err != nil {
				return err
			}
			rows = append(rows, b.rows()...)
		}
	}
	return table(os.Stdout, rows...)
}

// liveBench is one measurement.
type liveBench struct {
	command                                    *liveCommand
	folder, ours, theirs, clip, endpoint, form string
	channels                                   int

	archived, alone, peer, nothing packaging
}

// packaging is what so many seconds of media cost.
type packaging struct {
	usage
	media float64
}

// packagingOf is what a process has used and done so far.
func packagingOf(p *process) (packaging, error) {
	u, err := p.usage()
	if err := errors.Join(p.alive(), err); err != nil {
		return packaging{}, err
	}
	var played float64
	if line := p.said.Load(); line != nil {
		if text, ok := strings.CutPrefix(*line, recording.Told); ok {
			played, err = strconv.ParseFloat(text, 64)
		}
	}
	return packaging{usage: u, media: played}, err
}

func (b *liveBench) measure(ctx context.Context) error {
	n := strconv.Itoa(b.channels)
	mux := func(folder string, more ...string) []string {
		args := append([]string{b.clip, "--channels=" + n, "--folder=" + filepath.Join(b.folder, folder)}, more...)
		if b.form == "low" {
			args = append(args, "--low")
		}
		return args
	}
	subjects := []struct {
		into *packaging
		name string
		args []string
	}{
		{&b.archived, b.ours, mux("archived", "--endpoint="+b.endpoint)},
		{&b.alone, b.ours, mux("alone", "--forget")},
		{&b.peer, b.theirs, []string{"mux", b.clip, n, b.form}},
		{&b.nothing, b.theirs, []string{"mux", b.clip, n, "none"}},
	}
	if err := errors.Join(os.MkdirAll(b.folder+"/archived", 0o700), os.MkdirAll(b.folder+"/alone", 0o700)); err != nil {
		return err
	}
	running := make([]*process, 0, len(subjects))
	defer func() {
		for _, p := range running {
			p.stop()
		}
	}()
	for _, s := range subjects {
		p, err := launch(ctx, "ready", s.name, s.args...)
		if err != nil {
			return err
		}
		running = append(running, p)
	}
	if err := pause(ctx, b.command.Warm); err != nil {
		return err
	}
	before := make([]packaging, len(subjects))
	for i, p := range running {
		var err error
		if before[i], err = packagingOf(p); err != nil {
			return err
		}
	}
	if err := pause(ctx, b.command.Duration); err != nil {
		return err
	}
	for i, p := range running {
		after, err := packagingOf(p)
		if err != nil {
			return err
		}
		after.cpu -= before[i].cpu
		after.media -= before[i].media
		*subjects[i].into = after
	}
	return nil
}

func (b *liveBench) rows() []string {
	cpu := func(u packaging) float64 { return 100 * ratio(u.cpu.Seconds(), u.media) }
	net := func(u packaging) float64 { return cpu(u) - cpu(b.nothing) }
	memory := func(u packaging) float64 { return float64(u.memory) / float64(1<<20) / float64(b.channels) }
	row := func(name string, u packaging) string {
		return fmt.Sprintf("%s\t%d\t%s\t%.2f %%\t%.2f %%\t%.1f\t", b.form, b.channels, name, cpu(u), net(u), memory(u))
	}
	by := func(name string, u packaging) string {
		return fmt.Sprintf("\t\t%s\t%.2f\t%.2f\t%.2f\t", name,
			ratio(cpu(u), cpu(b.peer)), ratio(net(u), net(b.peer)), ratio(memory(u), memory(b.peer)))
	}
	return []string{
		row("podium, archive on", b.archived), row("podium, archive off", b.alone),
		row("gohlslib", b.peer), row("the recording alone", b.nothing),
		by("archive on by gohlslib", b.archived), by("archive off by gohlslib", b.alone),
	}
}
