package aac_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/webrtc/v4/pkg/media/oggreader"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/aac"
	"podium.tv/podium/packager/media"
)

// feed is a receiver that keeps what it is given.
type feed struct {
	mutex   sync.Mutex
	tracks  []media.Track
	samples [][]media.Sample
	warned  []error
}

func (f *feed) Describe(tracks []media.Track) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.tracks = tracks
	f.samples = make([][]media.Sample, len(tracks))
	return nil
}

func (f *feed) Sample(track int, s media.Sample) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.samples[track] = append(f.samples[track], s)
}

func (f *feed) Warn(err error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.warned = append(f.warned, err)
}

func (f *feed) of(track int) []media.Sample {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return append([]media.Sample(nil), f.samples[track]...)
}

const packetLasts = 960

// beep is three seconds of Opus in packets of 20 ms, silent but for a tone from one second on.
func beep(t *testing.T) [][]byte {
	t.Helper()
	out, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi",
		"-i", "aevalsrc='if(gte(t,1),0.5*sin(2*PI*1000*t),0)|if(gte(t,1),0.5*sin(2*PI*1000*t),0)':s=48000:d=3",
		"-c:a", "libopus", "-b:a", "96k", "-frame_duration", "20", "-page_duration", "20000", "-f", "ogg", "pipe:1").Output()
	require.NoError(t, err)
	r, _, err := oggreader.NewWith(bytes.NewReader(out))
	require.NoError(t, err)
	var packets [][]byte
	for {
		page, head, err := r.ParseNextPage()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if head.GranulePosition > 0 {
			packets = append(packets, bytes.Clone(page))
		}
	}
	require.Greater(t, len(packets), 140)
	return packets
}

// preskip is libopus' delay: what comes out of its packets is this much late.
const preskip = 312

func tracks() []media.Track {
	return []media.Track{
		{ID: 1, Timescale: 90000, Codec: &media.H264{}},
		{ID: 2, Timescale: 48000, Codec: &media.Opus{Channels: 2}},
	}
}

func sample(pts int64, b []byte) media.Sample {
	return media.Sample{PTS: pts, DTS: pts, Sync: true, Units: [][]byte{b}}
}

// onset is the PTS at which the samples become loud.
func onset(t *testing.T, samples []media.Sample) int64 {
	t.Helper()
	var packets mpeg4audio.ADTSPackets
	for i, s := range samples {
		require.Equal(t, samples[0].PTS+int64(i)*1024, s.PTS, "frame %d", i)
		packets = append(packets, &mpeg4audio.ADTSPacket{
			Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelConfig: 2, ChannelCount: 2, AU: s.Units[0],
		})
	}
	b, err := packets.Marshal()
	require.NoError(t, err)
	cmd := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-f", "aac", "-i", "pipe:0", "-ac", "1", "-f", "s16le", "pipe:1")
	cmd.Stdin = bytes.NewReader(b)
	raw, err := cmd.Output()
	require.NoError(t, err)
	for i := 0; i+1 < len(raw); i += 2 {
		if v := int16(binary.LittleEndian.Uint16(raw[i:])); v > 10000 || v < -10000 {
			return samples[0].PTS + int64(i/2)
		}
	}
	require.Fail(t, "it is silent")
	return 0
}

func TestSoundStaysWhereItWas(t *testing.T) {
	const base = 1_000_000
	packets := beep(t)
	for name, lost := range map[string][]int{
		"whole": nil, "one packet is missing": {20}, "half a second is missing": {10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &feed{}
			r := &aac.Receiver{Receiver: f}
			require.NoError(t, r.Describe(tracks()))
			require.Equal(t, &media.AAC{Config: []byte{0x11, 0x90}}, f.tracks[1].Codec)
			missing := map[int]bool{}
			for _, i := range lost {
				missing[i] = true
			}
			for i, p := range packets {
				if !missing[i] {
					r.Sample(1, sample(base+int64(i)*packetLasts, p))
				}
			}
			r.Sample(0, sample(7, []byte{1}))
			require.Eventually(t, func() bool { return len(f.of(1)) > 130 }, 20*time.Second, 20*time.Millisecond)
			r.Close()
			require.Len(t, f.of(0), 1, "pictures go through as they are")
			require.Equal(t, int64(base), f.of(1)[0].PTS)
			require.InDelta(t, base+48000+preskip, onset(t, f.of(1)), 240, "lips and voice are beside each other by more than 5 ms")
			require.Empty(t, f.warned)
			said := len(f.of(1))
			require.InDelta(t, len(packets)*packetLasts/1024, said, 4, "what was in the encoder came out at the end")
		})
	}
}

func TestTimesThatJumpBeginAnew(t *testing.T) {
	packets := beep(t)
	f := &feed{}
	r := &aac.Receiver{Receiver: f}
	require.NoError(t, r.Describe(tracks()))
	for _, base := range []int64{0, 48000 * 3600, 48000 * 60} {
		for i, p := range packets[:50] {
			r.Sample(1, sample(base+int64(i)*packetLasts, p))
		}
	}
	begins := func() []int64 {
		var all []int64
		next := int64(-1)
		for _, s := range f.of(1) {
			if s.PTS != next {
				all = append(all, s.PTS)
			}
			next = s.PTS + 1024
		}
		return all
	}
	require.Eventually(t, func() bool { return len(begins()) == 3 }, 20*time.Second, 20*time.Millisecond)
	r.Close()
	require.Equal(t, []int64{0, 48000 * 3600, 48000 * 60}, begins())
}

func TestADeadChildIsReplaced(t *testing.T) {
	packets := beep(t)
	dir := t.TempDir()
	once := filepath.Join(dir, "once")
	program := filepath.Join(dir, "ffmpeg.sh")
	script := "#!/bin/sh\nif [ ! -e " + once + " ]; then touch " + once + "; echo 'no such codec' >&2; exit 1; fi\nexec ffmpeg \"$@\"\n"
	require.NoError(t, os.WriteFile(program, []byte(script), 0o700))
	f := &feed{}
	r := &aac.Receiver{Receiver: f, FFmpeg: program}
	require.NoError(t, r.Describe(tracks()))
	defer r.Close()
	pts := int64(0)
	require.Eventually(t, func() bool {
		r.Sample(1, sample(pts, packets[0]))
		pts += packetLasts
		return len(f.of(1)) > 10
	}, 30*time.Second, 10*time.Millisecond)
	f.mutex.Lock()
	defer f.mutex.Unlock()
	require.NotEmpty(t, f.warned)
	require.ErrorContains(t, f.warned[0], "no such codec")
}

func TestWithoutFFmpegTheRestGoesOn(t *testing.T) {
	f := &feed{}
	r := &aac.Receiver{Receiver: f, FFmpeg: "/nowhere/ffmpeg"}
	require.NoError(t, r.Describe(tracks()))
	r.Sample(1, sample(0, []byte{0xF8, 0xFF, 0xFE}))
	r.Sample(0, sample(0, []byte{1}))
	require.Eventually(t, func() bool {
		f.mutex.Lock()
		defer f.mutex.Unlock()
		return len(f.warned) == 1
	}, 10*time.Second, 5*time.Millisecond)
	require.Len(t, f.of(0), 1)
	r.Close()
}

// A change of the pictures must not be heard.
func TestTheEncoderSurvivesANewDescription(t *testing.T) {
	packets := beep(t)
	f := &feed{}
	r := &aac.Receiver{Receiver: f}
	require.NoError(t, r.Describe(tracks()))
	for i, p := range packets {
		if i == 75 {
			require.Eventually(t, func() bool { return len(f.of(1)) > 50 }, 20*time.Second, 10*time.Millisecond)
			require.NoError(t, r.Describe(tracks()))
		}
		r.Sample(1, sample(int64(i)*packetLasts, p))
	}
	require.Eventually(t, func() bool { return len(f.of(1)) > 60 }, 20*time.Second, 20*time.Millisecond)
	r.Close()
	onset(t, f.of(1)) // which looks at the times of the frames
	require.Greater(t, f.of(1)[0].PTS, int64(48000), "the encoder began anew")
}
