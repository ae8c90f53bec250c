package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/testserver"
	"podium.tv/podium/testserver/relay"
)

// TestSRT publishes by SRT through a network that loses 5 % of the packets each way, and sends to a port of a feed's own. Strict viewers
// of both notice nothing; an encoder that does not know its key, or its passphrase, is turned away.
func TestSRT(t *testing.T) {
	t.Parallel()
	server, own := freeUDP(t), freeUDP(t)
	const config = `log: {level: debug}
http: {listen: %q, trusted_proxies: []}
rtsp: {listen: ""}
srt: {listen: %q, passphrase: ten-or-more, latency: 2s}
data_dir: %q
storage: {kind: folder}
packaging: {segment_target: 1s, live_window: 20s}
inputs: {allow_loopback: true}
feeds:
  - {id: hall1, input: publish, slate: off, stream_key: open-sesame-1}
  - {id: hall2, inputs: [{url: "srt://%s", passphrase: another-one}], slate: off}
channels:
  - {id: hall1, number: 1, name: 一号报告厅, feed: hall1}
  - {id: hall2, number: 2, name: 二号报告厅, feed: hall2}
`
	file := filepath.Join(t.TempDir(), "podium.yaml")
	_, ownPort, err := net.SplitHostPort(own)
	require.NoError(t, err)
	text := fmt.Sprintf(config, testserver.FreeAddress(t), server, t.TempDir(), ":"+ownPort)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	s := &servedPodium{t: t, config: file, Podium: testserver.NewPodium(t, racyBinary(t), "serve", "--config", file)}
	s.Start()

	bad := relay.Way{Drop: 0.05, Duplicate: 0.01, Reorder: 0.02, Delay: 5 * time.Millisecond}
	r := &relay.Relay{Target: server, There: bad, Back: bad, Seed: 4}
	require.NoError(t, r.Start())
	t.Cleanup(r.Close)

	wrongKey := s.pushSRT(t, r.Addr(), "streamid=publish:hall1:guess&passphrase=ten-or-more")
	require.Error(t, wrongKey.wait(t, 20*time.Second))
	s.awaitLog(5*time.Second, "hall1", "wrong stream key")
	wrongSecret := s.pushSRT(t, r.Addr(), "streamid=publish:hall1:open-sesame-1&passphrase=wrong-password")
	require.Error(t, wrongSecret.wait(t, 20*time.Second))
	require.Contains(t, wrongSecret.said.String(), "Incorrect passphrase")

	s.pushSRT(t, r.Addr(), "streamid=%23!::r=hall1,m=publish,s=open-sesame-1&passphrase=ten-or-more")
	s.pushSRT(t, own, "passphrase=another-one")
	var viewers []*watcher
	for _, id := range []string{"hall1", "hall2"} {
		s.awaitSegments(id, 3)
		viewers = append(viewers, watch(t, s.URL+"/live/"+id+"/mono.m3u8"))
	}
	for _, w := range viewers {
		w.awaitMore(t, 3, 40*time.Second)
		w.content(t)
		require.Empty(t, w.breaks(), w.url)
	}
	require.Empty(t, s.logged("did not come within the latency"), "what was lost came again in time")
	require.NotContains(t, s.Log(), "open-sesame-1")
	require.NotContains(t, s.Log(), "ten-or-more")
}

// pushSRT has ffmpeg push the lecture by SRT.
func (s *servedPodium) pushSRT(t *testing.T, to, query string) *pushing {
	t.Helper()
	p := &pushing{
		cmd: exec.Command(tool(t, "ffmpeg"), "-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", lecture, "-c", "copy",
			"-f", "mpegts", "srt://"+to+"?"+query),
		done: make(chan struct{}),
	}
	p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.said
	require.NoError(t, p.cmd.Start())
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); <-p.done })
	return p
}

// freeUDP is a UDP address that was free a moment ago, with a port that the kernel gives to nobody of itself.
func freeUDP(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000))
		c, err := net.ListenPacket("udp", address)
		if err == nil {
			_ = c.Close()
			return address
		}
	}
	require.FailNow(t, "no free port")
	return ""
}
