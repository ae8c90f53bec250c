package testserver

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// BuildPodium builds the program at the root of the module into a folder, as releases are built, or with the race
// detector, and returns the path of the binary.
func BuildPodium(dir string, race bool) (string, error) {
	root, err := exec.CommandContext(context.Background(), "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	binary := filepath.Join(dir, "podium")
	args, cgo := []string{"build", "-o", binary}, "CGO_ENABLED=0"
	if race {
		binary += "-race"
		args, cgo = []string{"build", "-race", "-o", binary}, "CGO_ENABLED=1"
	}
	build := exec.CommandContext(context.Background(), "go", append(args, ".")...)
	build.Dir, build.Env = strings.TrimSpace(string(root)), append(os.Environ(), cgo)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build podium: %w\n%s", err, out)
	}
	return binary, nil
}

// Podium is the program as a process of its own, which a test starts, stops, kills and starts again.
type Podium struct {
	Binary string
	// Args are the command and its flags.
	Args []string
	// Env are variables, as KEY=value, beside a PATH. It defaults to none.
	Env []string

	// URL and Setup are what it printed behind `ready` and `setup`; Setup is empty where it printed none.
	URL, Setup string
	// Readied is when it printed `ready`.
	Readied time.Time

	//
	// private
	//

	t       testing.TB
	log     lockedBuffer
	process *os.Process
	state   *os.ProcessState
	exited  chan struct{}
}

// StartPodium starts a program and waits until it is ready. It is killed when the test ends, and its log is
// shown where the test failed. A log that holds a report of the race detector fails the test.
func StartPodium(t testing.TB, binary string, args ...string) *Podium {
	t.Helper()
	p := NewPodium(t, binary, args...)
	p.Start()
	return p
}

// NewPodium is StartPodium without the start.
func NewPodium(t testing.TB, binary string, args ...string) *Podium {
	t.Helper()
	p := &Podium{Binary: binary, Args: args, t: t}
	t.Cleanup(func() {
		p.Kill()
		log := p.Log()
		if t.Failed() {
			t.Logf("the log of podium %s:\n%s", strings.Join(args, " "), shortened(log))
		}
		if strings.Contains(log, "WARNING: DATA RACE") || strings.Contains(log, "panic:") {
			t.Errorf("podium raced or panicked:\n%s", shortened(log))
		}
	})
	return p
}

// maxShown bounds how much of a log a failed test shows.
const maxShown = 24 << 10

func shortened(log string) string {
	if len(log) <= maxShown {
		return log
	}
	return log[:maxShown/2] + "\n...\n" + log[len(log)-maxShown/2:]
}

// Start starts the process and waits until it says that it is ready.
func (p *Podium) Start() {
	p.t.Helper()
	said, err := p.launch()
	if err != nil {
		p.t.Fatalf("start podium: %v", err)
	}
	deadline := time.NewTimer(60 * time.Second)
	defer deadline.Stop()
	for {
		select {
		case line, open := <-said:
			if !open {
				<-p.exited
				p.t.Fatalf("podium ended before it was ready: %v\n%s", p.state, p.Log())
			}
			if url, ok := strings.CutPrefix(line, "ready "); ok {
				p.URL, p.Readied = url, time.Now()
				p.Setup = setupLink(said)
				go drain(said)
				return
			}
		case <-deadline.C:
			p.t.Fatalf("podium is not ready after a minute\n%s", p.Log())
		}
	}
}

// setupLink waits for the set-up link, which comes right behind `ready` where there is one.
func setupLink(said <-chan string) string {
	limit := time.NewTimer(300 * time.Millisecond)
	defer limit.Stop()
	for {
		select {
		case line, open := <-said:
			if link, ok := strings.CutPrefix(line, "setup "); ok || !open {
				return link
			}
		case <-limit.C:
			return ""
		}
	}
}

// drain keeps the process from blocking on what it prints.
func drain(lines <-chan string) {
	for range lines {
	}
}

// Run runs the program to its end and returns its exit code, what it printed, and its log.
func (p *Podium) Run(ctx context.Context) (code int, out, log string) {
	p.t.Helper()
	said, err := p.launch()
	if err != nil {
		p.t.Fatalf("start podium: %v", err)
	}
	var b strings.Builder
	for {
		select {
		case line, open := <-said:
			if open {
				b.WriteString(line + "\n")
				continue
			}
			<-p.exited
			p.process = nil
			return p.state.ExitCode(), b.String(), p.Log()
		case <-ctx.Done():
			p.t.Fatalf("podium %s does not end\n%s", strings.Join(p.Args, " "), p.Log())
		}
	}
}

// launch starts the process and returns the lines of its standard output.
func (p *Podium) launch() (<-chan string, error) {
	cmd := exec.CommandContext(context.Background(), p.Binary, p.Args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, p.Env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = &p.log
	// As for MinIO: the thread is kept, for the signal comes with its end.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	said := make(chan string, 256)
	started := make(chan error, 1)
	exited := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(exited)
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		var reading sync.WaitGroup
		reading.Go(func() { readLines(out, said) })
		reading.Wait()
		_ = cmd.Wait()
		p.state = cmd.ProcessState
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	p.process, p.exited = cmd.Process, exited
	return said, nil
}

func readLines(r io.Reader, lines chan<- string) {
	defer close(lines)
	for s := bufio.NewScanner(r); s.Scan(); {
		lines <- s.Text()
	}
}

// Kill ends the process at once, with SIGKILL, and waits for its end.
func (p *Podium) Kill() {
	if p.process == nil {
		return
	}
	_ = p.process.Kill()
	<-p.exited
	p.process = nil
}

// Stop ends the process as an operator would, with SIGTERM, and returns its exit code and how long it took. One that
// takes longer than 15 s fails the test.
func (p *Podium) Stop() (code int, took time.Duration) {
	p.t.Helper()
	if p.process == nil {
		return -1, 0
	}
	began := time.Now()
	_ = p.process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(15 * time.Second):
		p.t.Errorf("podium did not end within 15 s of SIGTERM")
		_ = p.process.Kill()
		<-p.exited
	}
	p.process = nil
	return p.state.ExitCode(), time.Since(began)
}

// Signal sends a signal to the process.
func (p *Podium) Signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.process.Signal(s); err != nil {
		p.t.Fatalf("signal %v to podium: %v", s, err)
	}
}

// PID is the process's id.
func (p *Podium) PID() int { return p.process.Pid }

// Log is what was logged so far, of all its runs.
func (p *Podium) Log() string { return p.log.String() }

// Get fetches a path of the server. The body is at most 64 MiB.
func (p *Podium) Get(path string) (status int, body []byte, header http.Header) {
	p.t.Helper()
	client := http.Client{Timeout: 20 * time.Second}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, p.URL+path, http.NoBody)
	if err != nil {
		p.t.Fatalf("get %s: %v", path, err)
	}
	res, err := client.Do(req)
	if err != nil {
		p.t.Fatalf("get %s: %v", path, err)
	}
	defer res.Body.Close()
	body, err = io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err != nil {
		p.t.Fatalf("get %s: %v", path, err)
	}
	return res.StatusCode, body, res.Header
}

// FreeAddress is an address on the loopback with a port that nobody listened at a moment ago.
func FreeAddress(t testing.TB) string {
	t.Helper()
	address, err := freeAddress()
	if err != nil {
		t.Fatalf("find a free port: %v", err)
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		t.Fatal(err)
	}
	return address
}

// FreeUDPAddress is an address on the loopback at whose port nobody received a moment ago.
func FreeUDPAddress(t testing.TB) string {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("find a free port: %v", err)
	}
	defer conn.Close()
	return conn.LocalAddr().String()
}
