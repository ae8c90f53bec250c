package hls

import (
	"time"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/mpegts"
)

// ts reads segments of MPEG-TS.
type ts struct {
	demuxer mpegts.Demuxer
	clock   sinceBegin
}

func newTS(r input.Receiver, wait time.Duration) *ts {
	t := new(ts)
	t.demuxer = mpegts.Demuxer{Receiver: r, Now: t.clock.now, ParametersWait: wait, Silence: time.Hour}
	return t
}

func (t *ts) unpack(body []byte, lasts time.Duration) error {
	if _, err := t.demuxer.Write(body); err != nil {
		return err
	}
	t.demuxer.Boundary() // A segment holds whole frames, and those of some portals count their packets from 0 each.
	return t.demuxer.Tick(t.clock.after(lasts))
}

func (t *ts) close() { t.demuxer.Close() }
