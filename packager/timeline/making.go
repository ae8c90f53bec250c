package timeline

import (
	"fmt"
	"slices"
	"time"

	"podium.tv/podium/packager/segment"
)

// Making is the segment in the making: what will be the timeline's next entry, with the parts of it that are there. It
// lives in memory alone; a crash loses it and nothing else.
type Making struct {
	// Entry is what is known of the entry. Its Duration, Object, Tracks and TS are not.
	Entry Entry
	Parts segment.Parts
	// Also are those of its further renditions that are in the making as well.
	Also []MadeRendition
}

// Made are the parts of a finished segment.
type Made struct {
	Seq   uint64
	Parts segment.Parts
	Also  []MadeRendition
}

// MadeRendition are the parts of a further rendition of a segment, finished or in the making.
type MadeRendition struct {
	Name  string
	Parts segment.Parts
	// Ref, Init, Time and Shift are as in Rendition.
	Ref   uint64
	Init  string
	Time  time.Duration
	Shift time.Duration
	// Over says that no more parts come, although the segment is in the making.
	Over bool
}

// keptParts is of how many finished segments the parts are kept, for players that are a little behind.
const keptParts = 4

// Edge is an immutable snapshot of the very end of a timeline: the tail, the segment in the making behind it, and the
// parts of the last segments. It changes several times a second, the tail in it once a segment.
type Edge struct {
	// Version rises with each change.
	Version uint64
	// Run is when the timeline was opened, in Unix milliseconds: with it what was in the making when a crash came is told
	// from what has its number now.
	Run  int64
	Tail *Tail
	// Making is nil where nothing is in the making, or nothing of it can be shown.
	Making *Making
	// Made are the last finished segments that have parts, in order.
	Made    []Made
	changed chan struct{}
}

// Changed is closed as soon as there is a newer edge.
func (e *Edge) Changed() <-chan struct{} { return e.changed }

// PartsOf are the parts of the segment with a sequence number, finished or in the making, or none.
func (e *Edge) PartsOf(seq uint64) segment.Parts {
	if e.Making != nil && e.Making.Entry.Seq == seq {
		return e.Making.Parts
	}
	for i := range e.Made {
		if e.Made[i].Seq == seq {
			return e.Made[i].Parts
		}
	}
	return segment.Parts{}
}

// RenditionOf is what a further rendition has of the segment with a sequence number, finished or in the making, or nil.
func (e *Edge) RenditionOf(seq uint64, name string) *MadeRendition {
	if e.Making != nil && e.Making.Entry.Seq == seq {
		return madeRendition(e.Making.Also, name)
	}
	for i := range e.Made {
		if e.Made[i].Seq == seq {
			return madeRendition(e.Made[i].Also, name)
		}
	}
	return nil
}

func madeRendition(all []MadeRendition, name string) *MadeRendition {
	for i := range all {
		if all[i].Name == name {
			return &all[i]
		}
	}
	return nil
}

// Edge is the timeline's very end, without locks.
func (t *Timeline) Edge() *Edge { return t.edge.Load() }

// Make publishes the segment in the making, in place of what was published of it before. The entry is one that Prepare
// returned.
func (t *Timeline) Make(m *Making) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.edge.Load()
	if m.Entry.Seq != was.Tail.Next {
		return fmt.Errorf("segment in the making of %s: sequence number %d is not the next one, %d", t.Name, m.Entry.Seq, was.Tail.Next)
	}
	t.publish(&Edge{Version: was.Version + 1, Run: was.Run, Tail: was.Tail, Making: m, Made: was.Made})
	return nil
}

// Finish appends an entry, as Append does, whose parts and those of its renditions are kept for a while.
func (t *Timeline) Finish(e Entry, parts segment.Parts, also ...MadeRendition) error {
	return t.append(e, Made{Seq: e.Seq, Parts: parts, Also: also})
}

// grown is the edge with another tail.
func (e *Edge) grown(tail *Tail, made Made) *Edge {
	next := &Edge{Version: e.Version + 1, Run: e.Run, Tail: tail}
	from := 0
	for from < len(e.Made) && e.Made[from].Seq+keptParts <= made.Seq {
		from++
	}
	next.Made = slices.Clone(e.Made[from:])
	if made.Parts.Target > 0 {
		next.Made = append(next.Made, made)
	}
	return next
}

// publish puts an edge in place. The lock is held.
func (t *Timeline) publish(next *Edge) {
	next.changed = make(chan struct{})
	was := t.edge.Swap(next)
	if was != nil {
		close(was.changed)
	}
}
