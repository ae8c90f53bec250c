package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

type serveCommand struct {
	Binary   string        `placeholder:"FILE" type:"path" help:"The podium to measure. It is built where none is named."`
	Rounds   int           `default:"10" help:"Rounds, in each of which both serve after one another."`
	Duration time.Duration `default:"2s" help:"Of one server's turn."`
	Settle   time.Duration `default:"30s" help:"How long the channel is on the air before; until then the live playlist grows."`
}

// course is what one server is asked for in all rounds.
type course struct {
	title, path string
	connections int
	body        []byte
}

// serving is one server's figures for one course.
type serving struct {
	rates, bytes, p99, cpu []float64 // requests/s, bytes/s, seconds, CPU seconds a request
}

// Run publishes a channel to a real podium, and has it and nginx serve its playlist and its newest segment in turns.
func (c *serveCommand) Run(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "podium-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	source, err := clip(ctx)
	if err != nil {
		return err
	}
	p, err := startPodium(ctx, c.Binary, folder, 1, 512<<20)
	if err != nil {
		return err
	}
	defer p.stop()
	encoder, err := publish(ctx, source, p.address("ch1"))
	if err != nil {
		return err
	}
	defer encoder.stop()
	courses, err := c.courses(ctx, p, encoder)
	if err != nil {
		return err
	}
	n, err := startNginx(ctx, folder)
	if err != nil && !errors.Is(err, errNoNginx) {
		return err
	}
	if n == nil {
		fmt.Fprintln(os.Stderr, "bench:", err, "- Podium is measured alone")
	} else {
		defer n.stop()
		for _, course := range courses {
			if err := errors.Join(n.put(course.path, course.body)); err != nil {
				return err
			}
			if err := n.answers(ctx, course.path, course.body); err != nil {
				return err
			}
		}
	}
	heading(os.Stdout, fmt.Sprintf("Serving, with the token check on: medians of %d rounds of %s in turns", c.Rounds, c.Duration))
	for _, course := range courses {
		if err := c.measure(ctx, course, p, n); err != nil {
			return err
		}
	}
	return c.memory(p, n)
}

// courses waits until the channel has segments and names what is asked for.
func (c *serveCommand) courses(ctx context.Context, p *podium, encoder *process) ([]course, error) {
	token, err := p.token("ch1")
	if err != nil {
		return nil, err
	}
	dir := "/live/ch1/~" + token + "/"
	playlist := course{title: "live playlist", path: dir + "mono.m3u8", connections: 64}
	began := time.Now()
	for time.Since(began) < c.Settle || len(playlist.body) == 0 {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
		if err := errors.Join(p.alive(), encoder.alive()); err != nil {
			return nil, err
		}
		body, err := fetch(ctx, "http://"+p.http+playlist.path)
		if err != nil && time.Since(began) > c.Settle+30*time.Second {
			return nil, fmt.Errorf("the channel does not come on the air: %w", err)
		}
		playlist.body = body
	}
	// The newest that has the full length: the one before the last.
	var names []string
	for line := range bytes.Lines(playlist.body) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			names = append(names, string(line))
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("the live playlist lists nothing:\n%s", playlist.body)
	}
	segment := course{title: "segment", path: dir + names[max(0, len(names)-2)], connections: 16}
	segment.body, err = fetch(ctx, "http://"+p.http+segment.path)
	return []course{playlist, segment}, err
}

func (c *serveCommand) measure(ctx context.Context, course course, p *podium, n *nginx) error {
	var ours, theirs serving
	for range c.Rounds {
		if err := ours.turn(ctx, p.process, "http://"+p.http+course.path, course.connections, c.Duration); err != nil {
			return err
		}
		if n == nil {
			continue
		}
		if err := theirs.turn(ctx, n.process, "http://"+n.address+course.path, course.connections, c.Duration); err != nil {
			return err
		}
	}
	fmt.Printf("\n%s, %d bytes, %d connections\n", course.title, len(course.body), course.connections)
	rows := []string{"\trequests/s\tof\tMB/s\tp99 ms\tCPU µs/request\t", ours.row("podium")}
	if n != nil {
		rows = append(rows, theirs.row("nginx"), fmt.Sprintf("ratio of medians\t%.2f\t\t%.2f\t%.2f\t%.2f\t",
			ratio(median(ours.rates), median(theirs.rates)), ratio(median(ours.bytes), median(theirs.bytes)),
			ratio(median(ours.p99), median(theirs.p99)), ratio(median(ours.cpu), median(theirs.cpu))),
			fmt.Sprintf("median of rounds' ratios\t%.2f\t\t%.2f\t%.2f\t%.2f\t",
				pairs(ours.rates, theirs.rates), pairs(ours.bytes, theirs.bytes), pairs(ours.p99, theirs.p99), pairs(ours.cpu, theirs.cpu)))
	}
	return table(os.Stdout, rows...)
}

// turn lets wrk loose on a server once.
func (s *serving) turn(ctx context.Context, p *process, url string, connections int, lasting time.Duration) error {
	before, err := p.usage()
	if err != nil {
		return errors.Join(p.alive(), err)
	}
	l, err := wrk(ctx, url, connections, lasting)
	if err != nil {
		return errors.Join(p.alive(), err)
	}
	after, err := p.usage()
	if err != nil {
		return errors.Join(p.alive(), err)
	}
	s.rates = append(s.rates, l.rate)
	s.bytes = append(s.bytes, l.bytes)
	s.p99 = append(s.p99, l.p99.Seconds())
	s.cpu = append(s.cpu, ratio((after.cpu-before.cpu).Seconds(), float64(l.requests)))
	return nil
}

func (s *serving) row(name string) string {
	least, greatest := spread(s.rates)
	return fmt.Sprintf("%s\t%.0f\t%.0f to %.0f\t%.0f\t%.2f\t%.2f\t", name, median(s.rates), least, greatest,
		median(s.bytes)/1e6, median(s.p99)*1e3, median(s.cpu)*1e6)
}

func (c *serveCommand) memory(p *podium, n *nginx) error {
	ours, err := p.usage()
	if err != nil {
		return err
	}
	fmt.Printf("\nresident memory: podium %d MB", ours.memory>>20)
	if n != nil {
		theirs, err := n.usage()
		if err != nil {
			return err
		}
		fmt.Printf(", nginx %d MB", theirs.memory>>20)
	}
	fmt.Println()
	return nil
}

func fetch(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s", filepath.Base(url), response.Status)
	}
	return body, err
}
