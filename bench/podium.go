package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"text/template"
	"time"

	"podium.tv/podium/stb-api/access"
)

// podium is the real program on free loopback ports, with a token-protected channel for each feed.
type podium struct {
	*process
	folder     string
	http, rtsp string // host:port
}

const streamKey = "bench-of-this-machine"

// No proxy is trusted: with the default, this machine is one, and a proxy's requests take the longer way.
var podiumConfig = template.Must(template.New("").Parse(`
http:
  listen: {{.HTTP}}
  trusted_proxies: []
rtsp:
  listen: {{.RTSP}}
packaging:
  live_window: 24s
data_dir: {{.Data}}
storage:
  cache: {max_bytes: {{.Cache}}}
log:
  level: warn
feeds:
{{- range .Numbers}}
  - {id: ch{{.}}, input: publish, slate: off, stream_key: {{$.Key}}}
{{- end}}
channels:
{{- range .Numbers}}
  - {id: ch{{.}}, number: {{.}}, name: Channel {{.}}, feed: ch{{.}}, access: token}
{{- end}}
`[1:]))

func build(ctx context.Context, pkg, out string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, text)
	}
	return nil
}

// startPodium runs the binary, which is built where it is empty, with n channels and a hot cache of so many bytes.
func startPodium(ctx context.Context, binary, folder string, n int, cache int64) (*podium, error) {
	if binary == "" {
		binary = filepath.Join(folder, "podium")
		if err := build(ctx, ".", binary); err != nil {
			return nil, err
		}
	}
	p := &podium{folder: folder}
	var err error
	if p.http, err = freeAddress(ctx); err != nil {
		return nil, err
	}
	if p.rtsp, err = freeAddress(ctx); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = podiumConfig.Execute(&text, map[string]any{
		"HTTP": p.http, "RTSP": p.rtsp, "Data": filepath.Join(folder, "data"), "Key": streamKey, "Numbers": numbers(n), "Cache": cache,
	})
	if err != nil {
		return nil, err
	}
	config := filepath.Join(folder, "podium.yaml")
	if err := os.WriteFile(config, text.Bytes(), 0o600); err != nil {
		return nil, err
	}
	p.process, err = launch(ctx, "ready ", binary, "serve", "--config", config)
	return p, err
}

// numbers are 1 to n.
func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i + 1
	}
	return all
}

// channel is the id of a channel and of its feed.
func channel(number int) string { return fmt.Sprintf("ch%d", number) }

// address is where a channel's encoder pushes to.
func (p *podium) address(channel string) string {
	return fmt.Sprintf("rtsp://%s/%s?key=%s", p.rtsp, channel, streamKey)
}

// token lets a viewer in to a channel for an hour.
func (p *podium) token(channel string) (string, error) {
	secrets, err := access.LoadSecret(filepath.Join(p.folder, "data", "playback.secret"))
	if err != nil {
		return "", err
	}
	signer := &access.Signer{Secrets: secrets}
	return signer.Sign(channel, time.Now().Add(time.Hour)), nil
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
