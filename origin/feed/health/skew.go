package health

import (
	"time"

	"podium.tv/podium/packager/media"
)

// skew is how far the stamps of sound are ahead of those of the pictures that come at the same time.
type skew struct {
	stamp time.Duration // of the last picture
	at    time.Time     // when it came
	known bool
	mean  time.Duration
	begun bool
}

func (k *skew) picture(dts int64, timescale int, now time.Time) {
	k.stamp, k.at, k.known = media.Duration(dts, timescale), now, true
}

func (k *skew) sound(dts int64, timescale int, now time.Time) {
	if !k.known || now.Sub(k.at) > time.Second {
		return
	}
	ahead := media.Duration(dts, timescale) - k.stamp - now.Sub(k.at)
	if !k.begun || (ahead-k.mean).Abs() > 5*time.Second {
		k.mean, k.begun = ahead, true // The first, or a clock jumped.
		return
	}
	k.mean += (ahead - k.mean) / 64
}
