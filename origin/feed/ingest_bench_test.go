package feed_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/bluenviron/gohlslib/v2"
	"github.com/bluenviron/gohlslib/v2/pkg/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts"
	tscodecs "github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/codecs"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/feed"
	"podium.tv/podium/origin/input"
	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/storage/object"
)

// benchRate is the channel that is measured, in bits a second.
const benchRate = 2_600_000

// benchPart is how long the parts of low latency are.
const benchPart = 200 * time.Millisecond

// BenchmarkIngest is what one second of a 2.6 Mb/s channel costs, from samples to segments that can be served: beside
// gohlslib's muxer, which is MediaMTX's, fed the same samples. Podium's figures are for CMAF on disk and the timeline, with
// parts or without; gohlslib's are for one form each, in memory.
func BenchmarkIngest(b *testing.B) {
	r := readRecording(b)
	b.Run("podium", func(b *testing.B) { benchPodium(b, r, 0) })
	b.Run("podium-lowlatency", func(b *testing.B) { benchPodium(b, r, benchPart) })
	for name, variant := range map[string]gohlslib.MuxerVariant{
		"gohlslib-mpegts": gohlslib.MuxerVariantMPEGTS, "gohlslib-fmp4": gohlslib.MuxerVariantFMP4,
		"gohlslib-lowlatency": gohlslib.MuxerVariantLowLatency,
	} {
		b.Run(name, func(b *testing.B) { benchPeer(b, r, variant) })
	}
}

func benchPodium(b *testing.B, r *recording, part time.Duration) {
	dir := b.TempDir()
	folder := &object.Folder{Root: filepath.Join(dir, "objects")}
	require.NoError(b, folder.Initialize())
	hot := &object.Cache{Limit: 64 << 20}
	require.NoError(b, hot.Initialize())
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	in := &playedBack{recording: r, seconds: b.N, now: &now}
	ctx, stop := context.WithCancel(b.Context())
	in.ended = stop
	f := &feed.Feed{
		ID: "bench", Sources: []feed.Source{{Input: in}}, Store: folder, Hot: hot,
		Timeline: &timeline.Timeline{Name: "feeds/bench", Store: folder, Owns: true, Journal: filepath.Join(dir, "journal")},
		Now:      func() time.Time { return now },

		PartTarget: part,
	}
	f.Initialize()
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu(b)
	require.NoError(b, f.Run(ctx))
	reportCPU(b, before)
	b.StopTimer()
	require.GreaterOrEqual(b, f.Timeline.Tail().Next, uint64(b.N/8))
}

func benchPeer(b *testing.B, r *recording, variant gohlslib.MuxerVariant) {
	var conf mpeg4audio.AudioSpecificConfig
	require.NoError(b, conf.Unmarshal(r.audio.Config))
	picture := r.video
	video := &gohlslib.Track{Codec: &codecs.H264{SPS: picture.SPS, PPS: picture.PPS}, ClockRate: 90000}
	audio := &gohlslib.Track{Codec: &codecs.MPEG4Audio{Config: conf}, ClockRate: conf.SampleRate}
	m := &gohlslib.Muxer{
		Variant: variant, SegmentCount: 10, PartMinDuration: benchPart, SegmentMinDuration: 4 * time.Second, SegmentMaxSize: 50 << 20,
		Tracks: []*gohlslib.Track{video, audio},
	}
	require.NoError(b, m.Start())
	defer m.Close()
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu(b)
	defer func() { reportCPU(b, before) }()
	r.play(b.N, func(track int, s media.Sample) {
		var err error
		if track == 0 {
			now = now.Add(time.Second / 25)
			units := s.Units
			if s.Sync { // Where it looks for them.
				units = append([][]byte{picture.SPS, picture.PPS}, units...)
			}
			err = m.WriteH264(video, now, s.PTS, units)
		} else {
			err = m.WriteMPEG4Audio(audio, now, s.PTS, s.Units)
		}
		require.NoError(b, err)
	})
}

// cpu is the processor time that the process has used: wall time tells little on a machine that does other things.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func reportCPU(b *testing.B, before time.Duration) {
	b.Helper()
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
}

// playedBack is an input that sends a recording as fast as it is taken.
type playedBack struct {
	*recording
	seconds int
	now     *time.Time
	ended   func()
}

func (*playedBack) String() string { return "recording" }

func (p *playedBack) Run(_ context.Context, r input.Receiver) error {
	if err := r.Describe(p.tracks); err != nil {
		return err
	}
	p.play(p.seconds, func(track int, s media.Sample) {
		if track == 0 {
			*p.now = p.now.Add(time.Second / 25)
		}
		r.Sample(track, s)
	})
	p.ended()
	return io.EOF
}

// recording is a real clip, repeated, with its pictures filled up to the rate that is measured.
type recording struct {
	tracks   []media.Track
	video    *media.H264
	audio    *media.AAC
	pictures []media.Sample
	sound    [][]byte
}

// play sends so many seconds of it in order of time, 25 pictures a second.
func (r *recording) play(seconds int, send func(track int, s media.Sample)) {
	const frame = 90000 / 25
	scale := int64(r.tracks[1].Timescale)
	var heard int64
	for n := range int64(seconds) * 25 {
		round, i := n/int64(len(r.pictures)), n%int64(len(r.pictures))
		s := r.pictures[i]
		shift := round * int64(len(r.pictures)) * frame
		s.DTS += shift
		s.PTS += shift
		send(0, s)
		for heard*1024*90000 < (n+1)*frame*scale {
			send(1, media.Sample{
				PTS: heard * 1024, DTS: heard * 1024, Sync: true, Units: [][]byte{r.sound[heard%int64(len(r.sound))]},
			})
			heard++
		}
	}
}

func readRecording(b *testing.B) *recording {
	b.Helper()
	f, err := os.Open("../../packager/render/testdata/h264-aac.ts")
	require.NoError(b, err)
	defer f.Close()
	ts := &mpegts.Reader{R: f}
	require.NoError(b, ts.Initialize())
	params := new(media.H264)
	r := &recording{tracks: []media.Track{{Timescale: 90000, Codec: params}, {}}, video: params}
	for _, track := range ts.Tracks() {
		switch codec := track.Codec.(type) {
		case *tscodecs.H264:
			ts.OnDataH264(track, func(pts, dts int64, au [][]byte) error { r.picture(params, pts, dts, au); return nil })
		case *tscodecs.MPEG4Audio:
			config, err := codec.Marshal()
			require.NoError(b, err)
			r.audio = &media.AAC{Config: config}
			r.tracks[1] = media.Track{Timescale: codec.SampleRate, Codec: r.audio}
			ts.OnDataMPEG4Audio(track, func(_ int64, aus [][]byte) error { r.sound = append(r.sound, aus...); return nil })
		}
	}
	for {
		if err := ts.Read(); errors.Is(err, io.EOF) {
			break
		}
	}
	// Whole GOPs, so that it can be repeated.
	for len(r.pictures)%25 != 0 {
		r.pictures = r.pictures[:len(r.pictures)-1]
	}
	require.NotEmpty(b, r.pictures)
	r.fill()
	return r
}

func (r *recording) picture(params *media.H264, pts, dts int64, au [][]byte) {
	s := media.Sample{}
	for _, u := range au {
		switch u[0] & 31 {
		case 7:
			params.SPS = u
			continue
		case 8:
			params.PPS = u
			continue
		case 9, 6:
			continue
		case 5:
			s.Sync = true
		}
		s.Units = append(s.Units, u)
	}
	n := int64(len(r.pictures))
	s.DTS = n * 3600
	s.PTS = s.DTS + pts - dts
	r.pictures = append(r.pictures, s)
}

// fill makes the pictures larger, keyframes ten times as large as others.
func (r *recording) fill() {
	parts := 0
	for i := range r.pictures {
		parts += weight(&r.pictures[i])
	}
	each := benchRate / 8 * len(r.pictures) / 25 / parts
	for i := range r.pictures {
		s := &r.pictures[i]
		last := &s.Units[len(s.Units)-1]
		for missing := each*weight(s) - s.Size(); missing > 0; missing-- {
			*last = append(*last, byte(missing)|1)
		}
	}
}

func weight(s *media.Sample) int {
	if s.Sync {
		return 10
	}
	return 1
}
