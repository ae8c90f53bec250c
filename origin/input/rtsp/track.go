package rtsp

import (
	"fmt"
	"strings"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtcp"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/origin/input/rtptime"
	"podium.tv/podium/packager/media"
)

// track is one track of a connection that we carry.
type track struct {
	elementary.Track
	medium  *description.Media
	format  format.Format
	essence essence

	time     rtptime.Track
	ssrc     uint32
	sequence uint16             // of the last packet
	early    *rtcp.SenderReport // came before the first packet
}

// kindOf is what the description says.
func kindOf(medium *description.Media) media.Kind {
	if medium.Type == description.MediaTypeVideo {
		return media.Video
	}
	return media.Audio
}

// plan picks the tracks of a description that a channel can carry, at most media.MaxTracks, and tells for each of
// the others why it is dropped. Every format of the result can be registered with gortsplib.
func plan(desc *description.Session) (tracks []*track, dropped []error) {
	for _, medium := range desc.Medias {
		if medium.IsBackChannel {
			continue // It goes to the camera's loudspeaker.
		}
		var (
			found  *track
			misses []error
		)
		for _, f := range medium.Formats {
			if found != nil {
				break // Payload types of one medium are alternatives.
			}
			e, err := newEssence(medium, f)
			if err != nil {
				misses = append(misses, err)
				continue
			}
			found = &track{
				Track: elementary.Track{
					Essence: e, Name: strings.ToLower(f.Codec()), Kind: kindOf(medium),
				},
				medium: medium, format: f, essence: e,
			}
			found.time.ClockRate = int64(e.clockRate())
		}
		if found == nil {
			dropped = append(dropped, misses...)
			continue
		}
		if len(tracks) == media.MaxTracks {
			dropped = append(dropped, fmt.Errorf("a %s track is dropped: a feed carries at most %d tracks",
				strings.ToLower(found.format.Codec()), media.MaxTracks))
			continue
		}
		tracks = append(tracks, found)
	}
	return tracks, dropped
}

// noTracks is ErrNoTracks with what there is instead.
func noTracks(dropped []error) error {
	if len(dropped) == 0 {
		return input.ErrNoTracks
	}
	words := make([]string, len(dropped))
	for i, err := range dropped {
		words[i] = err.Error()
	}
	return fmt.Errorf("%w (%s)", input.ErrNoTracks, strings.Join(words, "; "))
}

func newEssence(medium *description.Media, f format.Format) (essence, error) {
	switch f := f.(type) {
	case *format.H264:
		return newH264(f)
	case *format.H265:
		return newH265(f)
	case *format.MPEG4Audio:
		return newAAC(f)
	case *format.MPEG4AudioLATM:
		return newLATM(f)
	case *format.Opus:
		if f.ChannelCount > 2 {
			return nil, &input.UnsupportedTrackError{
				Codec: fmt.Sprintf("opus with %d channels", f.ChannelCount), Kind: media.Audio, Advice: "set the encoder to two channels",
			}
		}
		return newOpus(f), nil
	case *format.AC3:
		return newAC3(f)
	case *format.MPEG1Audio:
		return newMP2()
	case *format.Generic:
		if strings.EqualFold(f.RTPMap(), "mpa/90000") {
			return newMP2()
		}
	}
	return nil, unsupported(medium, f)
}

// unsupported words why a format is not carried. Names from the description are a stranger's and are cut short.
func unsupported(medium *description.Media, f format.Format) error {
	name := codecName(f)
	switch medium.Type {
	case description.MediaTypeVideo:
		if _, ts := f.(*format.MPEGTS); ts {
			return &input.UnsupportedTrackError{
				Codec: name, Advice: "set the encoder to send its video and audio as RTP tracks of their own",
			}
		}
		return &input.UnsupportedTrackError{Codec: name, Kind: media.Video, Advice: "set the encoder to H.264"}
	case description.MediaTypeAudio:
		return &input.UnsupportedTrackError{Codec: name, Kind: media.Audio, Advice: "set the encoder to AAC"}
	default:
		return &input.UnsupportedTrackError{Codec: name, Advice: "it is left out"}
	}
}

func codecName(f format.Format) string {
	name := f.Codec()
	if g, ok := f.(*format.Generic); ok {
		name, _, _ = strings.Cut(g.RTPMap(), "/")
		if name == "" {
			name = fmt.Sprintf("payload type %d", g.PayloadType())
		}
	}
	name = strings.ToLower(name)
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, name)
	if len(name) > 40 {
		name = name[:40]
	}
	return name
}
