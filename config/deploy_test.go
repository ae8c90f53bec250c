package config_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/config"
)

const annotated = "../deploy/podium.yaml"

// example matches a line of a commented-out entry of a list; prose has one space after the #.
var example = regexp.MustCompile(`(?m)^( *)#(-| {2})`)

func annotatedFile(t testing.TB) (asIs, withExamples string) {
	t.Helper()
	b, err := os.ReadFile(annotated)
	require.NoError(t, err)
	head, body, ok := strings.Cut(string(b), "\nstation:")
	require.True(t, ok)
	return string(b), head + "\nstation:" + example.ReplaceAllString(body, "$1$2")
}

func TestAnnotatedFileIsTheDefault(t *testing.T) {
	text, _ := annotatedFile(t)
	got, err := config.Load(annotated, nil)
	require.NoError(t, err)
	require.True(t, config.Diff(config.Default(), got).IsZero(), "%+v", config.Diff(config.Default(), got))
	parsed, err := config.Parse("podium.yaml", []byte(text), nil)
	require.NoError(t, err)
	require.True(t, config.Diff(got, parsed).IsZero())
}

// TestAnnotatedFileHasEveryKey walks the types, so that a key that is added without its documentation, or
// documented as something it is not, is found.
func TestAnnotatedFileHasEveryKey(t *testing.T) {
	asIs, text := annotatedFile(t)
	written := keysOf(asIs)
	for key, live := range keysOf(text) {
		written[key] = live
	}
	known := make(map[string]bool)
	walk(reflect.TypeFor[config.Config](), "", known)
	require.Equal(t, known, written)
}

func TestExamplesInAnnotatedFileHaveTheDefaults(t *testing.T) {
	_, text := annotatedFile(t)
	full, err := config.Parse("podium.yaml", []byte(text), nil)
	require.NoError(t, err)
	bare, err := config.Parse("podium.yaml", []byte(`
feeds:
  - {id: hall1, name: 第一讲堂, input: "rtsp://encoder1.example.org/live"}
  - {id: hall1-720, input: "rtsp://encoder1.example.org/live720", on_demand: true}
  - {id: hall2, input: publish, stream_key: "an example, make your own"}
  - id: hall3
    inputs:
      - {url: "rtsp://viewer@encoder3.example.org/live", name: 主编码器, password: correct horse}
      - {url: "srt://10.0.0.7:9000"}
      - {url: "udp://239.1.1.1:5000"}
      - {url: "https://portal.example.org/live.m3u8"}
channels:
  - {id: edu1, number: 1, name: 党员教育电视频道, group: 教育, feed: hall1, renditions: [{name: 720p, feed: hall1-720}]}
`), nil)
	require.NoError(t, err)
	require.Equal(t, bare.Feeds, full.Feeds)
	require.Equal(t, bare.Channels, full.Channels)
	require.Len(t, full.Hooks, 1)
}

// walk collects the leaves of a type: the path of each key, and whether it changes while running.
func walk(t reflect.Type, path string, into map[string]bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, ok := f.Tag.Lookup("yaml")
		if !ok {
			continue
		}
		key := strings.TrimPrefix(path+"."+name, ".")
		elem := f.Type
		if elem.Kind() == reflect.Slice {
			elem = elem.Elem()
		}
		if elem.Kind() == reflect.Struct && elem.NumField() > 0 && elem.Field(0).Tag.Get("yaml") != "" {
			walk(elem, key, into)
			continue
		}
		into[key] = f.Tag.Get("reload") == "live"
	}
}

var keyLine = regexp.MustCompile(`^( *)(- )?([a-z0-9_]+):(?: ([^#]*))?(# live)?`)

// keysOf reads the leaves of the annotated file by their indentation.
func keysOf(text string) map[string]bool {
	type level struct {
		indent int
		name   string
	}
	var open []level
	out := make(map[string]bool)
	for line := range strings.Lines(text) {
		m := keyLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			continue
		}
		indent := len(m[1]) + len(m[2])
		for len(open) > 0 && open[len(open)-1].indent >= indent {
			open = open[:len(open)-1]
		}
		open = append(open, level{indent, m[3]})
		if strings.TrimSpace(m[4]) == "" {
			continue
		}
		var path []string
		for _, l := range open {
			path = append(path, l.name)
		}
		out[strings.Join(path, ".")] = m[5] != ""
	}
	return out
}
