package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// The credentials of a MinIO that lives for a measurement, on the loopback alone.
const (
	minioUser = "podium-bench"
	minioWord = "of this machine alone"
)

// minio is a real MinIO on a free loopback port, or nil where its program is not there.
type minio struct {
	*process
	endpoint string
}

func startMinIO(ctx context.Context, folder string) (*minio, error) {
	tools := os.Getenv("PODIUM_TOOLS")
	if tools == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, err
		}
		tools = filepath.Join(cache, "podium", "bin")
	}
	binary := filepath.Join(tools, "minio")
	if _, err := os.Stat(binary); err != nil {
		return nil, nil //nolint:nilerr,nilnil // It is measured without.
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{"MINIO_ROOT_USER": minioUser, "MINIO_ROOT_PASSWORD": minioWord, "MINIO_UPDATE": "off"} {
		if err := os.Setenv(name, value); err != nil {
			return nil, err
		}
	}
	m := &minio{endpoint: "http://" + address}
	if m.process, err = launch(ctx, "", binary, "server", "--quiet", "--address", address, folder); err != nil {
		return nil, err
	}
	for began := time.Now(); ; {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, m.endpoint+"/minio/health/live", http.NoBody)
		if err != nil {
			return nil, err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return m, nil
			}
		}
		if time.Since(began) > 30*time.Second {
			m.stop()
			return nil, fmt.Errorf("minio does not answer\n%s", m.tail())
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return nil, err
		}
	}
}
