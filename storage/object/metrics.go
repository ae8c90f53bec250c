package object

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the measures of all stores of a process. Every use of a nil *Metrics does nothing.
type Metrics struct {
	seconds *prometheus.HistogramVec // store, operation
	errors  *prometheus.CounterVec   // store, operation, reason
	bytes   *prometheus.CounterVec   // store, direction

	spoolObjects  *prometheus.GaugeVec   // store
	spoolBytes    *prometheus.GaugeVec   // store
	spoolLimit    *prometheus.GaugeVec   // store
	spoolRefused  *prometheus.GaugeVec   // store
	spoolAway     *prometheus.GaugeVec   // store
	spoolUploads  *prometheus.CounterVec // store, result
	spoolOverflow *prometheus.CounterVec // store
	spoolDamaged  *prometheus.CounterVec // store

	holdObjects *prometheus.GaugeVec   // store
	holdBytes   *prometheus.GaugeVec   // store
	holdGivenUp *prometheus.CounterVec // store

	cacheHits    *prometheus.CounterVec // cache
	cacheMisses  *prometheus.CounterVec // cache
	cacheEvicted *prometheus.CounterVec // cache
	cacheErrors  *prometheus.CounterVec // cache
	cacheItems   *prometheus.GaugeVec   // cache
	cacheBytes   *prometheus.GaugeVec   // cache
	cacheLimit   *prometheus.GaugeVec   // cache
}

// NewMetrics registers the measures with reg; where reg is nil they are kept and not shown.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "podium_store_" + name, Help: help}, labels)
		if reg != nil {
			reg.MustRegister(vec)
		}
		return vec
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		vec := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "podium_store_" + name, Help: help}, labels)
		if reg != nil {
			reg.MustRegister(vec)
		}
		return vec
	}
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "podium_store_operation_seconds",
		Help: "How long an operation on a store took, until its answer began for reads of streams.",
		// From a page cache to a store that is silent until the timeout.
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"store", "operation"})
	if reg != nil {
		reg.MustRegister(seconds)
	}
	return &Metrics{
		seconds: seconds,
		errors: counter("errors_total", "Operations on a store that failed, by reason; not_found is often no fault.",
			"store", "operation", "reason"),
		bytes: counter("bytes_total", "Bytes of objects read from and written to a store.", "store", "direction"),

		spoolObjects: gauge("spool_objects", "Objects and deletions that wait in the spool.", "store"),
		spoolBytes:   gauge("spool_bytes", "Bytes of disk that the spool takes.", "store"),
		spoolLimit:   gauge("spool_limit_bytes", "Bytes of disk that the spool may take.", "store"),
		spoolRefused: gauge("spool_refused_objects", "Objects in the spool that the store refuses.", "store"),
		spoolAway:    gauge("spool_away", "1 while the store behind the spool is away.", "store"),
		spoolUploads: counter("spool_uploads_total", "Uploads from the spool by result: done, away, refused.",
			"store", "result"),
		spoolOverflow: counter("spool_overflows_total", "Objects that did not fit into the spool.", "store"),
		spoolDamaged:  counter("spool_damaged_total", "Records of the spool found damaged and set aside.", "store"),

		holdObjects: gauge("holdover_objects", "Objects that wait in memory because the store does not take them.", "store"),
		holdBytes:   gauge("holdover_bytes", "Bytes of memory that those objects take.", "store"),
		holdGivenUp: counter("holdover_given_up_total", "Objects that are lost: the store did not take them in time.", "store"),

		cacheHits:    counter("cache_hits_total", "Reads that the hot cache answered.", "cache"),
		cacheMisses:  counter("cache_misses_total", "Reads that the hot cache could not answer.", "cache"),
		cacheEvicted: counter("cache_evictions_total", "Items that made room for others.", "cache"),
		cacheErrors:  counter("cache_load_errors_total", "Loads into the hot cache that failed.", "cache"),
		cacheItems:   gauge("cache_items", "Items in the hot cache.", "cache"),
		cacheBytes:   gauge("cache_bytes", "Bytes in the hot cache.", "cache"),
		cacheLimit:   gauge("cache_limit_bytes", "Bytes that the hot cache may hold.", "cache"),
	}
}

// operation counts one operation on a store.
func (m *Metrics) operation(store, operation string, took time.Duration, err error) {
	if m == nil {
		return
	}
	m.seconds.WithLabelValues(store, operation).Observe(took.Seconds())
	if err != nil {
		m.errors.WithLabelValues(store, operation, reason(err)).Inc()
	}
}

func (m *Metrics) moved(store, direction string, n int) {
	if m == nil || n <= 0 {
		return
	}
	m.bytes.WithLabelValues(store, direction).Add(float64(n))
}

// reason is the label of an error.
func reason(err error) string {
	switch {
	case errors.Is(err, ErrNotFound):
		return "not_found"
	case errors.Is(err, ErrAway):
		return "away"
	case errors.Is(err, ErrFull):
		return "full"
	case errors.Is(err, ErrBadName):
		return "bad_name"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "cancelled"
	}
	return "other"
}

// spool shows the state of a spool.
func (m *Metrics) spool(store string, b Backlog) {
	if m == nil {
		return
	}
	m.spoolObjects.WithLabelValues(store).Set(float64(b.Objects))
	m.spoolBytes.WithLabelValues(store).Set(float64(b.Bytes))
	m.spoolLimit.WithLabelValues(store).Set(float64(b.Limit))
	m.spoolRefused.WithLabelValues(store).Set(float64(b.Refused))
	away := 0.0
	if b.Away {
		away = 1
	}
	m.spoolAway.WithLabelValues(store).Set(away)
}

func (m *Metrics) uploaded(store, result string) {
	if m != nil {
		m.spoolUploads.WithLabelValues(store, result).Inc()
	}
}

func (m *Metrics) overflowed(store string) {
	if m != nil {
		m.spoolOverflow.WithLabelValues(store).Inc()
	}
}

func (m *Metrics) damaged(store string) {
	if m != nil {
		m.spoolDamaged.WithLabelValues(store).Inc()
	}
}

// heldover shows what waits in memory.
func (m *Metrics) heldover(store string, objects int, bytes int64) {
	if m == nil {
		return
	}
	m.holdObjects.WithLabelValues(store).Set(float64(objects))
	m.holdBytes.WithLabelValues(store).Set(float64(bytes))
}

func (m *Metrics) gaveUp(store string) {
	if m != nil {
		m.holdGivenUp.WithLabelValues(store).Inc()
	}
}

// cacheMetrics are those of one cache, looked up once so that a hit costs one atomic addition.
type cacheMetrics struct {
	hits, misses, evicted, errors prometheus.Counter
	items, bytes, limit           prometheus.Gauge
}

func (m *Metrics) cache(name string) *cacheMetrics {
	if m == nil {
		m = NewMetrics(nil)
	}
	return &cacheMetrics{
		hits:    m.cacheHits.WithLabelValues(name),
		misses:  m.cacheMisses.WithLabelValues(name),
		evicted: m.cacheEvicted.WithLabelValues(name),
		errors:  m.cacheErrors.WithLabelValues(name),
		items:   m.cacheItems.WithLabelValues(name),
		bytes:   m.cacheBytes.WithLabelValues(name),
		limit:   m.cacheLimit.WithLabelValues(name),
	}
}
