package mpegts

import (
	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/packager/media"
)

// stream is one elementary stream of the program on its way to the feed.
type stream struct {
	elementary.Track
	declared declared
	pes      assembler
	media    essence
}

// essence makes samples of PES packets.
type essence interface {
	// read takes the payload of a packet, which is not its to keep.
	read(d *Demuxer, p *pes)
	// lost tells that something is missing before the next.
	lost()
	// continues says that a PES packet, by its first bytes, only goes on with what the one before began, and gives its payload.
	continues(b []byte) (payload []byte, ok bool)
}

func newStream(of declared) *stream {
	s := &stream{declared: of}
	s.Name, s.Kind, s.Language = of.format.String(), of.format.kind(), of.language
	switch of.format {
	case h264Video:
		e := elementary.NewH264()
		s.Essence, s.media = e, &video{track: s, essence: e, syntax: &h264Syntax{}}
	case h265Video:
		e := elementary.NewH265()
		s.Essence, s.media = e, &video{track: s, essence: e, syntax: h265Syntax{}}
	case aacADTS:
		s.sound(&adts{})
	case aacLATM:
		s.sound(&loas{})
	case mpegAudio:
		s.sound(&mpegFrames{})
	case ac3Audio:
		s.sound(&ac3Frames{})
	case eac3Audio:
		s.sound(&eac3Frames{})
	case opusAudio:
		s.sound(&opusPackets{Opus: elementary.Opus{Channels: of.channels}})
	default: // The others are not carried.
	}
	return s
}

func (s *stream) sound(c coding) {
	s.Essence, s.media = c, &audio{track: s, coding: c}
}

// broken counts what cannot be read.
func (d *Demuxer) broken(err error) {
	d.counters.broken.Add(1)
	d.stream.Broken(err)
}

// deliver hands a sample on; what the receiver says of the tracks is final.
func (d *Demuxer) deliver(s *stream, sample media.Sample) {
	if d.failed != nil {
		return
	}
	if !d.admit(s) {
		return
	}
	if err := d.stream.Deliver(&s.Track, sample, d.at); err != nil {
		d.failed = err
	}
}
