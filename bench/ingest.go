package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

type ingestCommand struct {
	Binary   string        `placeholder:"FILE" type:"path" help:"The podium to measure. It is built where none is named."`
	Channels []int         `default:"1,10" help:"How many channels, one measurement each."`
	Warm     time.Duration `default:"10s" help:"How long the channels are on the air before."`
	Duration time.Duration `default:"30s" help:"Of one measurement."`
}

// cacheOf is the memory that Podium may keep of one channel: the 7 segments that the peer keeps, in two forms.
const cacheOf = 20 << 20

// Run publishes the same channels to a real podium and to the peer at the same time, and tells what it cost both.
func (c *ingestCommand) Run(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "podium-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	source, err := clip(ctx)
	if err != nil {
		return err
	}
	if c.Binary == "" {
		c.Binary = filepath.Join(folder, "podium")
		if err := build(ctx, ".", c.Binary); err != nil {
			return err
		}
	}
	peer := filepath.Join(folder, "peer")
	if err := build(ctx, "./bench/peer", peer); err != nil {
		return err
	}
	heading(os.Stdout, fmt.Sprintf("Taking in channels of 2.6 Mb/s by RTSP for %s, both at the same time", c.Duration))
	rows := []string{"channels\tprogram\tCPU of a core per channel\tmemory MB\t"}
	for _, n := range c.Channels {
		ours, theirs, err := c.measure(ctx, filepath.Join(folder, fmt.Sprintf("with-%d", n)), source, peer, n)
		if err != nil {
			return err
		}
		per := func(u usage) float64 { return 100 * u.cpu.Seconds() / c.Duration.Seconds() / float64(n) }
		rows = append(rows, fmt.Sprintf("%d\tpodium\t%.2f %%\t%d\t", n, per(ours), ours.memory>>20),
			fmt.Sprintf("%d\tgortsplib + gohlslib\t%.2f %%\t%d\t", n, per(theirs), theirs.memory>>20),
			fmt.Sprintf("\tratio\t%.2f\t%.2f\t", ratio(per(ours), per(theirs)), ratio(float64(ours.memory), float64(theirs.memory))))
	}
	return table(os.Stdout, rows...)
}

func (c *ingestCommand) measure(ctx context.Context, folder, source, peer string, n int) (ours, theirs usage, err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return ours, theirs, err
	}
	p, err := startPodium(ctx, c.Binary, folder, n, int64(n)*cacheOf)
	if err != nil {
		return ours, theirs, err
	}
	defer p.stop()
	address, err := freeAddress(ctx)
	if err != nil {
		return ours, theirs, err
	}
	other, err := launch(ctx, "ready ", peer, address)
	if err != nil {
		return ours, theirs, err
	}
	defer other.stop()
	encoders := make([]*process, 0, 2*n)
	defer func() {
		for _, encoder := range encoders {
			encoder.stop()
		}
	}()
	for i := range n {
		for _, to := range []string{p.address(channel(i + 1)), fmt.Sprintf("rtsp://%s/%s", address, channel(i+1))} {
			encoder, err := publish(ctx, source, to)
			if err != nil {
				return ours, theirs, err
			}
			encoders = append(encoders, encoder)
		}
	}
	if err := pause(ctx, c.Warm); err != nil {
		return ours, theirs, err
	}
	ours0, err1 := p.usage()
	theirs0, err2 := other.usage()
	if err := errors.Join(err1, err2, pause(ctx, c.Duration)); err != nil {
		return ours, theirs, err
	}
	ours, err1 = p.usage()
	theirs, err2 = other.usage()
	err = errors.Join(err1, err2, p.alive(), other.alive())
	for _, encoder := range encoders {
		err = errors.Join(err, encoder.alive())
	}
	ours.cpu -= ours0.cpu
	theirs.cpu -= theirs0.cpu
	return ours, theirs, err
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
