package hls

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/ac3"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg1audio"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/packager/media"
)

// packed reads segments of frames of sound one behind the other (§3.1.3), each with the time of its first in front.
type packed struct {
	stream elementary.Stream
	clock  sinceBegin
	track  *elementary.Track
	audio  elementary.Audio // the track's essence
	frame  func(b []byte) (frame []byte, size int, err error)
	next   int64 // time of the next frame in the track's timescale, counted
	begun  bool
}

func newPacked(r input.Receiver, wait time.Duration) *packed {
	p := &packed{stream: elementary.Stream{Receiver: r, Packets: "frames", ParametersWait: wait, Silence: time.Hour}}
	p.stream.Begin(p.clock.now())
	return p
}

func (p *packed) close() { p.stream.Report() }

var errSound = errors.New("packed audio that is neither AAC (ADTS), nor MPEG audio, nor AC-3")

func (p *packed) unpack(body []byte, lasts time.Duration) error {
	stamp, told, body := readID3(body)
	if p.track == nil {
		if err := p.recognize(body); err != nil {
			return err
		}
	}
	set := false // the segment's time was put in force
	for len(body) > 0 {
		raw, size, err := p.frame(body)
		if err != nil {
			p.stream.Broken(err)
			break
		}
		s, duration, err := p.audio.Frame(raw, 0)
		body = body[size:]
		if err != nil {
			p.stream.Broken(err)
			continue
		}
		if !set {
			set = true
			rate := p.audio.Timescale()
			p.place(media.Ticks(stamp, elementary.VideoTimescale, rate), told, int64(rate))
		}
		s.PTS, s.DTS = p.next, p.next
		p.next += duration
		p.track.Heard = true
		if err := p.stream.Deliver(p.track, s, p.clock.now()); err != nil {
			return err
		}
	}
	p.stream.Report()
	return p.stream.Check(p.clock.after(lasts))
}

// place puts a segment where it says it is, unless that is where frames were counted to but for rounding.
func (p *packed) place(at int64, told bool, rate int64) {
	switch {
	case !p.begun:
		p.next = at
	case told && (at > p.next+rate/20 || at < p.next-rate/20):
		p.next = at
	}
	p.begun = true
}

// recognize finds out which sound it is.
func (p *packed) recognize(b []byte) error {
	switch {
	case len(b) < 8:
		return errSound
	case b[0] == 0x0b && b[1] == 0x77:
		p.is(new(elementary.AC3), "ac3", frameAC3)
	case b[0] == 0xff && b[1]&0xf6 == 0xf0: // ADTS has layer 0 (ISO 13818-7 §6.2.1).
		conf, err := configADTS(b)
		if err != nil {
			return err
		}
		e, err := elementary.NewAAC(conf)
		if err != nil {
			return err
		}
		p.is(e, "aac", func(b []byte) ([]byte, int, error) { return frameADTS(b, e) })
	case b[0] == 0xff && b[1]&0xe0 == 0xe0:
		p.is(new(elementary.MP2), "mp2", frameMPEG)
	default:
		return errSound
	}
	return nil
}

func (p *packed) is(e elementary.Audio, name string, frame func(b []byte) ([]byte, int, error)) {
	p.audio, p.frame = e, frame
	p.track = &elementary.Track{Essence: e, Name: name, Kind: media.Audio}
	p.stream.Add(p.track)
}

var errCut = errors.New("a frame of sound is cut short")

func sizeADTS(b []byte) (int, error) {
	if len(b) < 7 || b[0] != 0xff || b[1]&0xf6 != 0xf0 {
		return 0, errors.New("ADTS sync word expected")
	}
	size := int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5])>>5
	if size < 8 || size > len(b) {
		return 0, errCut
	}
	return size, nil
}

// configADTS reads ISO 13818-7 §6.2.1, as ISO 14496-3 §1.A.2.2.1 has it.
func configADTS(b []byte) (*mpeg4audio.AudioSpecificConfig, error) {
	if _, err := sizeADTS(b); err != nil {
		return nil, err
	}
	rates := [...]int{96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350}
	rate := int(b[2] >> 2 & 15)
	if rate >= len(rates) {
		return nil, fmt.Errorf("ADTS with sampling rate index %d, expected at most %d", rate, len(rates)-1)
	}
	channels := b[2]&1<<2 | b[3]>>6
	if channels == 0 {
		return nil, errors.New("ADTS with channels of its own order")
	}
	return &mpeg4audio.AudioSpecificConfig{
		Type: mpeg4audio.ObjectType(b[2]>>6 + 1), SampleRate: rates[rate], ChannelConfig: channels,
	}, nil
}

func frameADTS(b []byte, e *elementary.AAC) ([]byte, int, error) {
	conf, err := configADTS(b)
	if err != nil {
		return nil, 0, err
	}
	if err := e.Configure(conf); err != nil {
		return nil, 0, err
	}
	size, _ := sizeADTS(b)
	head := 7
	if b[1]&1 == 0 { // With a check sum.
		head = 9
	}
	if size <= head {
		return nil, 0, errCut
	}
	return b[head:size:size], size, nil
}

func frameMPEG(b []byte) ([]byte, int, error) {
	var h mpeg1audio.FrameHeader
	if err := h.Unmarshal(b[:min(len(b), 8)]); err != nil {
		return nil, 0, fmt.Errorf("mpeg audio frame: %w", err)
	}
	size := h.FrameLen()
	if size < 4 || size > len(b) {
		return nil, 0, errCut
	}
	return b[:size:size], size, nil
}

func frameAC3(b []byte) ([]byte, int, error) {
	var sync ac3.SyncInfo
	if err := sync.Unmarshal(b); err != nil {
		return nil, 0, fmt.Errorf("ac3 frame: %w", err)
	}
	size := sync.FrameSize()
	if size < 8 || size > len(b) {
		return nil, 0, errCut
	}
	return b[:size:size], size, nil
}

// owner names the time in a private frame of ID3 (§3.1.3): 8 bytes, of which 33 bits hold a time of 90 kHz.
const owner = "com.apple.streaming.transportStreamTimestamp"

// readID3 takes the tags in front off, and finds the time in them.
func readID3(b []byte) (stamp int64, told bool, rest []byte) {
	for len(b) >= 10 && bytes.HasPrefix(b, []byte("ID3")) {
		size := int(b[6]&0x7f)<<21 | int(b[7]&0x7f)<<14 | int(b[8]&0x7f)<<7 | int(b[9]&0x7f)
		if size > len(b)-10 {
			return stamp, told, nil
		}
		tag := b[10 : 10+size]
		b = b[10+size:]
		if at := bytes.Index(tag, []byte(owner+"\x00")); at >= 0 && len(tag) >= at+len(owner)+9 {
			stamp, told = int64(binary.BigEndian.Uint64(tag[at+len(owner)+1:])&(1<<33-1)), true
		}
	}
	return stamp, told, b
}
