package playout

import "podium.tv/podium/packager/timeline"

// handOn shows the feed's segment in the making as the channel's, with the channel's numbers and by reference.
func (f *Follow) handOn(edge *timeline.Edge) {
	m := edge.Making
	if m == nil {
		return
	}
	e := m.Entry
	last := f.Channel.Tail().Last()
	if last != nil && f.has(last, &e) {
		return
	}
	e = f.refer(last, e)
	// Only what follows the channel's last entry: a feed's segment that the channel does not have yet comes first.
	next := &timeline.Making{Entry: f.Channel.Prepare(e), Parts: m.Parts}
	changed := f.makeRenditions(last, next)
	if m == f.handed && !changed {
		return // It was a rendition that stirred, with something that is not for now.
	}
	f.handed = m
	if err := f.Channel.Make(next); err != nil {
		f.Log.Error("segment in the making not handed on", "err", err)
	}
}
