package ops

import "time"

// Observe counts a request that did not pass the Edge, because it was answered before it; it was never in flight.
func (m *Metrics) Observe(route, method string, status int, bytes int64, took time.Duration) {
	if m != nil {
		m.count(route, method, status, bytes, took)
	}
}
