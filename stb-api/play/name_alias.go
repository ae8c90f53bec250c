package play

import "strings"

// parseAlias reads the spellings of Flussonic that set-top middleware has built in and that are not ours:
// index-{utc}-{seconds} and index-{utc}-now are archive views, video-... and mono-... the same muxed, and in
// timeshift_abs_mono-{utc} and timeshift_rel_video-{seconds} the form stands behind the view.
func parseAlias(s string) (name, bool) {
	kind, rest, found := strings.Cut(s, "-")
	if !found {
		return name{}, false
	}
	switch kind {
	case "index":
		v, err := parseRange(rest)
		return name{kind: masterPlaylist, view: v}, err == nil
	case "mono":
		v, err := parseRange(rest)
		return name{kind: monoPlaylist, view: v}, err == nil
	case "video":
		if v, err := parseRange(rest); err == nil {
			return name{kind: monoPlaylist, view: v}, true
		}
		v, err := parseView(rest)
		return name{kind: monoPlaylist, view: v}, err == nil
	}
	for _, form := range []string{"_mono", "_video"} {
		if plain, ok := strings.CutSuffix(kind, form); ok {
			v, err := parseView(plain + "-" + rest)
			return name{kind: monoPlaylist, view: v}, err == nil
		}
	}
	return name{}, false
}
