package command_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/command"
)

// buffer may be written to and read at the same time.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// run runs a command line to its end.
func run(in string, args ...string) (code int, out, errs string) {
	var o, e buffer
	code = command.Run(args, command.Environment{Out: &o, Err: &e, In: strings.NewReader(in)})
	return code, o.String(), e.String()
}

// station writes a configuration file and returns its path.
func station(t *testing.T, more string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "podium.yaml")
	write(t, path, "http: {listen: '127.0.0.1:0'}\nrtsp: {listen: '127.0.0.1:0'}\ndata_dir: "+filepath.Join(dir, "data")+"\n"+more)
	return path
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

const hall1 = "feeds:\n  - {id: hall1, input: publish}\nchannels:\n  - {id: edu1, number: 1, name: 教育, feed: hall1}\n"

func TestCommandLine(t *testing.T) {
	good := station(t, hall1)
	bad := station(t, hall1+"colour: blue\n")
	for name, test := range map[string]struct {
		args      []string
		code      int
		out, errs string
	}{
		"version":           {[]string{"--version"}, 0, "podium ", ""},
		"help":              {[]string{"--help"}, 0, "Usage: podium", ""},
		"help of a command": {[]string{"serve", "--help"}, 0, "--config", ""},
		"nothing":           {nil, 2, "", "expected one of"},
		"unknown command":   {[]string{"fly"}, 2, "", "unexpected argument fly"},
		"unknown flag":      {[]string{"check", "--colour"}, 2, "", "unknown flag --colour (see podium --help)"},
		"flag missing":      {[]string{"serve"}, 2, "", "missing flags: --config=FILE"},
		"bad choice":        {[]string{"demo", "--log", "loud"}, 2, "", `must be one of`},
		"check":             {[]string{"check", "--config", good}, 0, "ok: 1 feeds, 1 channels\n", ""},
		"check finds":       {[]string{"check", "--config", bad}, 1, "", "podium.yaml:8:"},
		"check no file":     {[]string{"check", "--config", "/nowhere/podium.yaml"}, 1, "", "/nowhere/podium.yaml"},
		"serve no file":     {[]string{"serve", "--config", "/nowhere/podium.yaml"}, 1, "", "/nowhere/podium.yaml"},
		"serve finds":       {[]string{"serve", "--config", bad}, 1, "", "colour"},
		"user no file":      {[]string{"user", "--config", "/nowhere/podium.yaml", "list"}, 1, "", "/nowhere/podium.yaml"},
		"user no name":      {[]string{"user", "--config", good, "add"}, 2, "", "expected \"<name>\""},
		"user wrong role":   {[]string{"user", "--config", good, "add", "li", "--role", "god"}, 2, "", "--role must be one of"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := run("", test.args...)
			require.Equal(t, test.code, code, "%s%s", out, errs)
			require.Contains(t, out, test.out)
			require.Contains(t, errs, test.errs)
			if test.code != 0 {
				require.Empty(t, out)
				require.True(t, strings.HasPrefix(errs, "podium: "), errs)
				require.NotContains(t, errs, "goroutine")
			}
		})
	}
}

func TestCheckIsThorough(t *testing.T) {
	path := station(t, hall1)
	code, out, errs := run("", "check", "--config", path)
	require.Zero(t, code, errs)
	for _, line := range []string{"catalogue: ok\n", "store: ok\n", "feed hall1: ok\n", "channel edu1: ok\n"} {
		require.Contains(t, out, line)
	}
	index := filepath.Join(filepath.Dir(path), "data", "objects", "feeds", "hall1")
	require.NoError(t, os.MkdirAll(index, 0o750))
	write(t, filepath.Join(index, "head.json"), `{"next":1,"first":1,"last":1}`)
	require.NoError(t, os.MkdirAll(filepath.Join(index, "index"), 0o750))
	write(t, filepath.Join(index, "index", "1.idx"), "nonsense")
	code, out, errs = run("", "check", "--config", path)
	require.Equal(t, 1, code, out)
	require.Contains(t, out+errs, "feed hall1: ")
	require.Contains(t, errs, "podium check --repair")
}

func TestUsers(t *testing.T) {
	path := station(t, hall1)
	user := func(in string, args ...string) (int, string, string) {
		return run(in, append([]string{"user", "--config", path}, args...)...)
	}
	code, out, errs := user("", "list")
	require.Zero(t, code, errs)
	require.Empty(t, out)

	code, _, errs = user("short\n", "add", "li")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "password")
	code, _, errs = user("", "add", "li")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "no password on standard input")
	code, _, errs = user("correct horse battery\n", "add", "li")
	require.Zero(t, code, errs)
	code, _, errs = user("correct horse battery\n", "add", "wang", "--role", "admin")
	require.Zero(t, code, errs)
	code, _, errs = user("correct horse battery\n", "add", "li")
	require.Equal(t, 1, code)
	require.NotEmpty(t, errs)

	code, out, _ = user("", "list")
	require.Zero(t, code)
	require.Contains(t, out, "li\teditor\tenabled\n")
	require.Contains(t, out, "wang\tadmin\tenabled\n")

	code, _, errs = user("another horse battery\n", "passwd", "li")
	require.Zero(t, code, errs)
	code, _, errs = user("", "disable", "li")
	require.Zero(t, code, errs)
	_, out, _ = user("", "list")
	require.Contains(t, out, "li\teditor\tdisabled\n")
	code, _, errs = user("", "disable", "li", "--undo")
	require.Zero(t, code, errs)
	_, out, _ = user("", "list")
	require.Contains(t, out, "li\teditor\tenabled\n")

	for _, args := range [][]string{{"passwd", "nobody"}, {"disable", "nobody"}} {
		code, out, errs = user("correct horse battery\n", args...)
		require.Equal(t, 1, code)
		require.Empty(t, out)
		require.Contains(t, errs, "nobody")
	}
}

// TestServe runs the real thing: it reloads on SIGHUP and when its file changes, keeps the old configuration where the new
// one is wrong, and ends on SIGTERM.
func TestServe(t *testing.T) {
	path := station(t, hall1)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	var out, errs buffer
	done := make(chan int, 1)
	go func() {
		done <- command.Run([]string{"serve", "--config", path}, command.Environment{Out: &out, Err: &errs, In: strings.NewReader("")})
	}()
	logs := func(text string, times int) {
		t.Helper()
		require.Eventually(t, func() bool { return strings.Count(errs.String(), text) >= times }, 10*time.Second, 20*time.Millisecond,
			"%q not %d times in:\n%s%s", text, times, &out, &errs)
	}
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "setup http://") }, 15*time.Second, 20*time.Millisecond)
	require.Contains(t, out.String(), "ready http://127.0.0.1:")

	// Its own file says the same: nothing happens.
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
	logs("nothing changed", 1)

	// The file gets a channel more, by being written.
	write(t, path, string(before)+"  - {id: edu2, number: 2, name: 二, feed: hall1}\n")
	logs("configuration in force", 1)
	require.Contains(t, errs.String(), "channels_added=[edu2]")

	// A fault: what is in force stays.
	write(t, path, string(before)+"  - {id: edu2, number: 1, name: 二, feed: hall1}\n")
	logs("configuration not taken over, the one in force stays", 1)
	require.Contains(t, errs.String(), "channels[1].number")
	require.Equal(t, 1, strings.Count(errs.String(), "configuration in force"))

	// The way an editor saves: a new file renamed into its place.
	write(t, path+".new", string(before)+"log: {level: debug}\n")
	require.NoError(t, os.Rename(path+".new", path))
	logs("configuration in force", 2)
	require.Contains(t, errs.String(), "channels_removed=[edu2]")

	began := time.Now()
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGTERM))
	select {
	case code := <-done:
		require.Zero(t, code, errs.String())
	case <-time.After(10 * time.Second):
		t.Fatal("it does not stop")
	}
	require.Less(t, time.Since(began), 10*time.Second)
	require.Contains(t, errs.String(), "msg=stopped")
	require.NotContains(t, errs.String(), "level=ERROR msg=\"feed")
}

func TestServeSaysWhyItCannot(t *testing.T) {
	path := station(t, "feeds: []\n")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	write(t, path, strings.Replace(string(text), "data_dir: ", "data_dir: /dev/null", 1))
	code, out, errs := run("", "serve", "--config", path)
	require.Equal(t, 1, code)
	require.Empty(t, out)
	require.Contains(t, errs, "make data folder")
	require.Less(t, strings.Count(errs, "\n"), 5)
}
