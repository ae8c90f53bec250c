package object_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/storage/object"
)

func TestRecord(t *testing.T) {
	for _, want := range []object.Record{
		{Name: "a", Body: []byte("body")},
		{Name: "live/hall1/index", Settle: true, Body: []byte{}},
		{Name: "a", Delete: true, Body: []byte{}},
	} {
		file := object.MarshalRecord(want)
		got, err := object.ParseRecord(file)
		require.NoError(t, err)
		require.Equal(t, want, got)

		// Any byte that changed, and any that is missing, shows.
		for i := range file {
			rotten := append([]byte(nil), file...)
			rotten[i] ^= 0x10
			_, err := object.ParseRecord(rotten)
			require.ErrorIs(t, err, object.ErrDamaged, "byte %d", i)
			_, err = object.ParseRecord(file[:i])
			require.ErrorIs(t, err, object.ErrDamaged, "%d bytes", i)
		}
		_, err = object.ParseRecord(append(file, 0))
		require.ErrorIs(t, err, object.ErrDamaged)
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add([]byte{})
	f.Add(object.MarshalRecord(object.Record{Name: "a", Body: []byte("body")}))
	f.Add(object.MarshalRecord(object.Record{Name: "a", Delete: true, Settle: true}))
	f.Add(object.MarshalRecord(object.Record{Name: "../a"}))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := object.ParseRecord(file)
		if err != nil {
			require.ErrorIs(t, err, object.ErrDamaged)
			return
		}
		require.NoError(t, object.CheckName(r.Name))
		again, err := object.ParseRecord(object.MarshalRecord(r))
		require.NoError(t, err)
		require.Equal(t, r, again)
	})
}
