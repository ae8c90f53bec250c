package media_test

import (
	"encoding/hex"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
)

// audioFrame begins as an encoder's do and is filled up with zeros.
func audioFrame(t testing.TB, head string, size int) []byte {
	t.Helper()
	b, err := hex.DecodeString(head)
	require.NoError(t, err)
	return append(b, make([]byte, size-len(b))...)
}

func TestReadAC3(t *testing.T) {
	for name, c := range map[string]struct {
		head     string
		size     int
		config   string
		rate     int
		channels int
	}{
		"mono at 96 kb/s, 48 kHz":           {"0b7747110c402f84", 384, "1008c0", 48000, 1},
		"5.1 at 448 kb/s, 48 kHz":           {"0b771a011e40ebf8", 1792, "103de0", 48000, 6},
		"stereo at 192 kb/s, 44.1 kHz":      {"0b77000055404000", 836, "501140", 44100, 2},
		"dual mono at 64 kb/s, 32 kHz":      {"0b77000088400000", 384, "900080", 32000, 2},
		"a service for the hard of hearing": {"0b7700000c422000", 384, "1088c0", 48000, 1},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := media.ReadAC3(audioFrame(t, c.head, c.size))
			require.NoError(t, err)
			require.Equal(t, c.config, hex.EncodeToString(got.Config))
			require.Equal(t, c.rate, got.SampleRate())
			require.Equal(t, c.channels, got.Channels())
			require.Equal(t, "ac-3", got.RFC6381())
		})
	}
}

func TestReadAC3Refuses(t *testing.T) {
	good := audioFrame(t, "0b7747110c402f84", 384)
	for name, b := range map[string][]byte{
		"nothing":           nil,
		"no sync word":      audioFrame(t, "0b7647110c402f84", 384),
		"a cut frame":       good[:383],
		"more than a frame": append(good[:384:384], 0),
		"a reserved rate":   audioFrame(t, "0b774711cc402f84", 384),
		"a reserved size":   audioFrame(t, "0b7747113f402f84", 384),
		"E-AC-3":            audioFrame(t, "0b77004f34800000", 160),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := media.ReadAC3(b)
			require.ErrorIs(t, err, media.ErrBadAudio)
		})
	}
}

func TestAC3FitsWhateverItsRate(t *testing.T) {
	a, err := media.ReadAC3(audioFrame(t, "0b7747110c402f84", 384))
	require.NoError(t, err)
	b, err := media.ReadAC3(audioFrame(t, "0b77471110402f84", 512))
	require.NoError(t, err)
	require.False(t, media.Equal(a, b))
	require.True(t, a.Fits(b))
	c, err := media.ReadAC3(audioFrame(t, "0b771a011e40ebf8", 1792))
	require.NoError(t, err)
	require.False(t, a.Fits(c))
}

func TestReadEAC3(t *testing.T) {
	head := "0b77004f3480" // 80 words, 48 kHz, 6 blocks, stereo
	got, samples, err := media.ReadEAC3(audioFrame(t, head+"0000", 160), 48)
	require.NoError(t, err)
	require.Equal(t, "0180200400", hex.EncodeToString(got.Config))
	require.Equal(t, 1536, samples)
	require.Equal(t, 48000, got.SampleRate())
	require.Equal(t, 2, got.Channels())
	require.Equal(t, "ec-3", got.RFC6381())
	for name, b := range map[string][]byte{
		"nothing":        nil,
		"a cut frame":    audioFrame(t, head+"0000", 159),
		"AC-3":           audioFrame(t, "0b7747110c402f84", 384),
		"a dependent":    audioFrame(t, "0b77404f34800000", 160),
		"a halved rate":  audioFrame(t, "0b77004fc4800000", 160),
		"rubbish behind": append(audioFrame(t, head+"0000", 160), 1),
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := media.ReadEAC3(b, 48)
			require.ErrorIs(t, err, media.ErrBadAudio)
		})
	}
}

func TestDolbyIsStored(t *testing.T) {
	init := &media.Init{Tracks: []media.Track{
		{ID: 1, Timescale: 48000, Codec: &media.AC3{Config: []byte{0x10, 0x08, 0x80}}},
		{ID: 2, Timescale: 48000, Codec: &media.EAC3{Config: []byte{1, 0x80, 0x20, 4, 0}}},
		{ID: 3, Timescale: 1000, Language: "zh", Codec: &media.WebVTT{Header: "STYLE"}},
	}}
	b, err := init.MarshalJSON()
	require.NoError(t, err)
	got := new(media.Init)
	require.NoError(t, json.Unmarshal(b, got))
	require.True(t, init.Equal(got))
	require.Zero(t, got.Leading())
	for _, config := range []string{`""`, `"EAg="`, `"0AiA"`} { // None, too short, a reserved rate.
		text := `{"tracks":[{"id":1,"timescale":48000,"codec":"ac3","params":{"config":` + config + `}}]}`
		require.ErrorIs(t, json.Unmarshal([]byte(text), new(media.Init)), media.ErrBadAudio)
	}
}

func FuzzReadAC3(f *testing.F) {
	f.Add(audioFrame(f, "0b7747110c402f84", 384))
	f.Add(audioFrame(f, "0b77004f34800000", 160))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := media.ReadAC3(b); err == nil {
			require.Positive(t, c.SampleRate())
			require.Positive(t, c.Channels())
		}
		if c, samples, err := media.ReadEAC3(b, 100); err == nil {
			require.Positive(t, c.SampleRate())
			require.Positive(t, c.Channels())
			require.Positive(t, samples)
		}
	})
}
