package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"text/template"
	"time"
)

// nginx is a real nginx on a free loopback port that serves a folder, tuned as its manual says for small and for large
// files.
type nginx struct {
	*process
	root, address string
}

var nginxConfig = template.Must(template.New("").Parse(`
{{- if .Root}}user root;{{end}}
worker_processes auto;
daemon off;
pid {{.Folder}}/nginx.pid;
error_log stderr error;
worker_rlimit_nofile 8192;
events {
  worker_connections 4096;
  multi_accept on;
}
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_timeout 75s;
  keepalive_requests 1000000000;
  open_file_cache max=1000 inactive=1h;
  open_file_cache_valid 1h;
  client_body_temp_path {{.Folder}}/body;
  proxy_temp_path {{.Folder}}/proxy;
  fastcgi_temp_path {{.Folder}}/fastcgi;
  uwsgi_temp_path {{.Folder}}/uwsgi;
  scgi_temp_path {{.Folder}}/scgi;
  types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; }
  server {
    listen {{.Address}} backlog=1024;
    root {{.Folder}}/www;
  }
}
`[1:]))

// errNoNginx says that nothing can be compared with.
var errNoNginx = errors.New("nginx is not installed (Debian: nginx-light)")

func startNginx(ctx context.Context, folder string) (*nginx, error) {
	binary, err := exec.LookPath("nginx")
	if err != nil {
		binary = "/usr/sbin/nginx" // Debian's place, which is not in everybody's PATH.
		if _, err := os.Stat(binary); err != nil {
			return nil, errNoNginx
		}
	}
	n := &nginx{root: filepath.Join(folder, "www")}
	if n.address, err = freeAddress(ctx); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = nginxConfig.Execute(&text, map[string]any{"Folder": folder, "Address": n.address, "Root": os.Geteuid() == 0})
	if err != nil {
		return nil, err
	}
	config := filepath.Join(folder, "nginx.conf")
	if err := errors.Join(os.MkdirAll(n.root, 0o700), os.WriteFile(config, text.Bytes(), 0o600)); err != nil {
		return nil, err
	}
	n.process, err = launch(ctx, "", binary, "-e", "stderr", "-p", folder, "-c", config)
	return n, err
}

// put writes what a URL path is to answer.
func (n *nginx) put(path string, body []byte) error {
	name := filepath.Join(n.root, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return os.WriteFile(name, body, 0o600)
}

// answers waits until nginx gives back the same bytes.
func (n *nginx) answers(ctx context.Context, path string, body []byte) error {
	var err error
	for range 50 {
		var got []byte
		if got, err = fetch(ctx, "http://"+n.address+path); err == nil {
			if !bytes.Equal(got, body) {
				return fmt.Errorf("nginx serves %d other bytes at %s, expected %d", len(got), path, len(body))
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-n.exited:
			return n.alive()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return err
}
