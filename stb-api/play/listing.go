package play

import (
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/timeline"
)

// renderMedia lists the segments of a scene, in the form and of the stream that a playlist's name asks for.
func renderMedia(c subject, sc *scene, n name, base string, chosen *choice) ([]byte, error) {
	m := listMedia(c, sc, n, base, chosen)
	return m.Append(nil)
}

// listMedia is renderMedia before it is written.
func listMedia(c subject, sc *scene, n name, base string, chosen *choice) playlist.Media {
	l := listing{name: n, choice: chosen, base: base, keys: keyring{keys: c.keys(), scope: c.scope(), base: base}}
	first := &sc.entries[0]
	m := playlist.Media{
		TargetDuration: c.targetDuration(), Sequence: first.Seq, DiscontinuitySequence: first.Disc, IFrames: n.kind == iframePlaylist,
		Closed: sc.closed, Event: sc.event, StartOffset: sc.start, Independent: true, Segments: make([]playlist.Segment, len(sc.entries)),
	}
	if first.Discontinuity && first.Disc > 0 {
		// The tag before the first segment stays until the segment goes (RFC 8216bis §6.2.2).
		m.DiscontinuitySequence--
	}
	for i := range sc.entries {
		e := &sc.entries[i]
		if !e.Independent && e.Kind != timeline.Gap {
			m.Independent = false
		}
		l.list(&m.Segments[i], e)
		if sc.undated {
			m.Segments[i].ProgramDateTime = time.Time{}
		}
	}
	return m
}

// listing lists segments one after another.
type listing struct {
	name
	choice *choice
	base   string
	keys   keyring
	buf    []byte
	init   madeInit
}

// madeInit is the last name of an init that was made: most segments share it.
type madeInit struct {
	version string
	track   int
	uri     string
}

func (l *listing) list(seg *playlist.Segment, e *timeline.Entry) {
	uri := l.line(seg, e)
	seg.URI = string(uri)
}

// line is list with the URI apart, which holds until the next.
func (l *listing) line(seg *playlist.Segment, e *timeline.Entry) []byte {
	st, init, there := l.choice.of(e)
	key, tag := l.keys.at(e.Start)
	*seg = playlist.Segment{
		Duration: e.Duration, ProgramDateTime: e.Start, Discontinuity: e.Discontinuity, Key: tag, Gap: !there,
	}
	l.buf = append(l.buf[:0], l.base...)
	if l.kind == iframePlaylist {
		seg.Gap = seg.Gap || !e.Independent // There is no picture to begin with.
		l.buf = append(l.buf, "iframe-"...)
	} else {
		l.buf = append(l.buf, "seg-"...)
	}
	l.buf = appendForm(appendPlace(l.buf, e.Hour(), e.Seq), st, key)
	switch {
	case l.kind == monoPlaylist:
		l.buf = append(l.buf, ".ts"...)
		return l.buf
	case l.choice.kind == media.Text:
		seg.Gap = e.Kind == timeline.Gap // Where nobody speaks there is a text without words.
		l.buf = append(l.buf, ".vtt"...)
		return l.buf
	}
	l.buf = append(l.buf, ".m4s"...)
	if init != "" { // A gap may have none.
		seg.Map = l.mapOf(init, st.track)
	}
	return l.buf
}

func (l *listing) mapOf(version string, track int) string {
	if l.init.version != version || l.init.track != track {
		l.init = madeInit{version: version, track: track, uri: l.base + initName(version, track)}
	}
	return l.init.uri
}
