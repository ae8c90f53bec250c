package segment_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
)

var (
	videoTrack = media.Track{ID: 1, Timescale: 90000, Codec: &media.H264{}}
	audioTrack = media.Track{ID: 2, Timescale: 48000, Codec: &media.AAC{}}
)

// stored is the sample that a piece is read back as.
func stored(track *media.Track, p *segment.Piece) segment.StoredSample {
	data := []byte{}
	for _, u := range p.Units {
		if track.Kind() == media.Video {
			data = binary.BigEndian.AppendUint32(data, uint32(len(u)))
		}
		data = append(data, u...)
	}
	return segment.StoredSample{DTS: p.DTS, Offset: p.Offset, Duration: p.Duration, Sync: p.Sync, Data: data}
}

func collect(fragment []byte) ([]segment.StoredSample, error) {
	var out []segment.StoredSample
	err := segment.Samples(fragment, func(s segment.StoredSample) error {
		out = append(out, s)
		return nil
	})
	return out, err
}

func TestFragmentWritesOnlyWhatDiffers(t *testing.T) {
	piece := func(dts int64, duration uint32, sync bool, offset int32, size int) segment.Piece {
		return segment.Piece{DTS: dts, Duration: duration, Sync: sync, Offset: offset, Units: [][]byte{make([]byte, size)}}
	}
	for name, c := range map[string]struct {
		track  *media.Track
		pieces []segment.Piece
		tfhd   uint32
		trun   uint32
		moof   int
	}{
		"one frame of sound": {
			&audioTrack, []segment.Piece{piece(480000, 1024, true, 0, 9)}, 0x020038, 0x000001, 100,
		},
		"sound of one size": {
			&audioTrack, []segment.Piece{piece(480000, 1024, true, 0, 9), piece(481024, 1024, true, 0, 9)}, 0x020038, 0x000001, 100,
		},
		"sound of different sizes": {
			&audioTrack, []segment.Piece{piece(480000, 1024, true, 0, 9), piece(481024, 1024, true, 0, 8)}, 0x020028, 0x000201, 104,
		},
		"one group of pictures": {
			&videoTrack, []segment.Piece{piece(900000, 3600, true, 0, 9), piece(903600, 3600, false, 0, 8)}, 0x020028, 0x000205, 108,
		},
		"pictures out of order, an IDR in the middle": {
			&videoTrack,
			[]segment.Piece{piece(900000, 3600, true, 3600, 9), piece(903600, 3600, false, -3600, 8), piece(907200, 3601, true, 0, 8)},
			0x020000, 0x000f01, 8 + 16 + 8 + 16 + 20 + 20 + 3*16,
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := segment.AppendFragment(nil, 7, c.track, c.pieces)
			require.Equal(t, c.moof, int(binary.BigEndian.Uint32(b)), "size of moof")
			require.Len(t, b, cap(b), "no spare capacity")
			require.Equal(t, c.tfhd, binary.BigEndian.Uint32(b[bytes.Index(b, []byte("tfhd"))+4:]), "tfhd")
			require.Equal(t, 1<<24|c.trun, binary.BigEndian.Uint32(b[bytes.Index(b, []byte("trun"))+4:]), "trun")
			got, err := collect(b)
			require.NoError(t, err)
			require.Len(t, got, len(c.pieces))
			for i := range got {
				require.Equal(t, stored(c.track, &c.pieces[i]), got[i])
			}
		})
	}
}

func TestFragmentOfNothing(t *testing.T) {
	require.Equal(t, []byte("x"), segment.AppendFragment([]byte("x"), 1, &audioTrack, nil))
	got, err := collect(nil)
	require.NoError(t, err)
	require.Empty(t, got)
}

// TestFragmentsReadBack appends fragments of random shape one after another, and reads them back here and with
// another library, which does not read the flags of the first sample.
func TestFragmentsReadBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		track := rapid.SampledFrom([]*media.Track{&videoTrack, &audioTrack}).Draw(rt, "track")
		var all []byte
		var want []segment.StoredSample
		dts := rapid.Int64Range(0, 1<<40).Draw(rt, "start")
		fragments := rapid.IntRange(1, 4).Draw(rt, "fragments")
		for n := range fragments {
			var pieces []segment.Piece
			for range rapid.IntRange(1, 6).Draw(rt, "samples") {
				p := segment.Piece{
					DTS: dts, Duration: rapid.SampledFrom([]uint32{1, 1024, 3600, 1 << 31}).Draw(rt, "duration"), Sync: rapid.Bool().Draw(rt, "sync"),
					Offset: rapid.SampledFrom([]int32{0, 0, 3600, -3600, -1 << 31}).Draw(rt, "offset"),
				}
				for range rapid.IntRange(1, 3).Draw(rt, "units") {
					p.Units = append(p.Units, rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(rt, "unit"))
				}
				dts += int64(p.Duration)
				pieces = append(pieces, p)
				want = append(want, stored(track, &p))
			}
			all = segment.AppendFragment(all, uint32(n), track, pieces)
		}
		got, err := collect(all)
		require.NoError(rt, err)
		require.Equal(rt, want, got)

		var parts fmp4.Parts
		require.NoError(rt, parts.Unmarshal(all))
		require.Len(rt, parts, fragments)
		for _, part := range parts {
			require.Len(rt, part.Tracks, 1)
			require.Equal(rt, track.ID, part.Tracks[0].ID)
			require.EqualValues(rt, want[0].DTS, part.Tracks[0].BaseTime)
			for _, s := range part.Tracks[0].Samples {
				require.Equal(rt, want[0].Data, s.Payload)
				require.Equal(rt, want[0].Duration, s.Duration)
				require.Equal(rt, want[0].Offset, s.PTSOffset)
				want = want[1:]
			}
		}
	})
}

// TestFragmentsOfOthersAreRead reads what another library writes.
func TestFragmentsOfOthersAreRead(t *testing.T) {
	var out seekBuffer
	require.NoError(t, fmp4.Part{SequenceNumber: 1, Tracks: []*fmp4.PartTrack{{ID: 3, BaseTime: 900000, Samples: []*fmp4.Sample{
		{Duration: 3600, PTSOffset: 7200, Payload: []byte("one")},
		{Duration: 1800, IsNonSyncSample: true, Payload: []byte("three")},
	}}}}.Marshal(&out))
	got, err := collect(out.b)
	require.NoError(t, err)
	require.Equal(t, []segment.StoredSample{
		{DTS: 900000, Offset: 7200, Duration: 3600, Sync: true, Data: []byte("one")},
		{DTS: 903600, Duration: 1800, Data: []byte("three")},
	}, got)
}

type seekBuffer struct {
	b  []byte
	at int64
}

func (s *seekBuffer) Write(p []byte) (int, error) {
	if need := s.at + int64(len(p)); need > int64(len(s.b)) {
		s.b = append(s.b, make([]byte, need-int64(len(s.b)))...)
	}
	s.at += int64(copy(s.b[s.at:], p))
	return len(p), nil
}

func (s *seekBuffer) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case 1:
		offset += s.at
	case 2:
		offset += int64(len(s.b))
	}
	s.at = offset
	return s.at, nil
}

func TestSamplesStopsWhereItIsTold(t *testing.T) {
	b := segment.AppendFragment(nil, 1, &audioTrack, []segment.Piece{
		{DTS: 1, Duration: 1, Units: [][]byte{{1}}}, {DTS: 2, Duration: 1, Units: [][]byte{{2}}},
	})
	enough := errors.New("enough")
	calls := 0
	require.ErrorIs(t, segment.Samples(b, func(segment.StoredSample) error {
		calls++
		return enough
	}), enough)
	require.Equal(t, 1, calls)
}

func TestSamplesRefusesBadBytes(t *testing.T) {
	good := segment.AppendFragment(nil, 1, &videoTrack, []segment.Piece{
		{DTS: 900000, Duration: 3600, Sync: true, Units: [][]byte{{1, 2, 3}}},
		{DTS: 903600, Duration: 3600, Units: [][]byte{{4, 5}}},
	})
	patch := func(box string, offset int, value string) []byte {
		b := bytes.Clone(good)
		v, err := hex.DecodeString(value)
		require.NoError(t, err)
		copy(b[bytes.Index(b, []byte(box))+4+offset:], v)
		return b
	}
	for name, b := range map[string][]byte{
		"no box":                    []byte("moof"),
		"a box too long":            patch("moof", -8, "7fffffff"),
		"a box too short":           patch("moof", -8, "00000007"),
		"a large box cut off":       {0, 0, 0, 1, 'm', 'o', 'o', 'f'},
		"a large box beyond memory": append([]byte{0, 0, 0, 1, 'm', 'o', 'o', 'f'}, bytes.Repeat([]byte{0xff}, 8)...),
		"no track":                  {0, 0, 0, 8, 'm', 'o', 'o', 'f'},
		"no header":                 patch("tfhd", -4, hex.EncodeToString([]byte("free"))),
		"no time":                   patch("tfdt", -4, hex.EncodeToString([]byte("free"))),
		"a time without end":        patch("tfdt", 4, "7fffffffffffffff"),
		"a time of version 7":       patch("tfdt", 0, "07"),
		"a base data offset":        patch("tfhd", 0, "00000001"),
		"a header too short":        patch("tfhd", 0, "0000003a"),
		"too many samples":          patch("trun", 4, "ffffffff"),
		"no sizes":                  patch("trun", 0, "01000001"),
		"no data offset":            patch("trun", 0, "01000204"),
		"data before the fragment":  patch("trun", 8, "80000000"),
		"data behind the fragment":  patch("trun", 8, "00001000"),
		"a sample too large":        patch("trun", 16, "00010000"),
		"cut off in the media":      good[:len(good)-1],
	} {
		t.Run(name, func(t *testing.T) {
			_, err := collect(b)
			require.ErrorIs(t, err, segment.ErrBadFragment)
		})
	}
	for n := range good {
		_, err := collect(good[:n])
		require.Equal(t, n == 0, err == nil, "cut at %d", n)
	}
	_, err := collect(append(bytes.Clone(good), "\x00\x00\x00\x08free"...))
	require.NoError(t, err, "other boxes are skipped")
}

func TestSamplesRefusesMoreThanOneTrack(t *testing.T) {
	var out seekBuffer
	sample := []*fmp4.Sample{{Duration: 1, Payload: []byte("x")}}
	require.NoError(t, fmp4.Part{Tracks: []*fmp4.PartTrack{{ID: 1, Samples: sample}, {ID: 2, Samples: sample}}}.Marshal(&out))
	_, err := collect(out.b)
	require.ErrorIs(t, err, segment.ErrBadFragment)
}

func TestSamplesDoesNotAllocate(t *testing.T) {
	var pieces []segment.Piece
	for n := range 100 {
		pieces = append(pieces, segment.Piece{DTS: int64(n), Duration: 1, Units: [][]byte{make([]byte, n+1)}})
	}
	b := segment.AppendFragment(nil, 1, &videoTrack, pieces)
	samples := 0
	count := func(segment.StoredSample) error {
		samples++
		return nil
	}
	allocations := testing.AllocsPerRun(10, func() { _ = segment.Samples(b, count) })
	require.LessOrEqual(t, allocations, 2.0)
	require.Equal(t, 1100, samples)
}

func FuzzSamples(f *testing.F) {
	video := []segment.Piece{
		{DTS: 900000, Offset: 3600, Duration: 3600, Sync: true, Units: [][]byte{{1, 2, 3}, {4}}},
		{DTS: 903600, Duration: 3601, Units: [][]byte{{4, 5}}},
	}
	one := segment.AppendFragment(nil, 1, &videoTrack, video)
	f.Add(one)
	f.Add(segment.AppendFragment(one, 2, &videoTrack, video[:1]))
	f.Add(segment.AppendFragment(nil, 1, &audioTrack, []segment.Piece{{DTS: 1, Duration: 1024, Sync: true, Units: [][]byte{{1}}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		samples := 0
		err := segment.Samples(b, func(s segment.StoredSample) error {
			samples++
			if len(s.Data) > len(b) || s.DTS < 0 {
				return fmt.Errorf("sample of %d bytes at %d", len(s.Data), s.DTS)
			}
			return nil
		})
		if err != nil {
			require.ErrorIs(t, err, segment.ErrBadFragment)
		}
		require.LessOrEqual(t, samples, len(b)*len(b)+1)
	})
}

func BenchmarkAppendFragment(b *testing.B) {
	var pieces []segment.Piece
	for n := range 100 {
		pieces = append(pieces, segment.Piece{DTS: int64(n) * 3600, Duration: 3600, Sync: n == 0, Units: [][]byte{make([]byte, 13000)}})
	}
	var out []byte
	b.SetBytes(1300000)
	b.ReportAllocs()
	for b.Loop() {
		out = segment.AppendFragment(out[:0], 1, &videoTrack, pieces)
	}
}

func BenchmarkSamples(b *testing.B) {
	var pieces []segment.Piece
	for n := range 100 {
		pieces = append(pieces, segment.Piece{DTS: int64(n) * 3600, Duration: 3600, Sync: n == 0, Units: [][]byte{make([]byte, 13000)}})
	}
	fragment := segment.AppendFragment(nil, 1, &videoTrack, pieces)
	b.ReportAllocs()
	for b.Loop() {
		_ = segment.Samples(fragment, func(segment.StoredSample) error { return nil })
	}
}
