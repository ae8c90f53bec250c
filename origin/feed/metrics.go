package feed

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the counters of all feeds, labelled by feed.
type Metrics struct {
	restarts, warnings, failures *prometheus.CounterVec
	segments, bytes, seconds     *prometheus.CounterVec
}

// NewMetrics registers the feeds' metrics; a nil registerer keeps them unregistered.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "podium", Subsystem: "feed", Name: name, Help: help},
			[]string{"feed"})
		if reg != nil {
			reg.MustRegister(c)
		}
		return c
	}
	return &Metrics{
		restarts: counter("restarts_total", "Times the input ended and was started again."),
		warnings: counter("warnings_total", "Faults of the source that were lived with."),
		failures: counter("record_failures_total", "Segments that could not be kept."),
		segments: counter("segments_total", "Segments cut."),
		bytes:    counter("stored_bytes_total", "Bytes of segments in stored form."),
		seconds:  counter("recorded_seconds_total", "Media time recorded."),
	}
}

func (m *Metrics) recorded(feed string, duration time.Duration, bytes int) {
	m.segments.WithLabelValues(feed).Inc()
	m.bytes.WithLabelValues(feed).Add(float64(bytes))
	m.seconds.WithLabelValues(feed).Add(duration.Seconds())
}

func (m *Metrics) forget(feed string) {
	for _, c := range []*prometheus.CounterVec{m.restarts, m.warnings, m.failures, m.segments, m.bytes, m.seconds} {
		c.DeleteLabelValues(feed)
	}
}
