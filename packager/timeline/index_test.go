package timeline_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/timeline"
)

var start = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

// hourOf is an hour as a feed of one picture and one sound track makes it.
func hourOf(n int, from time.Time, seq uint64) []timeline.Entry {
	entries := make([]timeline.Entry, n)
	for i := range entries {
		entries[i] = timeline.Entry{
			Seq: seq + uint64(i), Disc: 3, Start: from.Add(time.Duration(i) * 4 * time.Second), Duration: 4 * time.Second,
			Kind: timeline.Live, Independent: true, Init: "0123456789abcdef", Occurrence: "7f3a",
			Object: fmt.Sprintf("feeds/hall1/media/%d/%d.cmaf", (seq+uint64(i))/1000, seq+uint64(i)),
			Tracks: []timeline.Range{{Offset: 431, Length: 1_300_000 + int64(i)}, {Offset: 1_300_431 + int64(i), Length: 65_000}},
			TS:     timeline.Counters{PAT: uint8(i) & 15, PMT: uint8(i) & 15, Tracks: []uint8{uint8(i*7) & 15, uint8(i*3) & 15}},
		}
	}
	return entries
}

// TestIndexForm holds the stored form to its bytes: index objects outlive the program that wrote them.
func TestIndexForm(t *testing.T) {
	entries := hourOf(3, start.Add(333*time.Microsecond), 998)
	entries[1].Discontinuity, entries[1].Disc, entries[1].Independent = true, 4, false
	entries[2].Disc, entries[2].Kind, entries[2].Tracks, entries[2].TS.Tracks = 4, timeline.Gap, nil, nil
	entries[2].Object, entries[2].Ref, entries[2].Key = "", 12_345, "k1"
	entries[2].Start = entries[2].Start.Add(-10 * time.Second)
	got := hex.Dump(timeline.EncodeIndex(nil, entries))
	golden := filepath.Join("testdata", "index-3.hex")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
	decoded, err := timeline.DecodeIndex(timeline.EncodeIndex(nil, entries))
	require.NoError(t, err)
	require.Equal(t, entries, decoded)
	require.Less(t, len(timeline.EncodeIndex(nil, hourOf(900, start, 100_000))), 18_000)

	// What an older program wrote.
	dump, err := os.ReadFile(filepath.Join("testdata", "index-2.hex"))
	require.NoError(t, err)
	var old []byte
	for line := range strings.Lines(string(dump)) {
		b, err := hex.DecodeString(strings.ReplaceAll(line[10:min(58, len(line))], " ", ""))
		require.NoError(t, err)
		old = append(old, b...)
	}
	require.Equal(t, "PTL2", string(old[:4]))
	decoded, err = timeline.DecodeIndex(old)
	require.NoError(t, err)
	require.Equal(t, entries, decoded)
}

func TestIndexRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z0-9/._-]{0,40}`)
		entries := make([]timeline.Entry, rapid.IntRange(0, 20).Draw(t, "n"))
		for i := range entries {
			e := &entries[i]
			e.Seq, e.Disc, e.Ref = rapid.Uint64().Draw(t, "seq"), rapid.Uint64().Draw(t, "disc"), rapid.Uint64().Draw(t, "ref")
			e.Start = time.UnixMicro(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "start")).UTC()
			e.Duration = time.Duration(rapid.Int64Range(0, 1<<40).Draw(t, "duration"))
			e.Kind, e.Object, e.Init = timeline.Kind(text.Draw(t, "kind")), text.Draw(t, "object"), text.Draw(t, "init")
			e.Occurrence, e.Key = text.Draw(t, "occurrence"), text.Draw(t, "key")
			e.Discontinuity, e.Independent = rapid.Bool().Draw(t, "d"), rapid.Bool().Draw(t, "i")
			if rapid.Bool().Draw(t, "usual") && i > 0 {
				*e = following(&entries[i-1])
				continue
			}
			e.RefHour, e.Time = rapid.Int64().Draw(t, "refhour"), time.Duration(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "time"))
			e.Shift = time.Duration(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "shift"))
			if rapid.Bool().Draw(t, "named") {
				e.Object = timeline.MediaName(text.Draw(t, "owner"), rapid.Uint64().Draw(t, "number"))
			}
			if rapid.Bool().Draw(t, "gathered") {
				e.At = timeline.Range{Offset: rapid.Int64Range(0, 1<<40).Draw(t, "at"), Length: rapid.Int64Range(0, 1<<30).Draw(t, "at length")}
			}
			for range rapid.IntRange(0, 2).Draw(t, "also") {
				e.Also = append(e.Also, timeline.Rendition{
					Name: text.Draw(t, "name"), Object: text.Draw(t, "also object"), Init: text.Draw(t, "also init"), Ref: rapid.Uint64().Draw(t, "also ref"),
					RefHour: rapid.Int64().Draw(t, "also hour"), Tracks: []timeline.Range{{Offset: 1, Length: 2}}, Shift: 3, Time: 4,
				})
			}
			e.TS.PAT, e.TS.PMT = rapid.Byte().Draw(t, "pat"), rapid.Byte().Draw(t, "pmt")
			for range rapid.IntRange(0, 8).Draw(t, "tracks") {
				e.TS.Tracks = append(e.TS.Tracks, rapid.Byte().Draw(t, "counter"))
				e.Tracks = append(e.Tracks, timeline.Range{
					Offset: rapid.Int64Range(0, 1<<40).Draw(t, "offset"), Length: rapid.Int64Range(0, 1<<40).Draw(t, "length"),
				})
			}
		}
		prefix := []byte("before")
		b := timeline.EncodeIndex(prefix, entries)[len(prefix):]
		decoded, err := timeline.DecodeIndex(b)
		require.NoError(t, err)
		require.Equal(t, entries, decoded)
		for i := range b {
			_, err := timeline.DecodeIndex(b[:i])
			require.ErrorIs(t, err, timeline.ErrBadIndex)
		}
	})
}

// following is the entry that comes after another where nothing happens.
func following(e *timeline.Entry) timeline.Entry {
	next := *e
	next.Seq, next.Start, next.Time, next.Discontinuity, next.Also = e.Seq+1, e.Start.Add(e.Duration.Truncate(time.Microsecond)), e.Time+e.Duration, false, nil
	if owner, number, ok := timeline.ParseMediaName(e.Object); ok {
		next.Object = timeline.MediaName(owner, number+1)
	}
	next.Tracks = nil
	at := int64(400)
	for range e.Tracks {
		next.Tracks = append(next.Tracks, timeline.Range{Offset: at, Length: 1000})
		at += 1000
	}
	next.At = timeline.Range{}
	if e.At.Length > 0 && len(e.Tracks) > 0 && e.At.End() < 1<<40 {
		next.At = timeline.Range{Offset: e.At.End(), Length: at}
	}
	return next
}

// sealed gives an index object's inside the magic and the checksum that it needs to be looked at.
func sealed(inside []byte) []byte {
	b := append([]byte("PTL1"), inside...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

func TestIndexHostile(t *testing.T) {
	uvarint := func(v ...uint64) []byte {
		var b []byte
		for _, n := range v {
			b = binary.AppendUvarint(b, n)
		}
		return b
	}
	long := func(dir, file uint64) []byte {
		b := uvarint(2)
		for range 2 {
			b = append(append(b, uvarint(400)...), strings.Repeat("n", 400)...)
		}
		b = append(b, uvarint(1, 0, 2, 0, 2, 8)...)
		return append(append(b, uvarint(0, dir, file, 0, 0, 0, 0)...), 1, 1, 0, 0)
	}
	for name, b := range map[string][]byte{
		"nothing":               nil,
		"magic alone":           []byte("PTL1"),
		"another magic":         append([]byte("PTL4"), 0, 0, 0, 0),
		"empty inside":          sealed(nil),
		"no entries' count":     sealed(uvarint(0)),
		"endless strings":       sealed(uvarint(math.MaxUint64)),
		"strings that are not":  sealed(uvarint(100_000)),
		"a string too long":     sealed(uvarint(1, 1<<40)),
		"endless entries":       sealed(uvarint(0, math.MaxUint64)),
		"entries that are not":  sealed(uvarint(0, 1<<16)),
		"a string that is not":  sealed(uvarint(0, 1, 0, 0, 0, 0, 0, 7)),
		"a name too long":       sealed(long(0, 1)),
		"bytes behind the end":  sealed(uvarint(0, 0, 0)),
		"checksum of something": append(sealed(uvarint(0, 0)), 1),
	} {
		_, err := timeline.DecodeIndex(b)
		require.ErrorIs(t, err, timeline.ErrBadIndex, name)
	}
	got, err := timeline.DecodeIndex(sealed(uvarint(0, 0)))
	require.NoError(t, err)
	require.Empty(t, got)
}

func FuzzDecodeIndex(f *testing.F) {
	inside := func(entries []timeline.Entry) []byte {
		b := timeline.EncodeIndex(nil, entries)
		return b[4 : len(b)-4]
	}
	f.Add(inside(nil))
	f.Add(inside(hourOf(3, start, 7)))
	f.Add([]byte{0, 0xff, 0xff, 0x03})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = timeline.DecodeIndex(b)
		entries, err := timeline.DecodeIndex(sealed(b))
		if err != nil {
			require.ErrorIs(t, err, timeline.ErrBadIndex)
			return
		}
		require.LessOrEqual(t, len(entries), len(b)/3)
		sealedAs3 := append([]byte("PTL3"), b...)
		sealedAs3 = binary.BigEndian.AppendUint32(sealedAs3, crc32.ChecksumIEEE(sealedAs3))
		if newer, err := timeline.DecodeIndex(sealedAs3); err == nil {
			again, err := timeline.DecodeIndex(timeline.EncodeIndex(nil, newer))
			require.NoError(t, err)
			require.Equal(t, newer, again)
		}
		again, err := timeline.DecodeIndex(timeline.EncodeIndex(nil, entries))
		require.NoError(t, err)
		require.Equal(t, entries, again)
	})
}

func BenchmarkDecodeIndex900(b *testing.B) {
	index := timeline.EncodeIndex(nil, hourOf(900, start, 100_000))
	b.SetBytes(int64(len(index)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := timeline.DecodeIndex(index); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeIndex900(b *testing.B) {
	entries := hourOf(900, start, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		timeline.EncodeIndex(nil, entries)
	}
}

func BenchmarkWalk900(b *testing.B) {
	p, err := timeline.ReadPacked(timeline.EncodeIndex(nil, hourOf(900, start, 0)))
	require.NoError(b, err)
	for b.Loop() {
		n := 0
		require.NoError(b, p.Walk(func(*timeline.Entry) bool { n++; return true }))
	}
}

func BenchmarkReadPacked900(b *testing.B) {
	form := timeline.EncodeIndex(nil, hourOf(900, start, 0))
	for b.Loop() {
		_, err := timeline.ReadPacked(form)
		require.NoError(b, err)
	}
}
