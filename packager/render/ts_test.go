package render_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/asticode/go-astits"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

var clips = []string{"h264-aac.ts", "h265-opus.ts", "mp2.ts", "ac3-eac3.ts"}

// renderAll renders all segments of a clip, the counters of each from the one before.
func renderAll(t testing.TB, c *clip) [][]byte {
	t.Helper()
	var out [][]byte
	var at timeline.Counters
	for _, fragments := range c.cut() {
		size, sized, err := render.TSSize(c.init, fragments, at)
		require.NoError(t, err)
		b, next, err := render.TS(nil, c.init, fragments, at)
		require.NoError(t, err)
		require.Len(t, b, size, "TSSize")
		require.Equal(t, size, cap(b), "no spare capacity")
		require.Equal(t, next, sized, "counters of TSSize")
		out, at = append(out, b), next
	}
	return out
}

func TestTransportStreamFollowsTheRules(t *testing.T) {
	for _, name := range clips {
		t.Run(name, func(t *testing.T) {
			c := readClip(t, name)
			segments := renderAll(t, c)
			require.GreaterOrEqual(t, len(segments), 2)
			for i, s := range segments {
				packets := parsePackets(t, s)
				require.Equal(t, 0, packets[0].pid, "segment %d begins with PAT", i)
				require.Equal(t, 0x1000, packets[1].pid, "segment %d goes on with PMT", i)
			}
			packets := parsePackets(t, bytes.Join(segments, nil))
			pes := tsRules(t, packets, 0x100+c.init.Leading())
			for i := range c.pieces {
				samePictures(t, c, i, pes[0x100+i])
			}
		})
	}
}

// samePictures compares what came out of the transport stream with what went into the fragments.
func samePictures(t *testing.T, c *clip, i int, got []tsPES) {
	t.Helper()
	track := &c.init.Tracks[i]
	if track.Kind() == media.Audio {
		var want, have []byte
		for _, p := range c.pieces[i] {
			want = append(want, audioFrame(track, p.Units[0])...)
		}
		at := c.pieces[i][0].DTS
		for _, p := range got {
			require.InDelta(t, at*90000/int64(track.Timescale), p.pts, 1, "PTS of %s", track.Codec.Name())
			have = append(have, p.data...)
			for done := 0; done < len(p.data); at += int64(c.pieces[i][0].Duration) {
				done += len(audioFrame(track, c.pieces[i][frameAt(c.pieces[i], at)].Units[0]))
			}
		}
		require.Equal(t, want, have)
		return
	}
	require.Len(t, got, len(c.pieces[i]))
	for n, p := range c.pieces[i] {
		require.Equal(t, p.DTS, got[n].dts)
		require.Equal(t, p.DTS+int64(p.Offset), got[n].pts)
		require.Equal(t, p.Sync, got[n].access)
		require.Equal(t, annexB(track, &p), got[n].data, "picture %d", n)
	}
}

func frameAt(pieces []segment.Piece, dts int64) int {
	return int((dts - pieces[0].DTS) / int64(pieces[0].Duration))
}

func audioFrame(track *media.Track, frame []byte) []byte {
	switch codec := track.Codec.(type) {
	case *media.AAC:
		n := len(frame) + 7
		profile, rate := codec.Config[0]>>3-1, codec.Config[0]&7<<1|codec.Config[1]>>7
		channels := codec.Config[1] >> 3 & 15
		return append([]byte{
			0xff, 0xf1, profile<<6 | rate<<2 | channels>>2, channels<<6 | byte(n>>11),
			byte(n >> 3), byte(n<<5) | 0x1f, 0xfc,
		}, frame...)
	case *media.Opus:
		head := []byte{0x7f, 0xe0}
		n := len(frame)
		for ; n >= 255; n -= 255 {
			head = append(head, 255)
		}
		return append(append(head, byte(n)), frame...)
	default:
		return frame
	}
}

func annexB(track *media.Track, p *segment.Piece) []byte {
	var units [][]byte
	switch codec := track.Codec.(type) {
	case *media.H264:
		units = append(units, []byte{9, 0xf0})
		if p.Sync {
			units = append(units, codec.SPS, codec.PPS)
		}
	case *media.H265:
		units = append(units, []byte{0x46, 1, 0x50})
		if p.Sync {
			units = append(units, codec.VPS, codec.SPS, codec.PPS)
		}
	}
	var out []byte
	for _, u := range append(units, p.Units...) {
		out = append(append(out, 0, 0, 0, 1), u...)
	}
	return out
}

func TestTransportStreamOfSoundAlone(t *testing.T) {
	for _, name := range []string{"h264-aac.ts", "h265-opus.ts"} {
		c := readClip(t, name).without(0)
		packets := parsePackets(t, bytes.Join(renderAll(t, c), nil))
		samePictures(t, c, 0, tsRules(t, packets, 0x100)[0x100])
		tables := 0
		for _, p := range packets {
			if p.pid == 0 || p.pid == 0x1000 {
				tables++
			}
		}
		require.Less(t, tables, len(packets)/5, "tables must not crowd out the sound")
	}
}

func TestTransportStreamTablesAreOftenEnough(t *testing.T) {
	c := readClip(t, "h264-aac.ts")
	last, tables := int64(-1), int64(-1)
	for _, p := range parsePackets(t, bytes.Join(renderAll(t, c), nil)) {
		if p.pcr >= 0 {
			last = p.pcr
		}
		if p.pid == 0x1000 && last >= 0 {
			if tables >= 0 {
				require.LessOrEqual(t, last-tables, int64(45000), "PMT interval")
			}
			tables = last
		}
	}
	require.Positive(t, tables)
}

func TestTransportStreamReadByAnotherDemuxer(t *testing.T) {
	c := readClip(t, "h264-aac.ts")
	c.init.Tracks[1].Language = "zh-Hans-CN"
	stream := bytes.Join(renderAll(t, c), nil)
	d := astits.NewDemuxer(context.Background(), bytes.NewReader(stream))
	pictures, tables := 0, 0
	for {
		data, err := d.NextData()
		if errors.Is(err, astits.ErrNoMorePackets) {
			break
		}
		require.NoError(t, err)
		switch {
		case data.PMT != nil:
			tables++
			require.EqualValues(t, 0x100, data.PMT.PCRPID)
			require.Len(t, data.PMT.ElementaryStreams, 2)
			require.Equal(t, astits.StreamTypeH264Video, data.PMT.ElementaryStreams[0].StreamType)
			require.Equal(t, astits.StreamTypeAACAudio, data.PMT.ElementaryStreams[1].StreamType)
			require.Equal(t, "zho", string(data.PMT.ElementaryStreams[1].ElementaryStreamDescriptors[0].ISO639LanguageAndAudioType.Language))
		case data.PES != nil && data.PID == 0x100:
			pictures++
		}
	}
	require.Len(t, c.pieces[0], pictures)
	require.Positive(t, tables)
}

// TestTransportStreamReadByFFmpeg decodes every frame and asks for not one line of complaint.
func TestTransportStreamReadByFFmpeg(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	for _, name := range clips {
		for _, without := range []int{-1, 0, 1} {
			c := readClip(t, name)
			if without >= 0 {
				if len(c.pieces) < 2 {
					continue
				}
				c = c.without(without)
			}
			t.Run(fmt.Sprintf("%s without %d", name, without), func(t *testing.T) {
				segments := renderAll(t, c)
				joined := filepath.Join(t.TempDir(), "joined.ts")
				require.NoError(t, os.WriteFile(joined, bytes.Join(segments, nil), 0o600))
				out, err := exec.Command(ffmpeg, "-nostdin", "-y", "-v", "warning", "-xerror", "-i", joined, "-map", "0", "-c", "copy", "-f", "framecrc", os.DevNull).CombinedOutput()
				require.NoError(t, err, "%s", out)
				require.Empty(t, string(out))
				out, err = exec.Command(ffmpeg, "-nostdin", "-v", "warning", "-xerror", "-i", joined, "-map", "0", "-f", "null", "-").CombinedOutput()
				require.NoError(t, err, "%s", out)
				require.Empty(t, string(out))
			})
		}
	}
}

// TestTransportStreamWraps renders across the instant where time stamps of 33 bits begin again.
func TestTransportStreamWraps(t *testing.T) {
	c := readClip(t, "h264-aac.ts")
	const seconds = (1<<33)/90000 - epoch - 3
	for i := range c.pieces {
		for n := range c.pieces[i] {
			c.pieces[i][n].DTS += seconds * int64(c.init.Tracks[i].Timescale)
		}
	}
	packets := parsePackets(t, bytes.Join(renderAll(t, c), nil))
	wrapped := false
	pes := tsRules(t, packets, 0x100)
	for n, p := range pes[0x100] {
		require.Equal(t, c.pieces[0][n].DTS&(1<<33-1), p.dts)
		require.Equal(t, (c.pieces[0][n].DTS+int64(c.pieces[0][n].Offset))&(1<<33-1), p.pts)
		wrapped = wrapped || p.dts < 90000
	}
	require.True(t, wrapped)
}

// TestTransportStreamOfSlides has pictures so far apart that the clock needs packets of its own.
func TestTransportStreamOfSlides(t *testing.T) {
	for _, interval := range []int64{90000 / 24, 90000 / 15, 90000 / 5, 90000, 5 * 90000} {
		c := readClip(t, "h264-aac.ts")
		var pieces []segment.Piece
		for n := range 4 {
			p := c.pieces[0][0]
			p.DTS, p.Duration = epoch*90000+int64(n)*interval, uint32(interval)
			if n%2 == 1 {
				p.Units, p.Sync = [][]byte{{1, 2, 3}}, false
			}
			pieces = append(pieces, p)
		}
		f := segment.AppendFragment(nil, 1, &c.init.Tracks[0], pieces)
		b, _, err := render.TS(nil, c.init, [][]byte{f, nil}, timeline.Counters{})
		require.NoError(t, err)
		pes := tsRules(t, parsePackets(t, b), 0x100)
		require.Len(t, pes[0x100], 4)
	}
}

func TestTransportStreamKeepsParameterSetsOfTheSample(t *testing.T) {
	track := media.Track{ID: 1, Timescale: 90000, Codec: &media.H264{SPS: []byte{0x67, 1}, PPS: []byte{0x68, 1}}}
	pieces := []segment.Piece{{DTS: 900000, Duration: 3600, Sync: true, Units: [][]byte{{9, 0x10}, {0x67, 2}, {0x68, 2}, {0x65, 3}}}}
	init := &media.Init{Tracks: []media.Track{track}}
	b, _, err := render.TS(nil, init, [][]byte{segment.AppendFragment(nil, 1, &track, pieces)}, timeline.Counters{})
	require.NoError(t, err)
	pes := tsRules(t, parsePackets(t, b), 0x100)[0x100]
	require.Len(t, pes, 1)
	require.Equal(t, []byte{0, 0, 0, 1, 9, 0xf0, 0, 0, 0, 1, 0x67, 2, 0, 0, 0, 1, 0x68, 2, 0, 0, 0, 1, 0x65, 3}, pes[0].data)
}

func TestTransportStreamAppends(t *testing.T) {
	c := readClip(t, "mp2.ts")
	f := c.cut()[0]
	alone, next, err := render.TS(nil, c.init, f, timeline.Counters{PAT: 3, PMT: 15, Tracks: []uint8{7}})
	require.NoError(t, err)
	behind, again, err := render.TS([]byte("before"), c.init, f, timeline.Counters{PAT: 3, PMT: 15, Tracks: []uint8{7}})
	require.NoError(t, err)
	require.Equal(t, next, again)
	require.Equal(t, append([]byte("before"), alone...), behind)
}

func TestTransportStreamOfNothingHasItsTables(t *testing.T) {
	c := readClip(t, "h264-aac.ts")
	b, next, err := render.TS(nil, c.init, [][]byte{nil, nil}, timeline.Counters{})
	require.NoError(t, err)
	require.Len(t, b, 2*188)
	require.Equal(t, timeline.Counters{PAT: 1, PMT: 1, Tracks: []uint8{0, 0}}, next)
}

// TestTransportStreamOfManyTracks has a program map that does not fit one packet.
func TestTransportStreamOfManyTracks(t *testing.T) {
	init := &media.Init{}
	var fragments [][]byte
	for n := range media.MaxTracks {
		track := media.Track{ID: n + 1, Timescale: 48000, Language: "zh", Codec: &media.Opus{Channels: 2}}
		init.Tracks = append(init.Tracks, track)
		fragments = append(fragments, segment.AppendFragment(nil, 1, &track, []segment.Piece{
			{DTS: 480000, Duration: 960, Sync: true, Units: [][]byte{bytes.Repeat([]byte{byte(n)}, 300)}},
		}))
	}
	b, next, err := render.TS(nil, init, fragments, timeline.Counters{})
	require.NoError(t, err)
	require.EqualValues(t, 2, next.PMT)
	d := astits.NewDemuxer(context.Background(), bytes.NewReader(b))
	streams := 0
	for {
		data, err := d.NextData()
		if errors.Is(err, astits.ErrNoMorePackets) {
			break
		}
		require.NoError(t, err)
		if data.PMT != nil {
			streams = len(data.PMT.ElementaryStreams)
		}
	}
	require.Equal(t, media.MaxTracks, streams)
}

func TestTransportStreamRefuses(t *testing.T) {
	video := media.Track{ID: 1, Timescale: 90000, Codec: &media.H264{SPS: []byte{0x67}, PPS: []byte{0x68}}}
	aac := media.Track{ID: 1, Timescale: 48000, Codec: &media.AAC{Config: []byte{0x11, 0x90}}}
	fragment := func(track *media.Track, units ...[]byte) [][]byte {
		return [][]byte{segment.AppendFragment(nil, 1, track, []segment.Piece{{DTS: 900000, Duration: 1024, Sync: true, Units: units}})}
	}
	good := fragment(&video, []byte{0x65, 1, 2, 3})
	bad := bytes.Clone(good[0])
	bad[len(bad)-5] = 200 // The NAL unit's length.
	for name, c := range map[string]struct {
		track     media.Track
		fragments [][]byte
		want      error
	}{
		"too few fragments":   {video, nil, render.ErrTracks},
		"too many fragments":  {video, [][]byte{good[0], good[0]}, render.ErrTracks},
		"a cut fragment":      {video, [][]byte{good[0][:40]}, segment.ErrBadFragment},
		"a NAL unit too long": {video, [][]byte{bad}, render.ErrBadSample},
		"no timescale":        {media.Track{ID: 1, Codec: video.Codec}, good, render.ErrTracks},
		"an unreadable codec": {media.Track{ID: 1, Timescale: 48000, Codec: &media.AAC{}}, good, render.ErrUnsuitable},
		"AAC without layout":  {media.Track{ID: 1, Timescale: 48000, Codec: &media.AAC{Config: []byte{0x11, 0x80}}}, good, render.ErrUnsuitable},
		"no Opus channel":     {media.Track{ID: 1, Timescale: 48000, Codec: &media.Opus{}}, good, render.ErrUnsuitable},
		"an AAC frame of 8 K": {aac, fragment(&aac, make([]byte, 8192)), render.ErrUnsuitable},
	} {
		t.Run(name, func(t *testing.T) {
			init := &media.Init{Tracks: []media.Track{c.track}}
			before := []byte("kept")
			b, next, err := render.TS(before, init, c.fragments, timeline.Counters{PAT: 5})
			require.ErrorIs(t, err, c.want)
			require.Equal(t, before, b)
			require.EqualValues(t, 5, next.PAT)
			_, _, err = render.TSSize(init, c.fragments, timeline.Counters{})
			require.ErrorIs(t, err, c.want)
		})
	}
}
