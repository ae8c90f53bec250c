package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "podium.tv/podium"

// goPackage is what go list tells of a package; imports of tests are apart, because a test may know more.
type goPackage struct {
	ImportPath   string
	Name         string
	Doc          string // the first sentence
	GoFiles      []string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// room is the first folder of a package's path, and "main" for the program itself and what composes it.
func room(importPath string) string {
	rel, ours := strings.CutPrefix(importPath, module)
	if !ours || rel != "" && rel[0] != '/' {
		return ""
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(rel, "/"), "/")
	switch first {
	case "", "bench", "command", "config", "demo", "station":
		return "main"
	}
	return first
}

// floorOf is how high a room stands; a room may import rooms below it.
func floorOf(room string) (floor int, known bool) {
	floor = slices.IndexFunc([][]string{{"storage"}, {"packager", "epg"}, {"origin"}, {"stb-api"}, {"main"}}, func(rooms []string) bool {
		return slices.Contains(rooms, room)
	})
	return floor, floor >= 0
}

// only says who alone may import a module of others, and whether tests of anybody may.
type only struct {
	module string
	in     []string // packages of ours, with those below them; none is nobody
	tests  bool
}

func monopolies() []only {
	return []only{
		{"github.com/grafov/m3u8", []string{"packager/playlist"}, false},
		{"github.com/minio/minio-go", []string{"storage/object"}, false},
		{"github.com/bluenviron/gohlslib", []string{"bench/peer"}, true},
		{"github.com/chromedp", nil, true},
		{"github.com/stretchr/testify", []string{"testserver"}, true},
		{"pgregory.net/rapid", nil, true},
		{"github.com/labstack/echo", []string{"stb-api", "station"}, true},
		{"modernc.org/sqlite", []string{"storage/catalogue"}, false},
		{"github.com/jackc/pgx", []string{"storage/catalogue", "testserver"}, false},
	}
}

// faultOf is what is wrong with one package importing another, or nil.
func faultOf(from, to string, test bool) error {
	if inside(to, module) {
		return floorFault(from, to, test)
	}
	for _, m := range monopolies() {
		if !inside(to, m.module) || test && m.tests {
			continue
		}
		if !slices.ContainsFunc(m.in, func(p string) bool { return inside(from, module+"/"+p) }) {
			return fmt.Errorf("%s imports %s, which is for %v alone", from, to, m.in)
		}
	}
	return nil
}

func floorFault(from, to string, test bool) error {
	a, b := room(from), room(to)
	switch {
	case a == b:
		return nil
	case b == "testserver":
		if !test {
			return fmt.Errorf("%s imports %s, which is for tests", from, to)
		}
		return nil
	case a == "e2e" && test:
		return nil // It stands before the house, not in it.
	}
	above, known := floorOf(a)
	below, alsoKnown := floorOf(b)
	if !known || !alsoKnown {
		return fmt.Errorf("%s imports %s: the house has no room %q or %q", from, to, a, b)
	}
	if above <= below {
		return fmt.Errorf("%s imports %s, which is not below it", from, to)
	}
	return nil
}

// inside says whether a package is another or stands below it; the major version at a module's end counts as
// below.
func inside(pkg, parent string) bool { return pkg == parent || strings.HasPrefix(pkg, parent+"/") }

// nameFault refuses names that say nothing of what a package is for.
func nameFault(importPath string) error {
	for part := range strings.SplitSeq(importPath, "/") {
		switch part {
		case "util", "utils", "common", "helper", "helpers", "model", "models", "misc", "shared", "base", "lib":
			return fmt.Errorf("%s: %q does not say what the package is for", importPath, part)
		}
	}
	return nil
}

// docFault holds the rule that every package says in a sentence what it is.
func docFault(p goPackage) error {
	begin := "Package " + p.Name + " "
	if p.Name == "main" {
		begin = "Command " + path.Base(p.ImportPath) + " "
	}
	if !strings.HasPrefix(p.Doc, begin) || !strings.HasSuffix(p.Doc, ".") {
		return fmt.Errorf("%s: expected a package doc that begins with %q and ends with a full stop, got %q",
			p.ImportPath, begin, p.Doc)
	}
	return nil
}

// packages lists the packages of this module. Those that npm brought are not ours.
func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list",
		"-json=ImportPath,Name,Doc,GoFiles,Imports,TestImports,XTestImports", "./...").Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		require.FailNow(t, "go list", string(exit.Stderr))
	}
	require.NoError(t, err)
	var list []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if !strings.Contains(p.ImportPath, "/node_modules/") {
			list = append(list, p)
		}
	}
	require.NotEmpty(t, list)
	return list
}

func TestFloors(t *testing.T) {
	for _, p := range packages(t) {
		require.True(t, inside(p.ImportPath, module), p.ImportPath)
		for _, to := range p.Imports {
			noFault(t, faultOf(p.ImportPath, to, false))
		}
		tests := p.XTestImports
		if p.ImportPath != module { // keep_test.go names what is not imported yet.
			tests = append(tests, p.TestImports...)
		}
		for _, to := range tests {
			noFault(t, faultOf(p.ImportPath, to, true))
		}
		noFault(t, nameFault(p.ImportPath))
		if len(p.GoFiles) > 0 {
			noFault(t, docFault(p))
		}
	}
}

func noFault(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// The rules find what they are for: otherwise a slip in one would let everything through.

func TestFloorsFindFaults(t *testing.T) {
	for _, c := range []struct {
		from, to string
		test, ok bool
	}{
		{"", "stb-api/play", false, true},
		{"", "config", false, true},
		{"e2e", "storage/object", true, true},
		{"e2e", "storage/object", false, false},
		{"storage/object", "e2e", true, false},
		{"command", "storage/object", false, true},
		{"command", "config", false, true},
		{"demo", "stb-api", false, true},
		{"station", "stb-api/play", false, true},
		{"stb-api/play", "station", false, false},
		{"stb-api/play", "packager/timeline", false, true},
		{"stb-api/play", "stb-api/access", false, true},
		{"origin/feed", "epg", false, true},
		{"origin/feed", "packager/segment", false, true},
		{"packager/render", "packager/media", false, true},
		{"packager/timeline", "storage/object", false, true},
		{"epg/xmltv", "epg", false, true},
		{"epg", "storage/catalogue", false, true},
		{"storage/object", "testserver", true, true},
		{"storage/object", "testserver", false, false},
		{"testserver", "storage/object", false, false},
		{"stb-api/console", "config", false, false},
		{"stb-api/console", "", false, false},
		{"origin/feed", "stb-api/menu", false, false},
		{"packager/render", "origin/input", false, false},
		{"packager/timeline", "epg", false, false},
		{"epg", "packager/media", false, false},
		{"epg", "origin", true, false},
		{"storage/object", "packager/media", false, false},
		{"storage/object", "epg", true, false},
		{"attic", "storage/object", false, false},
		{"origin", "attic", false, false},
	} {
		err := faultOf(path.Join(module, c.from), path.Join(module, c.to), c.test)
		require.Equal(t, c.ok, err == nil, "%q imports %q, test %v: %v", c.from, c.to, c.test, err)
	}
}

func TestMonopoliesFindFaults(t *testing.T) {
	for _, c := range []struct {
		from, to string
		test, ok bool
	}{
		{"packager/playlist", "github.com/grafov/m3u8", false, true},
		{"packager/playlist", "github.com/grafov/m3u8", true, true},
		{"packager/timeline", "github.com/grafov/m3u8", false, false},
		{"packager/playlists", "github.com/grafov/m3u8", false, false},
		{"stb-api/play", "github.com/grafov/m3u8", true, false},
		{"storage/object", "github.com/minio/minio-go/v7", false, true},
		{"storage/object", "github.com/minio/minio-go/v7/pkg/lifecycle", false, true},
		{"storage/catalogue", "github.com/minio/minio-go/v7", false, false},
		{"command", "github.com/minio/minio-go/v7", true, false},
		{"packager/segment", "github.com/bluenviron/gohlslib/v2", false, false},
		{"packager/segment", "github.com/bluenviron/gohlslib/v2", true, true},
		{"packager/segment", "github.com/bluenviron/mediacommon/v2/pkg/codecs/h264", false, true},
		{"stb-api/play", "github.com/labstack/echo/v4", false, true},
		{"origin/feed", "github.com/labstack/echo/v4", false, false},
		{"config", "github.com/stretchr/testify/require", false, false},
		{"config", "github.com/stretchr/testify/require", true, true},
		{"config", "log/slog", false, true},
	} {
		err := faultOf(module+"/"+c.from, c.to, c.test)
		require.Equal(t, c.ok, err == nil, "%q imports %q, test %v: %v", c.from, c.to, c.test, err)
	}
}

func TestNamesAndDocsFindFaults(t *testing.T) {
	require.NoError(t, nameFault(module+"/packager/media"))
	for _, bad := range []string{"utils", "stb-api/common", "packager/helpers/x", "epg/models"} {
		require.Error(t, nameFault(module+"/"+bad), bad)
	}
	for doc, ok := range map[string]bool{
		"Package media is the vocabulary.": true,
		"Package media is the vocabulary":  false,
		"Package model is the vocabulary.": false,
		"":                                 false,
	} {
		err := docFault(goPackage{Name: "media", Doc: doc})
		require.Equal(t, ok, err == nil, "%q: %v", doc, err)
	}
	require.NoError(t, docFault(goPackage{ImportPath: module, Name: "main", Doc: "Command podium distributes lectures."}))
	require.Error(t, docFault(goPackage{ImportPath: module, Name: "main", Doc: "Package main is the program."}))
}
