package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
	past := time.Now().Add(-26 * time.Hour).Unix()
	// A minute and a half behind the start of the stream: all of it is of the demo's past, then live.
	recent := time.Now().Add(-90 * time.Second).Unix()
	await(t, 60*time.Second, "some live segments behind the past", func() bool {
		_, body, _ := p.Get("/live/edu1/mono-archive-" + strconv.FormatInt(recent, 10) + "-now.m3u8")
		return strings.Count(string(body), "#EXTINF") > 24
	})
	for name, c := range map[string]struct {
		view     string
		duration float64 // of a closed one, in seconds
		start    bool    // from its beginning
	}{
		"live":               {view: "index"},
		"live for old boxes": {view: "mono"},
		"rewind":             {view: "rewind-60"},
		"rewind, old boxes":  {view: "mono-rewind-60"},
		"archive":            {view: fmt.Sprintf("archive-%d-60", past), duration: 60},
		"archive, old boxes": {view: fmt.Sprintf("mono-archive-%d-60", past), duration: 60},
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
}
