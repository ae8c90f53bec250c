package timeline

import (
	"fmt"

	"podium.tv/podium/packager/media"
)

// Fragments are the tracks' fragments in the entry's stored bytes, in the order of its init's tracks; a track
// without a sample has none. Nothing is copied.
func (e *Entry) Fragments(stored []byte) ([][]byte, error) {
	return fragments(e.Object, stored, e.Tracks)
}

// Fragments are the tracks' fragments in the rendition's stored bytes, as those of an entry are.
func (r *Rendition) Fragments(stored []byte) ([][]byte, error) {
	return fragments(r.Object, stored, r.Tracks)
}

func fragments(object string, stored []byte, tracks []Range) ([][]byte, error) {
	out, err := media.Slices(stored, tracks)
	if err != nil {
		return nil, fmt.Errorf("segment %s is not what its index says: %w", object, err)
	}
	return out, nil
}
