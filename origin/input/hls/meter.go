package hls

import (
	"sync"
	"time"

	"podium.tv/podium/origin/input"
)

// meter counts how segments fare.
type meter struct {
	mu        sync.Mutex
	connected bool
	n         input.Network
}

func (m *meter) begin(peer string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.connected, m.n = true, input.Network{Peer: peer}
}

func (m *meter) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.connected = false
}

// answered takes note of how long a server took to answer.
func (m *meter) answered(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.n.RTT = d
}

// read takes note of how fast an answer came. Short ones tell nothing.
func (m *meter) read(bytes int, d time.Duration) {
	if bytes < 64<<10 || d <= 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.n.Bandwidth = float64(bytes) * 8 / d.Seconds()
}

func (m *meter) segment(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.n.Lost++
		return
	}
	m.n.Received++
}

func (m *meter) broken() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.n.Errors++
}

func (m *meter) network() (input.Network, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.n, m.connected
}
