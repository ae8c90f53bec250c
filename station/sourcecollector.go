package station

import (
	"github.com/prometheus/client_golang/prometheus"

	"podium.tv/podium/origin/feed"
	"podium.tv/podium/origin/feed/health"
)

// sourceCollector tells how the sources of all feeds are. Their names are of the configuration, so that the number of series is bounded.
type sourceCollector struct{ station *Station }

// figure is one gauge of a source; ok is false where it is not known.
type figure struct {
	desc  *prometheus.Desc
	value func(s *feed.SourceStatus) (v float64, ok bool)
}

// figures are all there are of a source.
func figures() []figure {
	of := func(name, help string, value func(s *feed.SourceStatus) (float64, bool)) figure {
		return figure{prometheus.NewDesc("podium_feed_source_"+name, help, []string{"feed", "source"}, nil), value}
	}
	connected := func(value func(h *health.Report) float64) func(*feed.SourceStatus) (float64, bool) {
		return func(s *feed.SourceStatus) (float64, bool) { return value(&s.Health), s.Health.Connected }
	}
	network := func(value func(n *health.Network) float64) func(*feed.SourceStatus) (float64, bool) {
		return func(s *feed.SourceStatus) (float64, bool) {
			if s.Health.Network == nil {
				return 0, false
			}
			return value(s.Health.Network), true
		}
	}
	return []figure{
		of("grade", "0 nothing comes, 1 bad, 2 poor, 3 ok.",
			func(s *feed.SourceStatus) (float64, bool) { return mark(s.Health.Grade), true }),
		of("on_air", "1 while the source is on the air.", func(s *feed.SourceStatus) (float64, bool) { return truth(s.OnAir), true }),
		of("bitrate", "Bits a second that come in.", connected(func(h *health.Report) float64 { return h.Bitrate })),
		of("frames_per_second", "Pictures a second that come in.", connected(func(h *health.Report) float64 { return h.FPS })),
		of("key_frame_interval_seconds", "The longest distance of key frames in the last minute.",
			connected(func(h *health.Report) float64 { return h.LongestGOP.Lasts.Seconds() })),
		of("jitter_seconds", "How unevenly pictures come.", connected(func(h *health.Report) float64 { return h.Jitter.Seconds() })),
		of("skew_seconds", "How far sound is stamped ahead of the picture that comes with it.",
			connected(func(h *health.Report) float64 { return h.Skew.Seconds() })),
		of("faults", "Packets lost or broken and other faults of the last minute.",
			connected(func(h *health.Report) float64 { return h.Errors })),
		of("silent_seconds", "For how long all sound has been digital silence.",
			connected(func(h *health.Report) float64 { return h.SilentFor.Seconds() })),
		of("black_seconds", "For how long the picture has been black.",
			connected(func(h *health.Report) float64 { return h.BlackFor.Seconds() })),
		of("packet_loss_ratio", "Packets of the last ten seconds that never came.",
			network(func(n *health.Network) float64 { return n.Loss / 100 })),
		of("round_trip_seconds", "Round trip to the other end.", network(func(n *health.Network) float64 { return n.RTT.Seconds() })),
	}
}

func mark(g health.Grade) float64 {
	switch g {
	case health.OK:
		return 3
	case health.Poor:
		return 2
	case health.Bad:
		return 1
	case health.Off:
	}
	return 0
}

// Describe implements prometheus.Collector.
func (c *sourceCollector) Describe(out chan<- *prometheus.Desc) {
	for _, f := range figures() {
		out <- f.desc
	}
}

// Collect implements prometheus.Collector.
func (c *sourceCollector) Collect(out chan<- prometheus.Metric) {
	all := figures()
	for _, status := range c.station.feedStatus() {
		for i := range status.Sources {
			s := &status.Sources[i]
			for _, f := range all {
				if v, ok := f.value(s); ok {
					out <- prometheus.MustNewConstMetric(f.desc, prometheus.GaugeValue, v, status.ID, s.Name)
				}
			}
		}
	}
}
