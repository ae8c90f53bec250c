package e2e_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/testserver"
)

// TestUDP receives a multicast group and RTP at a port. Strict viewers of both notice nothing, and of an encoder that begins anew
// one discontinuity.
func TestUDP(t *testing.T) {
	t.Parallel()
	_, group, err := net.SplitHostPort(freeUDP(t))
	require.NoError(t, err)
	_, own, err := net.SplitHostPort(freeUDP(t))
	require.NoError(t, err)
	const config = `http: {listen: %q, trusted_proxies: []}
rtsp: {listen: ""}
data_dir: %q
storage: {kind: folder}
packaging: {segment_target: 1s, live_window: 20s}
feeds:
  - {id: hall1, inputs: [{url: "udp://@239.255.72.1:%s", interface: lo}], slate: off}
  - {id: hall2, input: "rtp://:%s", slate: off}
channels:
  - {id: hall1, number: 1, name: 一号报告厅, feed: hall1}
  - {id: hall2, number: 2, name: 二号报告厅, feed: hall2}
`
	file := filepath.Join(t.TempDir(), "podium.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, config, testserver.FreeAddress(t), t.TempDir(), group, own), 0o600))
	s := &servedPodium{t: t, config: file, Podium: testserver.NewPodium(t, racyBinary(t), "serve", "--config", file)}
	s.Start()

	s.pushTS(t, "mpegts", "udp://239.255.72.1:"+group+"?localaddr=127.0.0.1&ttl=0&pkt_size=1316")
	first := s.pushTS(t, "rtp_mpegts", "rtp://127.0.0.1:"+own)
	var viewers []*watcher
	for _, id := range []string{"hall1", "hall2"} {
		s.awaitSegments(id, 3)
		viewers = append(viewers, watch(t, s.URL+"/live/"+id+"/mono.m3u8"))
	}
	for _, w := range viewers {
		w.awaitMore(t, 2, 40*time.Second)
		require.Empty(t, w.breaks(), w.url)
	}
	first.stop(t)
	s.pushTS(t, "rtp_mpegts", "rtp://127.0.0.1:"+own)
	viewers[1].awaitMore(t, 3, 40*time.Second)
	viewers[1].content(t)
	require.Len(t, viewers[1].breaks(), 1)
	viewers[0].content(t)
	require.Empty(t, viewers[0].breaks())
}

// pushTS has ffmpeg send the lecture as MPEG-TS.
func (s *servedPodium) pushTS(t *testing.T, muxer, to string) *pushing {
	t.Helper()
	p := &pushing{
		cmd:  exec.Command(tool(t, "ffmpeg"), "-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", lecture, "-c", "copy", "-f", muxer, to),
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
