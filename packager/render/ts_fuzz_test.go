package render_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// FuzzTS renders hostile fragments: an error or a well-formed transport stream, never a panic.
func FuzzTS(f *testing.F) {
	c := readClip(f, "h264-aac.ts")
	for i := range c.pieces {
		short := c.pieces[i][:4]
		for n := range short {
			short[n].Units = [][]byte{short[n].Units[0][:min(20, len(short[n].Units[0]))]}
		}
	}
	init := c.init
	f.Add(segment.AppendFragment(nil, 1, &init.Tracks[0], c.pieces[0][:4]), segment.AppendFragment(nil, 1, &init.Tracks[1], c.pieces[1][:4]))
	f.Add(segment.AppendFragment(nil, 1, &init.Tracks[0], c.pieces[0][:1]), []byte{})
	f.Fuzz(func(t *testing.T, video, audio []byte) {
		if len(video)+len(audio) > 1<<16 {
			return
		}
		fragments := [][]byte{video, audio}
		b, next, err := render.TS(nil, init, fragments, timeline.Counters{})
		size, sized, sizeErr := render.TSSize(init, fragments, timeline.Counters{})
		require.Equal(t, err == nil, sizeErr == nil)
		if err != nil {
			return
		}
		require.Len(t, b, size)
		require.Equal(t, next, sized)
		require.Zero(t, len(b)%188)
		for at := 0; at < len(b); at += 188 {
			require.EqualValues(t, 0x47, b[at])
		}
	})
}

// TestTransportStreamOfAnything renders segments of random shape and takes them apart again.
func TestTransportStreamOfAnything(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := &clip{init: &media.Init{Tracks: []media.Track{
			{ID: 1, Timescale: 90000, Codec: &media.H264{SPS: []byte{0x67, 1, 2, 3}, PPS: []byte{0x68, 1}}},
			{ID: 2, Timescale: 48000, Codec: &media.Opus{Channels: 2}},
		}}, pieces: make([][]segment.Piece, 2)}
		lead := rapid.IntRange(0, 1).Draw(rt, "lead")
		c.init.Tracks[0], c.init.Tracks[1] = c.init.Tracks[lead], c.init.Tracks[1-lead]
		duration := rapid.SampledFrom([]uint32{900, 3000, 3600, 3750, 9000, 18000, 45000}).Draw(rt, "frame duration")
		at := int64(epoch * 90000)
		for n := range rapid.IntRange(1, 20).Draw(rt, "pictures") {
			size := rapid.OneOf(rapid.IntRange(1, 400), rapid.IntRange(170, 190), rapid.IntRange(1, 40000)).Draw(rt, "size")
			unit := make([]byte, size)
			unit[0] = 1
			c.pieces[lead] = append(c.pieces[lead], segment.Piece{
				DTS: at, Offset: int32(rapid.SampledFrom([]int{0, 3600, 7200}).Draw(rt, "offset")), Duration: duration,
				Sync: n == 0 || rapid.Bool().Draw(rt, "sync"), Units: [][]byte{unit},
			})
			at += int64(duration)
		}
		end := at * 48000 / 90000
		at = epoch*48000 + rapid.Int64Range(0, 4000).Draw(rt, "audio start")
		for range rapid.IntRange(0, 100).Draw(rt, "frames") {
			c.pieces[1-lead] = append(c.pieces[1-lead], segment.Piece{
				DTS: at, Duration: 960, Sync: true, Units: [][]byte{make([]byte, rapid.IntRange(1, 700).Draw(rt, "frame size"))},
			})
			if at += 960; at >= end {
				break // The clock runs as long as the pictures do.
			}
		}
		fragments := c.whole()
		from := timeline.Counters{PAT: rapid.Uint8Range(0, 15).Draw(rt, "pat"), PMT: 3, Tracks: []uint8{rapid.Uint8Range(0, 15).Draw(rt, "cc"), 15}}
		b, next, err := render.TS(nil, c.init, fragments, from)
		require.NoError(rt, err)
		size, sized, err := render.TSSize(c.init, fragments, from)
		require.NoError(rt, err)
		require.Len(rt, b, size)
		require.Equal(rt, next, sized)
		pes := tsRules(rt, parsePackets(rt, b), 0x100+lead)
		samePictures(t, c, lead, pes[0x100+lead])
		if len(c.pieces[1-lead]) > 0 {
			samePictures(t, c, 1-lead, pes[0x101-lead])
		}
	})
}
