package feed

import "podium.tv/podium/origin/feed/eyes"

// Picture is what the source that is on the air shows.
func (f *Feed) Picture() (eyes.Picture, error) {
	for _, l := range f.lines {
		if l.live.Load() {
			return f.Eyes.Picture(f.ID, l.Name)
		}
	}
	return f.Eyes.Picture(f.ID, SlateName) // Which says whether there are pictures at all.
}
