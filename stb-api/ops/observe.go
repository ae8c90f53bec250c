package ops

import "time"

// Observe counts a request that did not pass the Edge, because it was answered before it.
func (m *Metrics) Observe(route, method string, status int, bytes int64, took time.Duration) {
	m.begin()
	m.end(route, method, status, bytes, took)
}
