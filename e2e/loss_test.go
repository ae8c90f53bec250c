package e2e_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/testserver"
)

// inNamespace tells the test that it runs in the network namespace that it asked for.
const inNamespace = "PODIUM_TEST_NAMESPACE"

// TestLossyNetwork publishes by SRT, RTP and RTSP over UDP in a network namespace of its own, whose firewall drops a share of all
// UDP packets. Whatever the share, the server lives, strict viewers find nothing wrong with a playlist, and all is well again
// once the network is; up to 5 % SRT loses nothing at all. PODIUM_SOAK=10m takes that long for each share.
func TestLossyNetwork(t *testing.T) {
	t.Parallel()
	if os.Getenv(inNamespace) == "" {
		inOwnNamespace(t)
		return
	}
	shares, each := []float64{5}, 6*time.Second
	if soak := os.Getenv("PODIUM_SOAK"); soak != "" {
		var err error
		each, err = time.ParseDuration(soak)
		require.NoError(t, err)
		shares = []float64{0.1, 1, 5, 20}
	}
	l := startLossy(t)
	srt := l.viewers["srt"]
	for _, share := range shares {
		lose(t, share)
		began := map[string]uint64{}
		for name, w := range l.viewers {
			began[name], _ = w.seen()
		}
		time.Sleep(each)
		srt.awaitMore(t, 1, 30*time.Second)
		for name, w := range l.viewers {
			end, _ := w.seen()
			t.Logf("%g %% lost: %d new segments by %s", share, end-began[name], name)
		}
		late := l.logged("did not come within the latency")
		t.Logf("%g %% lost: SRT says %q", share, late)
		if share <= 5 {
			require.Empty(t, late, "SRT recovers %g %%", share)
		}
	}
	lose(t, 0)
	for _, w := range l.viewers {
		w.awaitMore(t, 2, 90*time.Second)
		w.content(t)
	}
	if len(shares) == 1 {
		require.Empty(t, srt.breaks())
	}
}

// inOwnNamespace runs the test again in a network namespace, where it may do to the network what it likes.
func inOwnNamespace(t *testing.T) {
	t.Helper()
	for _, needed := range []string{"nft", "ip", "ffmpeg"} {
		tool(t, needed)
	}
	self, err := os.Executable()
	require.NoError(t, err)
	// A process that is not root is root of a user namespace of its own, where that is allowed.
	flags := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Getuid() != 0 {
		flags.Cloneflags |= syscall.CLONE_NEWUSER
		flags.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		flags.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	probe := exec.Command("nft", "-f", "-")
	probe.SysProcAttr, probe.Stdin = flags, strings.NewReader(ruleset(5))
	if out, err := probe.CombinedOutput(); err != nil {
		t.Skipf("this machine allows no network namespace with a firewall that drops at random: %v\n%s", err, out)
	}
	again := exec.Command(self, "-test.run=^TestLossyNetwork$", "-test.v", "-test.timeout=2h")
	again.SysProcAttr = flags
	again.Env = append(os.Environ(), inNamespace+"=1", "PODIUM_BINARY="+podiumBinary(t))
	out, err := again.CombinedOutput()
	t.Logf("in the namespace:\n%s", out)
	require.NoError(t, err)
}

// ruleset drops so many of a hundred UDP packets that come in.
func ruleset(share float64) string {
	return fmt.Sprintf(`flush ruleset
table inet loss {
	chain in {
		type filter hook input priority 0;
		meta l4proto udp numgen random mod 1000 < %d drop
	}
}
`, int(share*10))
}

func lose(t *testing.T, share float64) {
	t.Helper()
	nft := exec.Command(tool(t, "nft"), "-f", "-")
	nft.Stdin = strings.NewReader(ruleset(share))
	if share == 0 {
		nft.Stdin = strings.NewReader("flush ruleset\n")
	}
	out, err := nft.CombinedOutput()
	require.NoError(t, err, string(out))
}

// lossy is a server with three encoders that reach it by UDP, and a strict viewer of each.
type lossy struct {
	*servedPodium
	viewers map[string]*watcher
}

func startLossy(t *testing.T) *lossy {
	t.Helper()
	out, err := exec.Command(tool(t, "ip"), "link", "set", "lo", "up").CombinedOutput()
	require.NoError(t, err, string(out))
	const config = `log: {level: debug}
http: {listen: "127.0.0.1:8080", trusted_proxies: []}
rtsp: {listen: "127.0.0.1:8554", udp: "127.0.0.1:8000"}
srt: {listen: "127.0.0.1:8890", latency: 2s}
publish: {on_conflict: takeover}
data_dir: %q
storage: {kind: folder}
packaging: {segment_target: 1s, live_window: 20s}
feeds:
  - {id: srt, input: publish, slate: off, stream_key: open-sesame-1}
  - {id: rtsp, input: publish, slate: off, stream_key: open-sesame-1}
  - {id: rtp, input: "rtp://:5004", slate: off}
channels:
  - {id: srt, number: 1, name: 一, feed: srt}
  - {id: rtsp, number: 2, name: 二, feed: rtsp}
  - {id: rtp, number: 3, name: 三, feed: rtp}
`
	file := filepath.Join(t.TempDir(), "podium.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, config, t.TempDir()), 0o600))
	l := &lossy{viewers: map[string]*watcher{}}
	l.servedPodium = &servedPodium{t: t, config: file, Podium: testserver.NewPodium(t, podiumBinary(t), "serve", "--config", file)}
	l.Start()
	keepEncoding(t, "-f", "mpegts", "srt://127.0.0.1:8890?streamid=publish:srt:open-sesame-1")
	keepEncoding(t, "-f", "rtsp", "-rtsp_transport", "udp", "rtsp://publish:open-sesame-1@127.0.0.1:8554/rtsp")
	keepEncoding(t, "-f", "rtp_mpegts", "rtp://"+net.JoinHostPort("127.0.0.1", "5004"))
	for _, id := range []string{"srt", "rtsp", "rtp"} {
		l.awaitSegments(id, 3)
		l.viewers[id] = watch(t, l.URL+"/live/"+id+"/mono.m3u8")
	}
	return l
}

// keepEncoding pushes the lecture until the test ends; an encoder that gives up begins again after a second, as a service would.
func keepEncoding(t *testing.T, how ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	args := append([]string{"-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", lecture, "-c", "copy"}, how...)
	ffmpeg := tool(t, "ffmpeg")
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			_ = exec.CommandContext(ctx, ffmpeg, args...).Run()
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
}
