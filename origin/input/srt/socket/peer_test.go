package socket_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/srt/socket"
)

// program is a peer in a process of its own.
type program struct {
	command *exec.Cmd
	exited  chan struct{}

	mutex sync.Mutex
	said  bytes.Buffer
}

func (p *program) Write(b []byte) (int, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.said.Write(b)
}

func (p *program) log() string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.said.String()
}

func start(t *testing.T, name string, args ...string) *program {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed: scripts/install-packages.sh brings it", name)
	}
	p := &program{command: exec.Command(path, args...), exited: make(chan struct{})}
	p.command.Stdout, p.command.Stderr = p, p
	require.NoError(t, p.command.Start())
	go func() {
		_ = p.command.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		_ = p.command.Process.Kill()
		<-p.exited
		if t.Failed() {
			t.Logf("%s %v said:\n%s", name, args, p.log())
		}
	})
	return p
}

// freePort is a UDP port that was free a moment ago, and that the kernel gives to nobody of itself: those are from 32768 on.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 20000 + rand.IntN(12000)
		c, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = c.Close()
			return port
		}
	}
	require.FailNow(t, "no free port")
	return 0
}

// numbers sends datagrams that are numbered, as an encoder of about 4 Mb/s would, to srt-live-transmit's UDP side.
func numbers(ctx context.Context, to int) {
	c, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", to))
	if err != nil {
		return
	}
	defer c.Close()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	b := make([]byte, 1316)
	for n := uint32(0); ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for range 2 {
			n++
			binary.BigEndian.PutUint32(b, n)
			_, _ = c.Write(b)
		}
	}
}

// collect reads n numbers.
func collect(t *testing.T, c *socket.Conn, n int) []uint32 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	all := make([]uint32, 0, n)
	for len(all) < n {
		batch, err := c.Read(ctx)
		require.NoError(t, err, "after %d", len(all))
		for _, b := range batch {
			require.Len(t, b, 1316)
			all = append(all, binary.BigEndian.Uint32(b))
		}
	}
	return all
}

// whole wants every number to be one more than the one before.
func whole(t *testing.T, all []uint32) {
	t.Helper()
	for i := 1; i < len(all); i++ {
		require.Equal(t, all[i-1]+1, all[i], "at %d", i)
	}
}

func listen(t *testing.T, l *socket.Listener) *socket.Listener {
	t.Helper()
	l.Address = "127.0.0.1:0"
	require.NoError(t, l.Start())
	t.Cleanup(l.Close)
	return l
}

func call(t *testing.T, l *socket.Listener) *socket.Call {
	t.Helper()
	select {
	case c := <-l.Calls():
		return c
	case <-time.After(30 * time.Second):
		require.FailNow(t, "nobody called")
		return nil
	}
}

func address(port int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
}

func udpPort(t *testing.T, a string) int {
	t.Helper()
	at, err := netip.ParseAddrPort(a)
	require.NoError(t, err)
	return int(at.Port())
}

var interrupt = syscall.SIGINT
