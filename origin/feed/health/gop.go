package health

import (
	"time"

	"podium.tv/podium/packager/media"
)

// The longest of a minute is kept in buckets.
const (
	gopBuckets = 4
	gopBucket  = 15 * time.Second
)

// gop is how far a source's key frames are apart.
type gop struct {
	begun    bool
	key      int64     // DTS of the last key frame
	at       time.Time // when it came
	pictures int       // since then

	last    GOP
	longest [gopBuckets + 1]GOP
	bucket  int64
}

// GOP is a distance of key frames.
type GOP struct {
	Pictures int
	Lasts    time.Duration
}

// forget lets the next key frame be the first.
func (g *gop) forget() { g.begun = false }

func (g *gop) add(sync bool, dts int64, timescale int, now time.Time) {
	if !sync {
		g.pictures++
		return
	}
	if lasts := media.Duration(dts-g.key, timescale); g.begun && lasts > 0 && lasts < time.Hour {
		g.last = GOP{Pictures: g.pictures, Lasts: lasts}
		g.turn(now)
		if b := &g.longest[g.bucket%int64(len(g.longest))]; lasts > b.Lasts {
			*b = g.last
		}
	}
	g.begun, g.key, g.at, g.pictures = true, dts, now, 1
}

// turn empties the buckets that time has passed over.
func (g *gop) turn(now time.Time) {
	bucket := now.UnixNano() / int64(gopBucket)
	if bucket < g.bucket || bucket-g.bucket > gopBuckets {
		g.longest, g.bucket = [gopBuckets + 1]GOP{}, bucket
	}
	for g.bucket < bucket {
		g.bucket++
		g.longest[g.bucket%int64(len(g.longest))] = GOP{}
	}
}

// most is the longest of the last minute; the one that is not over counts once it is longer.
func (g *gop) most(now time.Time) GOP {
	g.turn(now)
	var most GOP
	for _, b := range g.longest {
		if b.Lasts > most.Lasts {
			most = b
		}
	}
	if open := now.Sub(g.at); g.begun && g.pictures > 1 && open > most.Lasts && open > time.Second {
		most = GOP{Pictures: g.pictures, Lasts: open}
	}
	return most
}
