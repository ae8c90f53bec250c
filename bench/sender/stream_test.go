package sender

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRepetitionsGoOn: ffmpeg reads three repetitions one behind the other without a complaint.
func TestRepetitionsGoOn(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not here")
	}
	clip := filepath.Join(t.TempDir(), "clip.mp4")
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25",
		"-f", "lavfi", "-i", "sine=sample_rate=48000", "-t", "8", "-c:v", "libx264", "-g", "50", "-bf", "2", "-c:a", "aac", clip).CombinedOutput()
	require.NoError(t, err, "%s", out)
	s, err := Read(context.Background(), clip, 8*time.Second)
	require.NoError(t, err)
	var all []byte
	for n := range 3 {
		all = append(all, s.repetition(nil, n)...)
	}
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-v", "warning", "-f", "mpegts", "-i", "-", "-map", "0:v", "-c", "copy", "-f", "null", "-")
	cmd.Stdin = bytes.NewReader(all)
	out, err = cmd.CombinedOutput()
	require.NoError(t, err)
	require.Empty(t, string(out))
}
