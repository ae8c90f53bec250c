package feed

import "podium.tv/podium/origin/input"

// Source is one way for a feed to get its pictures. A feed has several, in order of priority: the first that is good is on
// the air.
type Source struct {
	// Name is for people and metrics, and different from those of the feed's other sources. It defaults to the input's own.
	Name  string
	Input input.Input
	// Warm keeps the source connected while a better one is on the air, so that it can be taken at once. It is for inputs that wait for
	// an encoder, which are to be let in at any time, and for backups that may cost their bandwidth.
	Warm bool
}

// source is the one in use.
func (f *Feed) source() *Source { return &f.Sources[0] }

func nameSources(sources []Source) {
	for i := range sources {
		if s := &sources[i]; s.Name == "" {
			s.Name = s.Input.String()
		}
	}
}
