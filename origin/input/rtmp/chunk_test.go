package rtmp

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func readerOf(b []byte) *chunkReader {
	return newChunkReader(bufio.NewReader(bytes.NewReader(b)), mediaLimits())
}

// What gortmplib writes is read as it was meant, whatever the chunks.
func TestChunksOfTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var wire bytes.Buffer
		w := rawmessage.NewWriter(&wire, bytecounter.NewWriter(&wire), false)
		size := uint32(rapid.SampledFrom([]int{1, 2, 128, 4096, 65536}).Draw(t, "chunk size"))
		w.SetChunkSize(size)
		stamps := map[byte]uint32{}
		var sent []message
		for range rapid.IntRange(1, 20).Draw(t, "messages") {
			id := byte(rapid.IntRange(3, 8).Draw(t, "chunk stream"))
			stamp := stamps[id] + uint32(rapid.SampledFrom([]int{0, 23, 40, 1 << 24, 1<<24 - 1}).Draw(t, "later by"))
			stamps[id] = stamp
			m := message{
				kind:  rapid.SampledFrom([]uint8{kindAudio, kindVideo, kindCommandAMF0}).Draw(t, "type"),
				stamp: stamp, body: bytes.Repeat([]byte{byte(len(sent) + 1)}, rapid.SampledFrom([]int{0, 1, 127, 128, 129, 300}).Draw(t, "length")),
			}
			require.NoError(t, w.Write(&rawmessage.Message{
				ChunkStreamID: id, Timestamp: time.Duration(stamp) * time.Millisecond, Type: m.kind, MessageStreamID: streamID, Body: m.body,
			}))
			sent = append(sent, m)
		}
		r := readerOf(wire.Bytes())
		require.NoError(t, r.setSize(size))
		for i, want := range sent {
			got, err := r.read()
			require.NoError(t, err)
			require.Equal(t, want.kind, got.kind, "message %d", i)
			require.Equal(t, want.stamp, got.stamp, "message %d", i)
			require.True(t, bytes.Equal(want.body, got.body), "message %d", i)
		}
		require.Zero(t, r.pending)
		_, err := r.read()
		require.ErrorIs(t, err, io.EOF)
	})
}

// begin is a chunk of format 0.
func begin(id byte, stamp uint32, kind uint8, length int, payload ...byte) []byte {
	short := min(stamp, extended)
	b := []byte{
		id, byte(short >> 16), byte(short >> 8), byte(short), byte(length >> 16), byte(length >> 8), byte(length), kind, 1, 0, 0, 0,
	}
	if short == extended {
		b = binary.BigEndian.AppendUint32(b, stamp)
	}
	return append(b, payload...)
}

func goOn(id byte, payload ...byte) []byte { return append([]byte{3<<6 | id}, payload...) }

func TestChunks(t *testing.T) {
	full := bytes.Repeat([]byte{7}, firstChunkSize)
	long := func(stamp uint32, between ...byte) []byte {
		return bytes.Join([][]byte{begin(6, stamp, kindVideo, 130, full...), goOn(6, append(between, 8, 9)...)}, nil)
	}
	for _, c := range []struct {
		name   string
		wire   []byte
		stamps []uint32
		last   []byte // end of the last message's body
		want   string // error; io.EOF where empty
	}{
		{"a message of two chunks", long(40), []uint32{40}, []byte{7, 8, 9}, ""},
		{"an extended stamp, repeated", long(1<<25, 2, 0, 0, 0), []uint32{1 << 25}, []byte{7, 8, 9}, ""},
		{"an extended stamp, with zeros for it", long(1<<25, 0, 0, 0, 0), []uint32{1 << 25}, []byte{7, 8, 9}, ""},
		{"an extended stamp, not repeated", append(long(1<<25), begin(4, 1, kindAudio, 2, 1, 1)...), []uint32{1 << 25, 1}, []byte{1, 1}, ""},
		{
			"chunks of two messages in turn", bytes.Join([][]byte{
				begin(6, 40, kindVideo, 130, full...), begin(4, 23, kindAudio, 2, 1, 2), goOn(6, 8, 9),
			}, nil),
			[]uint32{23, 40},
			[]byte{8, 9},
			"",
		},
		{
			"deltas", bytes.Join([][]byte{
				begin(4, 100, kindAudio, 1, 1), {1<<6 | 4, 0, 0, 23, 0, 0, 1, kindAudio, 2}, {2<<6 | 4, 0, 0, 24, 3}, goOn(4, 4),
			}, nil),
			[]uint32{100, 123, 147, 171},
			[]byte{4},
			"",
		},
		{
			"the same stamp again", bytes.Join([][]byte{begin(4, 100, kindAudio, 1, 1), goOn(4, 2)}, nil),
			[]uint32{100, 100},
			[]byte{2},
			"",
		},
		{
			"wide chunk stream ids", bytes.Join([][]byte{
				append([]byte{0, 10}, begin(0, 1, kindAudio, 1, 1)[1:]...), append([]byte{1, 10, 2}, begin(0, 2, kindAudio, 1, 2)[1:]...),
			}, nil),
			[]uint32{1, 2},
			[]byte{2},
			"",
		},
		{"no beginning", goOn(4, 1), nil, nil, "has not begun"},
		{"a header in the middle", append(begin(6, 40, kindVideo, 130, full...), begin(6, 40, kindVideo, 130)...), nil, nil, "in the middle of a message"},
		{"too long a command", begin(3, 0, kindCommandAMF0, 1<<20), nil, nil, "at most 65536 expected"},
		{"too long sound", begin(3, 0, kindAudio, 1<<20), nil, nil, "at most 262144 expected"},
		{"half a header", begin(3, 0, kindAudio, 1)[:5], nil, nil, "unexpected EOF"},
		{"half a payload", begin(3, 0, kindAudio, 100, 1, 2), nil, nil, "unexpected EOF"},
		{"an empty message", append(begin(3, 5, kindAudio, 0), begin(3, 6, kindAudio, 1, 1)...), []uint32{5, 6}, []byte{1}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := readerOf(c.wire)
			var (
				stamps []uint32
				m      message
				err    error
			)
			for {
				var next message
				if next, err = r.read(); err != nil {
					break
				}
				m = next
				stamps = append(stamps, m.stamp)
			}
			require.Equal(t, c.stamps, stamps)
			require.True(t, bytes.HasSuffix(m.body, c.last))
			if c.want == "" {
				require.ErrorIs(t, err, io.EOF)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

// What a peer makes us hold grows with what it sends, and only so far.
func TestChunksAreBounded(t *testing.T) {
	t.Run("an announced length is no memory", func(t *testing.T) {
		r := readerOf(begin(6, 0, kindVideo, 1<<24-1, 1, 2, 3))
		require.NoError(t, r.setSize(1<<31-1))
		_, err := r.read()
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.LessOrEqual(t, cap(r.streams[6].body), readStep)
	})
	t.Run("chunk streams", func(t *testing.T) {
		var wire []byte
		for id := byte(2); id < 60; id++ {
			wire = append(wire, begin(id, 0, kindVideo, 300, make([]byte, firstChunkSize)...)...)
		}
		_, err := readerOf(wire).read()
		require.ErrorContains(t, err, "more than 32 chunk streams")
	})
	t.Run("incomplete messages", func(t *testing.T) {
		var wire []byte
		for id := byte(2); id < 20; id++ {
			wire = append(wire, begin(id, 0, kindVideo, 1<<21, make([]byte, 1<<20)...)...)
		}
		r := readerOf(wire)
		require.NoError(t, r.setSize(1<<20))
		_, err := r.read()
		require.ErrorContains(t, err, "messages that are not complete")
	})
	t.Run("an aborted message is forgotten", func(t *testing.T) {
		r := readerOf(append(begin(6, 0, kindVideo, 300, make([]byte, firstChunkSize)...), begin(6, 0, kindVideo, 1, 1)...))
		_, err := r.read()
		require.Error(t, err, "it is not complete")
		r.abort(6)
		r.abort(7)
		require.Zero(t, r.pending)
	})
	t.Run("chunk sizes", func(t *testing.T) {
		require.Error(t, readerOf(nil).setSize(0))
		require.Error(t, readerOf(nil).setSize(1<<31))
		require.NoError(t, readerOf(nil).setSize(1))
	})
	t.Run("strangers", func(t *testing.T) {
		r := newChunkReader(bufio.NewReader(bytes.NewReader(begin(6, 0, kindVideo, 1, 1))), strangerLimits())
		_, err := r.read()
		require.ErrorContains(t, err, "at most 0 expected")
	})
	require.NotErrorIs(t, cut(io.ErrClosedPipe), io.ErrUnexpectedEOF)
}
