package socket

// slot is the place of one packet of a window.
type slot struct {
	data []byte
	due  int64 // when it is delivered, in microseconds of the connection's clock
	have bool
	gone bool // the sender says that it will not come (DROPREQ)
}

// window puts packets in order. Sequence numbers have 31 bits and wrap.
type window struct {
	slots   []slot // as many as a power of two
	base    uint32 // the sequence number that is delivered next
	used    int    // from base to the newest that came
	missing int    // of used, those that have not come and may yet
}

// after is how far b is behind a, in the order of sending; negative where it is before it.
func after(a, b uint32) int { return int(int32((b-a)<<1) >> 1) }

func (w *window) at(offset int) *slot {
	return &w.slots[(w.base+uint32(offset))&uint32(len(w.slots)-1)]
}

// place is what became of a packet.
type place int

const (
	fresh   place = iota // the newest
	filling              // it fills a gap
	known                // it is there already
	late                 // its place has been passed
	far                  // it is so far ahead that the window has no place for it
)

// put takes a packet. gap tells how many are missing before it that were not known to be.
func (w *window) put(sequence uint32, data []byte, due int64) (what place, gap int) {
	offset := after(w.base, sequence)
	switch {
	case offset < 0:
		return late, 0
	case offset >= maxWindow:
		return far, 0
	}
	w.reach(offset)
	s := w.at(offset)
	if offset < w.used {
		if s.have {
			return known, 0
		}
		if !s.gone {
			w.missing--
		}
		*s = slot{data: data, due: due, have: true}
		return filling, 0
	}
	gap = offset - w.used
	w.missing += gap
	w.used = offset + 1
	*s = slot{data: data, due: due, have: true}
	return fresh, gap
}

// reach makes the window long enough to have a place at offset.
func (w *window) reach(offset int) {
	length := max(len(w.slots), 256)
	for length <= offset {
		length *= 2
	}
	if length == len(w.slots) {
		return
	}
	grown := make([]slot, length)
	for i := range w.used {
		grown[(w.base+uint32(i))&uint32(length-1)] = *w.at(i)
	}
	w.slots = grown
}

// deliver gives out what is due, in order. Where a packet is due and those before it have not come, they are given up (§4.6).
func (w *window) deliver(now int64, out func(data []byte)) (lost int) {
	for w.used > 0 {
		next := 0
		for next < w.used && !w.at(next).have {
			next++
		}
		if next == w.used || w.at(next).due > now {
			return lost
		}
		lost += w.skip(next)
		out(w.at(0).data)
		w.skip(1)
	}
	return lost
}

// skip moves the base on, and tells how many of the packets it passes never came.
func (w *window) skip(n int) (lost int) {
	for range n {
		s := w.at(0)
		if !s.have {
			lost++
			if !s.gone {
				w.missing--
			}
		}
		*s = slot{}
		w.base = (w.base + 1) & sequenceMask
		w.used--
	}
	return lost
}

// acknowledged is the first sequence number that has not come.
func (w *window) acknowledged() uint32 {
	if w.missing == 0 {
		return (w.base + uint32(w.used)) & sequenceMask
	}
	for i := range w.used {
		if s := w.at(i); !s.have && !s.gone {
			return (w.base + uint32(i)) & sequenceMask
		}
	}
	return w.base
}

// gaps gives the runs of packets that are missing, at most limit of them.
func (w *window) gaps(limit int, out func(first, last uint32)) {
	if w.missing == 0 {
		return
	}
	begin := -1
	for i := range w.used {
		s := w.at(i)
		absent := !s.have && !s.gone
		switch {
		case absent && begin < 0:
			begin = i
		case !absent && begin >= 0:
			out((w.base+uint32(begin))&sequenceMask, (w.base+uint32(i-1))&sequenceMask)
			begin = -1
			limit--
			if limit == 0 {
				return
			}
		}
	}
}

// drop notes that packets will not come.
func (w *window) drop(first, last uint32) {
	from, to := max(0, after(w.base, first)), min(w.used-1, after(w.base, last))
	for i := from; i <= to; i++ {
		if s := w.at(i); !s.have && !s.gone {
			s.gone = true
			w.missing--
		}
	}
}

// restart begins anew at a sequence number. What is held is given out first.
func (w *window) restart(sequence uint32, out func(data []byte)) (lost int) {
	for w.used > 0 {
		if s := w.at(0); s.have {
			out(s.data)
		}
		lost += w.skip(1)
	}
	w.base = sequence
	return lost
}
