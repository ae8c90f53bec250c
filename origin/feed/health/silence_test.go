package health_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/feed/health"
	"podium.tv/podium/packager/media"
)

// sounds are what is encoded: only the first is silence. The quiet one is 80 dB below full scale.
func sounds() map[string]string {
	return map[string]string{
		"silence": "anullsrc=r=48000:cl=stereo",
		"quiet":   "anoisesrc=r=48000:a=0.0001:c=pink:seed=1",
		"room":    "anoisesrc=r=48000:a=0.001:c=pink:seed=1",
		"tone":    "sine=f=1000:r=48000",
	}
}

// TestSilence encodes silence, the noise of quiet rooms and a steady tone in every codec.
func TestSilence(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("no ffmpeg")
	}
	for name, c := range map[string]struct {
		args   []string
		codec  media.Codec
		split  func(t *testing.T, b []byte) [][]byte
		cannot bool
	}{
		"aac 128k":  {[]string{"-c:a", "aac", "-b:a", "128k", "-f", "adts"}, &media.AAC{Config: []byte{0x11, 0x90}}, splitADTS, false},
		"aac 48k":   {[]string{"-c:a", "aac", "-b:a", "48k", "-f", "adts"}, &media.AAC{Config: []byte{0x11, 0x90}}, splitADTS, false},
		"aac mono":  {[]string{"-c:a", "aac", "-ac", "1", "-f", "adts"}, &media.AAC{Config: []byte{0x11, 0x88}}, splitADTS, false},
		"mp2 192k":  {[]string{"-c:a", "mp2", "-b:a", "192k", "-f", "mp2"}, &media.MP2{SampleRate: 48000, Channels: 2}, splitEven(576), false},
		"mp2 96k":   {[]string{"-c:a", "mp2", "-b:a", "96k", "-f", "mp2"}, &media.MP2{SampleRate: 48000, Channels: 2}, splitEven(288), false},
		"mp2 joint": {[]string{"-c:a", "libtwolame", "-mode", "joint_stereo", "-b:a", "128k", "-f", "mp2"}, &media.MP2{SampleRate: 48000, Channels: 2}, splitEven(384), false},
		"mp2 mono":  {[]string{"-c:a", "libtwolame", "-ac", "1", "-b:a", "48k", "-f", "mp2"}, &media.MP2{SampleRate: 48000, Channels: 1}, splitEven(144), false},
		"mp3":       {[]string{"-c:a", "libmp3lame", "-b:a", "128k", "-id3v2_version", "0", "-write_xing", "0", "-f", "mp3"}, &media.MP2{SampleRate: 48000, Channels: 2}, splitEven(384), false},
		"ac3 192k":  {[]string{"-c:a", "ac3", "-b:a", "192k", "-f", "ac3"}, &media.AC3{}, splitEven(768), false},
		"ac3 448k":  {[]string{"-c:a", "ac3", "-b:a", "448k", "-f", "ac3"}, &media.AC3{}, splitEven(1792), false},
		"ac3 5.1":   {[]string{"-c:a", "ac3", "-b:a", "448k", "-ac", "6", "-f", "ac3"}, &media.AC3{}, splitEven(1792), false},
		"e-ac-3":    {[]string{"-c:a", "eac3", "-b:a", "128k", "-f", "eac3"}, &media.EAC3{}, splitEven(512), false},
		"opus":      {[]string{"-c:a", "libopus", "-b:a", "64k", "-f", "ogg"}, &media.Opus{Channels: 2}, splitOgg, false},
		"opus cbr":  {[]string{"-c:a", "libopus", "-b:a", "64k", "-vbr", "off", "-f", "ogg"}, &media.Opus{Channels: 2}, splitOgg, false},
		"opus speech": {
			[]string{"-c:a", "libopus", "-b:a", "12k", "-ac", "1", "-application", "voip", "-f", "ogg"},
			&media.Opus{Channels: 1}, splitOgg, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for sound, source := range sounds() {
				args := append([]string{"-v", "error", "-f", "lavfi", "-i", source, "-t", "2", "-ac", "2", "-ar", "48000"}, c.args...)
				out, err := exec.CommandContext(t.Context(), ffmpeg, append(args, "-")...).Output()
				require.NoError(t, err)
				frames := c.split(t, out)
				require.Greater(t, len(frames), 50)
				now := time.Unix(1_700_000_000, 0)
				m := new(health.Monitor)
				m.Describe([]media.Track{{Timescale: 48000, Codec: c.codec}}, now)
				// The first frames tell of the encoder or are not like the rest.
				for i, f := range frames[4:] {
					now = now.Add(20 * time.Millisecond)
					m.Sample(0, &media.Sample{DTS: int64(i) * 1024, Sync: true, Units: [][]byte{f}}, now)
				}
				v := m.Verdict(now)
				if sound == "silence" && !c.cannot {
					require.Greater(t, v.SilentFor, time.Duration(len(frames)-8)*20*time.Millisecond, sound)
				} else {
					require.Zero(t, v.SilentFor, sound)
				}
			}
		})
	}
}

func splitADTS(t *testing.T, b []byte) [][]byte {
	t.Helper()
	var packets mpeg4audio.ADTSPackets
	require.NoError(t, packets.Unmarshal(b))
	frames := make([][]byte, len(packets))
	for i := range packets {
		frames[i] = packets[i].AU
	}
	return frames
}

func splitEven(size int) func(t *testing.T, b []byte) [][]byte {
	return func(_ *testing.T, b []byte) [][]byte {
		var frames [][]byte
		for ; len(b) >= size; b = b[size:] {
			frames = append(frames, b[:size])
		}
		return frames
	}
}

// splitOgg reads the packets of an Ogg file (RFC 3533 §6) that has one stream.
func splitOgg(t *testing.T, b []byte) [][]byte {
	t.Helper()
	var packets [][]byte
	var packet []byte
	for len(b) > 27 {
		require.True(t, bytes.HasPrefix(b, []byte("OggS")))
		lacing := b[27 : 27+int(b[26])]
		b = b[27+len(lacing):]
		for _, n := range lacing {
			packet = append(packet, b[:n]...)
			b = b[n:]
			if n < 255 {
				packets = append(packets, packet)
				packet = nil
			}
		}
	}
	return packets[2:] // Without the two headers of RFC 7845 §5.
}

// FuzzSilence gives broken frames to what looks for silence.
func FuzzSilence(f *testing.F) {
	f.Add(0, []byte{0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c})
	f.Add(1, bytes.Repeat([]byte{0xff, 0xfd, 0x64, 0x04}, 30))
	f.Add(1, bytes.Repeat([]byte{0xff, 0xfb, 0x94, 0x64}, 30))
	f.Add(2, bytes.Repeat([]byte{0x0b, 0x77, 0x50, 0x52}, 100))
	f.Add(3, []byte{0xfc, 0xff, 0xfe})
	f.Fuzz(func(t *testing.T, codec int, frame []byte) {
		codecs := []media.Codec{
			&media.AAC{Config: []byte{0x11, 0x90}}, &media.MP2{SampleRate: 48000, Channels: 2}, &media.AC3{}, &media.Opus{Channels: 2},
		}
		m := new(health.Monitor)
		now := time.Unix(1_700_000_000, 0)
		m.Describe([]media.Track{{Timescale: 48000, Codec: codecs[uint(codec)%4]}}, now)
		for i := range 3 {
			m.Sample(0, &media.Sample{DTS: int64(i), Units: [][]byte{frame}}, now)
		}
		require.Zero(t, m.Verdict(now).SilentFor)
	})
}

// lecture is the parameters of a real recording: H.264 1280x720, AAC stereo.
func lecture(t testing.TB) []media.Track {
	t.Helper()
	b, err := os.ReadFile("../testdata/lecture.json")
	require.NoError(t, err)
	var init media.Init
	require.NoError(t, json.Unmarshal(b, &init))
	return init.Tracks
}
