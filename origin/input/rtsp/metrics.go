package rtsp

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what a Server does. A nil Metrics counts nothing.
type Metrics struct {
	publishers prometheus.Gauge
	refusals   *prometheus.CounterVec
}

// NewMetrics registers the collectors with reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		publishers: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "podium_rtsp_publishers", Help: "Encoders that publish by RTSP at this moment.",
		}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "podium_rtsp_publishers_refused_total",
			Help: "Encoders that were refused, by reason: key, feed, attempts, taken.",
		}, []string{"reason"}),
	}
	reg.MustRegister(m.publishers, m.refusals)
	return m
}

func (m *Metrics) publishing(n float64) {
	if m != nil {
		m.publishers.Add(n)
	}
}

func (m *Metrics) refused(reason string) {
	if m != nil {
		m.refusals.WithLabelValues(reason).Inc()
	}
}
