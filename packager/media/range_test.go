package media_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
)

func TestSlices(t *testing.T) {
	b := []byte("0123456789")
	got, err := media.Slices(b, []media.Range{{Offset: 2, Length: 3}, {}, {Offset: 5, Length: 5}, {Offset: 10}})
	require.NoError(t, err)
	require.Equal(t, [][]byte{[]byte("234"), {}, []byte("56789"), {}}, got)
	require.Equal(t, 3, cap(got[0]), "appending must not write into what follows")
	for _, bad := range []media.Range{
		{Offset: -1, Length: 1}, {Length: -1}, {Offset: 8, Length: 3}, {Offset: 11}, {Offset: math.MaxInt64, Length: math.MaxInt64},
	} {
		_, err := media.Slices(b, []media.Range{bad})
		require.Error(t, err, "%+v", bad)
	}
}
