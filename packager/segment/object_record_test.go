package segment_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/segment"
)

func TestRecordReadsBack(t *testing.T) {
	for _, record := range []string{"", `{"seq":1}`, string(bytes.Repeat([]byte("x"), segment.MaxRecord))} {
		object := segment.AppendRecord([]byte(nil), []byte(record))
		end := len(object)
		object = append(object, "the media"...)
		got, rest, err := segment.ReadRecord(object)
		require.NoError(t, err)
		require.Equal(t, record, string(got))
		require.Equal(t, end, rest)
		samples, err := collect(object[:end])
		require.NoError(t, err, "a reader of fragments skips the record")
		require.Empty(t, samples)
	}
}

func TestRecordAsksForMore(t *testing.T) {
	object := segment.AppendRecord(nil, []byte(`{"seq":1}`))
	for n := range object {
		_, _, err := segment.ReadRecord(object[:n])
		require.ErrorIs(t, err, segment.ErrShort, "cut at %d", n)
	}
}

func TestRecordIsMissing(t *testing.T) {
	record := segment.AppendRecord(nil, nil)
	large := bytes.Clone(record)
	large[0] = 1
	small := bytes.Clone(record)
	small[3] = 23
	other := bytes.Clone(record)
	other[20]++
	for name, b := range map[string][]byte{
		"an init":           []byte("\x00\x00\x00\x18ftypiso6"),
		"text":              []byte("#EXTM3U\n"),
		"another uuid":      other,
		"a box too large":   large,
		"a box too small":   small,
		"short and strange": []byte("\x00\x00\x00\x18uuix"),
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := segment.ReadRecord(b)
			require.ErrorIs(t, err, segment.ErrNoRecord)
		})
	}
}

func FuzzReadRecord(f *testing.F) {
	f.Add(segment.AppendRecord(nil, []byte(`{"seq":1}`)))
	f.Add([]byte("\x00\x00\x00\x18ftyp"))
	f.Fuzz(func(t *testing.T, b []byte) {
		record, rest, err := segment.ReadRecord(b)
		if err != nil {
			require.Nil(t, record)
			return
		}
		require.LessOrEqual(t, rest, len(b))
		require.Equal(t, b[:rest], segment.AppendRecord(nil, record))
	})
}
