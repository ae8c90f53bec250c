package station

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"podium.tv/podium/config"
	"podium.tv/podium/packager/timeline"
)

// settled says whether all that was put before an instant has left the spool: only then is an hour gathered.
func (s *Station) settled(before time.Time) bool {
	if s.spool == nil {
		return true
	}
	b := s.spool.Pending()
	return !b.Away && (b.Oldest.IsZero() || b.Oldest.After(before))
}

// channelTimelines are the names of all channels' timelines. What they refer to is kept.
func channelTimelines(c *config.Config) []string {
	names := make([]string, len(c.Channels))
	for i := range c.Channels {
		names[i] = channelTimeline(c.Channels[i].ID)
	}
	return names
}

func channelTimeline(id config.ID) string { return "channels/" + string(id) }

// archiveCollector tells what the timelines keep, read when Prometheus asks.
type archiveCollector struct{ station *Station }

var (
	descArchiveBytes = prometheus.NewDesc("podium_archive_bytes",
		"Bytes of media in the closed hours that a feed keeps, or that a channel shows.", []string{"timeline"}, nil)
	descArchiveHours    = prometheus.NewDesc("podium_archive_hours", "Closed hours that are kept.", []string{"timeline"}, nil)
	descArchiveGathered = prometheus.NewDesc("podium_archive_gathered_hours",
		"Those of them that lie in one object.", []string{"timeline"}, nil)
	descArchiveHeld = prometheus.NewDesc("podium_archive_held_hours",
		"Hours that are kept only because channels refer to them.", []string{"timeline"}, nil)
	descArchiveDropped = prometheus.NewDesc("podium_archive_dropped_hours_total",
		"Hours that were dropped, for their age or because there were too many bytes.", []string{"timeline", "reason"}, nil)
)

// Describe implements prometheus.Collector.
func (c *archiveCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descArchiveBytes, descArchiveHours, descArchiveGathered, descArchiveHeld, descArchiveDropped} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *archiveCollector) Collect(out chan<- prometheus.Metric) {
	for name, a := range c.station.archived() {
		gauge := func(d *prometheus.Desc, v float64) {
			out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, name)
		}
		gauge(descArchiveBytes, float64(a.Bytes))
		gauge(descArchiveHours, float64(a.Hours))
		gauge(descArchiveGathered, float64(a.Gathered))
		gauge(descArchiveHeld, float64(a.Held))
		for reason, n := range map[string]int64{"age": a.TooOld, "bytes": a.TooMany} {
			out <- prometheus.MustNewConstMetric(descArchiveDropped, prometheus.CounterValue, float64(n), name, reason)
		}
	}
}

// archived is what each timeline keeps.
func (s *Station) archived() map[string]timeline.Archived {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]timeline.Archived, len(s.feeds)+len(s.channels))
	for _, f := range s.feeds {
		out[f.feed.Timeline.Name] = f.feed.Timeline.Archived()
	}
	for id, ch := range s.channels {
		out[channelTimeline(id)] = ch.archived()
	}
	return out
}
