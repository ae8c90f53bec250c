// Package aac makes AAC of the Opus that browsers send, by a child process of ffmpeg, because many boxes play no Opus.
package aac

import (
	"log/slog"
	"sync"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/packager/media"
)

// rate is that of Opus' times (RFC 7587 §4.1), and of the AAC.
const rate = 48000

// Receiver hands what it is given to another receiver, with AAC in the place of Opus. It must not be copied. Its methods are
// called as input.Receiver says; Close once, after the last of them.
type Receiver struct {
	// Receiver gets the rest. It is called from one goroutine at a time, not always from the same.
	Receiver input.Receiver
	// FFmpeg is the program. It defaults to ffmpeg.
	FFmpeg string
	// Bitrate is the AAC's, in bits a second. It defaults to 128000.
	Bitrate int
	// Log defaults to no log.
	Log *slog.Logger

	mutex    sync.Mutex // held while Receiver is called
	encoders []*encoder // by track; nil for those that go through as they are
}

var _ input.Receiver = (*Receiver)(nil)

// config is the AudioSpecificConfig of AAC-LC with 48 kHz and two channels (ISO 14496-3 §1.6.2.1).
func config() []byte { return []byte{0x11, 0x90} }

// Describe implements input.Receiver. A track that stays Opus keeps its encoder, so that a change of the pictures is not heard.
func (r *Receiver) Describe(tracks []media.Track) error {
	told := append([]media.Track(nil), tracks...)
	encoders := make([]*encoder, len(tracks))
	for i := range told {
		if _, ok := told[i].Codec.(*media.Opus); !ok || told[i].Timescale != rate {
			continue
		}
		told[i].Codec = &media.AAC{Config: config()}
		if i < len(r.encoders) && r.encoders[i] != nil {
			encoders[i], r.encoders[i] = r.encoders[i], nil
			continue
		}
		encoders[i] = newEncoder(r, i)
	}
	r.Close()
	r.encoders = encoders
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.Receiver.Describe(told)
}

// Sample implements input.Receiver. What an encoder cannot take in time is dropped, and heard as silence.
func (r *Receiver) Sample(track int, s media.Sample) {
	if track >= 0 && track < len(r.encoders) && r.encoders[track] != nil {
		r.encoders[track].offer(s)
		return
	}
	r.deliver(track, s)
}

// Warn implements input.Receiver.
func (r *Receiver) Warn(err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.Receiver.Warn(err)
}

// Close ends the encoders. Nothing is delivered after it.
func (r *Receiver) Close() {
	for _, e := range r.encoders {
		if e != nil {
			e.close()
		}
	}
	r.encoders = nil
}

func (r *Receiver) deliver(track int, s media.Sample) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.Receiver.Sample(track, s)
}

func (r *Receiver) log() *slog.Logger {
	if r.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return r.Log
}
