package stbapi_test

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	stbapi "podium.tv/podium/stb-api"
	"podium.tv/podium/stb-api/access"
	"podium.tv/podium/stb-api/clients"
	"podium.tv/podium/stb-api/console"
	"podium.tv/podium/stb-api/menu"
	"podium.tv/podium/stb-api/message"
	"podium.tv/podium/stb-api/play"
	"podium.tv/podium/stb-api/web"
)

// whole is the server with all its slices, for looking at its routes.
func whole() *stbapi.Server {
	return &stbapi.Server{
		Slices: []stbapi.Slice{
			&play.Service{}, &menu.Menu{}, &clients.Clients{},
			&console.Console{Guard: &access.Guard{Sessions: &access.Sessions{}}},
		},
		Pages: web.Pages{Files: fstest.MapFS{
			"tv/index.html":      {Data: []byte("<!doctype html><title>tv</title>")},
			"console/index.html": {Data: []byte("<!doctype html><title>console</title>")},
			"assets/a.js":        {Data: []byte("'use strict'")},
		}},
	}
}

func TestSlicesFitTogether(t *testing.T) {
	table, err := whole().Routes()
	require.NoError(t, err)
	for _, path := range []string{
		"/live/:channel/*", "/playlist.m3u", "/epg/guide.xml", "/api/v1/channels", "/api/v1/console/session", "/tv/", "/console/", "/healthz",
	} {
		require.Condition(t, func() bool {
			for _, route := range table {
				if route.Path == path {
					return true
				}
			}
			return false
		}, path)
	}
}

// What can be changed is changed behind the console's guard, and nowhere else.
func TestNothingElseChangesAnything(t *testing.T) {
	table, err := whole().Routes()
	require.NoError(t, err)
	for _, route := range table {
		switch route.Method {
		case http.MethodGet, http.MethodHead, http.MethodOptions:
		default:
			require.True(t, strings.HasPrefix(route.Path, "/api/v1/console/"), "%s %s", route.Method, route.Path)
		}
	}
}

// Every message that the code of this room names is there to be shown.
func TestEveryKeyHasAMessage(t *testing.T) {
	key := regexp.MustCompile(`"(error\.[a-z0-9.-]*[a-z0-9])"`)
	seen := 0
	require.NoError(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == "node_modules" {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, match := range key.FindAllStringSubmatch(string(source), -1) {
			seen++
			require.True(t, message.Has(match[1]), "%s names %s, which is not in messages.json", path, match[1])
		}
		return nil
	}))
	require.Greater(t, seen, 50)
}
