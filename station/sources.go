package station

import (
	"time"

	"podium.tv/podium/origin/feed"
	"podium.tv/podium/origin/feed/health"
	"podium.tv/podium/stb-api/console"
)

// sourceRows are a feed's sources for the console.
func sourceRows(sources []feed.SourceStatus) []console.Source {
	rows := make([]console.Source, len(sources))
	for i := range sources {
		s := &sources[i]
		h := &s.Health
		rows[i] = console.Source{
			Name: s.Name, Input: s.Input, State: feedState(s.State), OnAir: s.OnAir, Since: instant(s.Since),
			Grade: string(h.Grade), Bitrate: int64(h.Bitrate), FPS: h.FPS, GOP: gopRow(h.GOP), Longest: gopRow(h.LongestGOP),
			Jitter: h.Jitter.Seconds(), Skew: h.Skew.Seconds(), Errors: h.Errors, Lacks: console.Lacks{
				Video: h.NoVideoFor.Seconds(), Audio: h.NoAudioFor.Seconds(), Standing: h.StandingFor.Seconds(),
				Silent: h.SilentFor.Seconds(), Black: h.BlackFor.Seconds(), Frozen: h.FrozenFor.Seconds(),
			},
			Restarts: s.Restarts, LastError: s.LastError, LastErrorAt: instant(s.LastErrorAt),
		}
		row := &rows[i]
		for _, t := range h.Tracks {
			row.Tracks = append(row.Tracks, console.SourceTrack{
				Kind: t.Kind.String(), Codec: t.Codec, Width: t.Width, Height: t.Height, SampleRate: t.SampleRate, Channels: t.Channels,
			})
		}
		for _, n := range h.Reasons {
			row.Reasons = append(row.Reasons, noticeRow(n))
		}
		if h.Advice.Code != "" {
			advice := noticeRow(h.Advice)
			row.Advice = &advice
		}
		if n := h.Network; n != nil {
			row.Network = &console.SourceNetwork{
				Peer: n.Peer, Loss: n.Loss, Recovered: n.Recovered, NACKs: int64(n.NACKs), Continuity: int64(n.Continuity),
				RTT: n.RTT.Seconds(), Latency: n.Latency.Seconds(), Bandwidth: int64(n.Bandwidth),
			}
		}
	}
	return rows
}

func gopRow(g health.GOP) console.GOP {
	return console.GOP{Pictures: g.Pictures, Seconds: g.Lasts.Round(time.Millisecond).Seconds()}
}

func noticeRow(n health.Notice) console.Notice {
	args := make([]any, len(n.Args))
	for i := range n.Args {
		args[i] = n.Args[i]
	}
	return console.Notice{Code: n.Code, Key: n.Key(), Args: args}
}
