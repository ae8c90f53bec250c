package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/bluenviron/gohlslib/v2"
	"github.com/bluenviron/gohlslib/v2/pkg/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"podium.tv/podium/bench/recording"
	"podium.tv/podium/packager/media"
)

// mux gives a recording to so many muxers, as bench/mux gives it to so many feeds; or to nobody, which tells what playing
// it costs.
func mux(ctx context.Context, clip string, channels int, form string) error {
	r, err := recording.Read(ctx, clip)
	if err != nil {
		return err
	}
	var conf mpeg4audio.AudioSpecificConfig
	if err := conf.Unmarshal(r.Audio.Config); err != nil {
		return err
	}
	var running sync.WaitGroup
	for i := range channels {
		if form == "none" {
			running.Go(func() { r.Play(ctx, func(int, media.Sample) {}) })
			continue
		}
		m, video, audio, err := muxer(r, conf, form == "low")
		if err != nil {
			return err
		}
		running.Go(func() {
			defer m.Close()
			time.Sleep(time.Duration(i) * time.Second / 25 / time.Duration(channels))
			r.Play(ctx, func(track int, s media.Sample) {
				if track == 1 {
					told(m.WriteMPEG4Audio(audio, time.Now(), s.PTS, s.Units))
					return
				}
				if s.Sync {
					s.Units = append([][]byte{r.Video.SPS, r.Video.PPS}, s.Units...) // Where it looks for them.
				}
				told(m.WriteH264(video, time.Now(), s.PTS, s.Units))
			})
		})
	}
	fmt.Println("ready")
	running.Go(func() { r.Tell(ctx) })
	<-ctx.Done()
	running.Wait()
	return nil
}

func muxer(
	r *recording.Recording, conf mpeg4audio.AudioSpecificConfig, low bool,
) (m *gohlslib.Muxer, video, audio *gohlslib.Track, err error) {
	video = &gohlslib.Track{Codec: &codecs.H264{SPS: r.Video.SPS, PPS: r.Video.PPS}, ClockRate: 90000}
	audio = &gohlslib.Track{Codec: &codecs.MPEG4Audio{Config: conf}, ClockRate: conf.SampleRate}
	m = &gohlslib.Muxer{
		Variant: gohlslib.MuxerVariantMPEGTS, SegmentCount: 10, SegmentMinDuration: 4 * time.Second,
		PartMinDuration: 200 * time.Millisecond, Tracks: []*gohlslib.Track{video, audio}, OnEncodeError: told,
	}
	if low {
		m.Variant = gohlslib.MuxerVariantLowLatency
	}
	err = m.Start()
	return m, video, audio, err
}
