package mpegts

// pidPAT is where the programme association table is.
const pidPAT = 0

// pid is one of the PIDs that are looked at.
type pid struct {
	number     uint16
	continuity continuity
	sections   sections // where tables are on it
	isTable    bool
	stream     *stream // nil for tables
}

// router finds what is known of a packet's PID, at the price of one look into an array.
type router struct {
	slots [1 << 13]uint8 // index in pids and 1; 0 for PIDs of no interest
	pids  []*pid
}

func (r *router) at(number uint16) *pid {
	if slot := r.slots[number]; slot > 0 {
		return r.pids[slot-1]
	}
	return nil
}

func (r *router) add(number uint16) *pid {
	if p := r.at(number); p != nil {
		return p
	}
	if len(r.pids) == 255 || number == nullPID {
		return nil
	}
	p := &pid{number: number}
	r.pids = append(r.pids, p)
	r.slots[number] = uint8(len(r.pids))
	return p
}

// table has a PID looked at for tables.
func (r *router) table(number uint16) {
	if p := r.add(number); p != nil {
		p.isTable = true
	}
}

// media has a PID looked at for a stream; it is false where that is not possible.
func (r *router) media(number uint16, s *stream) bool {
	p := r.add(number)
	if p == nil || p.isTable {
		return false
	}
	p.stream = s
	return true
}

// keep forgets the PIDs that are not wanted any more.
func (r *router) keep(wanted func(*pid) bool) {
	old := r.pids
	r.pids = nil
	for _, p := range old {
		r.slots[p.number] = 0
		if wanted(p) {
			r.pids = append(r.pids, p)
			r.slots[p.number] = uint8(len(r.pids))
		}
	}
}
