package feed

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the counters of all feeds, labelled by feed.
type Metrics struct {
	restarts, warnings, failures *prometheus.CounterVec
	segments, bytes, seconds     *prometheus.CounterVec
	switches                     *prometheus.CounterVec
	sourceUp, onSlate            *prometheus.GaugeVec
}

// NewMetrics registers the feeds' metrics; a nil registerer keeps them unregistered.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string, more ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "podium", Subsystem: "feed", Name: name, Help: help},
			append([]string{"feed"}, more...))
		if reg != nil {
			reg.MustRegister(c)
		}
		return c
	}
	gauge := func(name, help string, more ...string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "podium", Subsystem: "feed", Name: name, Help: help},
			append([]string{"feed"}, more...))
		if reg != nil {
			reg.MustRegister(g)
		}
		return g
	}
	return &Metrics{
		restarts: counter("restarts_total", "Times the input ended and was started again."),
		warnings: counter("warnings_total", "Faults of the source that were lived with."),
		failures: counter("record_failures_total", "Segments that could not be kept."),
		segments: counter("segments_total", "Segments cut."),
		bytes:    counter("stored_bytes_total", "Bytes of segments in stored form."),
		seconds:  counter("recorded_seconds_total", "Media time recorded."),
		switches: counter("switches_total", "Changes from one source or the slate to another.", "cause"),
		sourceUp: gauge("source_up", "Whether a source brings pictures, on the air or not.", "source"),
		onSlate:  gauge("on_slate", "Whether viewers see the slate."),
	}
}

func (m *Metrics) recorded(feed string, duration time.Duration, bytes int) {
	m.segments.WithLabelValues(feed).Inc()
	m.bytes.WithLabelValues(feed).Add(float64(bytes))
	m.seconds.WithLabelValues(feed).Add(duration.Seconds())
}

func (m *Metrics) switched(feed string, why Reason) {
	m.switches.WithLabelValues(feed, string(why)).Inc()
}

func (m *Metrics) source(feed, source string, up bool) {
	m.sourceUp.WithLabelValues(feed, source).Set(number(up))
}

func (m *Metrics) slate(feed string, on bool) { m.onSlate.WithLabelValues(feed).Set(number(on)) }

func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func (m *Metrics) forget(feed string) {
	for _, c := range []*prometheus.CounterVec{m.restarts, m.warnings, m.failures, m.segments, m.bytes, m.seconds, m.switches} {
		c.DeletePartialMatch(prometheus.Labels{"feed": feed})
	}
	for _, g := range []*prometheus.GaugeVec{m.sourceUp, m.onSlate} {
		g.DeletePartialMatch(prometheus.Labels{"feed": feed})
	}
}
