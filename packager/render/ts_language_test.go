package render_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
)

// TestTransportStreamTellsLanguages has three languages of sound in one multiplex: old boxes offer them by the names in the
// program map (ISO 639 descriptors, ISO 13818-1 §2.6.18).
func TestTransportStreamTellsLanguages(t *testing.T) {
	ffprobe, err := exec.LookPath("ffprobe")
	if err != nil {
		t.Skip("ffprobe is not installed")
	}
	c := readClip(t, "h264-aac.ts")
	dolby := readClip(t, "ac3-eac3.ts").without(1)
	last := c.pieces[0][len(c.pieces[0])-1].DTS * 48 / 90
	for len(dolby.pieces[0]) > 0 && dolby.pieces[0][len(dolby.pieces[0])-1].DTS > last {
		dolby.pieces[0] = dolby.pieces[0][:len(dolby.pieces[0])-1]
	}
	second := c.init.Tracks[1]
	second.Language = "yue"
	c.init.Tracks = append(c.init.Tracks, second, dolby.init.Tracks[0])
	c.pieces = append(c.pieces, c.pieces[1], dolby.pieces[0])
	for i := range c.init.Tracks {
		c.init.Tracks[i].ID = i + 1
	}
	require.Equal(t, "en", c.init.Tracks[3].Language)
	require.IsType(t, &media.AC3{}, c.init.Tracks[3].Codec)

	file := filepath.Join(t.TempDir(), "languages.ts")
	require.NoError(t, os.WriteFile(file, bytes.Join(renderAll(t, c), nil), 0o600))
	out, err := exec.Command(ffprobe, "-v", "warning", "-show_entries", "stream=codec_name:stream_tags=language", "-of", "csv=p=0", "-select_streams", "a", file).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.True(t, bytes.HasSuffix(out, []byte("\n\naac,zho\naac,yue\nac3,eng\n")), "behind the program: %s", out)
}
