package mpegts

import "slices"

// program is an entry of the programme association table (ISO 13818-1 §2.4.4.3).
type program struct {
	number uint16
	pid    uint16 // of its map
}

// maxPrograms bounds what is followed; a transponder full of radio has about a hundred.
const maxPrograms = 200

// association gathers the sections of the programme association table.
type association struct {
	parts    [256][]byte // bodies, by section number
	version  byte
	last     byte
	begun    bool
	programs []program // of the table that is whole; in its order, without the network's
}

// take takes a section on, and says whether the table has become another one.
func (a *association) take(t *table) bool {
	if t.number > t.last {
		return false
	}
	if !a.begun || t.version != a.version || t.last != a.last {
		clear(a.parts[:])
		a.begun, a.version, a.last = true, t.version, t.last
	}
	a.parts[t.number] = slices.Clone(t.body)
	programs := make([]program, 0, len(a.programs))
	for _, part := range a.parts[:int(a.last)+1] {
		if part == nil {
			return false
		}
		for ; len(part) >= 4 && len(programs) < maxPrograms; part = part[4:] {
			p := program{number: uint16(part[0])<<8 | uint16(part[1]), pid: uint16(part[2]&0x1f)<<8 | uint16(part[3])}
			if p.number != 0 && p.pid != 0 && p.pid != nullPID {
				programs = append(programs, p)
			}
		}
	}
	if slices.Equal(programs, a.programs) {
		return false
	}
	a.programs = programs
	return true
}
