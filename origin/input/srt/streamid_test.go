package srt_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/srt"
	"podium.tv/podium/origin/input/srt/socket"
)

func TestParseStreamID(t *testing.T) {
	for name, c := range map[string]struct {
		id        string
		feed, key string
		reason    socket.Reason
	}{
		"access control":                      {"#!::r=hall,m=publish,s=open-sesame", "hall", "open-sesame", 0},
		"in another order":                    {"#!::s=open-sesame,m=publish,r=hall", "hall", "open-sesame", 0},
		"with more than is needed":            {"#!::h=tv.example,t=stream,u=obs,r=hall,m=publish,s=k,x-cam=2", "hall", "k", 0},
		"without a mode":                      {"#!::r=hall,s=k", "hall", "k", 0},
		"the key as the user":                 {"#!::r=hall,m=publish,u=k", "hall", "k", 0},
		"nested":                              {"#!:{r=hall,m=publish,s=k}", "hall", "k", 0},
		"escaped values":                      {"#!::r=hall,m=publish,s=a%2Cb%3Dc%25", "hall", "a,b=c%", 0},
		"a percent sign that escapes nothing": {"#!::r=hall,m=publish,s=100%", "hall", "100%", 0},
		"= in the key":                        {"#!::r=hall,m=publish,s=YQ==", "hall", "YQ==", 0},
		"an encoder that escapes all":         {"%23!::r=hall,m=publish,s=k", "hall", "k", 0},
		"an encoder that escapes more":        {"%23!%3A%3Ar%3Dhall%2Cm%3Dpublish%2Cs%3Dk", "hall", "k", 0},
		"as for SRS":                          {"#!::r=live/hall?key=k,m=publish", "hall", "k", 0},
		"short":                               {"publish:hall:k", "hall", "k", 0},
		"short with a user":                   {"publish:hall:obs:k", "hall", "k", 0},
		"short without a key":                 {"publish:hall", "hall", "", 0},
		"short with the key as a query":       {"publish:hall?key=k", "hall", "k", 0},
		"plain":                               {"hall?key=k", "hall", "k", 0},
		"plain with slashes":                  {"/live/hall?key=a%20b&x=1", "hall", "a b", 0},
		"plain without a key":                 {"hall", "hall", "", 0},
		"nothing":                             {"", "", "", socket.BadRequest},
		"no feed":                             {"#!::m=publish,s=k", "", "", socket.BadRequest},
		"a wish to watch":                     {"#!::r=hall,m=request", "", "", socket.BadMode},
		"both ways":                           {"#!::r=hall,m=bidirectional", "", "", socket.BadMode},
		"a wish to read":                      {"read:hall:k", "", "", socket.BadMode},
		"a file":                              {"#!::r=hall,t=file,m=publish", "", "", socket.BadRequest},
		"a key without a value":               {"#!::r=hall,m", "", "", socket.BadRequest},
		"a key twice":                         {"#!::r=hall,r=attic", "", "", socket.BadRequest},
		"a form that is none":                 {"#!hall", "", "", socket.BadRequest},
		"nested and open":                     {"#!:{r=hall", "", "", socket.BadRequest},
		"many colons":                         {"publish:a:b:c:d", "", "", socket.BadRequest},
		"a broken query":                      {"hall?key=%zz", "", "", socket.BadRequest},
		"a broken escape":                     {"%23!::r=%zz", "", "", socket.BadRequest},
		"bytes that are no text":              {"hall\xff", "", "", socket.BadRequest},
		"a control character":                 {"hall\x01", "", "", socket.BadRequest},
		"one behind an escape":                {"%23!::r=a%00", "", "", socket.BadRequest},
		"as long as may be":                   {strings.Repeat("a", 512), strings.Repeat("a", 512), "", 0},
		"longer":                              {strings.Repeat("a", 513), "", "", socket.BadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := srt.ParseStreamID(c.id)
			if c.reason != 0 {
				var wrong *srt.StreamIDError
				require.ErrorAs(t, err, &wrong)
				require.Equal(t, c.reason, wrong.Reason)
				return
			}
			require.NoError(t, err)
			require.Equal(t, srt.StreamID{Feed: c.feed, Key: c.key}, got)
		})
	}
}

func FuzzParseStreamID(f *testing.F) {
	for _, seed := range []string{
		"#!::r=hall,m=publish,s=k", "#!:{r=hall}", "publish:hall:obs:k", "/live/hall?key=k", "%23!%3A%3Ar%3Dhall", "#!::s=%2", "\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := srt.ParseStreamID(s)
		if err != nil {
			var wrong *srt.StreamIDError
			if !errors.As(err, &wrong) || wrong.Reason == 0 || !utf8.ValidString(err.Error()) {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if got.Feed == "" {
			t.Fatalf("%q: no feed", s)
		}
	})
}
