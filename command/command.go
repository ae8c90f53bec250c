// Package command is the command line: one file for each command.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"
)

// Environment is what a command sees of the world.
type Environment struct {
	Out, Err io.Writer
	In       io.Reader
	// Vars are the environment variables, as KEY=value.
	Vars []string
}

type commandLine struct {
	Demo    demoCommand  `cmd:"" help:"Run a whole station on this machine with a demo channel, fed by a real RTSP stream."`
	Serve   serveCommand `cmd:"" help:"Run the station that a configuration file describes."`
	Check   checkCommand `cmd:"" help:"Check a configuration file and what it refers to."`
	Pack    packCommand  `cmd:"" help:"Make HLS out of video and audio files."`
	User    userCommand  `cmd:"" help:"Manage the accounts of editors and administrators."`
	Version versionFlag  `help:"Print the version and exit."`
}

type versionFlag bool

// BeforeReset prints the version and ends, whatever else is on the command line.
func (versionFlag) BeforeReset(app *kong.Kong) error {
	_, err := fmt.Fprintln(app.Stdout, "podium", version())
	app.Exit(0)
	return err
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(unknown)"
	}
	return info.Main.Version
}

// Exit codes.
const (
	exitOK    = 0
	exitFault = 1
	exitUsage = 2
)

// merelyCancelled says that an error tells nothing but that we were asked to stop.
func merelyCancelled(err error) bool {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return errors.Is(err, context.Canceled)
	}
	for _, e := range joined.Unwrap() {
		if !merelyCancelled(e) {
			return false
		}
	}
	return true
}

// Run runs the command that args name and returns the exit code: 0, 1 for a fault that one line on Err tells,
// 2 for a command line that cannot be understood.
func Run(args []string, env Environment) int {
	var line commandLine
	code := -1
	parser, err := kong.New(&line, kong.Name("podium"),
		kong.Description("IPTV and set-top-box content distribution server."),
		kong.Writers(env.Out, env.Err), kong.Exit(func(c int) { code = c }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(env.Err, "podium:", err)
		return exitFault
	}
	parsed, err := parser.Parse(args)
	if code >= 0 {
		return code // Help or version was printed.
	}
	if err != nil {
		fmt.Fprintf(env.Err, "podium: %v (see podium --help)\n", err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(&env)
	if err == nil || ctx.Err() != nil && merelyCancelled(err) {
		return exitOK
	}
	fmt.Fprintln(env.Err, "podium:", err)
	return exitFault
}
