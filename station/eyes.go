package station

import (
	"context"
	"errors"
	"os/exec"

	"podium.tv/podium/config"
	"podium.tv/podium/origin/feed/eyes"
	"podium.tv/podium/stb-api/console"
)

// openEyes lets feeds be looked at, where ffmpeg is on the path.
func (s *Station) openEyes(ctx context.Context) {
	s.eyes = &eyes.Eyes{Log: s.Log}
	program, err := exec.LookPath("ffmpeg")
	if err == nil {
		s.eyes.FFmpeg = program
	} else {
		s.Log.Info("ffmpeg is not installed: there are no pictures of what is on, and black and frozen pictures are not told")
	}
	s.eyes.Initialize()
	go s.eyes.Run(ctx)
}

// pictures shows the console what feeds show.
type pictures struct{ station *Station }

// Picture implements console.Pictures.
func (p pictures) Picture(feed string) (console.Picture, error) {
	s := p.station
	s.mu.Lock()
	running := s.feeds[config.ID(feed)]
	s.mu.Unlock()
	if running == nil {
		return console.Picture{}, console.ErrNoPicture
	}
	found, err := running.feed.Picture()
	switch {
	case errors.Is(err, eyes.ErrNoFFmpeg):
		return console.Picture{}, errors.Join(console.ErrNoEyes, err)
	case err != nil:
		return console.Picture{}, errors.Join(console.ErrNoPicture, err)
	}
	return console.Picture{JPEG: found.JPEG, At: found.At, ETag: found.ETag}, nil
}
