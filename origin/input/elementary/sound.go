package elementary

import (
	"errors"

	"podium.tv/podium/packager/media"
)

var errEmpty = errors.New("an audio frame of no bytes")

// sound makes a sample of a frame of any audio codec.
func sound(frame []byte, pts int64) media.Sample {
	return media.Sample{PTS: pts, DTS: pts, Sync: true, Units: [][]byte{frame}}
}
