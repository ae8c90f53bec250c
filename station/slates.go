package station

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"podium.tv/podium/config"
	"podium.tv/podium/origin/feed/slate"
)

// slates are what feeds show while no source is good, by what the configuration names. They are read once, and shared.
type slates struct {
	mu    sync.Mutex
	known map[string]*slate.Loop
}

// makeWithin bounds what ffmpeg takes for a slate of the station's own, once.
const makeWithin = time.Minute

// readSlates makes the slates that a configuration names, before any feed wants one. They are read anew with each configuration: a file
// may be another by now.
func (s *Station) readSlates(c *config.Config) {
	s.slates.mu.Lock()
	s.slates.known = nil
	s.slates.mu.Unlock()
	for i := range c.Feeds {
		s.slate(c.Feeds[i].Slate)
	}
}

// slate is the one of a name, nil for none. Where a file is no good, Podium's own has to do.
func (s *Station) slate(name string) *slate.Loop {
	if name == config.SlateOff {
		return nil
	}
	s.slates.mu.Lock()
	defer s.slates.mu.Unlock()
	if l, known := s.slates.known[name]; known {
		return l
	}
	l, err := s.makeSlate(name)
	if err != nil {
		s.Log.Error("slate cannot be shown, Podium's own is", "slate", name, "err", err)
		l, err = slate.BuiltIn()
	}
	if err != nil {
		s.Log.Error("no slate", "err", err)
		return nil
	}
	if s.slates.known == nil {
		s.slates.known = make(map[string]*slate.Loop)
	}
	s.slates.known[name] = l
	return l
}

func (s *Station) makeSlate(name string) (*slate.Loop, error) {
	if name == config.SlateAuto {
		return slate.BuiltIn()
	}
	ctx, cancel := context.WithTimeout(s.run, makeWithin)
	defer cancel()
	return slate.Encode(ctx, "ffmpeg", filepath.Join(s.Config.DataDir, "slates"), name)
}
