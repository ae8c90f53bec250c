package main

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestUsage(t *testing.T) {
	before, err := usageOf(os.Getpid())
	require.NoError(t, err)
	require.Positive(t, before.memory)
	for began := time.Now(); time.Since(began) < 50*time.Millisecond; {
	}
	after, err := usageOf(os.Getpid())
	require.NoError(t, err)
	require.Greater(t, after.cpu, before.cpu)
	require.Less(t, after.cpu-before.cpu, 10*time.Second)
}

func TestUsageOfChildren(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "sleep", "20")
	require.NoError(t, cmd.Start())
	defer func() {
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait()
	}()
	require.Eventually(t, func() bool {
		children, err := childrenOf(os.Getpid())
		require.NoError(t, err)
		for _, child := range children {
			if child == cmd.Process.Pid {
				return true
			}
		}
		return false
	}, 5*time.Second, 10*time.Millisecond)
}

func TestLaunchTellsWhatWentWrong(t *testing.T) {
	_, err := launch(t.Context(), "ready", "sh", "-c", "echo no such file >&2; exit 3")
	require.ErrorContains(t, err, "no such file")
	p, err := launch(t.Context(), "ready", "sh", "-c", "echo hello; echo ready 1; exec sleep 20")
	require.NoError(t, err)
	require.NoError(t, p.alive())
	p.stop()
	require.Error(t, p.alive())
}
