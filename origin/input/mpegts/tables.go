package mpegts

import (
	"bytes"
	"slices"
)

// tables is what the transport stream says of its programs.
type tables struct {
	association association
	maps        map[uint16]*programMap // by program number
}

// programMap is the last map of a program.
type programMap struct {
	body    []byte
	streams []declared
	seen    int // how often the map came
}

// carried says that there is something to deliver in it.
func (m *programMap) carried() bool {
	return slices.ContainsFunc(m.streams, func(s declared) bool { return s.format.carried() })
}

// section takes a whole section of a PID.
func (d *Demuxer) section(number uint16, b []byte) {
	id := byte(tablePMT)
	if number == pidPAT {
		id = tablePAT
	}
	t, ok, broken := readTable(b, id)
	if broken {
		d.counters.tables.Add(1)
		d.stream.Broken(errBadTable)
	}
	if !ok {
		return
	}
	if id == tablePAT {
		if d.tables.association.take(&t) {
			d.associate()
		}
		return
	}
	d.programMap(number, &t)
}

// associate follows a new association table.
func (d *Demuxer) associate() {
	maps := make(map[uint16]*programMap, len(d.tables.association.programs))
	for _, p := range d.tables.association.programs {
		if m := d.tables.maps[p.number]; m != nil {
			maps[p.number] = m
		}
	}
	d.tables.maps = maps
	d.service.associated(d.tables.association.programs)
	d.listen()
	d.choose()
}

// listen has the PIDs of maps looked at: of the program that was chosen, or all until one is.
func (d *Demuxer) listen() {
	wanted := func(p program) bool { return !d.service.chosen || p.number == d.service.number }
	d.router.keep(func(p *pid) bool {
		return p.number == pidPAT || p.stream != nil ||
			slices.ContainsFunc(d.tables.association.programs, func(q program) bool { return q.pid == p.number && wanted(q) })
	})
	for _, p := range d.tables.association.programs {
		if wanted(p) {
			d.router.table(p.pid)
		}
	}
}

// programMap takes a map.
func (d *Demuxer) programMap(number uint16, t *table) {
	if !slices.Contains(d.tables.association.programs, program{number: t.extension, pid: number}) {
		return
	}
	m := d.tables.maps[t.extension]
	if m == nil {
		m = new(programMap)
		d.tables.maps[t.extension] = m
	}
	m.seen++
	if m.body != nil && bytes.Equal(m.body, t.body) {
		if !d.service.chosen {
			d.choose()
		}
		return
	}
	streams, err := readMap(t.body)
	if err != nil {
		d.counters.tables.Add(1)
		d.stream.Broken(err)
		return
	}
	m.body, m.streams = bytes.Clone(t.body), streams
	if !d.service.chosen {
		d.choose()
		return
	}
	if t.extension == d.service.number {
		d.declare(streams)
	}
}
