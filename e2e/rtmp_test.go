package e2e_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/testserver"
)

// An encoder that pushes by RTMP is on the air, and the strictest viewer has nothing to say. The second channel is fetched from an
// RTMP server, which is an ffmpeg here.
func TestRTMP(t *testing.T) {
	rtmp, elsewhere := testserver.FreeAddress(t), testserver.FreeAddress(t)
	s := newServed(t, podiumBinary(t), served{
		feeds:    []string{"hall1"},
		sections: fmt.Sprintf("rtmp:\n  listen: %q\ninputs:\n  allow_loopback: true\n", rtmp),
		more:     fmt.Sprintf("  - {id: hall2, input: 'rtmp://%s/live/one', slate: off}\n", elsewhere),
		channels: "  - {id: hall1, number: 1, name: 频道1, feed: hall1}\n  - {id: hall2, number: 2, name: 频道2, feed: hall2}\n",
	})
	encoder(t, "-c", "copy", "-f", "flv", "-listen", "1", "rtmp://"+elsewhere+"/live/one")
	s.Start()
	pushed := encoder(t, "-c", "copy", "-f", "flv", "rtmp://"+rtmp+"/live/hall1?key="+url.QueryEscape(streamKey))
	var watchers []*watcher
	for _, channel := range []string{"hall1", "hall2"} {
		s.awaitSegments(channel, 2)
		watchers = append(watchers, watch(t, s.URL+"/live/"+channel+"/mono.m3u8"))
	}
	for i, channel := range []string{"hall1", "hall2"} {
		s.awaitSegments(channel, 5)
		require.Empty(t, watchers[i].finish(), channel)
	}
	pushed.stop(t)
	s.awaitLog(10*time.Second, "publisher ended", "protocol=rtmp", "feed=hall1")
	require.NotContains(t, s.Log(), url.QueryEscape(streamKey))
}
