// Package recording sends a clip as a feed would, from memory and at its own pace, so that what packages it is measured
// and nothing else.
package recording

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/codecs"

	"podium.tv/podium/packager/media"
)

// Recording is a clip of H.264 at 25 pictures a second and AAC.
type Recording struct {
	Video *media.H264
	Audio *media.AAC
	// Rate is the sampling rate of the sound.
	Rate int

	pictures []media.Sample
	sound    [][]byte
	played   atomic.Int64
}

// Tell prints how many seconds of media have been played, of all channels together, again and again until ctx is done: on
// a busy machine they are fewer than have passed.
func (r *Recording) Tell(ctx context.Context) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			fmt.Printf("%s%.2f\n", Told, float64(r.played.Load())/25)
		}
	}
}

// Told is what such a line begins with.
const Told = "played "

// The clip's pictures.
const (
	videoScale = 90000
	frame      = videoScale / 25
	aacFrame   = 1024
)

// Tracks are the picture and the sound.
func (r *Recording) Tracks() []media.Track {
	return []media.Track{{Timescale: videoScale, Codec: r.Video}, {Timescale: r.Rate, Codec: r.Audio}}
}

// Read reads a clip into memory.
func Read(ctx context.Context, clip string) (*Recording, error) {
	r, err := read(ctx, clip)
	debug.FreeOSMemory() // What reading took is not to be measured.
	return r, err
}

func read(ctx context.Context, clip string) (*Recording, error) {
	cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-i", clip, "-c", "copy", "-f", "mpegts", "-")
	var stream, faults bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stream, &faults
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("read %s with ffmpeg: %w\n%s", clip, err, faults.String())
	}
	ts := &mpegts.Reader{R: &stream}
	if err := ts.Initialize(); err != nil {
		return nil, fmt.Errorf("read %s: %w", clip, err)
	}
	r := &Recording{Video: new(media.H264)}
	for _, track := range ts.Tracks() {
		switch codec := track.Codec.(type) {
		case *codecs.H264:
			ts.OnDataH264(track, func(pts, dts int64, units [][]byte) error { r.picture(pts-dts, units); return nil })
		case *codecs.MPEG4Audio:
			config, err := codec.Marshal()
			if err != nil {
				return nil, err
			}
			r.Audio, r.Rate = &media.AAC{Config: config}, codec.SampleRate
			ts.OnDataMPEG4Audio(track, func(_ int64, frames [][]byte) error { r.sound = append(r.sound, frames...); return nil })
		}
	}
	for {
		err := ts.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", clip, err)
		}
	}
	if len(r.pictures) == 0 || len(r.sound) == 0 {
		return nil, fmt.Errorf("read %s: expected H.264 and AAC", clip)
	}
	return r, nil
}

// picture keeps an access unit without its parameter sets, as RTSP cameras send them apart.
func (r *Recording) picture(delay int64, units [][]byte) {
	const (
		idr, sei, sps, pps, delimiter = 5, 6, 7, 8, 9 // ITU-T H.264 table 7-1
	)
	var s media.Sample
	for _, u := range units {
		switch u[0] & 31 {
		case sps:
			r.Video.SPS = u
			continue
		case pps:
			r.Video.PPS = u
			continue
		case sei, delimiter:
			continue
		case idr:
			s.Sync = true
		}
		s.Units = append(s.Units, u)
	}
	s.DTS = int64(len(r.pictures)) * frame
	s.PTS = s.DTS + delay
	r.pictures = append(r.pictures, s)
}

// Play sends the clip again and again until ctx is done, each picture and the sound beside it when it is due, in bytes of
// its own, as from a socket.
func (r *Recording) Play(ctx context.Context, send func(track int, s media.Sample)) {
	began := time.Now()
	heard := int64(0)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := int64(0); ; n++ {
		timer.Reset(time.Until(began.Add(time.Duration(n) * time.Second / 25)))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		count := int64(len(r.pictures))
		s := r.pictures[n%count]
		shift := n / count * count * frame
		r.played.Add(1)
		send(0, media.Sample{PTS: s.PTS + shift, DTS: s.DTS + shift, Sync: s.Sync, Units: clone(s.Units)})
		for ; heard*aacFrame*videoScale < (n+1)*frame*int64(r.Rate); heard++ {
			unit := r.sound[heard%int64(len(r.sound))]
			send(1, media.Sample{PTS: heard * aacFrame, DTS: heard * aacFrame, Sync: true, Units: clone([][]byte{unit})})
		}
	}
}

func clone(units [][]byte) [][]byte {
	size := 0
	for _, u := range units {
		size += len(u)
	}
	out, all := make([][]byte, len(units)), make([]byte, 0, size)
	for i, u := range units {
		at := len(all)
		all = append(all, u...)
		out[i] = all[at:len(all):len(all)]
	}
	return out
}
