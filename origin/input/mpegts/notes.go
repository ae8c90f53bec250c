package mpegts

import (
	"fmt"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/packager/media"
)

// notes are the streams that were said to be dropped, so that it is said once.
type notes map[uint16]format

// maxNotes bounds what is said of a stream that declares others all the time.
const maxNotes = 32

// once says whether a stream was not spoken of yet.
func (n *notes) once(of *declared) bool {
	if f, ok := (*n)[of.pid]; ok && f == of.format || len(*n) == maxNotes {
		return false
	}
	if *n == nil {
		*n = make(notes)
	}
	(*n)[of.pid] = of.format
	return true
}

// dropped tells of a stream that cannot be carried. Data is left out without a word.
func (d *Demuxer) dropped(of *declared) {
	if of.format == unknown || !d.service.notes.once(of) {
		return
	}
	advice := "it is left out"
	switch of.format.kind() {
	case media.Video:
		advice = "set the encoder to H.264"
	case media.Audio:
		advice = "set the encoder to AAC"
		if of.format == opusManyAudio {
			advice = "set the encoder to two channels"
		}
	case media.Text:
	}
	d.Receiver.Warn(&input.UnsupportedTrackError{Codec: of.format.String(), Kind: of.format.kind(), Advice: advice})
}

// crowded tells of a stream too many.
func (d *Demuxer) crowded(of *declared) {
	if d.service.notes.once(of) {
		d.Receiver.Warn(fmt.Errorf("the %s track of PID %d is dropped: a feed carries at most %d tracks",
			of.format, of.pid, media.MaxTracks))
	}
}
