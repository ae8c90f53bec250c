package mpegts

import (
	"slices"

	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/packager/media"
)

// service is the program that is delivered.
type service struct {
	chosen  bool
	number  uint16
	streams []*stream // that are carried, in the map's order
	silence silence
	notes   notes
	locked  locked
}

// patience is how often the map of a program has to come while that of another, listed before it, never does.
const patience = 3

// associated lets go of a program that is not listed any more.
func (s *service) associated(programs []program) {
	if s.chosen && !slices.ContainsFunc(programs, func(p program) bool { return p.number == s.number }) {
		s.chosen = false
	}
}

// choose takes the program that is asked for, or the first with pictures or sound, once its map is known.
func (d *Demuxer) choose() {
	if d.service.chosen {
		return
	}
	late := false // A map is missing that may still come.
	for _, p := range d.tables.association.programs {
		m := d.tables.maps[p.number]
		switch {
		case d.Program != 0 && int(p.number) != d.Program:
			continue
		case m == nil || m.body == nil:
			late = true
			continue
		case d.Program == 0 && !m.carried():
			continue
		case d.Program == 0 && late && m.seen < patience:
			return
		}
		d.service.chosen, d.service.number = true, p.number
		d.listen()
		d.declare(m.streams)
		return
	}
}

// declare makes the streams of a map the tracks. Those that were there before go on with what they have.
func (d *Demuxer) declare(all []declared) {
	var streams []*stream
	for _, of := range all {
		has := func(s *stream) bool { return s.declared.pid == of.pid }
		switch {
		case !of.format.carried():
			d.dropped(&of)
		case slices.ContainsFunc(streams, has):
		case len(streams) == media.MaxTracks:
			d.crowded(&of)
		default:
			streams = append(streams, d.continued(of))
		}
	}
	for _, s := range d.service.streams {
		if !slices.Contains(streams, s) {
			d.flush(s)
		}
	}
	d.service.streams = streams
	d.router.keep(func(p *pid) bool {
		p.stream = nil
		return p.isTable || slices.ContainsFunc(streams, func(s *stream) bool { return s.declared.pid == p.number })
	})
	d.service.streams = slices.DeleteFunc(streams, func(s *stream) bool { return !d.router.media(s.declared.pid, s) })
	d.service.silence = silence{waiting: true}
	d.describe(func(*stream) bool { return true })
}

// continued is the stream that is declared: the one that is there, if it is the same.
func (d *Demuxer) continued(of declared) *stream {
	for _, s := range d.service.streams {
		if s.declared.pid == of.pid && s.declared.format == of.format && s.declared.channels == of.channels {
			s.declared, s.Language = of, of.language
			return s
		}
	}
	return newStream(of)
}

// describe makes those streams the feed's tracks that are asked for.
func (d *Demuxer) describe(wanted func(*stream) bool) {
	tracks := make([]*elementary.Track, 0, len(d.service.streams))
	for _, s := range d.service.streams {
		if wanted(s) {
			tracks = append(tracks, &s.Track)
		}
	}
	d.stream.Set(tracks...)
}
