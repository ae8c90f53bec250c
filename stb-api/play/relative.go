package play

// relative sends who asked for a view as of an instant on to the same delay counted from now: such a view goes on with the
// clock, and its children need one name while it does.
func (s *Service) relative(n name, base string) *answer {
	to := ""
	if n.kind == monoPlaylist {
		to = "mono"
		if n.rendition != "" {
			to += "-" + n.rendition
		}
	}
	switch delay := s.now().Unix() - n.view.from; {
	case delay > 0:
		if to != "" {
			to += "-"
		}
		to += view{mode: delayed, seconds: delay}.String()
	case to == "":
		to = "index"
	}
	ending := ".m3u8"
	if n.kind == manifest {
		ending = ".mpd"
	}
	return &answer{location: base + to + ending, cache: cacheNever}
}
