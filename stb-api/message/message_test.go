package message_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/message"
)

func TestEveryMessageIsInBothLanguages(t *testing.T) {
	raw, err := os.ReadFile("messages.json")
	require.NoError(t, err)
	var entries map[string]map[string]string
	require.NoError(t, json.Unmarshal(raw, &entries))
	require.NotEmpty(t, entries)
	placeholder := regexp.MustCompile(`\{\d+\}`)
	name := regexp.MustCompile(`^(error|tv|console|guide|screen|health)(\.[a-zA-Z0-9_-]+)+$`)
	for key, texts := range entries {
		require.Regexp(t, name, key)
		require.Len(t, texts, 2, key)
		held := map[string][]string{}
		for _, language := range []string{"zh", "en"} {
			text := texts[language]
			require.NotEmpty(t, strings.TrimSpace(text), "%s in %s", key, language)
			require.Equal(t, strings.TrimSpace(text), text, "%s in %s has space around it", key, language)
			found := placeholder.FindAllString(text, -1)
			slices.Sort(found)
			held[language] = slices.Compact(found)
		}
		require.Equal(t, held["zh"], held["en"], "%s: the placeholders differ", key)
	}
	require.Len(t, message.Keys(), len(entries))
}

// A key written twice would silently lose one of its texts, as JSON parsers keep the last.
func TestNoMessageIsWrittenTwice(t *testing.T) {
	raw, err := os.ReadFile("messages.json")
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^\s*"([a-z]+\.[^"]+)"\s*:`).FindAllStringSubmatch(string(raw), -1) {
		require.False(t, seen[match[1]], "%s is there twice", match[1])
		seen[match[1]] = true
	}
	require.Len(t, seen, len(message.Keys()), "one message a line, the key first")
}

func TestText(t *testing.T) {
	require.Equal(t, "这个地址不支持 PUT 方法。", message.Text(message.Chinese, "error.method", "PUT"))
	require.Equal(t, "This address does not take PUT.", message.Text(message.English, "error.method", "PUT"))
	require.Equal(t, "这个地址不支持 {1}{0} 方法。", message.Text("", "error.method", "{1}{0}"), "arguments are not read as templates")
	require.Equal(t, "no.such.key", message.Text(message.English, "no.such.key", 1))
	require.Equal(t, "This address does not take Not found.",
		message.Text(message.English, "error.method", message.Key("error.status.404")))
	require.True(t, message.Has("error.method"))
	require.False(t, message.Has("error.nothing"))
}

func TestNegotiate(t *testing.T) {
	for header, expected := range map[string]message.Language{
		"":                                    message.Chinese,
		"en":                                  message.English,
		"EN-gb":                               message.English,
		"zh-CN,zh;q=0.9,en;q=0.8":             message.Chinese,
		"en-US,en;q=0.9,zh-CN;q=0.8":          message.English,
		"en;q=0.5, zh;q=0.7":                  message.Chinese,
		"zh;q=0.2,en;q=0.3":                   message.English,
		"fr, de;q=0.5":                        message.Chinese,
		"fr, en;q=0.1":                        message.English,
		"*":                                   message.Chinese,
		"en, *;q=0.1":                         message.English,
		"zh;q=0, *":                           message.English,
		"en;q=0":                              message.Chinese,
		"en;q=2, zh;q=0.1":                    message.Chinese,
		"en;q=NaN":                            message.Chinese,
		"zh,en":                               message.Chinese,
		"en,zh":                               message.English,
		"en;level=1":                          message.Chinese,
		";;;,,,=;q":                           message.Chinese,
		strings.Repeat("fr,", 10000) + "en":   message.Chinese,
		strings.Repeat("\x00\xff;q=", 100000): message.Chinese,
	} {
		require.Equal(t, expected, message.Negotiate(header), "%.60q", header)
	}
}

func TestTag(t *testing.T) {
	require.Equal(t, "zh-CN", message.Language("").Tag())
	require.Equal(t, "zh-CN", message.Chinese.Tag())
	require.Equal(t, "en", message.English.Tag())
}
