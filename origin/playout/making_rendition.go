package playout

import (
	"context"
	"slices"

	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// watch tells of each change of the rendition's feed.
func (r *Rendition) watch(ctx context.Context, stirred chan<- struct{}) {
	select {
	case <-ctx.Done():
		return
	case <-r.Ready:
	}
	for {
		edge := r.Feed.Edge()
		select {
		case stirred <- struct{}{}:
		default: // It was told already.
		}
		select {
		case <-ctx.Done():
			return
		case <-edge.Changed():
		}
	}
}

// makeRenditions puts beside the channel's segment in the making what its other sizes have of it, and says whether that is
// another than what is shown. What was shown of one stays, whatever becomes of it: players have it.
func (f *Follow) makeRenditions(last *timeline.Entry, m *timeline.Making) (changed bool) {
	edge := f.Channel.Edge()
	for i := range f.Renditions {
		r := &f.Renditions[i]
		if shown := edge.RenditionOf(m.Entry.Seq, r.Name); shown != nil {
			next := r.goesOn(shown)
			changed = changed || next.Over != shown.Over || grown(&shown.Parts, &next.Parts)
			m.Also = append(m.Also, next)
			continue
		}
		// One that was not there in parts before comes back with a whole segment: for the sake of players that load the one
		// before it whole, and because one that is late each time is late again.
		if last == nil || edge.RenditionOf(last.Seq, r.Name) == nil {
			continue
		}
		if begun, ok := r.begins(f, &m.Entry); ok {
			changed = true
			m.Also = append(m.Also, begun)
		}
	}
	return changed
}

// begins is the rendition of a segment in the making, where its feed has the same one in the making.
func (r *Rendition) begins(f *Follow, e *timeline.Entry) (made timeline.MadeRendition, ok bool) {
	m := r.Feed.Edge().Making
	if m == nil || !hasParts(&m.Parts) || m.Entry.Kind != timeline.Live || m.Entry.Independent != e.Independent ||
		m.Entry.Start.Sub(e.Start).Abs() > clockTolerance || !timed(&m.Entry) || !timed(e) {
		return made, false
	}
	made = timeline.MadeRendition{
		Name: r.Name, Parts: m.Parts, Ref: m.Entry.Seq, Init: m.Entry.Init, Time: m.Entry.Time, Shift: shown(e) - m.Entry.Time,
	}
	if e.Discontinuity {
		return made, true
	}
	seen, found := f.inRun(r.Name), m.Entry
	found.Object = r.Feed.MediaName(found.Seq) // As it will be.
	if seen == nil || found.Discontinuity || !r.continues(seen, &found, e) {
		return made, false
	}
	made.Shift = seen.Shift
	return made, true
}

// goesOn is what is there now of a segment of which something was shown.
func (r *Rendition) goesOn(shown *timeline.MadeRendition) timeline.MadeRendition {
	next, edge := *shown, r.Feed.Edge()
	if next.Over {
		return next
	}
	m := edge.Making
	next.Over = m == nil || m.Entry.Seq != shown.Ref
	if parts := edge.PartsOf(shown.Ref); contains(&parts, &shown.Parts) {
		next.Parts = parts
	}
	return next
}

// finishRenditions are the parts of an entry's other sizes. One whose parts were shown and that did not become whole is lost.
func (f *Follow) finishRenditions(e *timeline.Entry) []timeline.MadeRendition {
	edge := f.Channel.Edge()
	var made []timeline.MadeRendition
	for i := range f.Renditions {
		r := &f.Renditions[i]
		a := also(e, r.Name)
		if was := edge.RenditionOf(edge.Tail.Next, r.Name); was != nil && !became(was, a) {
			e.Also = slices.DeleteFunc(e.Also, func(a timeline.Rendition) bool { return a.Name == r.Name })
			e.Also = append(e.Also, timeline.Rendition{
				Name: r.Name, Object: r.Feed.MediaName(was.Ref), Ref: was.Ref, RefHour: e.Hour(), Init: was.Init,
				Time: was.Time, Shift: was.Shift,
			})
			continue
		}
		if a == nil {
			continue
		}
		if parts := r.Feed.Edge().PartsOf(a.Ref); hasParts(&parts) {
			made = append(made, timeline.MadeRendition{Name: r.Name, Parts: parts, Ref: a.Ref, Init: a.Init, Time: a.Time, Shift: a.Shift})
		}
	}
	return made
}

// became says that a rendition, nil where there is none, is what was shown of it in the making.
func became(was *timeline.MadeRendition, a *timeline.Rendition) bool {
	return a != nil && a.Ref == was.Ref && a.Init == was.Init && a.Shift == was.Shift
}

func hasParts(p *segment.Parts) bool {
	return slices.ContainsFunc(p.Tracks, func(parts []segment.Part) bool { return len(parts) > 0 })
}

// contains says that nothing of what was there before is missing.
func contains(is, was *segment.Parts) bool {
	if is.Target != was.Target || len(is.Tracks) != len(was.Tracks) {
		return false
	}
	for n := range is.Tracks {
		if len(is.Tracks[n]) < len(was.Tracks[n]) {
			return false
		}
	}
	return true
}

// grown says that there are other parts than before.
func grown(was, is *segment.Parts) bool { return !contains(was, is) }
