package mpegts_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/mpegts"
)

// several is a stream of a radio program and two of television.
func several(t *testing.T) []byte {
	return encode(t, picture, tone, words("-map", "1:a", "-map", "0:v", "-map", "1:a", "-map", "0:v"), x264,
		words("-c:a", "aac", "-c:a:0", "mp2", "-t", "2", "-s:v:1", "320x180",
			"-program", "program_num=7:st=0", "-program", "program_num=101:st=1:st=2", "-program", "program_num=202:st=3"))
}

func TestProgram(t *testing.T) {
	ts := several(t)
	for _, c := range []struct {
		program int
		codecs  []string
	}{{0, words("mp2")}, {7, words("mp2")}, {101, words("h264", "aac")}, {202, words("h264")}} {
		d := &mpegts.Demuxer{Program: c.program}
		r := demux(t, d, ts)
		require.Equal(t, c.codecs, r.codecs(), "program %d", c.program)
		require.Empty(t, r.warnings)
	}
}

func TestProgramsThatAreNotThere(t *testing.T) {
	later := func() time.Time { return time.Now().Add(11 * time.Second) }
	ts := several(t)
	pmt := func(p []byte) bool { return pidOf(p) >= 0x1000 && pidOf(p) < 0x1010 }
	for name, c := range map[string]struct {
		program int
		ts      []byte
		want    error
		text    string
	}{
		"another program": {9, ts, mpegts.ErrNoProgram, "9 was asked for, there is program 7, 101, 202"},
		"no PAT":          {0, without(ts, func(p []byte) bool { return pidOf(p) == 0 }), mpegts.ErrNoTables, "repeat PAT and PMT"},
		"no PMT":          {0, without(ts, pmt), mpegts.ErrNoTables, "the PAT lists program 7, 101, 202, whose PMT never comes"},
		"no MPEG-TS":      {0, bytes.Repeat([]byte("G is not enough"), 1000), mpegts.ErrNoPackets, "check what is sent"},
	} {
		t.Run(name, func(t *testing.T) {
			d := &mpegts.Demuxer{Receiver: new(taken), Program: c.program}
			_, err := d.Write(c.ts)
			require.NoError(t, err)
			require.NoError(t, d.Tick(time.Now()))
			err = d.Tick(later())
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.text)
			_, again := d.Write(c.ts)
			require.Equal(t, err, again)
		})
	}
}

// TestLatePMT takes a later program of which there is a map, where that of the first never comes.
func TestLatePMT(t *testing.T) {
	ts := without(several(t), func(p []byte) bool { return pidOf(p) == 0x1000 })
	r := demux(t, new(mpegts.Demuxer), ts)
	require.Equal(t, words("h264", "aac"), r.codecs())
}

func pidOf(packet []byte) int { return int(packet[1]&0x1f)<<8 | int(packet[2]) }

// without leaves packets out.
func without(ts []byte, which func(packet []byte) bool) []byte {
	var out []byte
	for p := range bytesOf(ts, 188) {
		if !which(p) {
			out = append(out, p...)
		}
	}
	return out
}

// TestSilent goes on without sound that is declared only, and takes it on when it comes.
func TestSilent(t *testing.T) {
	ts := encode(t, picture, tone, x264, words("-c:a", "aac", "-metadata:s:a", "language=chi", "-t", "6"))
	silent := without(ts, func(p []byte) bool { return pidOf(p) == 0x101 })
	var d mpegts.Demuxer
	r := demux(t, &d, silent)
	require.Equal(t, words("h264"), r.codecs())
	require.Len(t, r.samples, 150)
	require.Equal(t, words("the aac track (PID 257) is declared but silent: the feed goes on without it, and takes it on when it speaks"), r.warnings)

	half := len(ts) / 188 / 2 * 188
	late := append(without(ts[:half], func(p []byte) bool { return pidOf(p) == 0x101 }), ts[half:]...)
	r = demux(t, new(mpegts.Demuxer), late)
	require.Len(t, r.descriptions, 2)
	require.Equal(t, words("h264", "aac"), r.codecs())
	require.Equal(t, "zh", r.descriptions[1][1].Language)
	require.NotEmpty(t, r.of(1))
	require.Zero(t, r.samples[0].description)
}

// TestChange follows another program at the same PIDs, and the same at others, without an end.
func TestChange(t *testing.T) {
	one := encode(t, picture, tone, x264, words("-c:a", "aac", "-t", "2"))
	other := encode(t, picture, tone, words("-c:v", "libx265", "-x265-params", "log-level=none:keyint=25", "-c:a", "mp2", "-t", "2"))
	moved := encode(t, picture, tone, x264, words("-c:a", "aac", "-t", "2", "-mpegts_start_pid", "0x300", "-mpegts_pmt_start_pid", "0x200"))
	r := demux(t, new(mpegts.Demuxer), one, other, moved, one)
	require.Len(t, r.descriptions, 4)
	pictures := make([]int, 4)
	for _, s := range r.samples {
		if s.track == 0 {
			pictures[s.description]++
		}
	}
	require.Equal(t, []int{50, 50, 50, 50}, pictures)
	require.Equal(t, "h265", r.descriptions[1][0].Codec.Name())
	require.Equal(t, "mp2", r.descriptions[1][1].Codec.Name())
}

// TestRate follows sound whose sampling rate changes, without a table that says so.
func TestRate(t *testing.T) {
	one := encode(t, tone, words("-c:a", "aac", "-t", "2"))
	other := encode(t, tone, words("-c:a", "aac", "-ar", "44100", "-t", "2"))
	r := demux(t, new(mpegts.Demuxer), one, other)
	require.Len(t, r.descriptions, 2)
	require.Equal(t, 48000, r.descriptions[0][0].Timescale)
	require.Equal(t, 44100, r.descriptions[1][0].Timescale)
}

func TestLeftOut(t *testing.T) {
	r := demux(t, new(mpegts.Demuxer), encode(t, picture, tone, words("-c:v", "mpeg2video", "-c:a", "aac", "-t", "1")))
	require.Equal(t, words("aac"), r.codecs())
	require.Equal(t, words("mpeg2 video cannot be carried in HLS: set the encoder to H.264"), r.warnings)
	d := &mpegts.Demuxer{Receiver: new(taken)}
	_, err := d.Write(encode(t, picture, words("-c:v", "mpeg2video", "-t", "1")))
	require.NoError(t, err)
	require.ErrorIs(t, d.Tick(time.Now().Add(time.Minute)), input.ErrNoTracks)
}

func TestScrambled(t *testing.T) {
	ts := bytes.Clone(av(t))
	for p := range bytesOf(ts, 188) {
		if n := pidOf(p); n == 0x100 || n == 0x101 {
			p[3] |= 0x80
		}
	}
	var d mpegts.Demuxer
	r := demux(t, &d, ts)
	require.Empty(t, r.samples)
	require.Len(t, r.warnings, 1)
	require.True(t, strings.HasSuffix(r.warnings[0], "the program is scrambled: ask the provider for the clear stream, or descramble it before it comes here"))
	require.Positive(t, d.Counts().Scrambled)
}

// TestBadTables is not misled by tables with wrong bits.
func TestBadTables(t *testing.T) {
	ts := bytes.Clone(av(t))
	n := 0
	for p := range bytesOf(ts, 188) {
		if pidOf(p) == 0x1000 {
			n++
			if n%2 == 0 {
				p[20] ^= 0x10
			}
		}
	}
	var d mpegts.Demuxer
	r := demux(t, &d, ts)
	require.Len(t, r.descriptions, 1)
	require.EqualValues(t, n/2, d.Counts().Tables)
}
