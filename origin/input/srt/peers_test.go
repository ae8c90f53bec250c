package srt_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/guard"
	"podium.tv/podium/origin/input/publish"
	"podium.tv/podium/origin/input/srt"
	"podium.tv/podium/packager/media"
)

// said collects what a program or a server says.
type said struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.text.Write(b)
}

func (s *said) String() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.text.String()
}

// program runs in the background until the test ends.
type program struct {
	said
	command *exec.Cmd
	exited  chan struct{}
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
		p.kill()
		if t.Failed() {
			t.Logf("%s %v said:\n%s", name, args, p)
		}
	})
	return p
}

func (p *program) kill() {
	_ = p.command.Process.Kill()
	<-p.exited
}

// h264 and h265 are an encoder's pictures and sound.
var (
	h264 = strings.Fields("-c:v libx264 -preset ultrafast -tune zerolatency -g 25")
	h265 = strings.Fields("-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=25:bframes=2")
)

// encode has ffmpeg send a test picture and a tone.
func encode(t *testing.T, to string, codec []string) *program {
	t.Helper()
	args := strings.Fields("-hide_banner -loglevel error -nostdin -re -f lavfi -i testsrc=size=320x180:rate=25 -f lavfi -i sine=440:sample_rate=48000")
	args = append(append(args, codec...), strings.Fields("-pix_fmt yuv420p -c:a aac -f mpegts")...)
	return start(t, "ffmpeg", append(args, to)...)
}

// recorder keeps what an input delivers.
type recorder struct {
	mutex    sync.Mutex
	tracks   []media.Track
	samples  map[int][]media.Sample
	warnings []string
}

func (r *recorder) Describe(tracks []media.Track) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.tracks = append([]media.Track(nil), tracks...)
	return nil
}

func (r *recorder) Sample(track int, s media.Sample) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.samples == nil {
		r.samples = make(map[int][]media.Sample)
	}
	r.samples[track] = append(r.samples[track], s)
}

func (r *recorder) Warn(err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.warnings = append(r.warnings, err.Error())
}

// codecs are the names of the described tracks' codecs.
func (r *recorder) codecs() string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var names []string
	for _, t := range r.tracks {
		names = append(names, t.Codec.Name())
	}
	return strings.Join(names, " ")
}

// least is the number of samples of the track that has fewest.
func (r *recorder) least() int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(r.tracks) == 0 {
		return 0
	}
	n := len(r.samples[0])
	for i := range r.tracks {
		n = min(n, len(r.samples[i]))
	}
	return n
}

func (r *recorder) warned() string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return strings.Join(r.warnings, "\n")
}

// sane checks that each track's decoding times rise without a hole of half a second.
func (r *recorder) sane(t *testing.T) {
	t.Helper()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for i, track := range r.tracks {
		for n := 1; n < len(r.samples[i]); n++ {
			step := r.samples[i][n].DTS - r.samples[i][n-1].DTS
			require.Positive(t, step, "sample %d of %s", n, track.Codec.Name())
			require.Less(t, step, int64(track.Timescale)/2, "sample %d of %s", n, track.Codec.Name())
		}
	}
}

// running is an input's Run in the background.
type running struct {
	recorder
	stop  context.CancelFunc
	ended chan error
}

func run(t *testing.T, in input.Input) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{stop: cancel, ended: make(chan error, 1)}
	go func() { r.ended <- in.Run(ctx, r) }()
	t.Cleanup(func() {
		cancel()
		if t.Failed() {
			t.Logf("warnings: %s", r.warned())
		}
	})
	return r
}

func (r *running) wait(t *testing.T) error {
	t.Helper()
	select {
	case err := <-r.ended:
		return err
	case <-time.After(30 * time.Second):
		require.FailNow(t, "the input does not end")
		return nil
	}
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 30*time.Second, 10*time.Millisecond, what)
}

// plays waits until both tracks bring something.
func (r *running) plays(t *testing.T, codecs string) {
	t.Helper()
	eventually(t, "it plays", func() bool { return r.least() >= 25 })
	require.Equal(t, codecs, r.codecs())
	r.sane(t)
}

// serve starts a server for feed hall with key open-sesame; the log is what it says.
func serve(t *testing.T, change func(*srt.Server)) (s *srt.Server, log *said) {
	t.Helper()
	log = new(said)
	l := slog.New(slog.NewTextHandler(log, nil))
	s = &srt.Server{
		Address: "127.0.0.1:0", Log: l,
		Desk: &publish.Desk{Keys: publish.StaticKeys{"hall": "open-sesame", "attic": "other"}, Log: l},
	}
	if change != nil {
		change(s)
	}
	require.NoError(t, s.Start())
	t.Cleanup(func() {
		s.Desk.Close()
		s.Close()
		if t.Failed() {
			t.Logf("the server said:\n%s", log)
		}
	})
	return s, log
}

func hall(s *srt.Server) *publish.Input { return &publish.Input{Desk: s.Desk, Feed: "hall"} }

func portOf(t *testing.T, address string) int {
	t.Helper()
	a, err := netip.ParseAddrPort(address)
	require.NoError(t, err)
	return int(a.Port())
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

func local(port int, query string) string { return fmt.Sprintf("srt://127.0.0.1:%d?%s", port, query) }

var loopback = &guard.Policy{AllowLoopback: true}
