package station

import (
	"podium.tv/podium/config"
	"podium.tv/podium/origin/playout"
	"podium.tv/podium/packager/segment"
)

// shareGrids lets feeds that are sizes of one picture be cut at the same pictures, and the others each by itself. A ladder
// keeps its grid when feeds join it.
func (s *Station) shareGrids(c *config.Config) {
	ladders := c.Ladders()
	grids := make(map[int]*segment.Grid)
	for _, f := range c.Feeds {
		ladder, in := ladders[f.ID]
		if r := s.feeds[f.ID]; in && r != nil && grids[ladder] == nil {
			grids[ladder] = r.grid.Load()
		}
	}
	for _, f := range c.Feeds {
		r := s.feeds[f.ID]
		if r == nil {
			continue
		}
		ladder, in := ladders[f.ID]
		if !in {
			r.grid.Store(nil)
			continue
		}
		if grids[ladder] == nil {
			grids[ladder] = new(segment.Grid)
		}
		r.grid.Store(grids[ladder])
	}
}

// renditions are the further sizes of a channel's picture; ok is false where one of their feeds is not there.
func (s *Station) renditions(ch *config.Channel) (out []playout.Rendition, ok bool) {
	for _, r := range ch.Renditions {
		from := s.feeds[r.Feed]
		if from == nil {
			return nil, false
		}
		out = append(out, playout.Rendition{Name: string(r.Name), Feed: from.feed.Timeline, Ready: from.feed.Ready()})
	}
	return out, true
}
