package events

import "github.com/prometheus/client_golang/prometheus"

// Metrics are those of all hooks.
type Metrics struct {
	told    *prometheus.CounterVec
	waiting *prometheus.GaugeVec
}

// NewMetrics registers the metrics; r may be nil.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		told: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "podium_hook_events_total",
			Help: "Events that hooks were told, or not: delivered, failed, or dropped because too many waited.",
		}, []string{"hook", "result"}),
		waiting: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "podium_hook_waiting", Help: "Events that wait for a hook.",
		}, []string{"hook"}),
	}
	if r != nil {
		r.MustRegister(m.told, m.waiting)
	}
	return m
}

func (m *Metrics) count(hook, result string) { m.told.WithLabelValues(hook, result).Inc() }
