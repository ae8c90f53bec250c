package render_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

func readSamples(t testing.TB, fragment []byte) (out []segment.StoredSample) {
	t.Helper()
	require.NoError(t, segment.Samples(fragment, func(s segment.StoredSample) error {
		out = append(out, s)
		return nil
	}))
	return out
}

// TestIFramesDecode makes the segments of I-frame playlists, each a picture that lasts until the next, and decodes them.
func TestIFramesDecode(t *testing.T) {
	for _, name := range []string{"h264-aac.ts", "h265-opus.ts"} {
		for _, form := range []string{"ts", "mp4"} {
			t.Run(name+" as "+form, func(t *testing.T) {
				c := readClip(t, name)
				track := &c.init.Tracks[0]
				var all []byte
				if form == "mp4" {
					var err error
					all, err = render.Init(track)
					require.NoError(t, err)
				}
				segments := c.cut()
				for n, fragments := range segments {
					whole := readSamples(t, fragments[0])
					if form == "ts" {
						b, err := render.IFrameTS(nil, track, fragments[0], time.Second)
						require.NoError(t, err)
						pes := tsRules(t, parsePackets(t, b), 0x100)[0x100]
						require.Len(t, pes, 1)
						require.Equal(t, whole[0].DTS+int64(whole[0].Offset)+90000, pes[0].pts)
						require.EqualValues(t, 0x80, b[2*188+5]&0x80, "discontinuity indicator of segment %d", n)
						all = append(all, b...)
						continue
					}
					b, err := render.IFrame(nil, track, fragments[0])
					require.NoError(t, err)
					require.Equal(t, len(b), cap(b), "no spare capacity")
					got := readSamples(t, b)
					require.Len(t, got, 1)
					last := whole[len(whole)-1]
					want := whole[0]
					want.Duration = uint32(last.DTS + int64(last.Duration) - want.DTS)
					require.Equal(t, want, got[0])
					all = append(all, b...)
				}
				file := filepath.Join(t.TempDir(), "iframes."+form)
				require.NoError(t, os.WriteFile(file, all, 0o600))
				require.Equal(t, len(segments), countFrames(t, file))
			})
		}
	}
}

// countFrames decodes a file without a line of complaint and says how many pictures there were.
func countFrames(t *testing.T, file string) int {
	t.Helper()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	var out, complaints bytes.Buffer
	cmd := exec.Command(ffmpeg, "-nostdin", "-v", "warning", "-xerror", "-i", file, "-map", "0:v", "-fps_mode", "passthrough", "-f", "framecrc", "-")
	cmd.Stdout, cmd.Stderr = &out, &complaints
	require.NoError(t, cmd.Run(), "%s", complaints.String())
	require.Empty(t, complaints.String())
	n := 0
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, "#") {
			n++
		}
	}
	return n
}

// TestIFrameBehindOthers has its picture in the middle of the segment, as one that was cut without a key frame.
func TestIFrameBehindOthers(t *testing.T) {
	track := &media.Track{ID: 1, Timescale: 90000, Codec: &media.H264{SPS: []byte{0x67, 1}, PPS: []byte{0x68, 1}}}
	fragment := segment.AppendFragment(nil, 9, track, []segment.Piece{
		{DTS: 900000, Duration: 3600, Units: [][]byte{{1, 2}}},
		{DTS: 903600, Duration: 3600, Offset: 7200, Sync: true, Units: [][]byte{{6, 1}, {5, 2}}},
		{DTS: 907200, Duration: 3000, Units: [][]byte{{1, 3}}},
	})
	b, err := render.IFrame([]byte("head"), track, fragment)
	require.NoError(t, err)
	require.Equal(t, "head", string(b[:4]))
	require.Equal(t, []segment.StoredSample{{
		DTS: 903600, Offset: 7200, Duration: 6600, Sync: true, Data: []byte{0, 0, 0, 2, 6, 1, 0, 0, 0, 2, 5, 2},
	}}, readSamples(t, b[4:]))
}

func TestIFrameRefuses(t *testing.T) {
	video := &media.Track{ID: 1, Timescale: 90000, Codec: &media.H264{SPS: []byte{0x67, 1}, PPS: []byte{0x68, 1}}}
	audio := &media.Track{ID: 2, Timescale: 48000, Codec: &media.Opus{Channels: 2}}
	fragment := func(track *media.Track, sync bool, unit ...byte) []byte {
		return segment.AppendFragment(nil, 1, track, []segment.Piece{{DTS: 900000, Duration: 3600, Sync: sync, Units: [][]byte{unit}}})
	}
	bad := fragment(video, true, 5, 1, 2, 3)
	bad[len(bad)-5] = 200
	for name, c := range map[string]struct {
		track    *media.Track
		fragment []byte
		want     error
	}{
		"sound":                  {audio, fragment(audio, true, 1), render.ErrNoPicture},
		"nothing":                {video, nil, render.ErrNoPicture},
		"no random access point": {video, fragment(video, false, 1, 2), render.ErrNoPicture},
		"a cut fragment":         {video, bad[:50], segment.ErrBadFragment},
		"a NAL unit too long":    {video, bad, render.ErrBadSample},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := render.IFrame([]byte("kept"), c.track, c.fragment)
			require.ErrorIs(t, err, c.want)
			require.Equal(t, "kept", string(b))
			b, err = render.IFrameTS([]byte("kept"), c.track, c.fragment, 0)
			require.ErrorIs(t, err, c.want)
			require.Equal(t, "kept", string(b))
		})
	}
}

func FuzzIFrame(f *testing.F) {
	track := &media.Track{ID: 1, Timescale: 90000, Codec: &media.H264{SPS: []byte{0x67, 1}, PPS: []byte{0x68, 1}}}
	f.Add(segment.AppendFragment(nil, 1, track, []segment.Piece{
		{DTS: 900000, Duration: 3600, Sync: true, Units: [][]byte{{6, 1}, {5, 2}}}, {DTS: 903600, Duration: 3600, Units: [][]byte{{1, 2}}},
	}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, fragment []byte) {
		if len(fragment) > 1<<16 {
			return
		}
		b, err := render.IFrame(nil, track, fragment)
		if err != nil {
			require.True(t, errors.Is(err, render.ErrNoPicture) || errors.Is(err, segment.ErrBadFragment) || errors.Is(err, render.ErrBadSample))
			return
		}
		require.Len(t, readSamples(t, b), 1)
		_, err = render.IFrameTS(nil, track, fragment, time.Second)
		require.NoError(t, err)
	})
}

// TestDiscontinuityCostsNoByte renders with it and without: only flags differ, so that counters in the index stay right.
func TestDiscontinuityCostsNoByte(t *testing.T) {
	c := readClip(t, "h264-aac.ts")
	fragments := c.cut()[1]
	plain, next, err := render.TS(nil, c.init, fragments, timeline.Counters{})
	require.NoError(t, err)
	broken, after, err := render.TSWith(nil, c.init, fragments, render.TSOptions{Discontinuity: true})
	require.NoError(t, err)
	require.Equal(t, next, after)
	require.Len(t, broken, len(plain))
	flagged := map[int]int{}
	for at := 0; at < len(plain); at += 188 {
		a, b := plain[at:at+188], broken[at:at+188]
		if b[3]&0x20 != 0 && b[4] > 0 && b[5]&0x80 != 0 {
			flagged[int(b[1]&0x1f)<<8|int(b[2])]++
			b[5] &^= 0x80
		}
		require.Equal(t, a, b)
	}
	require.Equal(t, map[int]int{0x100: 1, 0x101: 1}, flagged)
}
