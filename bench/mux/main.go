// Command mux puts a recording on the air as so many channels, as podium serve does from a feed's samples on: segments in
// MinIO by way of the spool, index, journal and hot cache. It is measured beside bench/peer.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"podium.tv/podium/bench/recording"
	"podium.tv/podium/origin/feed"
	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/playout"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/station"
	stbapi "podium.tv/podium/stb-api"
	"podium.tv/podium/stb-api/play"
	"podium.tv/podium/storage/object"
)

type command struct {
	Clip     string `arg:"" type:"existingfile" help:"What is put on the air."`
	Channels int    `default:"1" help:"How many times."`
	Low      bool   `help:"Cut parts of 200 ms for low latency; else a viewer of each channel asks for each segment as MPEG-TS."`
	Folder   string `required:"" type:"existingdir" help:"For the spool and the journals."`
	Endpoint string `help:"MinIO's, with MINIO_ROOT_USER and MINIO_ROOT_PASSWORD in the environment; without it a folder."`
	Forget   bool   `help:"Archive nothing: segments are in memory alone."`
	Profile  string `placeholder:"FILE" help:"Write what the processor did, from the tenth second on, for go tool pprof."`
	Cache    int64  `default:"10485760" help:"Bytes of the hot cache for each channel."`
}

func main() {
	var c command
	kong.Parse(&c, kong.Name("mux"))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := c.run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mux:", err)
		os.Exit(1)
	}
}

func (c *command) run(ctx context.Context) error {
	station.KeepHeapSmall()
	clip, err := recording.Read(ctx, c.Clip)
	if err != nil {
		return err
	}
	store, closeStore, err := c.store(ctx)
	if err != nil {
		return err
	}
	hot := &object.Cache{Limit: c.Cache * int64(c.Channels)}
	if err := hot.Initialize(); err != nil {
		return err
	}
	service := &play.Service{Store: store, Hot: hot}
	viewers, err := (&stbapi.Server{Slices: []stbapi.Slice{service}}).Handler()
	if err != nil {
		return err
	}
	hours := new(timeline.HourCache)
	channels := make([]*play.Channel, 0, c.Channels)
	var running sync.WaitGroup
	for i := range c.Channels {
		id := fmt.Sprintf("ch%d", i+1)
		f, follow, ch := c.channel(id, i, clip, store, hot, hours)
		channels = append(channels, ch)
		running.Go(func() { report(f.Run(ctx)) })
		running.Go(func() { report(follow.Run(ctx)) })
		if !c.Low {
			running.Go(func() { watch(ctx, viewers, ch) })
		}
	}
	service.SetChannels(channels)
	fmt.Println("ready")
	running.Go(func() { clip.Tell(ctx) })
	if c.Profile != "" {
		err = profile(ctx, c.Profile)
	}
	<-ctx.Done()
	running.Wait()
	return errors.Join(err, closeStore())
}

// profile leaves out the start.
func profile(ctx context.Context, name string) error {
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(10 * time.Second):
	}
	file, err := os.Create(filepath.Clean(name))
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return errors.Join(err, file.Close())
	}
	<-ctx.Done()
	pprof.StopCPUProfile()
	return file.Close()
}

// report ends the program: a channel that is off the air costs nothing.
func report(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "mux:", err)
		os.Exit(1)
	}
}

// store is what podium serve has: a bucket behind a spool, or a folder; and memory for the time the disk is full.
func (c *command) store(ctx context.Context) (object.Store, func() error, error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	var under object.Store
	var closers []func() error
	if c.Endpoint == "" {
		folder := &object.Folder{Root: filepath.Join(c.Folder, "objects")}
		if err := folder.Initialize(); err != nil {
			return nil, nil, err
		}
		under, closers = folder, append(closers, folder.Close)
	} else {
		bucket := &object.Bucket{
			Endpoint: c.Endpoint, Name: "podium", Log: log,
			AccessKey: os.Getenv("MINIO_ROOT_USER"), SecretKey: os.Getenv("MINIO_ROOT_PASSWORD"),
		}
		if err := bucket.Initialize(); err != nil {
			return nil, nil, err
		}
		if err := bucket.Prepare(ctx); err != nil {
			return nil, nil, err
		}
		spool := &object.Spool{Remote: bucket, Folder: filepath.Join(c.Folder, "spool"), Log: log}
		if err := spool.Initialize(); err != nil {
			return nil, nil, err
		}
		under = spool
		closers = append(closers, func() error { return spool.Close(context.Background()) }, bucket.Close)
	}
	if c.Forget {
		under = forgetful{under}
	}
	hold := &object.Holdover{Under: under, Log: log}
	hold.Initialize()
	return hold, func() error {
		err := hold.Close(context.Background())
		for _, end := range closers {
			err = errors.Join(err, end())
		}
		return err
	}, nil
}

// forgetful takes segments and keeps none.
type forgetful struct{ object.Store }

// Put implements object.Store.
func (f forgetful) Put(ctx context.Context, name string, body []byte) error {
	if strings.Contains(name, "/media/") {
		return nil
	}
	return f.Store.Put(ctx, name, body)
}

func (c *command) channel(
	id string, place int, clip *recording.Recording, store object.Store, hot *object.Cache, hours *timeline.HourCache,
) (*feed.Feed, *playout.Follow, *play.Channel) {
	line := func(kind string, owns bool) *timeline.Timeline {
		return &timeline.Timeline{
			Name: kind + "s/" + id, Store: store, Owns: owns, Journal: filepath.Join(c.Folder, "journal", kind+"-"+id), Hours: hours,
			Retention: 168 * time.Hour, FlushEvery: time.Minute,
		}
	}
	f := &feed.Feed{
		ID: id, Store: store, Hot: hot, Timeline: line("feed", true),
		Sources: []feed.Source{
			{Input: &fromMemory{clip: clip, after: time.Duration(place) * time.Second / 25 / time.Duration(c.Channels)}},
		},
	}
	if c.Low {
		f.PartTarget = 200 * time.Millisecond
	}
	f.Initialize()
	follow := &playout.Follow{Channel: line("channel", false), Feed: f.Timeline, FeedReady: f.Ready()}
	follow.Initialize()
	return f, follow, &play.Channel{
		ID: id, Timeline: follow.Channel, Ready: follow.Ready(), Target: f.Target, LowLatency: c.Low,
		Window: 40 * time.Second, Archive: 168 * time.Hour,
	}
}

// fromMemory is an input that plays a recording; channels do not all have their pictures at the same instant.
type fromMemory struct {
	clip  *recording.Recording
	after time.Duration
}

func (*fromMemory) String() string { return "recording" }

// Run implements input.Input.
func (m *fromMemory) Run(ctx context.Context, r input.Receiver) error {
	time.Sleep(m.after)
	if err := r.Describe(m.clip.Tracks()); err != nil {
		return err
	}
	m.clip.Play(ctx, r.Sample)
	return ctx.Err()
}

// watch is a viewer of MPEG-TS: it asks for the playlist and for each new segment once.
func watch(ctx context.Context, handler http.Handler, ch *play.Channel) {
	seen := ""
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			return
		case <-time.After(2 * time.Second):
		}
		text := new(page)
		ask(ctx, handler, "/live/"+ch.ID+"/mono.m3u8", text)
		last := ""
		for line := range strings.Lines(text.String()) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				last = line
			}
		}
		if last != "" && last != seen {
			seen = last
			ask(ctx, handler, "/live/"+ch.ID+"/"+last, new(drain))
		}
	}
}

func ask(ctx context.Context, handler http.Handler, path string, w http.ResponseWriter) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, path, http.NoBody)
	if err != nil {
		return
	}
	handler.ServeHTTP(w, request)
}

// drain keeps nothing of an answer.
type drain struct{ header http.Header }

// Header implements http.ResponseWriter.
func (d *drain) Header() http.Header {
	if d.header == nil {
		d.header = http.Header{}
	}
	return d.header
}

// Write implements http.ResponseWriter.
func (*drain) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader implements http.ResponseWriter.
func (*drain) WriteHeader(int) {}

// page keeps an answer's text.
type page struct {
	drain
	strings.Builder
}

// Write implements http.ResponseWriter.
func (p *page) Write(b []byte) (int, error) { return p.Builder.Write(b) }
