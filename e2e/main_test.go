package e2e_test

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/testserver"
)

// builds is where the binaries of this run are.
var builds string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "podium-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	builds = dir
	return m.Run()
}

var (
	plainBuild = sync.OnceValues(func() (string, error) {
		if given := os.Getenv("PODIUM_BINARY"); given != "" {
			return given, nil
		}
		return testserver.BuildPodium(builds, false)
	})
	raceBuild = sync.OnceValues(func() (string, error) { return testserver.BuildPodium(builds, true) })
)

// podiumBinary is the program as it is released, built once for all tests, or the one that PODIUM_BINARY names.
func podiumBinary(t testing.TB) string {
	t.Helper()
	binary, err := plainBuild()
	require.NoError(t, err)
	return binary
}

// racyBinary is the program with the race detector where the tests have it too.
func racyBinary(t testing.TB) string {
	t.Helper()
	if !raceEnabled {
		return podiumBinary(t)
	}
	binary, err := raceBuild()
	require.NoError(t, err)
	return binary
}

// full says whether everything has to be there and takes the time it takes.
func full() bool { return os.Getenv("PODIUM_TEST") == "full" }
