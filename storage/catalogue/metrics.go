package catalogue

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics count what the catalogue does. A nil Metrics counts nothing.
type Metrics struct {
	seconds *prometheus.HistogramVec
	errors  *prometheus.CounterVec
}

// NewMetrics registers the catalogue's collectors.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "podium_catalogue_seconds",
			Help:    "Time that queries (read) and transactions (write) of the catalogue took.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 4, 8),
		}, []string{"operation"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "podium_catalogue_errors_total",
			Help: "Queries and transactions of the catalogue that the database failed.",
		}, []string{"operation"}),
	}
	for _, operation := range []string{"read", "write"} {
		m.seconds.WithLabelValues(operation)
		m.errors.WithLabelValues(operation)
	}
	r.MustRegister(m.seconds, m.errors)
	return m
}

// observe leaves out what the caller, not the database, did wrong.
func (m *Metrics) observe(operation string, begin time.Time, err error) {
	if m == nil {
		return
	}
	m.seconds.WithLabelValues(operation).Observe(time.Since(begin).Seconds())
	if err == nil || callersFault(err) {
		return
	}
	m.errors.WithLabelValues(operation).Inc()
}

func callersFault(err error) bool {
	for _, known := range []error{ErrNotFound, ErrTaken, ErrExpired, ErrUsed} {
		if errors.Is(err, known) {
			return true
		}
	}
	var invalid *InvalidError
	var overlap *OverlapError
	return errors.As(err, &invalid) || errors.As(err, &overlap)
}
