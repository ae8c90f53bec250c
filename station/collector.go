package station

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"podium.tv/podium/origin/feed"
	"podium.tv/podium/stb-api/play"
)

// mediaCollector tells how feeds and channels are, read when Prometheus asks.
type mediaCollector struct{ station *Station }

var (
	descOnline   = prometheus.NewDesc("podium_feed_online", "1 while pictures come in.", []string{"feed"}, nil)
	descBitrate  = prometheus.NewDesc("podium_feed_bitrate", "Bits a second that come in.", []string{"feed"}, nil)
	descFPS      = prometheus.NewDesc("podium_feed_frames_per_second", "Pictures a second that come in.", []string{"feed"}, nil)
	descAge      = prometheus.NewDesc("podium_feed_last_frame_age_seconds", "Time since the last frame.", []string{"feed"}, nil)
	descSegments = prometheus.NewDesc("podium_channel_segments_total", "Media sequence number of the next segment.",
		[]string{"channel"}, nil)
	descViewers = prometheus.NewDesc("podium_channel_viewers", "Viewers who fetched a playlist in the last half minute.",
		[]string{"channel"}, nil)
	descRenditions = prometheus.NewDesc("podium_channel_renditions", "Further sizes of the picture that are on.", []string{"channel"}, nil)
	descWaiting    = prometheus.NewDesc("podium_playlist_waiting", "Requests that wait for the next part or segment.", nil, nil)
	descRefused    = prometheus.NewDesc("podium_playlist_waits_refused_total", "Requests sent away because too many waited.", nil, nil)
	descWoken      = prometheus.NewDesc("podium_channel_woken_total", "How often a viewer asked for a channel that nobody watched.",
		[]string{"channel"}, nil)
	descWanted = prometheus.NewDesc("podium_feed_wanted", "1 while somebody watches a feed that is fetched only then.",
		[]string{"feed"}, nil)
	descOnAir = prometheus.NewDesc("podium_channel_on_air", "1 while the channel puts out segments.", []string{"channel"}, nil)
)

// Describe implements prometheus.Collector.
func (c *mediaCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descOnline, descBitrate, descFPS, descAge, descSegments, descViewers, descRenditions, descOnAir, descWaiting, descRefused,
		descWoken, descWanted,
	} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *mediaCollector) Collect(out chan<- prometheus.Metric) {
	now := time.Now()
	gauge := func(d *prometheus.Desc, v float64, label string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, label)
	}
	for _, f := range c.station.feedStatus() {
		gauge(descOnline, truth(f.State == feed.Online), f.ID)
		gauge(descBitrate, f.Bitrate, f.ID)
		gauge(descFPS, f.FPS, f.ID)
		if !f.LastFrame.IsZero() {
			gauge(descAge, now.Sub(f.LastFrame).Seconds(), f.ID)
		}
	}
	for id, wanted := range c.station.wanted() {
		gauge(descWanted, truth(wanted), string(id))
	}
	waiting, refused := c.station.play.Waiting()
	out <- prometheus.MustNewConstMetric(descWaiting, prometheus.GaugeValue, float64(waiting))
	out <- prometheus.MustNewConstMetric(descRefused, prometheus.CounterValue, float64(refused))
	c.station.play.Channels(func(ch *play.Channel) bool {
		gauge(descViewers, float64(ch.Viewers(now)), ch.ID)
		gauge(descRenditions, float64(len(ch.Renditions())), ch.ID)
		gauge(descOnAir, truth(ch.OnAir(now)), ch.ID)
		if ch.Demand != nil {
			out <- prometheus.MustNewConstMetric(descWoken, prometheus.CounterValue, float64(ch.Demand.Woken()), ch.ID)
		}
		out <- prometheus.MustNewConstMetric(descSegments, prometheus.CounterValue, float64(ch.Segments()), ch.ID)
		return true
	})
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// feedStatus is how all feeds are, in the order of the configuration.
func (s *Station) feedStatus() []feed.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]feed.Status, 0, len(s.feeds))
	for _, f := range s.cfg.Feeds {
		if r := s.feeds[f.ID]; r != nil {
			out = append(out, r.feed.Status())
		}
	}
	return out
}
