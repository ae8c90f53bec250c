// Command bench measures Podium beside its peers in one run: nginx for what it serves, gohlslib for what it takes in.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

type commands struct {
	Serve  serveCommand  `cmd:"" help:"Serve the live playlist and a segment, beside nginx serving the same bytes."`
	Live   liveCommand   `cmd:"" help:"Package channels from memory with MinIO and archive, beside gohlslib's muxer."`
	Feeds  feedsCommand  `cmd:"" help:"Take in 200 feeds on one machine, and look for late segments."`
	Ingest ingestCommand `cmd:"" help:"Take in channels, beside gortsplib with gohlslib's muxer taking in the same."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	parsed := kong.Parse(&commands{}, kong.Name("bench"),
		kong.Description("Measures Podium beside its peers. It does not judge: the exit status tells whether it could measure."),
		kong.BindTo(ctx, (*context.Context)(nil)))
	return parsed.Run()
}
