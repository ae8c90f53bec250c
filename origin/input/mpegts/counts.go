package mpegts

import "sync/atomic"

// Counts is what was wrong with a stream since its beginning.
type Counts struct {
	Packets    uint64 // MPEG-TS packets read, those of no interest too
	Continuity uint64 // packets that do not continue their PID (ISO 13818-1 §2.4.3.3)
	Lost       uint64 // packets missing there, at least
	Damaged    uint64 // packets that the sender itself marked as wrong, or that contradict themselves
	Sync       uint64 // times that something else than packets was in between
	Tables     uint64 // sections with a wrong CRC, or that cannot be read
	Scrambled  uint64 // packets of the program that cannot be read for want of a key
	Broken     uint64 // PES packets and frames that cannot be read
}

// counters are Counts that any goroutine may read.
type counters struct {
	packets, continuity, lost, damaged, sync, tables, scrambled, broken atomic.Uint64
}

// Counts may be asked by any goroutine.
func (d *Demuxer) Counts() Counts {
	c := &d.counters
	return Counts{
		Packets: c.packets.Load(), Continuity: c.continuity.Load(), Lost: c.lost.Load(), Damaged: c.damaged.Load(),
		Sync: c.sync.Load(), Tables: c.tables.Load(), Scrambled: c.scrambled.Load(), Broken: c.broken.Load(),
	}
}

// Errors counts continuity errors: packets that do not continue their PID. It may be asked by any goroutine.
func (d *Demuxer) Errors() uint64 { return d.counters.continuity.Load() }
