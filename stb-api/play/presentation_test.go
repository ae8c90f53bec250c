package play_test

import (
	"flag"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/playlist/strict"
	"podium.tv/podium/stb-api/play"
)

// followed is one view of a channel with all that its multivariant playlist lists, and its muxed forms.
type followed struct {
	a     *air
	view  string // in URLs, such as rewind-60
	live  bool
	lists map[string]*strict.Follower
	names []string
}

func follows(a *air, view string, live bool) *followed {
	f := &followed{a: a, view: view, live: live, lists: map[string]*strict.Follower{}}
	for _, stream := range []string{"1", "2", "iframe-1", "360p.1", "360p.2", "iframe-360p.2"} {
		f.names = append(f.names, view+"/"+stream+".m3u8")
	}
	for _, mono := range []string{"mono", "mono-360p"} {
		if view != "live" {
			mono += "-" + view
		}
		f.names = append(f.names, mono+".m3u8")
	}
	for _, name := range f.names {
		f.lists[name] = &strict.Follower{Live: live}
	}
	return f
}

// look fetches all lists at once: each must go on from what it was, and all must go together.
func (f *followed) look(t require.TestingT) {
	var lists []*strict.Playlist
	for _, name := range f.names {
		w := f.a.get(name)
		require.Equal(t, 200, w.Code, "%s: %s", name, w.Body)
		require.Empty(t, f.lists[name].Add(f.a.now, w.Body.Bytes()), "%s at %s:\n%s", name, f.a.now, w.Body)
		lists = append(lists, f.lists[name].Last())
	}
	require.Empty(t, strict.CheckAligned(lists...), f.view)
	for _, list := range lists[1:] {
		require.Equal(t, lists[0].MediaSequence, list.MediaSequence, f.view)
		require.Equal(t, lists[0].End(), list.End(), f.view)
	}
	index := f.view
	if index == "live" {
		index = "index"
	}
	w := f.a.get(index + ".m3u8")
	require.Equal(t, 200, w.Code, w.Body)
	master, err := strict.ParseMaster(w.Body.Bytes())
	require.NoError(t, err, w.Body)
	require.Empty(t, strict.CheckMaster(master), w.Body)
}

// fetch fetches all that the lists list now, and checks that gaps alone are missing.
func (f *followed) fetch(t require.TestingT, seen map[string]bool) {
	for _, name := range f.names {
		for _, s := range f.lists[name].Last().Segments {
			uris := []string{s.URI, s.Map}
			if s.Gap {
				uris = nil
			}
			for _, uri := range uris {
				uri = path.Join(path.Dir(name), uri)
				if strings.HasSuffix(uri, "/") || uri == path.Dir(name) || seen[uri] {
					continue
				}
				seen[uri] = true
				require.Equal(t, 200, f.a.get(uri).Code, "%s of %s", uri, name)
			}
			require.Empty(t, s.MapKey, "inits are in the clear")
			require.Equal(t, f.a.channel.Keys != nil, s.Key != "", name)
		}
	}
}

// TestAnyChannelInAnyView: whatever is put out, in any order, every view of every stream keeps its promises.
func TestAnyChannelInAnyView(t *testing.T) {
	rounds(t, 25) // Each puts minutes on the air.
	rapid.Check(t, func(rt *rapid.T) {
		a := newAir(t)
		a.small = "360p"
		if rapid.Bool().Draw(rt, "encrypted") {
			a.channel.Keys = &play.Keys{Secrets: [][]byte{[]byte(strings.Repeat("s", 32))}, Rotate: time.Minute}
		}
		a.away.Store(true) // All is in memory; the disk would take most of the time.
		a.run(2 * time.Minute)
		begin := a.now.Add(-time.Duration(rapid.IntRange(20, 100).Draw(rt, "begin")) * time.Second).Unix()
		views := []*followed{
			follows(a, "live", true), follows(a, fmt.Sprintf("rewind-%d", rapid.IntRange(30, 200).Draw(rt, "rewind")), true),
			follows(a, fmt.Sprintf("timeshift_rel-%d", rapid.IntRange(1, 60).Draw(rt, "delay")), true),
			follows(a, fmt.Sprintf("archive-%d-%d", begin, rapid.IntRange(1, 300).Draw(rt, "length")), false),
			follows(a, fmt.Sprintf("archive-%d-now", begin), false),
		}
		seen := map[string]bool{}
		for range rapid.IntRange(3, 8).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"on", "away", "parameters", "gap", "mute", "no key frames", "one size", "another source"}).Draw(rt, "what") {
			case "away":
				a.silence(time.Duration(rapid.IntRange(0, 200).Draw(rt, "for")) * time.Second)
			case "parameters":
				a.describe([]byte{0x68, 0xe9, 0x78, 0xf2, byte(rapid.IntRange(0xc8, 0xcf).Draw(rt, "parameters"))})
			case "gap":
				a.gap(4 * time.Second)
			case "mute":
				a.mute = !a.mute
			case "no key frames":
				a.noIDR = !a.noIDR
			case "one size":
				a.small = map[string]string{"": "360p", "360p": ""}[a.small]
			case "another source":
				a.silence(0)
				a.shift = time.Duration(rapid.IntRange(-9, 9).Draw(rt, "shift")) * time.Second
			}
			a.run(time.Duration(rapid.IntRange(1, 6).Draw(rt, "run")) * 4 * time.Second)
			for _, f := range views {
				f.look(rt)
			}
		}
		for _, f := range views {
			f.fetch(rt, seen)
		}
	})
}

// rounds sets how often rapid.Check tries in this test, if nobody says it on the command line.
func rounds(t *testing.T, n int) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	was := f.Value.String()
	if was != f.DefValue {
		return
	}
	require.NoError(t, f.Value.Set(strconv.Itoa(n)))
	t.Cleanup(func() { _ = f.Value.Set(was) })
}

var keyed = regexp.MustCompile(`-k[0-9a-f]{16}`)

func TestEncryptedNames(t *testing.T) {
	a := newAir(t)
	a.run(time.Minute)
	plain := a.playlist("mono.m3u8")
	a.channel.Keys = &play.Keys{Secrets: [][]byte{[]byte(strings.Repeat("s", 32))}, Rotate: time.Minute}
	a.run(2 * time.Minute)
	keys := map[string]bool{}
	for _, name := range []string{"mono.m3u8", "live/1.m3u8", "live/2.m3u8", "live/iframe-1.m3u8"} {
		for _, s := range a.playlist(name).Segments {
			uri := strings.TrimPrefix(s.URI, "../")
			require.Regexp(t, keyed, uri)
			require.Zero(t, a.get(uri).Body.Len()%16, "whole blocks")
			a.problem(a.get(keyed.ReplaceAllString(uri, "")), 404, "no such playlist or segment")
			a.problem(a.get(keyed.ReplaceAllString(uri, "-k0123456789abcdef")), 404, "no such playlist or segment")
			keys[s.Key] = true
		}
	}
	require.Greater(t, len(keys), 1, "they change")
	a.problem(a.get(plain.Segments[0].URI), 404, "no such playlist or segment")
	a.channel.Protected = true
	token := "~" + a.signer.Sign("edu1", time.Now().Add(time.Hour)) + "/"
	for key := range keys {
		_, uri, _ := strings.Cut(key, `URI="`)
		uri, _, _ = strings.Cut(uri, `"`)
		uri = strings.TrimPrefix(uri, "../")
		a.problem(a.get(uri), 403, "token")
		w := a.get(token + uri)
		require.Equal(t, 200, w.Code)
		require.Equal(t, 16, w.Body.Len())
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		a.problem(a.get(token+strings.Replace(uri, "key-0", "key-1", 1)), 404, "")
	}
	// Another channel, or another secret, has other keys under other names.
	a.problem(a.get(token+"key-0123456789abcdef.key"), 404, "")
	require.True(t, strings.HasSuffix(a.get(token+"live/1.m3u8").Body.String(), ".m4s\n"))
}

func TestDelayedView(t *testing.T) {
	a := newAir(t)
	a.run(5 * time.Minute)
	then := a.playlist("live/1.m3u8")
	a.run(time.Minute)
	a.silence(10 * time.Minute)
	was := a.playlist("timeshift_rel-660/1.m3u8").Segments
	require.True(t, was[len(was)-1].ProgramDateTime.Add(was[len(was)-1].Duration).Equal(signOn.Add(5*time.Minute)))
	// A segment is cut when the next one begins, so live came to the same a moment later.
	require.Equal(t, then.Segments[1].URI, was[0].URI, "as it was eleven minutes ago")
	require.Equal(t, then.Duration(), a.playlist("timeshift_rel-660/1.m3u8").Duration())
	require.Equal(t, a.playlist("live/1.m3u8").Segments, a.playlist("timeshift_rel-60/1.m3u8").Segments, "nothing came since")
	a.problem(a.get("timeshift_rel-3600.m3u8"), 404, "Nothing was on the air")
	a.problem(a.get("timeshift_rel-2000000.m3u8"), 404, "no longer kept")

	for path, want := range map[string]string{
		fmt.Sprintf("timeshift_abs-%d.m3u8", a.now.Add(-time.Minute).Unix()):      "timeshift_rel-60.m3u8",
		fmt.Sprintf("mono-timeshift_abs-%d.m3u8", a.now.Add(-time.Minute).Unix()): "mono-timeshift_rel-60.m3u8",
		fmt.Sprintf("timeshift_abs_video-%d.m3u8", a.now.Unix()):                  "mono.m3u8",
		fmt.Sprintf("timeshift_abs-%d.m3u8", a.now.Add(time.Hour).Unix()):         "index.m3u8",
	} {
		w := a.get(path)
		require.Equal(t, 302, w.Code)
		require.Equal(t, want, w.Header().Get("Location"))
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	}
	a.channel.Protected = true
	token := a.signer.Sign("edu1", time.Now().Add(time.Hour))
	w := a.get(fmt.Sprintf("timeshift_abs-%d.m3u8?token=%s", a.now.Add(-time.Minute).Unix(), token))
	require.Equal(t, "~"+token+"/timeshift_rel-60.m3u8", w.Header().Get("Location"))
}

// TestGoldenLadder has a channel of two sizes whose smaller one is away for a while, encrypted from a minute on.
func TestGoldenLadder(t *testing.T) {
	a := newAir(t)
	a.small = "360p"
	a.run(16 * time.Second)
	a.small = ""
	a.run(8 * time.Second)
	a.silence(0)
	a.small = "360p"
	a.run(20 * time.Second)
	a.golden("ladder-master", "index.m3u8")
	a.golden("ladder-picture", "live/360p.2.m3u8")
	a.golden("ladder-mono", "mono-360p.m3u8")
	a.golden("ladder-key-pictures", "live/iframe-1.m3u8")
	a.channel.Keys = &play.Keys{Secrets: [][]byte{[]byte(strings.Repeat("s", 32))}, Rotate: 30 * time.Second}
	a.run(4 * time.Second)
	a.golden("locked-picture", "live/1.m3u8")
	a.golden("locked-mono", "mono.m3u8")
	a.golden("delayed-sound", "timeshift_rel-12/2.m3u8")
}
