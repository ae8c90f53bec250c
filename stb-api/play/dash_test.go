package play_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/abema/go-mp4"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/dash/strict"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/stb-api/play"
)

// manifest fetches an MPD that must be without fault.
func (a *air) manifest(path string, fields ...string) *strict.MPD {
	a.t.Helper()
	w := a.get(path, fields...)
	require.Equal(a.t, 200, w.Code, w.Body.String())
	require.Equal(a.t, "application/dash+xml", w.Header().Get("Content-Type"))
	require.Equal(a.t, "*", w.Header().Get("Access-Control-Allow-Origin"))
	m, err := strict.Parse(w.Body.Bytes())
	require.NoError(a.t, err, w.Body.String())
	require.Empty(a.t, strict.Check(m), w.Body.String())
	return m
}

// archived is the name of a catch-up view.
func archived(from time.Time, seconds int) string {
	return fmt.Sprintf("archive-%d-%d", from.Unix(), seconds)
}

// fetched gets all that a manifest lists, and checks that each segment begins when the manifest says: pictures to the
// tick, and sound within a frame or the time that pictures wait.
func (a *air) fetched(m *strict.MPD) (segments int) {
	a.t.Helper()
	for i := range m.Periods {
		for j := range m.Periods[i].Sets {
			for k := range m.Periods[i].Sets[j].Representations {
				r := &m.Periods[i].Sets[j].Representations[k]
				w := a.get(r.Init)
				require.Equal(a.t, 200, w.Code, r.Init)
				require.Equal(a.t, "ftyp", string(w.Body.Bytes()[4:8]))
				for _, s := range r.Segments {
					w := a.get(s.URI)
					require.Equal(a.t, 200, w.Code, s.URI)
					require.Contains(a.t, w.Header().Get("Cache-Control"), "immutable")
					at, first := int64(0), true
					require.NoError(a.t, segment.Samples(w.Body.Bytes(), func(sample segment.StoredSample) error {
						if first {
							at, first = sample.DTS+int64(sample.Offset), false
						}
						return nil
					}))
					if m.Periods[i].Sets[j].ContentType == "video" {
						require.Equal(a.t, s.Time, at, s.URI)
					} else {
						require.InDelta(a.t, s.Time, at, float64(r.Timescale)/8, s.URI)
					}
					segments++
				}
			}
		}
	}
	return segments
}

func (a *air) goldenManifest(name, path string) {
	a.t.Helper()
	w := a.get(path)
	require.Equal(a.t, 200, w.Code, w.Body.String())
	file := filepath.Join("testdata", name+".mpd")
	if *update || os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(a.t, os.WriteFile(file, w.Body.Bytes(), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(a.t, err)
	require.Equal(a.t, string(want), w.Body.String())
}

func TestManifests(t *testing.T) {
	a := newAir(t)
	a.run(2 * time.Minute)
	a.silence(10 * time.Second)
	a.run(28 * time.Second)
	for name, path := range map[string]string{
		"live": "index.mpd", "rewind": "rewind-90.mpd", "archive": archived(signOn.Add(61*time.Second), 30) + ".mpd",
		"over-a-break": archived(signOn.Add(110*time.Second), 40) + ".mpd", "start-over": fmt.Sprintf("archive-%d-now.mpd", signOn.Unix()+61),
	} {
		t.Run(name, func(t *testing.T) {
			a.t = t
			a.goldenManifest("dash-"+name, path)
			require.NotZero(t, a.fetched(a.manifest(path)))
		})
	}
	a.t = t
	archive := a.manifest(archived(signOn.Add(61*time.Second), 30) + ".mpd")
	require.True(t, archive.Static)
	require.Len(t, archive.Periods, 1)
	live := a.manifest("index.mpd")
	require.False(t, live.Static)
	require.Equal(t, "/api/v1/time", live.TimeURL)
	require.Len(t, live.Periods, 2)
	require.Equal(t, signOn.Add(130*time.Second), time.Unix(0, 0).UTC().Add(live.Periods[1].Start), "periods are on the wall clock")
	require.Equal(t, live.Periods[0].ID, live.Periods[1].Sets[0].Continues)
	// A closed view is without the pause, and begins at the second that was asked for.
	broken := a.manifest(archived(signOn.Add(110*time.Second), 40) + ".mpd")
	require.Len(t, broken.Periods, 2)
	require.Equal(t, 10*time.Second, broken.Periods[1].Start)
	require.Equal(t, int64(10+110)*90000, broken.Periods[0].Sets[0].Representations[0].Offset)
}

// A live manifest is followed over breaks, gaps, other pictures and a restart: whatever happens, it keeps its promises.
func TestManifestsAreFollowed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := newAir(t)
		a.run(10 * time.Second)
		paths := []string{"index.mpd", "rewind-120.mpd", fmt.Sprintf("archive-%d-now.mpd", signOn.Unix()), archived(signOn, 90) + ".mpd"}
		followers := make([]strict.Follower, len(paths))
		followers[2].Grows, followers[3].Grows = true, true
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			switch rapid.IntRange(0, 5).Draw(rt, "what") {
			case 0:
				a.silence(time.Duration(rapid.IntRange(1, 100).Draw(rt, "silence")) * time.Second)
				a.run(5 * time.Second)
			case 1:
				a.gap(4 * time.Second)
				a.run(5 * time.Second)
			case 2:
				a.describe(append(airPPS[:len(airPPS)-1:len(airPPS)-1], byte(rapid.IntRange(1, 3).Draw(rt, "parameters"))))
				a.run(5 * time.Second)
			default:
				a.run(time.Duration(rapid.IntRange(1, 60).Draw(rt, "seconds")) * time.Second)
			}
			for i, path := range paths {
				w := a.get(path)
				if w.Code == 404 && i == 3 {
					continue // It shows nothing yet.
				}
				require.Equal(rt, 200, w.Code, w.Body.String())
				if last := followers[i].Last(); last != nil && last.Static {
					continue
				}
				require.Empty(rt, followers[i].Add(a.now, w.Body.Bytes()), "%s: %s", path, w.Body.String())
			}
		}
		a.fetched(followers[1].Last())
	})
}

// Where a run began long ago, its period still begins there, whatever part of it is listed, and after a restart.
func TestPeriodsBeginWhereTheyBegan(t *testing.T) {
	a := newAir(t)
	a.run(150 * time.Minute)
	require.NoError(t, a.line.Flush(t.Context()))
	a.run(time.Minute)
	require.Greater(t, a.line.Tail().Entries[0].Seq, uint64(10), "the beginning has left the memory")
	for _, path := range []string{"index.mpd", "rewind-60.mpd", "rewind-5000.mpd"} {
		m := a.manifest(path)
		require.Len(t, m.Periods, 1)
		require.Equal(t, "p0", m.Periods[0].ID)
		require.Equal(t, signOn.Sub(time.Unix(0, 0)), m.Periods[0].Start)
		require.Equal(t, int64(900_000), m.Periods[0].Sets[0].Representations[0].Offset)
		require.Positive(t, m.Periods[0].Sets[0].Representations[0].Segments[0].Number)
	}
	long := a.manifest("rewind-5000.mpd")
	require.Equal(t, 200, a.get(long.Periods[0].Sets[0].Representations[0].Segments[0].URI).Code, "found by its number alone")
}

func TestManifestAnswers(t *testing.T) {
	a := newAir(t)
	a.run(10 * time.Minute)
	w := a.get("index.mpd")
	require.Equal(t, "public, max-age=1", w.Header().Get("Cache-Control"))
	require.NotEmpty(t, w.Header().Get("ETag"))
	require.Equal(t, 304, a.get("index.mpd", "If-None-Match: "+w.Header().Get("ETag")).Code)
	require.Equal(t, "gzip", a.get("index.mpd", "Accept-Encoding: gzip").Header().Get("Content-Encoding"))
	closed := archived(signOn.Add(time.Minute), 60) + ".mpd"
	require.Equal(t, "public, max-age=60", a.get(closed).Header().Get("Cache-Control"))
	seek := fmt.Sprintf("index.mpd?playseek=%d-%d", signOn.Unix()+60, signOn.Unix()+120)
	require.Equal(t, a.get(closed).Body.String(), a.get(seek).Body.String())
	require.Equal(t, 1, a.channel.Viewers(a.now))

	token := a.signer.Sign("edu1", time.Now().Add(time.Hour))
	a.channel.Protected = true
	a.problem(a.get("index.mpd"), 403, "token")
	a.problem(a.get("seg-n1-1.m4s"), 403, "token")
	listed := a.manifest("index.mpd?token=" + token).Periods[0].Sets[0].Representations[0]
	require.True(t, strings.HasPrefix(listed.Init, "~"+token+"/"), listed.Init)
	require.Equal(t, 200, a.get(listed.Segments[0].URI).Code)
	inPath := a.manifest("~" + token + "/index.mpd").Periods[0].Sets[0].Representations[0]
	require.False(t, strings.HasPrefix(inPath.Init, "~"))
	require.Equal(t, 200, a.get("~"+token+"/"+inPath.Segments[0].URI).Code)
	a.channel.Protected = false

	a.channel.Keys = &play.Keys{Secrets: [][]byte{make([]byte, 32)}}
	a.problem(a.get("index.mpd"), 404, "no DASH")
	a.problem(a.get(closed), 404, "HLS")
}

func TestNumberedSegments(t *testing.T) {
	a := newAir(t)
	a.run(time.Minute)
	e := a.line.Tail().Entries[3]
	want := a.get(fmt.Sprintf("seg-%d-3-1.m4s", e.Hour()))
	got := a.get("seg-n3-1.m4s")
	require.Equal(t, want.Body.String(), got.Body.String())
	for _, name := range []string{"seg-n3.ts", "seg-n3-1.ts", "seg-n3", "seg-n-1.m4s", "seg-n03-1.m4s", "seg-n3-0.m4s", "seg-n3-1-.m4s", "seg-nn3-1.m4s"} {
		require.Equal(t, 404, a.get(name).Code, name)
	}
	a.problem(a.get("seg-n99-1.m4s"), 404, "no longer kept")
	a.problem(a.get("seg-n3-720p.1.m4s"), 404, "no longer kept")
}

// Renditions of a run are representations of one set, each with an init and segments of its own.
func TestLadder(t *testing.T) {
	a := newAir(t)
	a.run(10 * time.Second)
	e := a.line.Prepare(*a.line.Tail().Last())
	e.Start, e.Time, e.Discontinuity = a.now, e.Time+e.Duration, true
	e.Also = []timeline.Rendition{{Name: "480p", Object: e.Object, Tracks: e.Tracks, Init: e.Init, Time: e.Time}}
	require.NoError(t, a.line.Append(e))
	m := a.manifest("index.mpd")
	p := m.Periods[len(m.Periods)-1]
	require.Len(t, p.Sets, 2)
	require.Len(t, p.Sets[0].Representations, 2)
	require.Equal(t, "480p.1", p.Sets[0].Representations[1].ID)
	require.Equal(t, p.Sets[0].Representations[0].Segments[0].Time, p.Sets[0].Representations[1].Segments[0].Time)
	require.Equal(t, 200, a.get(p.Sets[0].Representations[1].Segments[0].URI).Code)
}

// Times that are shifted are listed as they are put out.
func TestShiftedManifest(t *testing.T) {
	a := newAir(t)
	a.run(10 * time.Second)
	e := a.line.Prepare(*a.line.Tail().Last())
	e.Start, e.Discontinuity, e.Shift = a.now, true, time.Hour
	require.NoError(t, a.line.Append(e))
	m := a.manifest("index.mpd")
	r := m.Periods[len(m.Periods)-1].Sets[0].Representations[0]
	require.Equal(t, (e.Time+e.Shift).Microseconds()*90000/1e6, r.Segments[0].Time)
	body := a.get(r.Segments[0].URI).Body.Bytes()
	at := bytes.Index(body, []byte("tfdt"))
	require.EqualValues(t, r.Segments[0].Time, binary.BigEndian.Uint64(body[at+8:]))
}

// A manifest lists sound where there is none: the numbers of a period have no holes.
func TestManifestOfSilence(t *testing.T) {
	a := newAir(t)
	a.run(20 * time.Second)
	a.mute = true
	a.run(40 * time.Second)
	m := a.manifest("index.mpd")
	require.Len(t, m.Periods, 1)
	sound := m.Periods[0].Sets[1].Representations[0]
	mute := sound.Segments[len(sound.Segments)-1]
	body := a.get(mute.URI).Body.Bytes()
	require.Equal(t, "moof", string(body[4:8]))
	require.EqualValues(t, mute.Time, binary.BigEndian.Uint64(body[bytes.Index(body, []byte("tfdt"))+8:]))
	require.NoError(t, segment.Samples(body, func(segment.StoredSample) error { return errors.New("a sample") }))
	info, err := mp4.Probe(bytes.NewReader(body))
	require.NoError(t, err)
	require.Len(t, info.Segments, 1)
}

func TestTime(t *testing.T) {
	a := newAir(t)
	w := a.do("GET", play.TimeRoute)
	require.Equal(t, 200, w.Code)
	require.Equal(t, "2026-11-23T04:00:00.000Z", w.Body.String())
	require.Equal(t, "*", w.Header().Get("Access-Control-Allow-Origin"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
}
