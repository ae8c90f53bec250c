package feed

import (
	"fmt"

	"podium.tv/podium/origin/input"
)

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

// nameSources gives each source a name of its own.
func nameSources(sources []Source) {
	taken := make(map[string]bool, len(sources))
	for i := range sources {
		s := &sources[i]
		if s.Name == "" {
			s.Name = s.Input.String()
		}
		name := s.Name
		for n := 2; taken[s.Name]; n++ {
			s.Name = fmt.Sprintf("%s (%d)", name, n)
		}
		taken[s.Name] = true
	}
}
