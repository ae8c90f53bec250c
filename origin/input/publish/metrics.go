package publish

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what a Desk does. A nil Metrics counts nothing.
type Metrics struct {
	publishers *prometheus.GaugeVec
	refusals   *prometheus.CounterVec
}

// NewMetrics registers the collectors with reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		publishers: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "podium_publishers", Help: "Encoders that publish at this moment, by protocol.",
		}, []string{"protocol"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "podium_publishers_refused_total",
			Help: "Encoders that were refused, by protocol and reason: key, feed, attempts, taken, full, closed, error.",
		}, []string{"protocol", "reason"}),
	}
	reg.MustRegister(m.publishers, m.refusals)
	return m
}

func (m *Metrics) publishing(protocol string, n float64) {
	if m != nil {
		m.publishers.WithLabelValues(protocol).Add(n)
	}
}

func (m *Metrics) refused(protocol, reason string) {
	if m != nil {
		m.refusals.WithLabelValues(protocol, reason).Inc()
	}
}
