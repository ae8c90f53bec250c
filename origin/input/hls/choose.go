package hls

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"podium.tv/podium/origin/input"
)

// choose puts the variants that can be carried in the order in which to try them: the best one within the limits first, and
// where none is within them, the smallest.
func (p *Pull) choose(variants []variant) ([]variant, error) {
	var within, beyond []variant
	var strange []string
	for _, v := range variants {
		if codec := foreign(v.codecs); codec != "" {
			strange = append(strange, codec)
			continue
		}
		if p.MaxBitrate > 0 && v.bandwidth > uint64(p.MaxBitrate) || p.MaxHeight > 0 && v.height > uint64(p.MaxHeight) {
			beyond = append(beyond, v)
		} else {
			within = append(within, v)
		}
	}
	slices.SortStableFunc(within, func(a, b variant) int {
		return cmp.Or(cmp.Compare(pictures(b), pictures(a)), cmp.Compare(b.bandwidth, a.bandwidth))
	})
	slices.SortStableFunc(beyond, func(a, b variant) int {
		return cmp.Or(cmp.Compare(pictures(b), pictures(a)), cmp.Compare(a.bandwidth, b.bandwidth))
	})
	// Sound alone is no stand-in for a picture that is a little too large.
	if len(within) > 0 && pictures(within[0]) == 0 && len(beyond) > 0 && pictures(beyond[0]) > 0 {
		within = nil
	}
	out := slices.Concat(within, beyond)
	if len(out) == 0 {
		return nil, fmt.Errorf("%w; the portal offers %s", input.ErrNoTracks, strings.Join(slices.Compact(strange), ", "))
	}
	return out, nil
}

// pictures is 1 for a variant that has pictures, or may have.
func pictures(v variant) int {
	if v.height > 0 || len(v.codecs) == 0 {
		return 1
	}
	for _, c := range v.codecs {
		if isPicture(c) {
			return 1
		}
	}
	return 0
}

func family(codec string) string {
	name, _, _ := strings.Cut(strings.ToLower(codec), ".")
	return name
}

func isPicture(codec string) bool {
	return slices.Contains([]string{"avc1", "avc3", "hvc1", "hev1"}, family(codec))
}

// foreign is a codec among a variant's that cannot be carried, or empty. Text is left out and does no harm.
func foreign(codecs []string) string {
	for _, c := range codecs {
		if isPicture(c) || slices.Contains([]string{"mp4a", "ac-3", "ec-3", "opus", "mp3", "stpp", "wvtt"}, family(c)) {
			continue
		}
		return clip(c)
	}
	return ""
}

// sound is the rendition of a group that is listened to, or nil where it is in the variant itself.
func sound(renditions []rendition, group string) *rendition {
	var found *rendition
	rank := func(r *rendition) int {
		switch {
		case r.isDefault:
			return 2
		case r.autoselect:
			return 1
		}
		return 0
	}
	for i := range renditions {
		r := &renditions[i]
		if group == "" || r.kind != "AUDIO" || r.group != group {
			continue
		}
		if found == nil || rank(r) > rank(found) {
			found = r
		}
	}
	if found == nil || found.uri == "" {
		return nil
	}
	return found
}
