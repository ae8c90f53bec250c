package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/testserver"
)

// TestDASH plays MPDs with dash.js and with Shaka Player, in a page of another origin.
func TestDASH(t *testing.T) {
	t.Parallel()
	p := testserver.StartPodium(t, podiumBinary(t), "demo", "--listen", "127.0.0.1:0", "--rtsp", "127.0.0.1:0", "--data", t.TempDir())
	page := startPlayers(t)
	await(t, 60*time.Second, "live segments behind the demo's past", func() bool {
		list := mediaPlaylist(t, p, "/live/edu1/mono.m3u8")
		n := len(list.Segments)
		return n >= 5 && list.Segments[n-3].ProgramDateTime.After(p.Readied)
	})
	past := lectureFrom(t, p, time.Now().Add(-26*time.Hour))
	for _, player := range []string{"dash.js", "shaka.js"} {
		for name, test := range map[string]struct {
			view  string
			watch func(t *testing.T, v *video)
		}{
			"live": {"index", func(t *testing.T, v *video) {
				r := v.plays(12, 40*time.Second)
				require.Equal(t, 1280, r.Width)
			}},
			"archive": {fmt.Sprintf("archive-%d-120", past), func(t *testing.T, v *video) {
				r := v.plays(5, 20*time.Second)
				require.InDelta(t, 120, r.Duration, 0.1)
				for _, at := range []float64{80, 20.5, 112} {
					v.seek(at)
					r = v.plays(4, 20*time.Second)
					require.InDelta(t, at+4, r.At, 3)
				}
				v.plays(1000, 20*time.Second)
				require.True(t, v.report().Ended)
			}},
			"over a break": {fmt.Sprintf("archive-%d-40", past-20), func(t *testing.T, v *video) {
				v.plays(2, 20*time.Second)
				v.seek(13)
				r := v.plays(14, 40*time.Second)
				require.Greater(t, r.At, 25.0)
			}},
			"start-over": {fmt.Sprintf("archive-%d-now", time.Now().Add(-10*time.Minute).Unix()), func(t *testing.T, v *video) {
				v.plays(3, 30*time.Second)
				v.seek(100)
				r := v.plays(8, 30*time.Second)
				require.InDelta(t, 108, r.At, 5)
			}},
		} {
			t.Run(strings.TrimSuffix(player, ".js")+" "+name, func(t *testing.T) {
				v := page.play(t, player, p.URL+"/live/edu1/"+test.view+".mpd", nil)
				test.watch(t, v)
				t.Logf("%+v", v.report())
			})
		}
	}
}
