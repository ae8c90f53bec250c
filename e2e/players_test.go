package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/playlist/strict"
	"podium.tv/podium/testserver"
)

// probed is what ffprobe tells of a playlist.
type probed struct {
	Streams []struct {
		Type      string `json:"codec_type"`
		Codec     string `json:"codec_name"`
		Width     int    `json:"width"`
		Frames    string `json:"nb_read_packets"`
		FrameRate string `json:"avg_frame_rate"`
	} `json:"streams"`
	Format struct {
		Duration string `json:"duration"`
	} `json:"format"`
}

// TestPlayers reads each view of a channel in both forms with ffprobe and decodes it with ffmpeg. Neither may have
// anything to say: not one error, not one warning.
func TestPlayers(t *testing.T) {
	t.Parallel()
	ffmpeg, ffprobe := tool(t, "ffmpeg"), tool(t, "ffprobe")
	p := testserver.StartPodium(t, podiumBinary(t), "demo", "--listen", "127.0.0.1:0", "--rtsp", "127.0.0.1:0", "--data", t.TempDir())
	// Players begin three segments before the end; breaks have a test of their own below.
	await(t, 60*time.Second, "live segments behind the demo's past", func() bool {
		list := mediaPlaylist(t, p, "/live/edu1/mono.m3u8")
		n := len(list.Segments)
		return n >= 5 && list.Segments[n-5].ProgramDateTime.After(p.Readied)
	})
	past, recent := lectureFrom(t, p, time.Now().Add(-26*time.Hour)), lectureFrom(t, p, time.Now().Add(-10*time.Minute))
	for name, c := range map[string]struct {
		view     string
		duration float64 // of a closed one, in seconds
		start    bool    // from its beginning
	}{
		"live":               {view: "index"},
		"live for old boxes": {view: "mono"},
		"rewind":             {view: "rewind-60"},
		"rewind, old boxes":  {view: "mono-rewind-60"},
		"archive":            {view: fmt.Sprintf("archive-%d-40", past), duration: 40},
		"archive, old boxes": {view: fmt.Sprintf("mono-archive-%d-40", past), duration: 40},
		"start-over":         {view: fmt.Sprintf("archive-%d-now", recent), start: true},
		"start-over, old":    {view: fmt.Sprintf("mono-archive-%d-now", recent), start: true},
	} {
		t.Run(name, func(t *testing.T) {
			url := p.URL + "/live/edu1/" + c.view + ".m3u8"
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			var said strings.Builder

			probe := exec.CommandContext(ctx, ffprobe, "-v", "warning", "-of", "json", "-show_streams", "-show_format", url)
			probe.Stderr = &said
			out, err := probe.Output()
			require.NoError(t, err, said.String())
			require.Empty(t, said.String(), "ffprobe has something to say")
			var found probed
			require.NoError(t, json.Unmarshal(out, &found))
			kinds := map[string]string{}
			for _, s := range found.Streams {
				kinds[s.Type] = s.Codec
				if s.Type == "video" {
					require.Equal(t, 1280, s.Width)
				}
			}
			require.Equal(t, map[string]string{"video": "h264", "audio": "aac"}, kinds)
			if c.duration > 0 {
				d, err := strconv.ParseFloat(found.Format.Duration, 64)
				require.NoError(t, err)
				require.InDelta(t, c.duration, d, 8.1, "whole segments around what was asked for")
			}

			// Ten seconds are decoded, picture and sound, as a player would from its first request on.
			said.Reset()
			args := []string{"-nostdin", "-v", "warning", "-xerror"}
			if c.start {
				args = append(args, "-live_start_index", "0")
			}
			args = append(args, "-i", url, "-t", "10", "-map", "0:v", "-map", "0:a", "-f", "framehash", "-hash", "adler32", "-")
			decode := exec.CommandContext(ctx, ffmpeg, args...)
			decode.Stderr = &said
			out, err = decode.Output()
			require.NoError(t, err, said.String())
			require.Empty(t, said.String(), "ffmpeg has something to say")
			frames := map[byte]int{}
			for line := range strings.Lines(string(out)) {
				if line[0] != '#' {
					frames[line[0]]++
				}
			}
			require.InDelta(t, 250, frames['0'], 3, "pictures in ten seconds")
			require.InDelta(t, 469, frames['1'], 4, "frames of sound in ten seconds")
		})
	}

	t.Run("over a break, old boxes", func(t *testing.T) {
		// From the demo's past into the live stream: other counters, and a clock that goes on.
		path := fmt.Sprintf("/live/edu1/mono-archive-%d-%d.m3u8", p.Readied.Add(-20*time.Second).Unix(), 30)
		var list []byte
		await(t, 60*time.Second, "a closed archive with a break in it", func() bool {
			_, list, _ = p.Get(path)
			return strings.Contains(string(list), "#EXT-X-ENDLIST")
		})
		require.Contains(t, string(list), "#EXT-X-DISCONTINUITY\n")
		parsed := mediaPlaylist(t, p, path)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		var said strings.Builder
		decode := exec.CommandContext(ctx, ffmpeg, "-nostdin", "-v", "warning", "-i", p.URL+path,
			"-map", "0:v", "-map", "0:a", "-f", "framehash", "-hash", "adler32", "-")
		decode.Stderr = &said
		out, err := decode.Output()
		require.NoError(t, err, said.String())
		require.Empty(t, said.String(), "ffmpeg has something to say")
		require.InDelta(t, 25*parsed.Duration().Seconds(), strings.Count(string(out), "\n0,"), 4, "pictures")
	})
}

// TestPlayerOutlivesTheEncoder lets ffmpeg watch live while the encoder goes away and comes back: it plays on, picture and
// sound, in both forms.
func TestPlayerOutlivesTheEncoder(t *testing.T) {
	t.Parallel()
	s := newServed(t, podiumBinary(t), served{feeds: []string{"hall1"}})
	s.Start()
	first, leave := context.WithCancel(context.Background())
	defer leave()
	s.publish(first, "hall1")
	s.awaitSegments("hall1", 5)
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	type player struct {
		form      string
		said, out strings.Builder
		done      chan error
	}
	players := []*player{{form: "index"}, {form: "mono"}}
	for _, p := range players {
		p.done = make(chan error, 1)
		watching := exec.CommandContext(ctx, tool(t, "ffmpeg"), "-nostdin", "-v", "error", "-i", s.URL+"/live/hall1/"+p.form+".m3u8",
			"-t", "24", "-map", "0:v", "-map", "0:a", "-f", "framehash", "-hash", "adler32", "-")
		watching.Stdout, watching.Stderr = &p.out, &p.said
		require.NoError(t, watching.Start())
		go func() { p.done <- watching.Wait() }()
	}
	viewer := watch(t, s.URL+"/live/hall1/mono.m3u8")
	viewer.awaitMore(t, 2, 20*time.Second)
	leave()
	viewer.awaitAway(t)
	s.publish(context.Background(), "hall1")
	for _, p := range players {
		require.NoError(t, <-p.done, "%s: %s", p.form, p.said.String())
		require.Empty(t, p.said.String(), "%s: ffmpeg has something to say", p.form)
		// Less what was not there while the encoder was away.
		require.Greater(t, strings.Count(p.out.String(), "\n0,"), 400, "%s: pictures", p.form)
		require.Greater(t, strings.Count(p.out.String(), "\n1,"), 750, "%s: frames of sound", p.form)
	}
	viewer.content(t)
	require.Len(t, viewer.breaks(), 1)
}

// mediaPlaylist fetches a media playlist, which has to be there.
func mediaPlaylist(t testing.TB, p *testserver.Podium, path string) *strict.Playlist {
	t.Helper()
	status, body, _ := p.Get(path)
	require.Equal(t, http.StatusOK, status, string(body))
	list, err := strict.ParseMedia(body)
	require.NoError(t, err)
	return list
}

// lectureFrom is when the lecture begins anew in the demo's past, at the soonest at an instant, in Unix seconds: for the
// rest of the lecture there is no break.
func lectureFrom(t testing.TB, p *testserver.Podium, from time.Time) int64 {
	t.Helper()
	list := mediaPlaylist(t, p, fmt.Sprintf("/live/edu1/mono-archive-%d-300.m3u8", from.Unix()))
	for i := range list.Segments {
		if s := &list.Segments[i]; i > 0 && s.Discontinuity {
			return s.ProgramDateTime.Add(time.Second - 1).Unix()
		}
	}
	t.Fatalf("the lecture never begins anew in the five minutes from %v", from)
	return 0
}
