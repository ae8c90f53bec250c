package mpegts_test

import (
	"bytes"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/mpegts"
	"podium.tv/podium/packager/media"
)

// Inputs of FFmpeg: a picture that moves and a tone.
var (
	picture = []string{"-f", "lavfi", "-i", "testsrc2=s=160x90:r=25"}
	tone    = []string{"-f", "lavfi", "-i", "sine=r=48000"}
	x264    = []string{"-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-bf", "2", "-pix_fmt", "yuv420p"}
)

func args(parts ...[]string) []string {
	var all []string
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func words(s ...string) []string { return s }

// encode gives the transport stream that FFmpeg makes.
func encode(t testing.TB, parts ...[]string) []byte {
	t.Helper()
	var out, log bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "ffmpeg", args(append([][]string{{"-v", "error", "-nostdin"}},
		append(parts, []string{"-f", "mpegts", "-"})...)...)...)
	cmd.Stdout, cmd.Stderr = &out, &log
	require.NoError(t, cmd.Run(), log.String())
	require.NotEmpty(t, out.Bytes())
	return out.Bytes()
}

// taken is a receiver that keeps what it is given.
type taken struct {
	descriptions [][]media.Track
	samples      []sample
	warnings     []string
	refuse       error
}

type sample struct {
	description, track int
	media.Sample
}

func (r *taken) Describe(tracks []media.Track) error {
	r.descriptions = append(r.descriptions, append([]media.Track(nil), tracks...))
	return r.refuse
}

func (r *taken) Sample(track int, s media.Sample) {
	r.samples = append(r.samples, sample{len(r.descriptions) - 1, track, s})
}

func (r *taken) Warn(err error) { r.warnings = append(r.warnings, err.Error()) }

// of gives the samples of a track of the last description.
func (r *taken) of(track int) []sample {
	var out []sample
	for _, s := range r.samples {
		if s.track == track && s.description == len(r.descriptions)-1 {
			out = append(out, s)
		}
	}
	return out
}

// codecs names the tracks of the last description.
func (r *taken) codecs() []string {
	if len(r.descriptions) == 0 {
		return nil
	}
	var out []string
	for _, t := range r.descriptions[len(r.descriptions)-1] {
		out = append(out, t.Codec.Name())
	}
	return out
}

// demux takes a whole stream.
func demux(t testing.TB, d *mpegts.Demuxer, parts ...[]byte) *taken {
	t.Helper()
	r := new(taken)
	d.Receiver = r
	for _, p := range parts {
		n, err := d.Write(p)
		require.NoError(t, err)
		require.Equal(t, len(p), n)
	}
	require.NoError(t, d.Tick(time.Now()))
	d.Close()
	return r
}

func TestCodecs(t *testing.T) {
	for name, c := range map[string]struct {
		args   []string
		tracks []string
		frame  int64 // of the sound, in samples
	}{
		"h264 and aac":  {args(picture, tone, x264, words("-c:a", "aac")), words("h264", "aac"), 1024},
		"h265 and latm": {args(picture, tone, words("-c:v", "libx265", "-x265-params", "log-level=none:keyint=25", "-c:a", "aac", "-mpegts_flags", "latm")), words("h265", "aac"), 1024},
		"layer II":      {args(tone, words("-c:a", "mp2")), words("mp2"), 1152},
		"layer III":     {args(tone, words("-c:a", "libmp3lame")), words("mp2"), 1152},
		"layer III lsf": {args(tone, words("-c:a", "libmp3lame", "-ar", "22050")), words("mp2"), 576},
		"ac3":           {args(tone, words("-c:a", "ac3")), words("ac3"), 1536},
		"eac3":          {args(tone, words("-c:a", "eac3")), words("eac3"), 1536},
		"eac3 for dvb":  {args(tone, words("-c:a", "eac3", "-mpegts_flags", "system_b")), words("eac3"), 1536},
		"ac3 for dvb":   {args(tone, words("-c:a", "ac3", "-mpegts_flags", "system_b")), words("ac3"), 1536},
		"opus":          {args(tone, words("-c:a", "libopus")), words("opus"), 960},
		"opus mono":     {args(tone, words("-c:a", "libopus", "-ac", "1")), words("opus"), 960},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ts := encode(t, c.args, words("-t", "3"))
			var d mpegts.Demuxer
			r := demux(t, &d, ts)
			require.Equal(t, c.tracks, r.codecs())
			require.Len(t, r.descriptions, 1)
			require.Empty(t, r.warnings)
			require.Zero(t, d.Errors())
			sound := r.of(len(c.tracks) - 1)
			rate := int64(r.descriptions[0][len(c.tracks)-1].Timescale)
			require.InDelta(t, 3*rate, int64(len(sound))*c.frame, float64(4*c.frame))
			for i, s := range sound[1:] {
				require.Equal(t, sound[i].DTS+c.frame, s.DTS, "frame %d", i)
			}
			if len(c.tracks) == 1 {
				return
			}
			pictures := r.of(0)
			require.Len(t, pictures, 75)
			require.True(t, pictures[0].Sync)
			for i, s := range pictures {
				require.Equal(t, pictures[0].DTS+int64(i)*3600, s.DTS)
				require.GreaterOrEqual(t, s.PTS, s.DTS)
			}
		})
	}
}
