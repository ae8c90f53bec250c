package mpegts

import (
	"errors"
	"fmt"
)

var (
	errDamaged   = errors.New("packet marked as damaged by its sender")
	errBadPacket = errors.New("packet with an adaptation field longer than itself")
	errBadTable  = errors.New("table with a wrong CRC")
)

// packet takes one packet of 188 bytes.
func (d *Demuxer) packet(b []byte) {
	p := d.router.at(pidOf(b))
	if p == nil {
		return
	}
	h, ok := readHeader(b)
	if h.damaged || !ok {
		d.counters.damaged.Add(1)
		if h.damaged {
			d.stream.Broken(errDamaged)
		} else {
			d.stream.Broken(errBadPacket)
		}
		return
	}
	if h.payload == nil {
		return
	}
	verdict, lost := p.continuity.look(&h, b)
	if verdict == duplicate {
		return
	}
	if verdict == gap {
		d.counters.continuity.Add(1)
		d.counters.lost.Add(uint64(lost))
		d.stream.Lost(uint64(lost))
		p.sections.lost()
		if p.stream != nil {
			d.gap(p.stream)
		}
	}
	switch {
	case p.stream != nil && h.scrambled:
		d.scrambled(p.stream)
	case p.stream != nil:
		d.media(p.stream, &h)
	case p.isTable && !h.scrambled:
		p.sections.write(h.payload, h.starts, func(section []byte) { d.section(p.number, section) })
	}
}

// media takes the payload of a packet of a stream.
func (d *Demuxer) media(s *stream, h *header) {
	if h.starts {
		if rest, ok := s.media.continues(h.payload); ok && s.pes.join(rest) {
			return
		}
		d.flush(s)
		s.pes.begin(h.payload)
	} else if !s.pes.add(h.payload) {
		d.broken(errLargePES)
	}
	if s.pes.whole() && !s.pes.split {
		d.flush(s)
	}
}

// flush reads the PES packet that was in the making.
func (d *Demuxer) flush(s *stream) {
	if !s.pes.open {
		return
	}
	b := s.pes.take()
	// What a stranger sends must not end the process, whatever the parser of a third party makes of it.
	defer func() {
		if p := recover(); p != nil {
			s.media.lost()
			d.broken(fmt.Errorf("%s frame that cannot be read: %v", s.Name, p))
		}
	}()
	p, ok, err := readPES(b)
	if err != nil {
		d.broken(err)
		return
	}
	if !ok {
		return
	}
	if p.scrambled {
		d.scrambled(s)
		return
	}
	d.heard(s, &p)
	s.media.read(d, &p)
}

// gap drops what packets are missing of.
func (d *Demuxer) gap(s *stream) {
	if s.pes.open {
		s.pes.drop()
	}
	s.media.lost()
}
