package slate

import (
	"time"

	"podium.tv/podium/packager/media"
)

// Player plays a loop without end. One goroutine owns it.
type Player struct {
	loop  *Loop
	heads []head
}

// head is where one track is.
type head struct {
	next int64 // stamp of the next sample
	turn int64 // which turn it is in
	at   int   // which sample of the turn is next
}

// Play begins with the loop's first picture, at stamp 0.
func (l *Loop) Play() *Player { return &Player{loop: l, heads: make([]head, len(l.tracks))} }

// Next is the next sample in decoding order, and when it is due, counted from the first.
func (p *Player) Next() (track int, s media.Sample, due time.Duration) {
	for i := range p.heads {
		if at := p.due(i); i == 0 || at < due {
			track, due = i, at
		}
	}
	return track, p.take(track), due
}

// Due is when the next sample is due.
func (p *Player) Due() time.Duration {
	due := p.due(0)
	for i := 1; i < len(p.heads); i++ {
		due = min(due, p.due(i))
	}
	return due
}

func (p *Player) due(track int) time.Duration {
	return media.Duration(p.heads[track].next, p.loop.tracks[track].Timescale)
}

func (p *Player) take(track int) media.Sample {
	r, h := &p.loop.tracks[track], &p.heads[track]
	if track > 0 {
		h.at = int(min((h.next-p.begin(track, h.turn))/r.frame, int64(len(r.samples)-1)))
	}
	s := r.samples[h.at]
	offset := s.PTS - s.DTS
	step := r.length - s.DTS
	if h.at+1 < len(r.samples) {
		step = r.samples[h.at+1].DTS - s.DTS
	}
	s.DTS, s.PTS = h.next, h.next+offset
	if track > 0 {
		// A turn of pictures is no whole number of frames of sound. Those go on one behind the other, lest sound has
		// gaps, and the turn begins with the frame that is due.
		h.next += r.frame
		for h.next >= p.begin(track, h.turn+1) {
			h.turn++
		}
		return s
	}
	h.next += max(step, 1)
	h.at++
	if h.at == len(r.samples) {
		h.at = 0
		h.turn++
	}
	return s
}

// begin is when a turn begins, in a track's timescale.
func (p *Player) begin(track int, turn int64) int64 {
	lead := &p.loop.tracks[0]
	return media.Ticks(turn*lead.length, lead.Timescale, p.loop.tracks[track].Timescale)
}
