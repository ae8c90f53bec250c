package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/template"
	"time"

	"podium.tv/podium/bench/sender"
	"podium.tv/podium/packager/playlist/strict"
)

type feedsCommand struct {
	Binary   string        `placeholder:"FILE" type:"path" help:"The podium to measure. It is built where none is named."`
	Feeds    int           `default:"200" help:"How many feeds of 2.6 Mb/s by MPEG-TS over UDP, each with a channel."`
	Warm     time.Duration `default:"20s" help:"How long they are on the air before."`
	Duration time.Duration `default:"60s" help:"Of the measurement."`
	Every    time.Duration `default:"10s" help:"Between two rows of the table."`
}

var feedsConfig = template.Must(template.New("").Parse(`
http: {listen: {{.HTTP}}, trusted_proxies: []}
rtsp: {listen: ""}
packaging: {live_window: 24s, segment_target: 4s}
data_dir: {{.Data}}
storage: {cache: {max_bytes: {{.Cache}}}}
log: {level: warn}
feeds:
{{- range .Feeds}}
  - {id: {{.ID}}, input: "udp://{{.Address}}", slate: off, archive: 1h}
{{- end}}
channels:
{{- range $i, $f := .Feeds}}
  - {id: {{$f.ID}}, number: {{$f.Number}}, name: Channel {{$f.Number}}, feed: {{$f.ID}}}
{{- end}}
`[1:]))

// benchFeed is a feed of the configuration.
type benchFeed struct {
	ID, Address string
	Number      int
}

// Run takes many feeds in on this machine, which sends them as well, and tells whether a segment was late.
func (c *feedsCommand) Run(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "podium-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	source, err := clip(ctx)
	if err != nil {
		return err
	}
	stream, err := sender.Read(ctx, source, clipSeconds*time.Second)
	if err != nil {
		return err
	}
	if c.Binary == "" {
		c.Binary = filepath.Join(folder, "podium")
		if err := build(ctx, ".", c.Binary); err != nil {
			return err
		}
	}
	feeds, web, err := c.configure(ctx, folder)
	if err != nil {
		return err
	}
	p, err := launch(ctx, "ready ", c.Binary, "serve", "--config", filepath.Join(folder, "podium.yaml"))
	if err != nil {
		return err
	}
	defer p.stop()
	sending, stop := context.WithCancel(ctx)
	sent := make(chan error, 1)
	go func() {
		addresses := make([]string, len(feeds))
		for i, f := range feeds {
			addresses[i] = f.Address
		}
		sent <- stream.Send(sending, addresses)
	}()
	err = c.measure(ctx, p, web, feeds)
	stop()
	return errors.Join(err, <-sent, p.alive())
}

func (c *feedsCommand) configure(ctx context.Context, folder string) (feeds []benchFeed, web string, err error) {
	if web, err = freeAddress(ctx); err != nil {
		return nil, "", err
	}
	ports := make([]net.PacketConn, 0, c.Feeds) // Held together, so that no port is given twice.
	defer func() {
		for _, port := range ports {
			_ = port.Close() // It was never used.
		}
	}()
	for i := range c.Feeds {
		port, err := new(net.ListenConfig).ListenPacket(ctx, "udp4", "127.0.0.1:0")
		if err != nil {
			return nil, "", err
		}
		ports = append(ports, port)
		feeds = append(feeds, benchFeed{ID: channel(i + 1), Address: port.LocalAddr().String(), Number: i + 1})
	}
	file, err := os.Create(filepath.Join(folder, "podium.yaml")) //nolint:gosec // In a folder of ours.
	if err != nil {
		return nil, "", err
	}
	err = feedsConfig.Execute(file, map[string]any{
		"HTTP": web, "Data": filepath.Join(folder, "data"), "Cache": int64(c.Feeds) * cacheOf / 4, "Feeds": feeds,
	})
	return feeds, web, errors.Join(err, file.Close())
}

// measure prints a row now and then: what the feeds cost, and how late the newest of their segments are.
func (c *feedsCommand) measure(ctx context.Context, p *process, web string, feeds []benchFeed) error {
	if err := pause(ctx, c.Warm); err != nil {
		return err
	}
	heading(os.Stdout, fmt.Sprintf("%d feeds of 2.6 Mb/s by MPEG-TS over UDP, sent by this machine, each with a channel", c.Feeds))
	fmt.Println("A segment of 4 s is late when nothing is listed whose end is less than 5 s ago.")
	fmt.Println()
	fmt.Println("| after | podium, of a processor | memory | goroutines | oldest end of a newest segment | late, of looks | " +
		"discontinuities |")
	fmt.Println("|---|---|---|---|---|---|---|")
	began, last := time.Now(), time.Now()
	before, err := p.usage()
	if err != nil {
		return err
	}
	for time.Since(began) < c.Duration {
		look, err := c.watch(ctx, web, feeds)
		if err != nil {
			return err
		}
		now, err := p.usage()
		if err := errors.Join(err, p.alive()); err != nil {
			return err
		}
		goroutines, err := gauge(ctx, web, "go_goroutines")
		if err != nil {
			return err
		}
		fmt.Printf("| %s | %.0f %% | %d MB | %.0f | %.1f s | %d of %d | %d |\n", time.Since(began).Round(time.Second),
			100*(now.cpu-before.cpu).Seconds()/time.Since(last).Seconds(), now.memory>>20, goroutines, look.oldest.Seconds(),
			look.late, look.all, look.discontinuities)
		before, last = now, time.Now()
	}
	return nil
}

// looks sums up what was seen of the channels' playlists.
type looks struct {
	oldest          time.Duration
	late, all       int
	discontinuities int
}

// watch looks at each channel's playlist every second until the next row.
func (c *feedsCommand) watch(ctx context.Context, web string, feeds []benchFeed) (looks, error) {
	var sum looks
	for end := time.Now().Add(c.Every); time.Now().Before(end); {
		next := time.Now().Add(time.Second)
		var mutex sync.Mutex
		var looking sync.WaitGroup
		var failed error
		sum.discontinuities = 0
		for part := range slices.Chunk(feeds, (len(feeds)+7)/8) {
			looking.Go(func() {
				for _, f := range part {
					age, discontinuities, err := newest(ctx, "http://"+web+"/live/"+f.ID+"/mono.m3u8")
					mutex.Lock()
					failed = errors.Join(failed, err)
					sum.all++
					sum.oldest = max(sum.oldest, age)
					sum.discontinuities += discontinuities
					if age > 5*time.Second {
						sum.late++
					}
					mutex.Unlock()
				}
			})
		}
		looking.Wait()
		if err := errors.Join(failed, pause(ctx, time.Until(next))); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// newest is how long ago the newest segment of a playlist ended, and how many discontinuities there were.
func newest(ctx context.Context, url string) (age time.Duration, discontinuities int, err error) {
	body, err := fetch(ctx, url)
	if err != nil {
		return 0, 0, err
	}
	p, err := strict.ParseMedia(body)
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", url, err)
	}
	if len(p.Segments) == 0 {
		return time.Hour, 0, nil
	}
	last := &p.Segments[len(p.Segments)-1]
	return time.Since(last.ProgramDateTime.Add(last.Duration)), int(last.DiscontinuitySequence), nil
}

// gauge reads one figure of the metrics.
func gauge(ctx context.Context, web, name string) (float64, error) {
	body, err := fetch(ctx, "http://"+web+"/metrics")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(body)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strconv.ParseFloat(strings.TrimSpace(value), 64)
		}
	}
	return 0, fmt.Errorf("no %s among the metrics", name)
}
