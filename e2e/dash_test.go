package e2e_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"podium.tv/podium/testserver"
)

// TestDASH plays MPDs with dash.js and with Shaka Player, in a page of another origin, all at once: live, and seeking in an
// archive, over a break, and from the beginning of what is still growing.
func TestDASH(t *testing.T) {
	p := testserver.StartPodium(t, podiumBinary(t), "demo", "--listen", "127.0.0.1:0", "--rtsp", "127.0.0.1:0", "--data", t.TempDir())
	page := startPlayers(t)
	await(t, 60*time.Second, "live segments behind the demo's past", func() bool {
		list := mediaPlaylist(t, p, "/live/edu1/mono.m3u8")
		n := len(list.Segments)
		return n >= 5 && list.Segments[n-3].ProgramDateTime.After(p.Readied)
	})
	past := lectureFrom(t, p, time.Now().Add(-26*time.Hour))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var group errgroup.Group
	for _, player := range []string{"dash.js", "shaka.js"} {
		for view, watch := range map[string]func(v *video) error{
			"index": func(v *video) error {
				r, err := v.plays(ctx, 12)
				if err == nil && r.Width != 1280 {
					err = fmt.Errorf("%s: the picture is %d wide", v.name, r.Width)
				}
				return err
			},
			fmt.Sprintf("archive-%d-120", past): func(v *video) error {
				r, err := v.plays(ctx, 5)
				// dash.js shows the last segment to its end, which may be behind the period's.
				if err == nil && (r.Duration < 119.9 || r.Duration > 124.1) {
					err = fmt.Errorf("%s: %.3f s long", v.name, r.Duration)
				}
				for _, at := range []float64{80, 20.5, 112} {
					if err == nil {
						err = v.seek(ctx, at, 3)
					}
				}
				if err == nil {
					r, err = v.plays(ctx, 1000)
				}
				if err == nil && !r.Ended {
					err = fmt.Errorf("%s has not ended: %+v", v.name, r)
				}
				return err
			},
			fmt.Sprintf("archive-%d-40", past-20): func(v *video) error { // The lecture begins anew in the middle of it.
				if _, err := v.plays(ctx, 2); err != nil {
					return err
				}
				return v.seek(ctx, 13, 14)
			},
			fmt.Sprintf("archive-%d-now", time.Now().Add(-10*time.Minute).Unix()): func(v *video) error {
				if _, err := v.plays(ctx, 3); err != nil {
					return err
				}
				return v.seek(ctx, 100, 8)
			},
		} {
			group.Go(func() error {
				v, err := page.open(player+" "+view, player, p.URL+"/live/edu1/"+view+".mpd")
				if err != nil {
					return err
				}
				defer v.close()
				return watch(v)
			})
		}
	}
	require.NoError(t, group.Wait())
}
