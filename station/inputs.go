package station

import (
	"time"

	"podium.tv/podium/config"
	"podium.tv/podium/origin/feed"
	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/guard"
	"podium.tv/podium/origin/input/limit"
	"podium.tv/podium/origin/input/publish"
)

// sources makes a feed's inputs, in order of priority. Those that others send to are listened at all the time, so that an encoder
// that comes is let in whatever is on the air.
func (s *Station) sources(c *config.Config, f *config.Feed) []feed.Source {
	list := f.Sources()
	out := make([]feed.Source, 0, len(list))
	for _, in := range list {
		out = append(out, feed.Source{Name: in.Name, Input: limited(c, s.source(c, f, &in)), Warm: in.Warm || !in.URL.Pulled()})
	}
	return out
}

// limited holds an input to what any may bring.
func limited(c *config.Config, in input.Input) input.Input {
	return &limit.Input{Input: in, Bitrate: c.Inputs.MaxBitrate.Bits(), Tracks: c.Inputs.MaxTracks}
}

// failover is the configuration's, where 0 is off, in the feed's form, where 0 is the default.
func failover(f *config.Failover) feed.Failover {
	offAt0 := func(d config.Duration) time.Duration {
		if d == 0 {
			return -1
		}
		return d.Std()
	}
	return feed.Failover{
		NoVideo: offAt0(f.NoVideo), NoAudio: offAt0(f.NoAudio), Frozen: f.Frozen.Std(), Black: f.Black.Std(), Silent: f.Silent.Std(),
		Errors: f.Errors, BitrateBelow: float64(f.BitrateBelow.Bits()), BackAfter: f.BackAfter.Std(),
	}
}

// source makes one of a feed's inputs.
func (s *Station) source(c *config.Config, f *config.Feed, in *config.Input) input.Input {
	switch in.URL.Scheme() {
	case "rtsp", "rtsps":
		return s.rtspInput(c, f, in)
	case "rtmp", "rtmps":
		return s.rtmpInput(c, f, in)
	case "srt":
		return s.srtInput(c, f, in)
	case "udp", "rtp":
		return s.udpInput(c, f, in)
	case "http", "https":
		return s.hlsInput(c, f, in)
	case "file":
		return s.fileInput(c, f, in)
	default:
		return &publish.Input{Desk: s.desk, Feed: string(f.ID)}
	}
}

// guarded is where a configuration lets Podium fetch from.
func guarded(c *config.Config) *guard.Policy {
	return &guard.Policy{
		AllowLoopback: c.Inputs.AllowLoopback, AllowPrivate: c.Inputs.AllowPrivate, Allow: config.Prefixes(c.Inputs.Allow),
	}
}
