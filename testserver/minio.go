package testserver

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// MinIO is a real MinIO server on a free loopback port, with random credentials and its data in a temporary folder.
type MinIO struct {
	Endpoint  string // http://127.0.0.1:PORT
	AccessKey string
	SecretKey string

	//
	// private
	//

	t       testing.TB
	binary  string
	address string
	home    string
	data    string
	output  lockedBuffer
	process *os.Process
	exited  chan struct{}
}

// StartMinIO starts a MinIO server and waits until it answers; it is stopped when the test ends.
// The binary is $PODIUM_TOOLS/minio, else bin/minio in Podium's cache folder. Where there is none the test is
// skipped, or fails where PODIUM_TEST is "full".
func StartMinIO(t testing.TB) *MinIO {
	t.Helper()

	binary := minioBinary()
	if _, err := os.Stat(binary); err != nil {
		if os.Getenv("PODIUM_TEST") == "full" {
			t.Fatalf("no MinIO server at %s: run scripts/install-tools.sh, or set PODIUM_TOOLS to the folder that holds minio", binary)
		}
		t.Skipf("no MinIO server at %s: run scripts/install-tools.sh, or set PODIUM_TOOLS to the folder that holds minio", binary)
	}

	m := &MinIO{
		AccessKey: "podium-" + randomHex(6),
		SecretKey: randomHex(20),
		t:         t,
		binary:    binary,
		home:      t.TempDir(),
		data:      t.TempDir(),
	}
	t.Cleanup(m.Kill)

	// Another process may take the port between our asking for a free one and MinIO's taking it.
	var err error
	for range 3 {
		m.address, err = freeAddress()
		if err != nil {
			t.Fatalf("find a free port: %v", err)
		}
		if err = m.start(); err == nil {
			m.Endpoint = "http://" + m.address
			return m
		}
		m.Kill()
	}
	t.Fatalf("start MinIO: %v\n%s", err, m.output.String())
	return nil
}

// Start brings the server back on the same port and data after Stop or Kill, and waits until it answers.
func (m *MinIO) Start() {
	m.t.Helper()
	if m.process != nil {
		return
	}
	if err := m.start(); err != nil {
		m.t.Fatalf("start MinIO again: %v\n%s", err, m.output.String())
	}
}

// Stop ends the server as an operator would, with SIGTERM, and waits for its end.
func (m *MinIO) Stop() {
	m.end(syscall.SIGTERM)
}

// Kill ends the server at once, with SIGKILL, and waits for its end.
func (m *MinIO) Kill() {
	m.end(syscall.SIGKILL)
}

// Freeze stops the server in its tracks: connections are taken by the kernel and nothing answers.
func (m *MinIO) Freeze() {
	m.t.Helper()
	m.signal(syscall.SIGSTOP)
	// The signal is on its way when kill returns; threads that run on other processors still answer for a moment.
	stopped := func() bool {
		stats, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", m.process.Pid))
		for _, stat := range stats {
			b, readErr := os.ReadFile(filepath.Clean(stat))
			_, state, found := strings.Cut(string(b), ") ")
			if readErr != nil || !found || !strings.HasPrefix(state, "T") {
				return false
			}
		}
		return err == nil && len(stats) > 0
	}
	for deadline := time.Now().Add(5 * time.Second); !stopped(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			m.t.Fatal("freeze MinIO: it goes on")
		}
	}
}

// Thaw lets a frozen server go on.
func (m *MinIO) Thaw() {
	m.t.Helper()
	m.signal(syscall.SIGCONT)
}

func (m *MinIO) signal(s syscall.Signal) {
	m.t.Helper()
	if m.process == nil {
		m.t.Fatalf("signal %v to MinIO: it does not run", s)
	}
	if err := m.process.Signal(s); err != nil {
		m.t.Fatalf("signal %v to MinIO: %v", s, err)
	}
}

func (m *MinIO) start() error {
	//nolint:noctx // A test's own tool, which ends with its test; see end.
	cmd := exec.Command(m.binary, "server", "--quiet", "--address", m.address, m.data)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + m.home,
		"MINIO_ROOT_USER=" + m.AccessKey,
		"MINIO_ROOT_PASSWORD=" + m.SecretKey,
		"MINIO_BROWSER=off",
		"MINIO_UPDATE=off",
	}
	cmd.Stdout = &m.output
	cmd.Stderr = &m.output
	// A killed test leaves no server behind. The signal is sent when the thread that started the process ends,
	// not the process, so that thread is kept until the server ends.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}

	started := make(chan error, 1)
	exited := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(exited)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	m.process = cmd.Process
	m.exited = exited
	return m.ready()
}

func (m *MinIO) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.address+"/minio/health/ready", http.NoBody)
		if err != nil {
			return err
		}
		res, err := client.Do(req)
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready on %s after 30 s", m.address)
		case <-m.exited:
			return fmt.Errorf("ended before it was ready on %s", m.address)
		case <-ticker.C:
		}
	}
}

func (m *MinIO) end(s syscall.Signal) {
	if m.process == nil {
		return
	}
	_ = m.process.Signal(s)
	_ = m.process.Signal(syscall.SIGCONT) // a frozen process does not see SIGTERM
	select {
	case <-m.exited:
	case <-time.After(10 * time.Second):
		_ = m.process.Kill()
		<-m.exited
	}
	m.process = nil
}

func minioBinary() string {
	if tools := os.Getenv("PODIUM_TOOLS"); tools != "" {
		return filepath.Join(tools, "minio")
	}
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		cache = filepath.Join(os.Getenv("HOME"), ".cache")
	}
	return filepath.Join(cache, "podium", "bin", "minio")
}

func freeAddress() (string, error) {
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	addr, ok := ln.Addr().(*net.TCPAddr)
	if !ok {
		return "", fmt.Errorf("listened on %v, expected a TCP address", ln.Addr())
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(addr.Port)), nil
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

// lockedBuffer keeps what a server prints, for the message of a failed test.
type lockedBuffer struct {
	mutex sync.Mutex
	buf   bytes.Buffer
}

// Write keeps p.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buf.Write(p)
}

// String returns what was written so far.
func (b *lockedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buf.String()
}
