package udp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/ipv4"

	"podium.tv/podium/origin/input/udp"
	"podium.tv/podium/packager/media"
)

const (
	patience = 30 * time.Second
	often    = 20 * time.Millisecond
)

// taken is a receiver that keeps what it is given.
type taken struct {
	mutex    sync.Mutex
	tracks   []media.Track
	samples  []media.Sample
	of       []int
	warnings []string
}

func (r *taken) Describe(tracks []media.Track) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.tracks = append([]media.Track(nil), tracks...)
	return nil
}

func (r *taken) Sample(track int, s media.Sample) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.samples, r.of = append(r.samples, s), append(r.of, track)
}

func (r *taken) Warn(err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.warnings = append(r.warnings, err.Error())
}

func (r *taken) count() int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return len(r.samples)
}

// started is an input that runs.
type started struct {
	*taken
	input *udp.Input
	end   context.CancelFunc
	ended chan error
}

func start(t *testing.T, in *udp.Input) *started {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &started{taken: new(taken), input: in, end: cancel, ended: make(chan error, 1)}
	go func() { s.ended <- in.Run(ctx, s.taken) }()
	t.Cleanup(func() {
		cancel()
		<-s.ended
	})
	require.Eventually(t, func() bool {
		_, ok := in.Network()
		select {
		case err := <-s.ended:
			s.ended <- err
			require.NoError(t, err)
		default:
		}
		return ok
	}, patience, often)
	return s
}

// fails gives the error that an input ends with at once.
func fails(t *testing.T, in *udp.Input) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := in.Run(ctx, new(taken))
	require.Error(t, err)
	require.NotErrorIs(t, err, context.DeadlineExceeded)
	return err
}

// freePort is one that nobody listens at.
func freePort(t *testing.T) int {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).Port //nolint:errcheck,forcetypeassert // It is one.
}

// encode gives the transport stream that FFmpeg makes of a picture and a tone.
func encode(t testing.TB, more ...string) []byte {
	t.Helper()
	var out, log bytes.Buffer
	args := append([]string{
		"-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25", "-f", "lavfi", "-i", "sine=r=48000",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-c:a", "aac", "-t", "3",
	}, more...)
	cmd := exec.CommandContext(t.Context(), "ffmpeg", append(args, "-f", "mpegts", "-")...)
	cmd.Stdout, cmd.Stderr = &out, &log
	require.NoError(t, cmd.Run(), log.String())
	return out.Bytes()
}

// datagrams cuts a stream into sevens of packets.
func datagrams(ts []byte) [][]byte {
	var out [][]byte
	for len(ts) > 0 {
		n := min(len(ts), 7*188)
		out, ts = append(out, ts[:n]), ts[n:]
	}
	return out
}

// sender sends from a socket of its own; groups by the loopback interface.
type sender struct {
	*net.UDPConn
	to *net.UDPAddr
}

func newSender(t *testing.T, host string, port int) *sender {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	to := &net.UDPAddr{IP: net.ParseIP(host), Port: port}
	if to.IP.IsMulticast() {
		lo, err := net.InterfaceByName("lo")
		if err != nil {
			t.Skipf("no loopback interface called lo: %v", err)
		}
		p := ipv4.NewPacketConn(conn)
		require.NoError(t, p.SetMulticastInterface(lo))
		require.NoError(t, p.SetMulticastLoopback(true))
	}
	return &sender{conn, to}
}

// send sends slowly enough for the smallest buffer.
func (s *sender) send(t *testing.T, all ...[]byte) {
	t.Helper()
	for i, b := range all {
		_, err := s.WriteTo(b, s.to)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		require.NoError(t, err)
		if i%20 == 19 {
			time.Sleep(5 * time.Millisecond)
		}
	}
}

func TestUnicast(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	s := start(t, &udp.Input{URL: fmt.Sprintf("udp://:%d", port), ReadBuffer: 1 << 20})
	from := newSender(t, "127.0.0.1", port)
	from.send(t, datagrams(encode(t))...)
	require.Eventually(t, func() bool { return s.count() > 200 }, patience, often)
	n, ok := s.input.Network()
	require.True(t, ok)
	require.Equal(t, from.LocalAddr().String(), n.Peer)
	require.Zero(t, n.ContinuityError)
	require.Positive(t, n.Received)
	require.Len(t, s.tracks, 2)
	require.Empty(t, s.warnings)
	s.end()
	err := <-s.ended
	s.ended <- err
	require.ErrorIs(t, err, context.Canceled)
	_, ok = s.input.Network()
	require.False(t, ok)
}

// TestMulticast receives one of two groups at one port, and hears only the source that is asked for.
func TestMulticast(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{"any source": "", "source specific": "127.0.0.1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port := freePort(t)
			group, other := "239.255.71.1", "239.255.71.2"
			if source != "" {
				group, other = "232.71.0.1", "232.71.0.2"
			}
			one := start(t, &udp.Input{URL: "udp://@" + net.JoinHostPort(group, strconv.Itoa(port)), Interface: "lo", Source: source})
			two := start(t, &udp.Input{URL: "udp://" + net.JoinHostPort(other, strconv.Itoa(port)), Interface: "127.0.0.1", Source: source})
			newSender(t, group, port).send(t, datagrams(encode(t))...)
			require.Eventually(t, func() bool { return one.count() > 200 }, patience, often)
			n, _ := two.input.Network()
			require.Zero(t, n.Received)
		})
	}
}

func TestOtherSource(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	in := &udp.Input{URL: fmt.Sprintf("udp://127.0.0.1:%d", port), Source: "127.0.0.9", ReadTimeout: 2 * time.Second}
	s := start(t, in)
	newSender(t, "127.0.0.1", port).send(t, datagrams(encode(t))...)
	err := <-s.ended
	s.ended <- err
	require.ErrorContains(t, err, "but only 127.0.0.9 is listened to")
}

func TestRefused(t *testing.T) {
	t.Parallel()
	taken, err := net.ListenUDP("udp4", &net.UDPAddr{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	port := taken.LocalAddr().(*net.UDPAddr).Port //nolint:errcheck,forcetypeassert // It is one.
	for name, c := range map[string]struct {
		in   *udp.Input
		want string
	}{
		"no such interface":  {&udp.Input{URL: "udp://239.1.1.1:5000", Interface: "eth77"}, `no network interface has the name or the address "eth77": there is lo (127.0.0.1`},
		"port taken":         {&udp.Input{URL: fmt.Sprintf("udp://:%d", port)}, fmt.Sprintf("UDP port %d is taken", port)},
		"not ours":           {&udp.Input{URL: "udp://198.51.100.7:5000"}, "198.51.100.7 is no address of this machine: take udp://:5000"},
		"a name":             {&udp.Input{URL: "udp://head-end:5000"}, `got "head-end", which is no IP address`},
		"no port":            {&udp.Input{URL: "udp://239.1.1.1"}, "got no port"},
		"options in address": {&udp.Input{URL: "udp://239.1.1.1:5000?localaddr=1.2.3.4"}, "interface, source and program are keys beside the address"},
		"other kind":         {&udp.Input{URL: "udp://232.1.1.1:5000", Source: "fe80::1"}, "source: expected the IP address of the sender, of the same kind as 232.1.1.1"},
		"nobody sends":       {&udp.Input{URL: fmt.Sprintf("udp://127.0.0.1:%d", freePort(t)), ReadTimeout: time.Second}, "no datagram comes to udp://127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, fails(t, c.in), c.want)
		})
	}
}

// TestEncoders has FFmpeg send, by UDP and by RTP, each to an address of either kind.
func TestEncoders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ url, muxer, to string }{
		{"udp://127.0.0.1:%d", "mpegts", "udp://127.0.0.1:%d?pkt_size=1316"},
		{"rtp://127.0.0.1:%d", "rtp_mpegts", "rtp://127.0.0.1:%d"},
		{"udp://127.0.0.1:%d", "rtp_mpegts", "rtp://127.0.0.1:%d"},
		{"rtp://239.255.71.9:%d", "mpegts", "udp://239.255.71.9:%d?localaddr=127.0.0.1&ttl=0&pkt_size=18800"},
	} {
		t.Run(c.muxer+" to "+c.url, func(t *testing.T) {
			t.Parallel()
			port := freePort(t)
			s := start(t, &udp.Input{URL: fmt.Sprintf(c.url, port), Interface: "lo"})
			cmd := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-nostdin", "-re", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25",
				"-f", "lavfi", "-i", "sine=r=48000", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-c:a", "aac",
				"-t", "30", "-f", c.muxer, fmt.Sprintf(c.to, port))
			require.NoError(t, cmd.Start())
			t.Cleanup(func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			})
			require.Eventually(t, func() bool { return s.count() > 100 }, patience, often)
			n, _ := s.input.Network()
			if !strings.Contains(c.to, "18800") { // The first of datagrams so large is cut.
				require.Zero(t, n.Lost)
			}
			if c.muxer == "rtp_mpegts" {
				require.Positive(t, n.Jitter)
			}
			require.Len(t, s.tracks, 2)
		})
	}
}
