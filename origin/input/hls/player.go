package hls

import (
	"context"
	"fmt"
	"time"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/pace"
)

// player hands chunks out at the pace of their media.
type player struct {
	receiver input.Receiver
	live     bool
	target   time.Duration

	clock pace.Clock
	level level
}

// run plays until no more chunks come. Its error is the receiver's or the context's.
func (p *player) run(ctx context.Context, chunks <-chan chunk) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case c, ok := <-chunks:
			if !ok {
				return nil
			}
			if p.live {
				p.clock.Slew(p.level.observe(time.Since(c.ready), p.target))
			}
			if err := p.play(ctx, &c); err != nil {
				return err
			}
		}
	}
}

// least is the least time a segment takes, so that a server whose segments last no time is not asked all the time.
const least = 50 * time.Millisecond

// most is the most time that is waited for a segment that brings nothing, whatever it says of its duration.
const most = maxTarget

func (p *player) play(ctx context.Context, c *chunk) error {
	began := time.Now()
	led := false
	for i := range c.events {
		e := &c.events[i]
		switch {
		case e.warn != nil:
			p.receiver.Warn(e.warn)
		case e.tracks != nil:
			if err := p.receiver.Describe(e.tracks); err != nil {
				return fmt.Errorf("describe the tracks: %w", err)
			}
		default:
			// One track keeps the pace, whatever the stamps of others are.
			if e.track == c.lead {
				led = true
				putOff, err := p.clock.Wait(ctx, e.at)
				if err != nil {
					return err
				}
				if putOff > 0 {
					p.starved(putOff)
				}
			}
			p.receiver.Sample(e.track, e.sample)
		}
		c.events[i] = event{}
	}
	floor := min(max(c.lasts/2, least), most)
	if !led {
		floor = min(max(c.lasts, least), most)
	}
	return pace.Sleep(ctx, floor-time.Since(began))
}

func (p *player) starved(d time.Duration) {
	p.level = level{}
	p.receiver.Warn(fmt.Errorf("segments come %s too late: the portal or the network is too slow, or stood still",
		d.Round(10*time.Millisecond)))
}
