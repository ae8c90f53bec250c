package ops

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts requests by the template of their route, so that the number of series is bounded by the
// route table whatever is asked for. A nil *Metrics counts nothing.
type Metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	bytes    *prometheus.CounterVec
	inFlight prometheus.Gauge

	// known is replaced as a whole when a series is new, so that a request finds its own without a lock and
	// without hashing labels.
	known atomic.Pointer[map[seriesKey]*series]
	mu    sync.Mutex
}

type seriesKey struct {
	route, method string
	status        int
}

type series struct {
	requests prometheus.Counter
	seconds  prometheus.Observer
	bytes    prometheus.Counter
}

// NewMetrics registers the metrics of HTTP.
func NewMetrics(registerer prometheus.Registerer) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "podium_http_requests_total", Help: "Requests answered, by route template, method and status.",
		}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "podium_http_request_seconds", Help: "Time from a request's head to the end of its answer.",
			Buckets: []float64{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30},
		}, []string{"route", "method"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "podium_http_response_bytes_total", Help: "Bytes of answers' bodies, by route template.",
		}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "podium_http_requests_in_flight", Help: "Requests being answered now.",
		}),
	}
	m.known.Store(&map[seriesKey]*series{})
	registerer.MustRegister(m.requests, m.seconds, m.bytes, m.inFlight)
	return m
}

func (m *Metrics) begin() {
	if m != nil {
		m.inFlight.Inc()
	}
}

// end counts a request; the route is empty where no route matched.
func (m *Metrics) end(route, method string, status int, bytes int64, took time.Duration) {
	if m == nil {
		return
	}
	m.inFlight.Dec()
	m.count(route, method, status, bytes, took)
}

func (m *Metrics) count(route, method string, status int, bytes int64, took time.Duration) {
	if route == "" {
		route = "none"
	}
	key := seriesKey{route: route, method: knownMethod(method), status: status}
	found, ok := (*m.known.Load())[key]
	if !ok {
		found = m.add(key)
	}
	found.requests.Inc()
	found.seconds.Observe(took.Seconds())
	found.bytes.Add(float64(max(bytes, 0)))
}

func (m *Metrics) add(key seriesKey) *series {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := *m.known.Load()
	if found, ok := before[key]; ok {
		return found
	}
	made := &series{
		requests: m.requests.WithLabelValues(key.route, key.method, strconv.Itoa(key.status)),
		seconds:  m.seconds.WithLabelValues(key.route, key.method),
		bytes:    m.bytes.WithLabelValues(key.route),
	}
	after := make(map[seriesKey]*series, len(before)+1)
	for k, v := range before {
		after[k] = v
	}
	after[key] = made
	m.known.Store(&after)
	return made
}

// knownMethod keeps made-up methods from making series.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}
