package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/testserver"
)

// TestWrongConfiguration starts the server with files that have a mistake in them: one line says which file, line and
// column, what is there, and what was expected.
func TestWrongConfiguration(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		at   string   // line:column
		says []string // parts of the line
	}{
		"unknown key":       {"http:\n  lisen: \":80\"\n", "2:3", []string{"lisen"}},
		"not a duration":    {"packaging:\n  segment_target: 4 seconds\n", "2:19", []string{"packaging.segment_target", "4 seconds", "4s"}},
		"out of range":      {"packaging:\n  segment_target: 90s\n  live_window: 10m\n", "2:19", []string{"packaging.segment_target", "1m30s", "30s"}},
		"not a kind":        {"storage:\n  kind: ftp\n", "2:9", []string{"storage.kind", "ftp", "folder", "s3"}},
		"unknown feed":      {"channels:\n  - id: edu1\n    number: 1\n    name: 一\n    feed: hall9\n", "5:11", []string{"hall9"}},
		"feed twice":        {"feeds:\n  - id: a\n    input: rtsp://h/1\n  - id: a\n    input: rtsp://h/2\n", "4:9", []string{"a"}},
		"short stream key":  {"feeds:\n  - id: a\n    input: publish\n    stream_key: short\n", "4:17", []string{"stream_key", "12"}},
		"not YAML":          {"http:\n  listen: \"unfinished\n", "2:11", nil},
		"a list for a text": {"data_dir: [a, b]\n", "1:11", []string{"data_dir"}},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "podium.yaml")
			require.NoError(t, os.WriteFile(file, []byte(c.text), 0o600))
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			for _, command := range []string{"serve", "check"} {
				code, out, log := testserver.NewPodium(t, podiumBinary(t), command, "--config", file).Run(ctx)
				require.Equal(t, 1, code, log)
				require.Empty(t, out)
				require.Equal(t, 1, strings.Count(log, "\n"), "one line: %s", log)
				require.True(t, strings.HasPrefix(log, "podium: "+file+":"+c.at+": "), "expected it at %s: %s", c.at, log)
				for _, part := range c.says {
					require.Contains(t, log, part)
				}
				require.NotContains(t, log, ": short", "a secret does not get into a log")
			}
		})
	}
}
