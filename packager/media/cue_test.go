package media_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/media"
)

func TestCuesReadBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var cues []media.Cue
		for range rapid.IntRange(0, 4).Draw(rt, "cues") {
			start := rapid.Int64Range(-1<<40, 1<<40).Draw(rt, "start")
			cues = append(cues, media.Cue{
				ID: rapid.String().Draw(rt, "id"), Settings: rapid.String().Draw(rt, "settings"), Text: rapid.String().Draw(rt, "text"),
				Start: start, End: start + rapid.Int64Range(0, 1<<30).Draw(rt, "length"),
			})
		}
		got, err := media.ReadCues(nil, media.AppendCues(nil, cues), 7)
		require.NoError(rt, err)
		require.Equal(rt, cues, got)
	})
}

func TestCuesOfOthers(t *testing.T) {
	b := []byte("\x00\x00\x00\x1evttc\x00\x00\x00\x0aidenNo\x00\x00\x00\x0cpayltext")
	got, err := media.ReadCues([]media.Cue{{ID: "before"}}, b, 900)
	require.NoError(t, err)
	require.Equal(t, []media.Cue{{ID: "before"}, {ID: "No", Text: "text", End: 900}}, got)
}

func TestCuesRefused(t *testing.T) {
	many := make([]media.Cue, media.MaxCues+1)
	for name, b := range map[string][]byte{
		"no box":           []byte("vttc"),
		"a box too long":   []byte("\x00\x00\x00\x09vttc"),
		"a box too short":  []byte("\x00\x00\x00\x07vttc"),
		"a cut box inside": []byte("\x00\x00\x00\x0cvttcpayl"),
		"too many":         media.AppendCues(nil, many),
		"too large":        media.AppendCues(nil, []media.Cue{{Text: string(make([]byte, 1<<16))}}),
		"an end too early": media.AppendCues(nil, []media.Cue{{Start: 5, End: 4}}),
		"an endless cue":   media.AppendCues(nil, []media.Cue{{End: 1 << 60}}),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := media.ReadCues(nil, b, 1)
			require.ErrorIs(t, err, media.ErrBadCue)
		})
	}
}

func TestCueSample(t *testing.T) {
	s := media.CueSample(9000, 1800, media.Cue{Text: "hello"})
	require.EqualValues(t, 9000, s.PTS)
	got, err := media.ReadCues(nil, s.Units[0], 0)
	require.NoError(t, err)
	require.Equal(t, []media.Cue{{Text: "hello", End: 1800}}, got)
}

func FuzzReadCues(f *testing.F) {
	f.Add(media.AppendCues(nil, nil))
	f.Add(media.AppendCues(nil, []media.Cue{{ID: "1", Settings: "line:0", Text: "讲座", Start: -90, End: 900}, {Text: "b"}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		cues, err := media.ReadCues(nil, b, 90)
		if err != nil {
			require.ErrorIs(t, err, media.ErrBadCue)
			return
		}
		if len(cues) == 0 {
			return
		}
		again, err := media.ReadCues(nil, media.AppendCues(nil, cues), 90)
		if err == nil { // What others leave out is written by us, which may be too large.
			require.Equal(t, cues, again)
		}
	})
}
